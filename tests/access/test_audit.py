"""The audit: durable before the answer, chained, and no change to it stays unseen."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from mpi.access.anchors import AnchorFile
from mpi.access.audit import ANCHOR_ENTRIES, Audit
from mpi.access.chain import Broken, linked, links, start_of
from mpi.access.keyed import Keyed
from mpi.access.policy import Auditing, EntryClass
from mpi.access.reading import Kept, between, found, with_value
from mpi.access.retention import expire
from mpi.access.verification import verify
from mpi.errors import AuditUnavailable, InvalidAudit


@dataclass
class World:
    folder: Path
    anchors: AnchorFile
    kept: Kept

    def audit(self, **options) -> Audit:
        return Audit(self.folder, self.anchors, **options)

    def written(self, count=5) -> Path:
        """The file of a chain that was closed after some entries."""
        audit = self.audit()
        for number in range(count):
            audit.write({"class": "look-up", "client": "clinic", "request": f"r-{number}"})
        audit.close()
        (path,) = self.kept.chains().values()
        return path

    def problems(self) -> list[str]:
        return [problem for each in verify(self.kept) for problem in each.problems]


@pytest.fixture
def world(tmp_path) -> World:
    anchors = AnchorFile(tmp_path / "elsewhere" / "anchors.jsonl")
    folder = tmp_path / "audit"
    return World(folder, anchors, Kept(folder, anchors, tmp_path / "audit.key"))


def test_an_entry_is_in_the_file_when_writing_returns(world):
    audit = world.audit()
    audit.write({"class": "look-up", "request": "r-1"})
    (entry,) = found(world.kept, [with_value("request", "r-1")])
    assert entry["class"] == "look-up"
    assert entry["at"].endswith("Z")
    audit.close()


def test_a_chain_that_was_closed_verifies(world):
    world.written()
    (chain,) = verify(world.kept)
    assert (chain.entries, chain.state, chain.problems) == (7, "closed", [])


def test_a_chain_that_is_being_written_verifies_too(world):
    audit = world.audit()
    audit.write({"class": "look-up"})
    (chain,) = verify(world.kept)
    assert (chain.state, chain.problems) == ("being written", [])
    audit.close()


def test_entries_that_come_at_one_time_are_all_written_in_one_chain(world):
    audit = world.audit()

    def write(writer):
        for number in range(50):
            audit.write({"class": "look-up", "request": f"{writer}-{number}"})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit.close()
    entries = [each for each in world.kept.entries() if "request" in each]
    assert len({each["request"] for each in entries}) == len(entries) == 400
    assert world.problems() == []


def test_of_one_writer_entries_stand_in_their_order(world):
    world.written(20)
    requests = [each["request"] for each in world.kept.entries() if "request" in each]
    assert requests == [f"r-{number}" for number in range(20)]


def test_entries_of_a_batch_are_written_together(world):
    audit = world.audit()
    audit.write(*({"class": "look-up", "number": number} for number in range(1000)))
    assert sum(1 for _ in world.kept.entries()) == 1001
    audit.close()


def test_processes_do_not_share_a_chain(world):
    one, other = world.audit(), world.audit()
    one.write({"class": "look-up"})
    other.write({"class": "look-up"})
    assert len(world.kept.chains()) == 2
    one.close()
    other.close()
    assert world.problems() == []


def test_a_full_chain_is_ended_and_another_begun(world):
    audit = world.audit(largest=2000)
    for number in range(40):
        audit.write({"class": "look-up", "request": f"r-{number}"})
    audit.close()
    assert len(world.kept.chains()) > 2
    assert {each.state for each in verify(world.kept)} == {"closed"}
    assert world.problems() == []
    assert len(found(world.kept, [with_value("class", "look-up")])) == 40


def test_heads_are_anchored_every_so_many_entries(world):
    audit = world.audit()
    audit.write(*({"class": "look-up"} for _ in range(ANCHOR_ENTRIES)))
    numbers = [head.number for _, head in world.anchors.noted()]
    assert numbers == [1, ANCHOR_ENTRIES + 1]
    audit.close()


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


def changed(line, **others):
    said = orjson.loads(line)
    said["body"] |= others
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def forged(path, lines):
    """A chain written anew over other bodies, so that every hash fits."""
    head, made = start_of(path.stem), []
    for line in lines:
        head, new = linked(head, orjson.dumps(orjson.loads(line)["body"]))
        made.append(new)
    return made


TAMPERED = {
    "a field changed": lambda lines, path: [*lines[:2], changed(lines[2], client="x"), *lines[3:]],
    "a line taken out": lambda lines, path: lines[:2] + lines[3:],
    "two lines exchanged": lambda lines, path: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "a line twice": lambda lines, path: lines[:3] + lines[2:],
    "the first line taken out": lambda lines, path: lines[1:],
    "the last line cut off": lambda lines, path: lines[:-1],
    "most of it cut off": lambda lines, path: lines[:2],
    "emptied": lambda lines, path: [],
    "nonsense put in": lambda lines, path: [*lines[:2], b"nonsense\n", *lines[2:]],
    "written anew": lambda lines, path: forged(
        path, [*lines[:2], changed(lines[2], client="x"), *lines[3:]]
    ),
    "added to": lambda lines, path: [*lines, *forged(path, [*lines, lines[2]])[-1:]],
    "begun to be added to": lambda lines, path: [*lines, b'{"number":8'],
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_whatever_is_done_to_a_chain_is_seen(world, tamper):
    path = world.written()
    lines = lines_of(path)
    path.write_bytes(b"".join(tamper(lines, path)))
    assert world.problems()


def test_a_chain_that_is_gone_is_missed(world):
    world.written().unlink()
    assert world.problems() == ["the chain is missing"]


def test_a_chain_under_the_name_of_another_is_seen(world):
    path = world.written()
    path.rename(path.with_name("another.jsonl"))
    assert len(world.problems()) == 3


def test_what_a_killed_process_left_unfinished_is_no_entry_and_no_fault(world):
    audit = world.audit()
    audit.write({"class": "look-up"})
    (path,) = world.kept.chains().values()
    with path.open("ab") as file:
        file.write(b'{"number":3,"dig')
    assert world.problems() == []
    assert sum(1 for _ in world.kept.entries()) == 2


def test_where_nothing_can_be_written_nothing_is_promised(world, tmp_path):
    (tmp_path / "audit").write_text("in the way")
    audit = world.audit()
    assert not audit.usable()
    with pytest.raises(AuditUnavailable):
        audit.write({"class": "look-up"})


def test_after_a_failure_nothing_more_goes_into_the_chain_and_another_is_begun(world):
    audit = world.audit()
    audit.write({"class": "look-up", "request": "before"})
    reading, writing = os.pipe()
    os.close(reading)
    broken = audit._chain._descriptor
    whole = os.dup(broken)
    os.dup2(writing, broken)
    with pytest.raises(AuditUnavailable):
        audit.write({"class": "look-up", "request": "lost"})
    os.dup2(whole, broken)
    audit.write({"class": "look-up", "request": "after"})
    audit.close()
    for descriptor in (writing, whole):
        os.close(descriptor)
    requests = [each["request"] for each in world.kept.entries() if "request" in each]
    assert sorted(requests) == ["after", "before"]
    assert world.problems() == []


def old(world, kind, days):
    at = datetime.now(UTC) - timedelta(days=days)
    audit = world.audit(clock=lambda: at)
    audit.write({"class": kind, "request": f"{kind} {days}"})
    audit.close()


def test_an_entry_past_its_retention_loses_its_body_and_the_chain_still_holds(world):
    rules = Auditing(retention_days={EntryClass.REFUSAL: 10, EntryClass.LOOK_UP: 100})
    for kind in ("refusal", "look-up", "match"):
        for days in (5, 50, 500):
            old(world, kind, days)
    assert expire(world.kept, rules, datetime.now(UTC)) == 3
    left = {each["request"] for each in world.kept.entries() if "request" in each}
    assert left == {"refusal 5", "look-up 5", "look-up 50", "match 5", "match 50", "match 500"}
    assert world.problems() == []
    assert sum(each.expired for each in verify(world.kept)) == 3
    assert expire(world.kept, rules, datetime.now(UTC)) == 0


def test_a_chain_that_is_being_written_keeps_everything(world):
    at = datetime.now(UTC) - timedelta(days=5000)
    audit = world.audit(clock=lambda: at)
    audit.write({"class": "look-up"})
    assert expire(world.kept, Auditing(), datetime.now(UTC)) == 0
    audit.close()


def test_entries_are_found_by_time(world):
    for days in (1, 10, 100):
        old(world, "look-up", days)
    since = datetime.now(UTC) - timedelta(days=20)
    until = datetime.now(UTC) - timedelta(days=5)
    entries = found(world.kept, [with_value("class", "look-up"), between(since, until)])
    assert [each["request"] for each in entries] == ["look-up 10"]


def test_a_link_names_what_is_wrong_and_never_what_is_in_it():
    with pytest.raises(Broken, match="line 1 is no entry"):
        list(links("a", [b'{"secret": 1}\n']))


def test_hashes_of_identifiers_are_those_of_their_secret(tmp_path):
    keyed = Keyed.at(tmp_path / "key", create=True)
    again = Keyed.at(tmp_path / "key", create=True)
    other = Keyed.at(tmp_path / "other", create=True)
    assert keyed.of("crn", "X123456") == again.of("crn", "X123456")
    assert keyed.of("crn", "X123456") != other.of("crn", "X123456")
    assert keyed.of("crn", "X123456") != keyed.of("pnc", "X123456")
    assert keyed.of("nino", "AB123456C") == keyed.of("nino", "AB123456")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [None, b"", b"short"])
def test_without_its_secret_an_audit_cannot_be_searched(tmp_path, content):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(InvalidAudit):
        Keyed.at(tmp_path / "key")
