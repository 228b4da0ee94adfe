"""The compiled scorer refuses a release whose comparisons are not those of the code."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from mpi.errors import UnusableModel
from mpi.model.parameters import LevelParameters, files_of, release_of
from mpi.model.scoring import Scorer

WORTH = LevelParameters.of_bits(1.0)


def spoilt(release, **levels):
    """The release with some comparisons changed; None leaves one of them out."""
    return replace(release, levels={**release.levels, **levels})


def test_a_comparison_that_the_code_does_not_know_is_refused(invented):
    with pytest.raises(UnusableModel, match="shoe_size"):
        Scorer(spoilt(invented.brief_release, shoe_size={"same": WORTH}))


def test_a_level_that_the_code_does_not_know_is_refused(invented):
    release = invented.brief_release
    name = next(iter(release.levels))
    with pytest.raises(UnusableModel, match="astonishing"):
        Scorer(spoilt(release, **{name: {**release.levels[name], "astonishing": WORTH}}))


def test_a_level_that_the_release_does_not_know_is_refused(invented):
    release = invented.brief_release
    name, levels = next(iter(release.levels.items()))
    code, *rest = levels
    with pytest.raises(UnusableModel, match=code):
        Scorer(spoilt(release, **{name: {each: levels[each] for each in rest}}))


def test_a_release_read_back_from_its_files_links_alike(invented):
    files = files_of(invented.brief_release)
    assert release_of(files).identity == invented.brief_release.identity
    assert files_of(release_of(files)) == files


@pytest.mark.parametrize("name", ["parameters.json", "suppressed_keys.parquet"])
def test_a_file_that_is_missing_among_them_is_named(invented, name):
    files = files_of(invented.brief_release)
    del files[name]
    with pytest.raises(UnusableModel, match=name):
        release_of(files)


def test_the_weight_is_the_prior_and_the_weights_of_the_levels(invented):
    rows = invented.comparable_rows
    pairs = [*pairwise(rows), *zip(rows, rows[7:], strict=False)]
    for left, right in pairs:
        levels = invented.scorer.levels(left, right).values()
        parts = sum(weight for _, weight in levels)
        assert invented.scorer.weight(left, right) == invented.release.prior + parts
    assert len(pairs) > 500
