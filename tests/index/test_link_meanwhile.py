"""What changes an index while feeds are linked into it is in what the link makes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from threading import Condition, Event, Thread

import pytest

from mpi.errors import IndexBusy
from mpi.index.decide import Decision, Seal, Supersession, Verdict
from mpi.index.index import Index
from mpi.index.link import link
from mpi.index.progress import SilentProgress
from mpi.index.verify import verify
from mpi.linking.intake import record_of
from mpi.records import Identifier, Name, Record, RecordKey
from mpi.store.store import open_store
from tests.index.linking import LATER, At, edited, membership
from tests.index.small_index import folded

NEW = Record(
    source="nomis",
    source_id="Q7654ZZ",
    version="2027-03-01T00:00:00",
    names=(Name("Wilhelmina", "Zyxwvutington"),),
    birth_dates=("1961-02-03",),
    sex="F",
    phones=("07700900983",),
    identifiers=(Identifier("nhs-number", "9990000344"),),
)
FAR = "2099-01-01T00:00:00"


def records(url, source):
    """All records of a source, in the order of their keys."""
    with closing(open_store(url)) as store, store.reading() as view:
        return [record_of(each.payload) for each in view.records_of(source)]


def numbered(url):
    """Every record of the index."""
    with closing(open_store(url)) as store, store.reading() as view:
        return [record_of(each.payload) for each in view.records(range(view.state.records))]


@pytest.fixture
def meanwhile(invented, url):
    """Links while something else happens to the index."""

    def run(act, *, feeds=invented.feeds, step="cluster"):
        def acting():
            with Index.open(url) as index:
                act(index)

        return link(feeds, invented.brief_model, url, options=LATER, progress=At(step, acting))

    return run


def in_order(url):
    """Check that nothing of an index disagrees with anything else."""
    found = verify(url)
    assert found.clean, found.summary()
    with Index.open(url) as index:
        events = index.events(limit=10_000)
    assert folded(events.events) == membership(url)
    return found


@pytest.mark.parametrize("step", ["cluster", "write the index"])
def test_records_put_and_deleted_meanwhile_are_there_and_gone(url, meanwhile, step):
    before, (changed, deleted, *_) = membership(url), records(url, "nomis")
    given = {}

    def act(index):
        given[NEW.key] = index.put(NEW).person_id
        index.put(replace(changed, version=FAR, town="Elsewhere"))
        index.delete(deleted.key, version=FAR)

    meanwhile(act, step=step)
    in_order(url)
    after = membership(url)
    expected = {**before, **given}
    del expected[deleted.key]
    assert after == expected
    assert next(each for each in records(url, "nomis") if each.key == changed.key).town == (
        "Elsewhere"
    )


@pytest.mark.parametrize(("year", "stands"), [("2097", False), ("2099", True)])
def test_of_a_message_and_a_feed_the_later_version_stands(url, meanwhile, feeds, year, stands):
    put, deleted, *_ = records(url, "nomis")
    folder = feeds("nomis")
    with edited(folder / "nomis.csv") as rows:
        for row in rows:
            if row["OFFENDER_ID"] in (put.source_id, deleted.source_id):
                row["MODIFY_DATETIME"] = "2098-01-01 00:00:00"
    version = f"{year}-01-01T00:00:00"

    def act(index):
        index.put(replace(put, version=version, town="Elsewhere"))
        index.delete(deleted.key, version=version)

    meanwhile(act, feeds=folder)
    in_order(url)
    held = {each.key: each for each in records(url, "nomis")}
    assert (held[put.key].town == "Elsewhere") is stands
    assert (deleted.key not in held) is stands


def test_rulings_made_and_undone_meanwhile_hold(url, meanwhile):
    members = membership(url)
    by_person = {}
    for key, person in sorted(members.items()):
        by_person.setdefault(person, []).append(key)
    single = [keys[0] for keys in by_person.values() if len(keys) == 1]
    several = [keys for keys in by_person.values() if len(keys) == 2]
    with Index.open(url) as index:
        made = index.decide(Decision(Verdict.SAME, single[0], single[1], reason="r", by="ann"))
    old, new = "9990000344", "9990000352"

    def act(index):
        index.put(NEW)
        index.undo(made.sequence, by="ann", reason="mistaken")
        index.decide(Decision(Verdict.SAME, single[2], single[3], reason="r", by="ann"))
        index.decide(Decision(Verdict.DIFFERENT, *several[0], reason="r", by="ann"))
        index.seal(Seal((several[1][0],), (several[1][1],), reason="r", by="ann"))
        index.supersede(Supersession("nhs-number", old, new, reason="r", by="ann"))
        index.decide(Decision(Verdict.SAME, single[4], NEW.key, reason="r", by="ann"))

    meanwhile(act)
    in_order(url)
    after = membership(url)
    assert after[single[0]] != after[single[1]]
    assert after[single[2]] == after[single[3]]
    assert after[several[0][0]] != after[several[0][1]]
    assert after[several[1][0]] != after[several[1][1]]
    assert after[single[4]] == after[NEW.key]
    with Index.open(url) as index:
        assert index.cross_references("nhs-number", new)


def test_a_record_erased_meanwhile_does_not_come_back(url, meanwhile):
    members = membership(url)
    gone = next(key for key in sorted(members) if list(members.values()).count(members[key]) > 1)
    other = next(key for key in sorted(members) if members[key] != members[gone])
    with Index.open(url) as index:
        index.decide(Decision(Verdict.SAME, gone, other, reason="r", by="ann"))

    def act(index):
        assert not index.erase(gone, "request").complete

    meanwhile(act)
    in_order(url)
    assert gone not in membership(url)
    with Index.open(url) as index:
        assert index.erase(gone, "request").complete


class Writing(Thread):
    """Somebody who puts, deletes and decides one after another until told to stop."""

    def __init__(self, url, others):
        super().__init__()
        self._url, self._others, self._turned = url, others, Condition()
        self._stopped, self._turns, self._failed = False, 0, None
        self.put, self.deleted = set(), set()

    def run(self):
        try:
            with Index.open(self._url) as index:
                while not self._stopped:
                    self._turn(index, self._turns)
                    with self._turned:
                        self._turns += 1
                        self._turned.notify_all()
        except BaseException as error:
            with self._turned:
                self._failed = error
                self._turned.notify_all()

    def turns(self, more):
        """Wait until so many more turns were taken."""
        with self._turned:
            wanted = self._turns + more
            assert self._turned.wait_for(lambda: self._failed or self._turns >= wanted, 300)
        assert self._failed is None, self._failed

    def stop(self):
        self._stopped = True
        self.join()
        assert self._failed is None, self._failed

    def _turn(self, index, turn):
        record = replace(
            NEW,
            source_id=f"Q{turn:04}ZZ",
            phones=(f"077009{turn % 37:05}",),
            identifiers=(),
            names=(Name("Ann", f"Name{turn % 11}"),),
        )
        self._until_done(lambda: index.put(record))
        self.put.add(record.key)
        if turn % 3 == 2:
            before = RecordKey("nomis", f"Q{turn - 1:04}ZZ")
            self._until_done(lambda: index.delete(before))
            self.deleted.add(before)
        if turn % 5 == 4:
            ends = record.key, self._others[turn % len(self._others)].key
            self._until_done(
                lambda: index.decide(Decision(Verdict.SAME, *ends, reason="r", by="ann"))
            )

    def _until_done(self, change):
        while True:
            try:
                return change()
            except IndexBusy:
                continue


class Waiting(SilentProgress):
    """Lets somebody write before each step of a link begins."""

    def __init__(self, writing):
        super().__init__()
        self.writing = writing

    def begun(self, name):
        self.writing.turns(1)


def test_many_changes_while_it_runs_and_readers_who_never_see_half_of_it(invented, url):
    first, *rest = numbered(url)
    writing, done, faults = Writing(url, rest), Event(), []

    def read():
        with closing(open_store(url)) as store:
            while not done.is_set():
                with store.reading() as view:
                    state = view.state
                    members = view.previous_membership()
                    persons = len(set(members["person_id"].to_pylist()))
                    if (len(members), persons) != (state.records, state.persons):
                        faults.append((len(members), persons, state))

    reading = Thread(target=read)
    writing.start()
    reading.start()
    try:
        # what is put before the link looks is newer than the feeds, too
        writing.turns(3)
        link(invented.feeds, invented.brief_model, url, options=LATER, progress=Waiting(writing))
        writing.turns(1)
    finally:
        done.set()
        reading.join()
        writing.stop()
    assert not faults
    found = in_order(url)
    assert found.events > 20
    after = membership(url)
    assert writing.put - writing.deleted <= after.keys()
    assert not writing.deleted & after.keys()
    assert first.key in after
