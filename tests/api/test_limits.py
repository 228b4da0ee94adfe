"""No request is larger, or takes longer, than it may."""

from __future__ import annotations

import asyncio
import time

import pytest

from mpi.api.etags import etag
from mpi.api.limits import Limited
from mpi.api.paging import Cursors, page
from mpi.errors import InvalidCursor, TooLarge

PART = b"x" * 600


class Exchange:
    """One request to a limited application, with what came of it."""

    def __init__(self, application, parts=(b"",), headers=(), missing=0, **limits):
        self.sent = []
        self._parts = [
            {"type": "http.request", "body": part, "more_body": at < len(parts) - 1}
            for at, part in enumerate(parts)
        ][: len(parts) - missing]
        scope = {
            "type": "http", "method": "POST", "path": "/", "headers": list(headers),
            "state": {"request_id": "r"},
        }  # fmt: skip
        limited = Limited(application, **{"largest": 1000, "longest": 0.05, **limits})
        asyncio.run(limited(scope, self.receive, self.send))

    async def receive(self):
        if not self._parts:
            await asyncio.sleep(0.2)
            return {"type": "http.disconnect"}
        return self._parts.pop(0)

    async def send(self, message):
        self.sent.append(message)

    @property
    def statuses(self):
        return [each["status"] for each in self.sent if "status" in each]


async def reads_all(scope, receive, send):
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def is_slow(scope, receive, send):
    await receive()
    await asyncio.to_thread(time.sleep, 0.15)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"late"})


def test_what_is_within_the_limits_passes():
    assert Exchange(reads_all, [PART]).statuses == [200]


def test_a_body_that_says_it_is_too_large_is_not_read():
    exchange = Exchange(reads_all, [PART], headers=[(b"content-length", b"1001")])
    assert exchange.statuses == [413]
    assert b"too-large" in exchange.sent[1]["body"]


def test_a_body_that_does_not_say_is_read_as_far_as_the_limit():
    with pytest.raises(TooLarge):
        Exchange(reads_all, [PART, PART, PART])


def test_a_body_that_does_not_come_is_not_waited_for():
    assert Exchange(reads_all, [PART, b"x"], missing=1).statuses == [408]


def test_an_answer_that_does_not_come_is_given_up_and_its_lateness_is_not_sent():
    exchange = Exchange(is_slow)
    assert exchange.statuses == [503]
    assert b"late" not in b"".join(each.get("body", b"") for each in exchange.sent)


def test_the_time_of_a_fast_answer_does_not_matter_afterwards():
    assert Exchange(reads_all, longest=10).statuses == [200]


def test_a_tag_is_of_the_content():
    assert etag(b"a") == etag(b"a") != etag(b"b")


CURSORS = Cursors(b"s" * 32)
CURSOR = CURSORS.make("list clinic", ["nomis", "A1"])


def test_a_cursor_says_where_its_list_goes_on():
    assert CURSORS.read("list clinic", CURSOR) == ["nomis", "A1"]
    assert "nomis" not in CURSOR


@pytest.mark.parametrize(
    "wrong", ["", "x", CURSOR[:-2], f"{CURSOR}A", CURSOR.swapcase(), "é", "A" * 2000]
)
def test_a_cursor_that_was_altered_is_refused(wrong):
    with pytest.raises(InvalidCursor):
        CURSORS.read("list clinic", wrong)


def test_a_cursor_of_another_list_client_or_process_is_refused():
    others = ((CURSORS, "list office"), (CURSORS, "log clinic"), (Cursors(), "list clinic"))
    for cursors, name in others:
        with pytest.raises(InvalidCursor):
            cursors.read(name, CURSOR)


def test_pages_put_together_are_the_list():
    rows, got, after = list(range(25)), [], 0
    while True:
        found = page((row for row in rows if row >= after), 10)
        got += found.rows
        if not found.more:
            break
        after = found.rows[-1] + 1
    assert got == rows
