"""An explanation adds up to the weight that linking kept, on both stores."""

from __future__ import annotations

import pytest

from mpi.errors import RecordNotFound, UsageError
from mpi.index.index import Index
from mpi.model.comparisons import COMPARISONS
from mpi.store.store import open_store


@pytest.fixture
def links(url):
    """Some links of the index: texts of both keys, the weight and the persons."""
    store = open_store(url)
    with store.reading() as view:
        numbers = range(view.state.counts["record"])
        stored = {each.record_no: each for each in view.records(numbers)}
        kept = view.links_among(list(numbers))[::23]
    store.close()
    return [(stored[each.record_l], stored[each.record_r], each) for each in kept]


def text_of(stored):
    return "|".join(stored.key)


def test_the_parts_add_up_to_the_weight_that_linking_kept(url, links):
    with Index.open(url) as index:
        for left, right, link in links:
            found = index.explain(text_of(left), text_of(right))
            assert found.weight == link.weight
            assert found.prior + sum(each.weight for each in found.comparisons) == found.weight
            assert found.persons == (left.person_id, right.person_id)
            assert bool(found.rules) or not link.blocked
    assert len(links) > 10


def test_both_directions_say_the_same(url, links):
    with Index.open(url) as index:
        for left, right, _ in links[:5]:
            there = index.explain(text_of(left), text_of(right))
            back = index.explain(text_of(right), text_of(left))
            assert there.comparisons == back.comparisons
            assert there.sentences == back.sentences


def test_every_comparison_of_the_release_has_a_sentence(url, links, invented):
    left, right, _ = links[0]
    with Index.open(url) as index:
        found = index.explain(text_of(left), text_of(right))
    names = [each.comparison for each in found.comparisons]
    assert names == [c.name for c in COMPARISONS if c.name in invented.brief_release.levels]
    assert all(each.sentence.endswith(".") for each in found.comparisons)
    assert len(found.sentences) == 2 + sum(each.weight != 0 for each in found.comparisons)


@pytest.mark.parametrize("text", ["", "nomis", "nomis|", "|1", "/1", "nomis|a\x00b"])
def test_what_names_no_record_is_refused(text, invented):
    with Index.open(f"sqlite:///{invented.index}") as index, pytest.raises(UsageError):
        index.explain(text, "nomis|1")


def test_a_record_that_is_not_there_is_not_found(url, links):
    with Index.open(url) as index, pytest.raises(RecordNotFound):
        index.explain(text_of(links[0][0]), "nomis|no|such")


def test_a_record_is_not_compared_with_itself(url, links):
    with Index.open(url) as index, pytest.raises(UsageError, match="different"):
        index.explain(text_of(links[0][0]), text_of(links[0][0]))
