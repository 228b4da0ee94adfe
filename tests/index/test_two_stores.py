"""An index answers the same in SQLite and in PostgreSQL, byte for byte, link after link."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mpi.index.evaluate import evaluate
from mpi.index.index import Index
from mpi.index.link import link
from mpi.store.store import open_store
from tests.index.linking import LATER, edited, membership
from tests.invented import LINKED

LAST = replace(LATER, at=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def twins(invented, postgres_database, tmp_path_factory):
    """Two indexes that were told the same: linked, linked to changed feeds, and back."""
    folder = tmp_path_factory.mktemp("twins")
    urls = (f"sqlite:///{folder / 'mpi.db'}", postgres_database("twin"))
    changed = invented.copy_of_feeds(folder / "changed")
    with edited(changed / "courts.csv") as rows:
        for left, right in zip(rows[0:40:2], rows[1:40:2], strict=True):
            swap(left, right)
    with edited(changed / "nomis.csv") as rows:
        del rows[::15]
    summaries = [
        [
            link(feeds, invented.brief_model, url, options=options).as_dict() | {"seconds": {}}
            for feeds, options in (
                (invented.feeds, LINKED),
                (changed, LATER),
                (invented.feeds, LAST),
            )
        ]
        for url in urls
    ]
    return urls, summaries


def swap(left, right):
    """Exchange the content of two rows of the courts, leaving key and version."""
    for column in left.keys() - {"defendantRecordId", "hearingSequence"}:
        left[column], right[column] = right[column], left[column]


def test_their_links_did_the_same_and_changed_something(twins):
    _, (ours, theirs) = twins
    assert ours == theirs
    assert ours[1]["churn"]["records_moved"] > 0
    assert ours[2]["origins"]["revived"] > 0


def test_they_give_every_record_the_same_person_now_and_at_any_time(twins):
    (ours, theirs), _ = twins
    assert membership(ours) == membership(theirs)
    assert len(membership(ours)) > 1000
    for sequence in (1, 2, 3):
        assert as_of(ours, sequence) == as_of(theirs, sequence)
    assert as_of(ours, 1) != as_of(ours, 2)


def as_of(url, sequence):
    store = open_store(url)
    with store.reading() as view:
        found = view.membership_as_of(sequence)
    store.close()
    return found


def test_they_remember_the_same_of_ids_no_longer_in_use(twins):
    (ours, theirs), _ = twins
    found = []
    for url in (ours, theirs):
        store = open_store(url)
        with store.reading() as view:
            found.append((view.retired_persons(), view.events(), view.state))
        store.close()
    assert found[0] == found[1]
    assert found[0][0].num_rows > 0


@pytest.mark.parametrize("what", ["cross-references", "links"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_their_exports_are_equal_byte_for_byte(twins, tmp_path, what, suffix):
    written = []
    for at, url in enumerate(twins[0]):
        to = tmp_path / f"{at}{suffix}"
        with Index.open(url) as index:
            assert index.export(what, to) > 1000
        written.append(to.read_bytes())
    assert written[0] == written[1]


def test_they_answer_every_look_up_alike(twins):
    (ours, theirs), _ = twins
    with Index.open(ours) as left, Index.open(theirs) as right:
        assert left.widest_identifier() == right.widest_identifier()
        for person_id in sorted(set(membership(ours).values()))[:150]:
            answer = left.person(person_id)
            assert answer == right.person(person_id)
            for each in answer.person.cross_references:
                asked = each.identifier.system, each.identifier.value
                assert left.cross_references(*asked) == right.cross_references(*asked)


def test_they_are_as_accurate(twins, invented):
    (ours, theirs), _ = twins
    assert evaluate(ours, invented.truth).as_dict() == evaluate(theirs, invented.truth).as_dict()
