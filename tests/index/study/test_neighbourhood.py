"""A person as a graph, against the definitions written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.errors import PersonNotFound
from mpi.index.study.neighbourhood import bridges


def parts(n, links):
    """How many parts n records fall into."""
    group = list(range(n))
    for left, right in links:
        joined, other = group[left], group[right]
        group = [joined if each == other else each for each in group]
    return len(set(group))


@st.composite
def graphs(draw):
    n = draw(st.integers(2, 8))
    every = [(left, right) for right in range(n) for left in range(right)]
    links = draw(st.lists(st.sampled_from(every), unique=True))
    return n, links, draw(st.lists(st.booleans(), min_size=len(links), max_size=len(links)))


@given(graphs())
def test_a_bridge_is_what_parts_come_apart_without(graph):
    n, links, among = graph
    used = [link for link, counts in zip(links, among, strict=True) if counts]
    wanted = [
        counts and parts(n, [each for each in used if each != link]) > parts(n, used)
        for link, counts in zip(links, among, strict=True)
    ]
    left, right = np.array(links, dtype=np.int64).reshape(-1, 2).T
    assert bridges(n, left, right, among=np.array(among, dtype=bool)).tolist() == wanted


def test_a_neighbourhood_has_every_record_and_link_of_the_person(opened, study):
    whole = study.persons()
    person_id = whole["person_id"].value_counts().index[0]
    records = whole[whole["person_id"] == person_id]
    found = study.neighbourhood(person_id.upper())
    assert sorted(found.records["source_id"]) == sorted(records["source_id"])
    assert found.records["golden"].tolist().count(True) == 1
    for link in found.links.head(5).itertuples():
        assert opened.explain(link.left, link.right).weight == round(link.match_weight * 1000)


def test_what_hangs_by_a_thread_is_listed_weakest_first(study):
    weakest = study.weakest(20, fewest=3)
    assert len(weakest) == 20
    assert weakest["bottleneck"].is_monotonic_increasing
    assert weakest["records"].min() >= 3
    row = weakest.iloc[0]
    person = study.neighbourhood(row.person_id)
    assert len(person.records) == row.records
    assert len(person.bridges) == row.bridges


def test_near_misses_are_the_strongest_links_between_two_persons(opened, study):
    near = study.near_misses(5)
    assert near["match_weight"].is_monotonic_decreasing
    assert (near["person_id_l"] != near["person_id_r"]).all()
    first = near.iloc[0]
    explained = opened.explain(first.left, first.right)
    assert explained.persons == (first.person_id_l, first.person_id_r)
    assert explained.weight == round(first.match_weight * 1000)
    assert first["mean"] <= first.match_weight


def test_nobody_of_an_unknown_id_has_a_neighbourhood(study):
    with pytest.raises(PersonNotFound):
        study.neighbourhood("00000000-0000-7000-8000-000000000000")
