"""Whole-feed linking on a small invented population, held against slower, plainer computations."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow.compute as pc
import pytest

from mpi.linking.batch import link_rows, live_keys
from mpi.linking.clusters import TWO_VERIFIED_VALUES
from mpi.linking.engines.duckdb import (
    Limits,
    connection,
    predict,
    store_candidates,
    store_compared,
    store_keys,
)
from mpi.linking.evidence import Decisions
from mpi.linking.key_sizes import KeySizes
from mpi.linking.values import verified_values
from mpi.model.blocking import RULE_BITS, RULES, blocking_keys
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import annotate_table
from mpi.model.splink_settings import release_settings

SCORED = {c.name: c for c in COMPARISONS}


def engine_candidates(rows, release):
    """The pairs that the DuckDB engine finds, and the keys by which it does."""
    with connection(Limits()) as con:
        store_keys(con, live_keys(rows, release))
        count = store_candidates(con)
        pairs = con.sql("SELECT join_key_l, join_key_r FROM candidate").fetchall()
        keys = {key for (key,) in con.sql("SELECT DISTINCT key FROM blocking_key").fetchall()}
    assert len(pairs) == count
    return Counter(pairs), keys


def holders_of_keys(rows):
    """The records that hold each key, from the attributes alone."""
    holders = defaultdict(list)
    for number, row in enumerate(rows.to_pylist()):
        for key in blocking_keys(row):
            holders[key].append(number)
    return holders


def joined_in_python(holders, release):
    dead = set(release.suppressed.tolist())
    return {
        pair
        for key, held_by in holders.items()
        if key & RULE_BITS in release.rules and key not in dead
        for pair in combinations(held_by, 2)
    }


def partition(labels):
    found = defaultdict(list)
    for number, label in enumerate(labels.tolist()):
        found[label].append(number)
    return sorted(found.values())


def same(one, other):
    columns = ("left", "right", "weight", "blocked")
    return (
        all(np.array_equal(getattr(one.pairs, c), getattr(other.pairs, c)) for c in columns)
        and np.array_equal(one.labels, other.labels)
        and one.clustering.findings == other.clustering.findings
    )


@pytest.fixture(scope="module")
def predicted(invented):
    """Every candidate pair as Splink scores it, with the level of each comparison."""
    with connection(Limits()) as con:
        store_keys(con, live_keys(invented.rows, invented.release))
        store_candidates(con)
        store_compared(con, annotate_table(invented.rows, invented.release.frequencies))
        table = predict(con, release_settings(invented.release, levels_too=True))
        return con.sql(f"SELECT * FROM {table}").to_arrow_table().to_pylist()


def test_the_engine_finds_the_pairs_that_a_join_in_python_finds(invented):
    found, _ = engine_candidates(invented.rows, invented.release)
    assert set(found.values()) == {1}
    expected = joined_in_python(holders_of_keys(invented.rows), invented.release)
    assert found.keys() == expected
    assert len(expected) > len(invented.rows)


def test_suppressed_keys_make_no_candidates(invented):
    holders = holders_of_keys(invented.rows)
    most_common = sorted(holders, key=lambda key: (-len(holders[key]), key))[:200]
    release = replace(invented.release, suppressed=np.sort(np.array(most_common)))
    found, keys = engine_candidates(invented.rows, release)
    assert not keys & set(most_common)
    assert found.keys() == joined_in_python(holders, release)
    assert len(found) < len(joined_in_python(holders, invented.release))


def test_rules_that_a_release_leaves_out_make_no_candidates(invented):
    identifiers = RULES.index(("identifiers",))
    release = replace(invented.release, rules=(identifiers,))
    found, keys = engine_candidates(invented.rows, release)
    assert {key & RULE_BITS for key in keys} == {identifiers}
    assert found.keys() == joined_in_python(holders_of_keys(invented.rows), release)


def test_splink_and_the_compiled_scorer_weigh_every_candidate_alike(invented, predicted):
    rows, scorer = invented.comparable_rows, invented.scorer
    assert len(predicted) == invented.linkage.candidates
    for pair in predicted:
        left, right = rows[pair["record_no_l"]], rows[pair["record_no_r"]]
        assert round(pair["match_weight"] * 1000) == scorer.weight(left, right)


def test_splink_and_the_compiled_scorer_see_the_same_levels(invented, predicted):
    """Splink numbers the scored levels of a comparison down to 0, and gives the null level -1."""
    rows, scorer = invented.comparable_rows, invented.scorer
    seen = Counter()
    for pair in predicted:
        left, right = rows[pair["record_no_l"]], rows[pair["record_no_r"]]
        for name, (number, _) in scorer.levels(left, right).items():
            level = SCORED[name].levels[number]
            scored = SCORED[name].scored
            expected = -1 if level.null else len(scored) - 1 - scored.index(level)
            assert pair[f"gamma_{name}"] == expected
            seen[name, level.code] += 1
    assert len(seen) > 40


def test_every_pair_of_a_linkage_has_the_weight_that_the_scorer_gives(invented):
    rows, pairs = invented.comparable_rows, invented.linkage.pairs
    for left, right, weight in zip(pairs.left, pairs.right, pairs.weight, strict=True):
        assert invented.scorer.weight(rows[left], rows[right]) == weight
    assert (~pairs.blocked).any()


def test_blocked_pairs_are_kept_down_to_the_low_threshold_and_no_further(invented, predicted):
    pairs, low = invented.linkage.pairs, invented.release.thresholds.low
    kept = set(zip(pairs.left[pairs.blocked], pairs.right[pairs.blocked], strict=True))
    expected = {
        (pair["record_no_l"], pair["record_no_r"])
        for pair in predicted
        if round(pair["match_weight"] * 1000) >= low
    }
    assert kept == expected


def test_every_two_records_of_a_cluster_have_been_compared(invented):
    pairs = invented.linkage.pairs
    known = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    clusters = partition(invented.linkage.labels)
    assert max(map(len, clusters)) > 5
    for members in clusters:
        assert set(combinations(members, 2)) <= known


@pytest.mark.parametrize("threads", [1, 2])
def test_linking_again_gives_the_same_whatever_the_threads(invented, threads):
    assert same(link_rows(invented.rows, invented.release, Limits(threads)), invented.linkage)


def test_linking_in_small_parts_gives_the_same(invented, monkeypatch):
    """Keys, bands and candidates some at a time, many times over, as with many records."""
    monkeypatch.setattr("mpi.linking.batch.KEYED_ROWS", 100)
    monkeypatch.setattr("mpi.linking.batch.ANNOTATED_ROWS", 300)
    candidates = invented.linkage.candidates
    monkeypatch.setattr("mpi.linking.engines.duckdb.PAIRS_AT_ONCE", candidates // 3)
    assert same(link_rows(invented.rows, invented.release, Limits()), invented.linkage)


def test_keys_are_counted_the_same_in_parts(invented, monkeypatch):
    whole = KeySizes.of(invented.rows)
    monkeypatch.setattr("mpi.linking.key_sizes.KEYS_AT_ONCE", 1_000)
    parts = list(KeySizes.parts(invented.rows))
    assert len(parts) > 4
    again = KeySizes.of(invented.rows)
    assert (np.diff(whole.key) > 0).all()
    assert np.array_equal(again.key, whole.key)
    assert np.array_equal(again.size, whole.size)
    assert sum(len(part.larger(2).key) for part in parts) == (whole.size > 2).sum() > 0


def test_a_cluster_is_named_for_its_smallest_record(invented):
    labels = invented.linkage.labels
    assert [members[0] for members in partition(labels)] == np.unique(labels).tolist()


def test_different_verified_nhs_numbers_in_a_cluster_are_always_a_finding(invented):
    labels = invented.linkage.labels
    held = defaultdict(set)
    verified = verified_values(invented.rows)
    for record, system, value in zip(verified.record, verified.system, verified.value, strict=True):
        held[labels[record]].add((system, value))
    disputed = {
        label
        for label, values in held.items()
        if len({system for system, _ in values}) < len(values)
    }
    findings = invented.linkage.clustering.findings
    assert disputed == {label for label, codes in findings.items() if TWO_VERIFIED_VALUES in codes}


def test_the_threshold_for_conflicts_keeps_verified_nhs_numbers_apart(invented):
    """Out of reach, it leaves together only what one record holds; at the lowest, much more."""
    least, most = disputed_clusters(invented, "average"), disputed_clusters(invented, "clip_high")
    verified = invented.rows.column("verified_identifiers").to_pylist()
    alone = {number for number, texts in enumerate(verified) if len(texts or ()) > 1}
    assert all(alone & members for members in most)
    assert len(least) > len(most)


def disputed_clusters(invented, threshold):
    """Clusters with two verified values, where `conflict` is set to another threshold."""
    given = invented.release.thresholds
    thresholds = replace(given, conflict=getattr(given, threshold))
    release = replace(invented.release, thresholds=thresholds)
    found = link_rows(invented.rows, release, Limits())
    findings = found.clustering.findings
    return [
        set(members)
        for members in partition(found.labels)
        if TWO_VERIFIED_VALUES in findings.get(members[0], ())
    ]


def test_decisions_outrank_weights(invented):
    labels = invented.linkage.labels
    together = next(m for m in partition(labels) if len(m) == 2)
    apart = [members[0] for members in partition(labels) if len(members) > 2][:2]
    assert labels[apart[0]] != labels[apart[1]]
    decisions = Decisions(
        must=np.array([apart]), version=np.array([1]), cannot=np.array([together])
    )
    found = link_rows(invented.rows, invented.release, Limits(), decisions=decisions).labels
    assert found[apart[0]] == found[apart[1]]
    assert found[together[0]] != found[together[1]]


def test_no_rows_link_to_nothing(invented):
    linkage = link_rows(invented.rows.slice(0, 0), invented.release, Limits())
    assert (len(linkage.labels), len(linkage.pairs.left), linkage.candidates) == (0, 0, 0)


def test_most_pairs_that_belong_together_are_together(invented):
    """A guard against a linkage that is consistent and useless."""
    import pyarrow.parquet as pq

    truth = pq.read_table(invented.truth, columns=["source", "source_id", "person"])
    person = {(r["source"], r["source_id"]): r["person"] for r in truth.to_pylist()}
    keys = zip(*(invented.rows.column(c).to_pylist() for c in ("source", "source_id")), strict=True)
    people = [person[key] for key in keys]
    labels = invented.linkage.labels.tolist()
    both = sum(n * (n - 1) for n in Counter(zip(labels, people, strict=True)).values())
    assert both / sum(n * (n - 1) for n in Counter(labels).values()) > 0.9
    assert both / sum(n * (n - 1) for n in Counter(people).values()) > 0.7
    assert pc.count_distinct(invented.rows.column("source")).as_py() == 12
