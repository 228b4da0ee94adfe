"""Going back to an older release gives the persons that it gives, and every id leads somewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpi.errors import IndexNotFound, UsageError
from mpi.index.index import Index
from mpi.index.link import link
from mpi.index.rollback import rollback
from mpi.index.verify import verify
from mpi.model.parameters import save
from tests.index.linking import LATER, membership

STRICT = 40_000
"""An average so high that many a link is cut; far above what the release has."""


def partition(url):
    """The records of each person."""
    found = {}
    for key, person in membership(url).items():
        found.setdefault(person, set()).add(key)
    return {frozenset(keys) for keys in found.values()}


@pytest.fixture
def strict(invented, tmp_path):
    """A release that cuts what the brief one links."""
    folder, release = tmp_path / "strict", invented.brief_release
    folder.mkdir()
    thresholds = replace(release.thresholds, average=STRICT, conflict=STRICT)
    save(replace(release, name="strict", thresholds=thresholds), folder)
    return folder


def test_it_gives_the_persons_of_the_older_release_and_every_id_leads_on(invented, url, strict):
    before, first = partition(url), membership(url)
    link(invented.feeds, strict, url, options=LATER)
    second = membership(url)
    assert partition(url) != before
    summary = rollback(url, options=LATER)
    assert summary.release.startswith("invented")
    assert partition(url) == before
    found = verify(url)
    assert found.clean, found.summary()
    now = membership(url)
    assert now == first
    with Index.open(url) as index:
        for gone in set(second.values()) - set(now.values()):
            old = {key for key, person in second.items() if person == gone}
            assert set(index.person(gone).current) == {now[key] for key in old}
        (made,) = {e.cause for e in index.events(limit=10_000).events if e.sequence == 3}
    assert made == "rollback"


def test_records_and_rulings_that_came_since_stay(invented, url, strict):
    link(invented.feeds, strict, url, options=LATER)
    gone, *_ = sorted(membership(url))
    with Index.open(url) as index:
        index.delete(gone)
    rollback(url, to=invented.brief_release.identity, options=LATER)
    assert gone not in membership(url)
    assert verify(url).clean
    summary = rollback(url, options=LATER)
    assert summary.release.startswith("strict")


@pytest.mark.usefixtures("unchanged")
def test_it_does_not_go_where_there_is_nothing_to_go_back_to(url):
    with pytest.raises(UsageError):
        rollback(url)
    with pytest.raises(UsageError):
        rollback(url, to="0" * 16)


def test_there_must_be_an_index(tmp_path):
    with pytest.raises(IndexNotFound):
        rollback(f"sqlite:///{tmp_path / 'none.db'}")
    assert not list(tmp_path.iterdir())
