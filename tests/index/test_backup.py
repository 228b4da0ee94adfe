"""A backup is the whole index, and what is restored from it is the same in any database."""

from __future__ import annotations

import pytest

from mpi.errors import IndexExists, InvalidBackup, RecordErased, UnwritableOutput
from mpi.index.backup import MANIFEST, backup, restore
from mpi.index.index import Index
from mpi.index.review.rules import Kind, Stream, Verdict
from mpi.index.review.turns import Said
from mpi.index.sample import sample
from mpi.index.verify import verify
from mpi.records import Name, Record
from mpi.store.store import open_store
from tests.index.linking import membership

LATE = Record("nomis", "Z0001ZZ", "1", (Name("Zebedee", "Quux"),), ("1901-02-03",))


@pytest.fixture
def kept(url, tmp_path):
    """A backup of an index that one event changed after it was linked."""
    store = open_store(url)
    with store.reading() as view:
        (record,) = view.records([0])
    store.close()
    with Index.open(url) as index:
        index.delete(record.key)
        reviewed(index, url)
    backup(url, tmp_path / "kept")
    return tmp_path / "kept"


def reviewed(index, url):
    """Review work of every kind: a sample, and an answer that became a decision."""
    room = index.review_room()
    room.fill()
    sample(url, size=20)
    task = next(each for each in room.urgent() if each.kind == Kind.PAIR)
    room.answer(task.task_id, "ann", Said(Verdict.DIFFERENT))


def review_work(url):
    """Tasks and answers, with what they became."""
    store = open_store(url)
    with store.reviews() as reviews:
        tasks = [task for stream in Stream for task in reviews.of_sample(stream)]
        answers = reviews.attempts([task.task_id for task in tasks], "answer")
    store.close()
    assert any(each.decisions for each in answers)
    assert any(each.inclusion_probability for each in tasks)
    return tasks, answers


def test_a_restored_index_is_the_same_and_goes_on_as_it_would_have(url, kept, tmp_path):
    other = f"sqlite:///{tmp_path / 'other.db'}"
    summary = restore(kept, other)
    assert membership(other) == membership(url)
    assert review_work(other) == review_work(url)
    found = verify(other)
    assert found.clean, found.summary()
    assert (summary.records, summary.sequence) == (found.records, 3)
    store = open_store(other)
    with store.reading() as view:
        (record,) = view.records([5])
    store.close()
    answers = []
    for at in (url, other):
        with Index.open(at) as index:
            answers.append(index.delete(record.key).as_dict())
    assert answers[0] == answers[1]


def test_it_is_restored_into_postgresql_too(kept, postgres_database, url):
    other = postgres_database(f"restored_{abs(hash(url)) % 10**8}")
    restore(kept, other)
    assert membership(other) == membership(url)
    assert verify(other).clean


@pytest.mark.parametrize("known_from", ["index", "backup"])
def test_what_was_erased_since_is_erased_from_what_is_restored(url, kept, tmp_path, known_from):
    gone, stays, *_ = sorted(membership(url))
    later = tmp_path / "later"
    with Index.open(url) as index:
        index.erase(gone, "request", "ann")
    backup(url, later)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    where = url if known_from == "index" else str(later)
    summary = restore(kept, other, erasures=where)
    assert summary.erased == 1
    assert ("Erased again", 1) in summary.rows()
    assert membership(other).keys() == membership(url).keys()
    assert stays in membership(other)
    assert f'"source_id":"{gone.source_id}"'.encode() not in (tmp_path / "other.db").read_bytes()
    with Index.open(other) as index, pytest.raises(RecordErased):
        index.delete(gone)
    found = verify(other)
    assert found.clean, found.summary()
    assert restore(later, f"sqlite:///{tmp_path / 'third.db'}", erasures=where).erased == 0


@pytest.mark.parametrize("known_from", ["index", "backup"])
def test_what_came_and_was_erased_after_a_backup_stays_refused(url, kept, tmp_path, known_from):
    later, other = tmp_path / "later", f"sqlite:///{tmp_path / 'other.db'}"
    with Index.open(url) as index:
        index.put(LATE)
        index.erase(LATE.key, "request", "ann")
    backup(url, later)
    before = sorted(membership(url))
    summary = restore(kept, other, erasures=url if known_from == "index" else str(later))
    assert summary.erased == 0
    assert sorted(membership(other)) == before
    with Index.open(other) as index, pytest.raises(RecordErased):
        index.put(LATE)
    found = verify(other)
    assert found.clean, found.summary()


def test_erasures_of_another_index_are_refused_and_nothing_is_made(kept, tmp_path, index_url):
    to = tmp_path / "other.db"
    with pytest.raises(InvalidBackup, match="another index"):
        restore(kept, f"sqlite:///{to}", erasures=index_url)
    assert not to.exists()


def test_it_is_not_restored_over_an_index(url, kept):
    before = membership(url)
    with pytest.raises(IndexExists):
        restore(kept, url)
    assert membership(url) == before


def test_a_backup_is_not_written_over_anything(url, kept):
    with pytest.raises(UnwritableOutput):
        backup(url, kept)


@pytest.mark.parametrize("spoil", ["manifest", "table", "lacking"])
def test_a_backup_that_is_not_what_was_written_is_refused_and_nothing_is_made(
    kept, tmp_path, spoil
):
    record = kept / "record.parquet"
    if spoil == "manifest":
        (kept / MANIFEST).write_bytes(b"[]")
    elif spoil == "table":
        content = bytearray(record.read_bytes())
        content[len(content) // 2] ^= 1
        record.write_bytes(content)
    else:
        record.unlink()
    to = tmp_path / "other.db"
    with pytest.raises(InvalidBackup):
        restore(kept, f"sqlite:///{to}")
    assert not to.exists()
