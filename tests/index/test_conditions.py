"""Changes that are made only if the record still is what somebody saw of it; on both stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mpi.errors import ChangedMeanwhile
from mpi.index.changes import Cause, Status
from mpi.index.conditions import ANY, Condition
from tests.index.small_index import Driven
from tests.properties.small_world import BIRTH_DATES, KEYS, PHONES, record

ANN, BEA = KEYS[:2]
NEW = Condition(none_of=(ANY,))


@pytest.fixture
def index(small_url):
    """An index of Bea."""
    made = Driven(small_url)
    made.index.put(said(BEA, 0))
    yield made.index
    made.close()


def said(key, phone, version=1):
    made = record(key, (PHONES[phone],), (BIRTH_DATES[0], "F"))
    return replace(made, version=str(version))


def put(index, what, condition):
    return index.put(what, cause=Cause(condition=condition))


def test_a_record_is_made_once_and_changed_from_what_it_was(index):
    first = put(index, said(ANN, 0), NEW)
    with pytest.raises(ChangedMeanwhile):
        put(index, said(ANN, 1, 2), NEW)
    second = put(index, said(ANN, 1, 2), Condition((first.tag,)))
    assert (first.status, second.status) == (Status.CREATED, Status.UPDATED)
    with pytest.raises(ChangedMeanwhile):
        put(index, said(ANN, 2, 3), Condition((first.tag,)))
    with pytest.raises(ChangedMeanwhile):
        index.delete(ANN, cause=Cause(condition=Condition((first.tag,))))
    gone = index.delete(ANN, cause=Cause(condition=Condition((second.tag,))))
    assert (gone.status, gone.tag) == (Status.DELETED, None)


def test_a_version_alone_is_another_state(index):
    first = put(index, said(ANN, 0, 1), NEW)
    assert put(index, said(ANN, 0, 2), Condition((first.tag,))).tag != first.tag


def test_of_many_at_once_one_is_heard(index):
    tag = put(index, said(ANN, 0), NEW).tag

    def change(version):
        try:
            return put(index, said(ANN, 1, version), Condition((tag,))).status
        except ChangedMeanwhile:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(change, range(2, 10)))
    assert sorted(filter(None, found)) == [Status.UPDATED]


def test_of_many_who_make_a_record_one_does(index):
    def make(phone):
        try:
            return put(index, said(ANN, phone % len(PHONES)), NEW).status
        except ChangedMeanwhile:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(make, range(8)))
    assert list(filter(None, found)) == [Status.CREATED]
