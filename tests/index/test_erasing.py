"""What is erased is nowhere in the index any more, and what is left of it is in order."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace

import pytest
from sqlalchemy import inspect, text

from mpi.errors import RecordErased, RecordNotFound, UsageError
from mpi.index.changes import Cause, Effect, Status
from mpi.index.decide import Decision, Seal, Supersession, Verdict
from mpi.index.events import EventType
from mpi.index.index import Index
from mpi.index.link import link
from mpi.index.verify import verify
from mpi.linking.intake import record_of
from mpi.records import Identifier, Name, Record, RecordKey
from mpi.store.database import database_at
from mpi.store.store import open_store
from tests.index.linking import LATER, membership

FAMILY, KEY, NHS, PHONE = "Zyxwvutington", "Q7654ZZ", "9990000344", "07700900983"
PERSONAL = (FAMILY, KEY, NHS, PHONE)
CAUSE = Cause("desk", "request-1")
MINE = Record(
    source="nomis",
    source_id=KEY,
    version="2026-03-01T00:00:00",
    names=(Name("Wilhelmina", FAMILY),),
    birth_dates=("1961-02-03",),
    sex="F",
    phones=(PHONE,),
    identifiers=(Identifier("nhs-number", NHS),),
)
NEWER = replace(MINE, version="2026-03-02T00:00:00", town="Leeds")


def everything(url):
    """All that an index holds, as bytes: of its files, or of its tables as text."""
    database = database_at(url)
    if database.file is not None:
        beside = sorted(database.file.parent.glob(f"{database.file.name}*"))
        return b"".join(each.read_bytes() for each in beside)
    found = []
    with closing(database), database.sole_writer() as connection, connection.begin():
        for name in inspect(connection).get_table_names():
            rows = connection.scalars(text(f"SELECT t::text FROM {name} t")).all()
            found += [row.encode() for row in rows]
            for part in (part for row in rows for part in row.split("\\x")[1:]):
                with suppress(ValueError):
                    found.append(bytes.fromhex(part.partition('"')[0]))
    return b"\n".join(found)


def left_of_it(url):
    held = everything(url)
    return [each for each in PERSONAL if each.encode() in held]


def some_record(url):
    with closing(open_store(url)) as store, store.reading() as view:
        (found,) = view.records([0])
    return record_of(found.payload)


def task(url, key, other):
    """A task of clerical review about a record, with a comment."""
    ends = f"'{key.source}', '{key.source_id}', '{other.source}', '{other.source_id}'"
    with closing(database_at(url)) as database, database.changing() as connection:
        connection.execute(
            text(
                "INSERT INTO review_task (task_id, kind, stream, state, priority, l_source,"
                " l_source_id, r_source, r_source_id, l_version, r_version, why, sequence)"
                f" VALUES ('t1', 'pair', 'possible', 'open', 1, {ends}, '1', '1', 'link', 1)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO review_answer (task_id, reviewer, attempt, begun, reasons, comment,"
                f" seconds, saw_weight) VALUES ('t1', 'ann', 1, '2026', '[]', '{FAMILY}!', 1, 0)"
            )
        )


@pytest.fixture
def other(url):
    return some_record(url)


@pytest.fixture
def index(url, other):
    """An index that keeps something of the record wherever it can."""
    with Index.open(url) as opened:
        opened.put(MINE, cause=CAUSE)
        opened.put(NEWER)
        opened.put(MINE, cause=Cause("desk", "request-2"))
        opened.decide(
            Decision(Verdict.SAME, MINE.key, other.key, reason=f"seen Ms {FAMILY}", by="ann"),
            cause=Cause("desk", "request-3"),
        )
        sides = (MINE.key,), (RecordKey("courts", "C-none"),)
        sealed = opened.seal(Seal(*sides, reason=f"adoption of Ms {FAMILY}", by="x"))
        opened.undo(sealed.sequence, by="x", reason=f"Ms {FAMILY} is grown up")
        opened.seal(Seal(*sides, reason="adoption", by="x"))
        task(url, MINE.key, other.key)
        yield opened


def test_nothing_of_it_is_left_and_the_index_is_in_order(index, url, other):
    assert left_of_it(url) == list(PERSONAL)
    before = membership(url)
    found = index.erase(MINE.key, "request", "ann")
    assert (found.changed, found.complete) == (True, True)
    assert left_of_it(url) == []
    assert membership(url) == {key: each for key, each in before.items() if key != MINE.key}
    checked = verify(url)
    assert checked.clean, checked.summary()
    with index._store.reading() as view:
        *_, last = view.events()
    assert (last.event.kind, last.event.detail) == ("erase", {"by": "ann", "reason": "request"})


def test_it_is_erased_when_its_person_was_its_own_and_when_it_had_gone_before(index, url):
    index.decide(Decision(Verdict.UNSURE, MINE.key, some_record(url).key, reason="no", by="ann"))
    person = index.put(replace(NEWER, version="2026-03-03T00:00:00")).person_id
    index.delete(MINE.key)
    assert index.erase(MINE.key, "request").changed
    assert left_of_it(url) == []
    assert verify(url).clean
    assert index.history(person).turns[-1].effect is Effect.RETIRED


def test_what_happened_is_still_told_under_a_pseudonym(index):
    def told():
        return [
            each for each in index.events(limit=10_000).events if each.record and each.sequence > 1
        ]

    before = told()
    assert {each.record for each in before} == {MINE.key}
    last = index.erase(MINE.key, "request").sequence
    after = told()
    ((source, pseudonym),) = {each.record for each in after}
    assert (source, pseudonym[0]) == ("nomis", "~")
    assert [(e.sequence, e.came_from, e.went_to) for e in after[:-1]] == [
        (e.sequence, e.came_from, e.went_to) for e in before
    ]
    assert (after[-1].sequence, after[-1].went_to) == (last, None)
    person = before[-1].went_to
    assert pseudonym in {each.source_id for each in index.as_of(person, last - 1).records}
    with pytest.raises(RecordNotFound):
        index.record_history(MINE.key)


def test_why_its_identifier_was_replaced_or_sealed_is_left_nowhere(index, url):
    sealed = index.seal(
        Seal((Identifier("nhs-number", NHS),), (RecordKey("courts", "C-1"),), f"for {FAMILY}", "x")
    )
    made = index.supersede(
        Supersession("nhs-number", "9990000352", NHS, reason=f"wed, now {FAMILY}", by="x")
    )
    for each in (made, sealed):
        index.undo(each.sequence, by="x", reason=f"not {FAMILY}")
    assert FAMILY.encode() in everything(url)
    index.erase(MINE.key, "request")
    assert FAMILY.encode() not in everything(url)
    with index._store.reading() as view:
        kinds = {logged.event.kind: logged.event.detail for logged in view.events()}
    assert kinds["undo"]["reason"] == kinds["supersede"]["reason"] == ""
    assert kinds["undo"]["by"] == "x"
    assert verify(url).clean


def test_what_was_erased_is_not_named_by_a_seal_again(index, url):
    index.erase(MINE.key, "request")
    with pytest.raises(RecordErased):
        index.seal(Seal((MINE.key,), (RecordKey("courts", "C-none"),), reason="r", by="x"))
    assert left_of_it(url) == []


def test_a_key_that_only_a_seal_names_can_be_erased(index, url):
    key = RecordKey("nomis", "Q0000XX")
    index.seal(Seal((key,), (RecordKey("courts", "C-none"),), reason="in advance", by="x"))
    assert key.source_id.encode() in everything(url)
    assert index.erase(key, "request").changed
    assert key.source_id.encode() not in everything(url)


class Follower:
    """Keeps a copy of who belongs to whom by the events, from where it read last."""

    def __init__(self, index):
        self.index, self.cursor, self.person = index, "", {}

    def read(self, upto=10_000):
        page = self.index.events(self.cursor, limit=upto)
        self.cursor = page.cursor
        for event in page.events:
            if event.type is EventType.PERSON_RESTATED:
                for key in [k for k, p in self.person.items() if p == event.person_id]:
                    del self.person[key]
                self.person |= dict.fromkeys(event.records, event.person_id)
            elif event.record and event.went_to is None:
                self.person.pop(event.record, None)
            elif event.record:
                self.person[event.record] = event.went_to


def test_whoever_follows_the_events_loses_what_was_erased_wherever_they_had_read_to(index, url):
    """Before it came, where it was with others, and when it had moved on."""
    index.decide(Decision(Verdict.UNSURE, MINE.key, some_record(url).key, reason="no", by="ann"))
    events = index.events(limit=10_000).events
    late = [n for n, each in enumerate(events, 1) if each.sequence > 1 or n % 40 == 7]
    followers = [Follower(index) for _ in late]
    for follower, upto in zip(followers, late, strict=True):
        follower.read(upto)
    assert len({len(each.person) for each in followers}) > 1
    index.erase(MINE.key, "request")
    held = sorted(membership(url))
    for other in (held[0], held[1], held[len(held) // 2], held[-1]):
        index.erase(other, "request")
    expected = membership(url)
    for follower in [*followers, Follower(index)]:
        follower.read()
        assert follower.person == expected


def test_it_does_not_come_back_by_a_message_unless_told_so(index, url):
    first = index.erase(MINE.key, "request")
    newest = replace(NEWER, version="2026-04-01T00:00:00")
    for cause in (Cause(), CAUSE):
        with pytest.raises(RecordErased):
            index.put(newest if cause is CAUSE else MINE, cause=cause)
    again = index.erase(MINE.key, "request")
    assert (again.changed, again.sequence) == (False, first.sequence)
    assert index.put(newest, again=True).status is Status.CREATED
    assert index.erase(MINE.key, "again").changed
    assert left_of_it(url) == []
    assert verify(url).clean


def test_it_does_not_come_back_by_a_feed_and_no_old_table_keeps_it(invented, url):
    link(invented.feeds, invented.brief_model, url, options=LATER)
    gone = min(membership(url))
    said = f'"source":"{gone.source}","source_id":"{gone.source_id}"'.encode()
    assert said in everything(url)
    with Index.open(url) as index:
        assert index.erase(gone, "request").complete
    assert said not in everything(url)
    summary = link(invented.feeds, invented.brief_model, url, options=LATER)
    assert summary.rejects == {"record was erased": 1}
    assert gone not in membership(url)
    assert said not in everything(url)
    assert verify(url).clean


def test_while_a_link_runs_it_says_that_old_tables_are_left(index, url):
    with closing(open_store(url)) as store, store.sole_writer():
        found = index.erase(MINE.key, "request")
    assert (found.changed, found.complete) == (True, False)
    assert index.erase(MINE.key, "request").complete
    assert left_of_it(url) == []


def test_what_was_never_there_cannot_be_erased_and_a_reason_is_a_code(index):
    with pytest.raises(RecordNotFound):
        index.erase(RecordKey("nomis", "never"), "request")
    with pytest.raises(UsageError):
        index.erase(MINE.key, "Ms Smith asked")
