"""The lint passes what was learned from pairs, and refuses what no pairs can have taught."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mpi.errors import DegenerateModel
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import Frequencies
from mpi.model.levels import Learning
from mpi.model.parameters import LevelParameters, Release, load
from mpi.model.thresholds import Thresholds
from mpi.training import lint as module
from mpi.training.anchors import UNFITTED
from mpi.training.entailment import entails
from mpi.training.lint import REASONS, Severity, in_short, lint, require_sound
from mpi.training.observed import ENOUGH_MATCHES, without_claims

RECORDS = 20_000
JUDGED = [c for c in COMPARISONS if c.learning is not Learning.FIXED]
LEARNED = [c for c in COMPARISONS if c.learning is Learning.LEARNED]
LONGEST = max(LEARNED, key=lambda c: len(c.scored))
"""The comparison with most levels, to spoil: what holds of it holds of any."""
SHIPPED = Path(__file__).parents[2] / "models" / "synthetic-base"


def shares(count):
    """Shares that add up to one, each level a little less than the one before it."""
    raw = np.geomspace(1.0, 0.02, count)
    return (raw / raw.sum()).tolist()


def learned(comparison):
    m = shares(len(comparison.scored))
    pairs = zip(comparison.scored, m, reversed(m), strict=True)
    return {v.code: LevelParameters(a, b, round(1000 * math.log2(a / b))) for v, a, b in pairs}


@pytest.fixture
def sound():
    """A release with every comparison, as one learned from plenty of pairs looks."""
    seen = {c.name: {level.code: [900, 900] for level in c.scored} for c in JUDGED}
    return Release(
        name="sound",
        prior=-13_000,
        levels={c.name: learned(c) for c in COMPARISONS},
        frequencies=Frequencies(5_000, {}),
        rules=(0,),
        suppressed=np.array([], dtype=np.int64),
        thresholds=Thresholds(),
        calibration=UNFITTED,
        trained={"records": RECORDS, "observed": {"records": RECORDS, "levels": seen}},
    )


def spoilt(release, comparison, **changes):
    """The release with other parameters of some levels: `level_code={...}`, dashes as `_`."""
    codes = {level.code.replace("-", "_"): level.code for level in comparison.scored}
    levels = dict(release.levels[comparison.name])
    for name, change in changes.items():
        levels[codes[name]] = replace(levels[codes[name]], **change)
    return replace(release, levels={**release.levels, comparison.name: levels})


def spoilt_at(release, place, comparison=LONGEST, **change):
    code = comparison.scored[place].code.replace("-", "_")
    return spoilt(release, comparison, **{code: change})


def counted(release, comparison, code, pairs):
    """The release with other numbers of pairs seen at a level."""
    trained = copy.deepcopy(dict(release.trained))
    trained["observed"]["levels"][comparison.name][code] = pairs
    return replace(release, trained=trained)


def told(release, severity=Severity.ERROR):
    return [(c.check, c.comparison, c.level) for c in lint(release) if c.severity is severity]


def test_nothing_is_wrong_with_a_release_learned_from_plenty_of_pairs(sound):
    assert lint(sound) == []
    assert require_sound(sound) == []


def test_the_shipped_release_passes():
    assert told(load(SHIPPED)) == []


def test_a_release_just_trained_passes_and_has_seen_pairs_at_every_comparison(invented):
    release = invented.brief_release
    warnings = require_sound(release)
    assert all(each.severity is Severity.WARNING for each in warnings)
    seen = release.trained["observed"]
    assert seen["records"] == release.trained["records"]
    for comparison in JUDGED:
        if comparison.name in release.levels:
            counts = seen["levels"][comparison.name]
            assert counts.keys() == release.levels[comparison.name].keys()
            assert sum(same for same, _ in counts.values()) > 100
            assert sum(different for _, different in counts.values()) > 1_000


@pytest.mark.parametrize("name", ["m", "u"])
@pytest.mark.parametrize("share", [0.0, 6e-24, -0.1, 1.5, math.nan, math.inf])
@pytest.mark.parametrize("comparison", [LONGEST, JUDGED[-1]], ids=["learned", "identifier"])
def test_a_share_that_no_pairs_can_have_shown_is_refused(sound, comparison, share, name):
    identifier = comparison.learning is Learning.IDENTIFIER
    if identifier and name == "u" and share == 6e-24:
        share = -share
    found = told(spoilt_at(sound, 1, comparison, **{name: share}))
    assert found == [("degenerate", comparison.name, comparison.scored[1].code)]


def test_the_u_of_an_identifier_is_by_rule_and_may_be_as_small_as_the_prior_makes_it(sound):
    comparison = next(c for c in JUDGED if c.learning is Learning.IDENTIFIER)
    small = spoilt(sound, comparison, shared={"u": 1e-12}, other={"u": 1.0 - 1e-12})
    assert told(small) == []


def test_half_a_pair_is_as_little_as_sampling_can_say(sound):
    pairs = RECORDS * (RECORDS - 1) / 2
    assert told(spoilt_at(sound, 1, u=0.5 / pairs)) == []
    assert told(spoilt_at(sound, 1, u=0.4 / pairs)) != []


@pytest.mark.parametrize("name", ["m", "u"])
@pytest.mark.parametrize("factor", [0.2, 1.1])
def test_shares_that_do_not_add_up_are_refused(sound, name, factor):
    levels = sound.levels[LONGEST.name]
    changes = {
        code.replace("-", "_"): {name: factor * getattr(level, name)}
        for code, level in levels.items()
    }
    assert told(spoilt(sound, LONGEST, **changes)) == [("sum", LONGEST.name, "")]


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_levels_that_the_code_does_not_have_are_refused(sound, change):
    levels = dict(sound.levels[LONGEST.name])
    first = levels.pop(LONGEST.scored[0].code)
    levels |= {"no-such-level": first} if change == "unknown" else {}
    broken = replace(sound, levels={**sound.levels, LONGEST.name: levels})
    assert told(broken) == [("levels", LONGEST.name, "")]


@pytest.mark.parametrize("place", range(1, len(LONGEST.scored)))
def test_no_level_may_outweigh_the_strongest(sound, place):
    top = sound.levels[LONGEST.name][LONGEST.scored[0].code].weight
    found = told(spoilt_at(sound, place, weight=top + 1))
    assert ("order", LONGEST.name, LONGEST.scored[place].code) in found


STRICTER = [
    (c, strong, weak)
    for c in LEARNED
    for strong, weak in combinations(c.scored[1:], 2)
    if entails(strong.condition, weak.condition)
]
ORDERED = [
    pytest.param(*each, id=f"{each[0].name} {each[1].code} {each[2].code}")
    for each in STRICTER
    if (each[0].name, each[2].code) not in REASONS
]


def inverted(release, comparison, strong, weak):
    top = release.levels[comparison.name][comparison.scored[0].code].weight
    names = {strong.code.replace("-", "_"): top - 3_300, weak.code.replace("-", "_"): top - 100}
    return spoilt(release, comparison, **{name: {"weight": w} for name, w in names.items()})


@pytest.mark.parametrize(("comparison", "strong", "weak"), ORDERED)
def test_no_level_may_outweigh_one_that_says_the_same_and_more(sound, comparison, strong, weak):
    wrong = inverted(sound, comparison, strong, weak)
    assert ("order", comparison.name, weak.code) in told(wrong)


def test_a_stronger_level_that_few_matches_were_seen_at_is_a_warning(sound):
    comparison, strong, weak = ORDERED[0].values
    wrong = inverted(sound, comparison, strong, weak)
    few = counted(wrong, comparison, strong.code, [9, 900])
    found = ("order", comparison.name, weak.code)
    assert found not in told(few)
    assert found in told(few, Severity.WARNING)


def test_a_stated_reason_excuses_a_level(sound, monkeypatch):
    comparison, strong, weak = ORDERED[0].values
    wrong = inverted(sound, comparison, strong, weak)
    monkeypatch.setattr(module, "REASONS", {(comparison.name, weak.code): "it is known why"})
    assert ("order", comparison.name, weak.code) not in told(wrong)
    assert ("order", comparison.name, weak.code) not in told(wrong, Severity.WARNING)


def test_every_reason_is_about_a_level_that_there_is_and_is_said_in_words():
    levels = {(c.name, level.code) for c in COMPARISONS for level in c.scored}
    assert REASONS.keys() <= levels
    assert all(len(reason.split()) > 8 for reason in REASONS.values())


def test_agreement_that_counts_against_a_match_is_refused(sound):
    levels = {v.code.replace("-", "_"): {"weight": -4_000} for v in LONGEST.scored}
    wrong = spoilt(sound, LONGEST, **levels)
    assert told(wrong) == [("direction", LONGEST.name, LONGEST.scored[0].code)]
    assert told(counted(wrong, LONGEST, LONGEST.scored[0].code, [9, 900])) == []


def test_disagreement_that_counts_for_a_match_is_refused(sound):
    first, *_, last = LONGEST.scored
    names = {first.code.replace("-", "_"): 9_000, last.code.replace("-", "_"): 3_000}
    wrong = spoilt(sound, LONGEST, **{name: {"weight": w} for name, w in names.items()})
    assert ("direction", LONGEST.name, last.code) in told(wrong)


def test_a_comparison_that_says_nothing_is_worth_a_warning(sound):
    quiet = spoilt(
        sound, LONGEST, **{v.code.replace("-", "_"): {"weight": 0} for v in LONGEST.scored}
    )
    assert told(quiet) == []
    assert told(quiet, Severity.WARNING) == [("idle", LONGEST.name, "")]


def claiming(sound, matches):
    """A level that no match was seen at, and that counts for 4 bits more than any weaker one."""
    weaker = max(0, sound.levels[LONGEST.name][LONGEST.scored[2].code].weight)
    wrong = spoilt_at(sound, 1, weight=weaker + 4_000)
    wrong = spoilt_at(wrong, 0, weight=weaker + 5_000)
    wrong = counted(wrong, LONGEST, LONGEST.scored[0].code, [matches, 900])
    for level in LONGEST.scored[2:]:
        wrong = counted(wrong, LONGEST, level.code, [0, 900])
    return counted(wrong, LONGEST, LONGEST.scored[1].code, [0, 900])


def test_a_level_never_seen_among_matches_may_not_claim_what_it_cannot_know(sound):
    unseen = ("unseen", LONGEST.name, LONGEST.scored[1].code)
    assert unseen in told(claiming(sound, ENOUGH_MATCHES))
    assert unseen in told(claiming(sound, ENOUGH_MATCHES - 1), Severity.WARNING)
    assert unseen not in told(claiming(sound, ENOUGH_MATCHES - 1))


def test_training_takes_such_claims_back_and_leaves_all_others(sound):
    wrong = claiming(sound, ENOUGH_MATCHES)
    made = without_claims(wrong, wrong.trained["observed"]["levels"])
    assert [c for c in lint(made) if c.check == "unseen" and c.severity is Severity.ERROR] == []
    before, after = wrong.levels[LONGEST.name], made.levels[LONGEST.name]
    second, third = (LONGEST.scored[n].code for n in (1, 2))
    assert after[second].weight == max(0, after[third].weight)
    assert (after[second].m, after[second].u) == (before[second].m, before[second].u)
    assert after[LONGEST.scored[0].code] == before[LONGEST.scored[0].code]
    assert after[LONGEST.scored[-1].code] == before[LONGEST.scored[-1].code]
    others = {name: of for name, of in wrong.levels.items() if name != LONGEST.name}
    assert {name: of for name, of in made.levels.items() if name != LONGEST.name} == others


def test_levels_that_count_and_that_only_matches_were_seen_at_are_worth_a_warning(sound):
    code = LONGEST.scored[0].code
    seen = counted(sound, LONGEST, code, [900, 0])
    assert told(seen, Severity.WARNING) == [("unseen", LONGEST.name, code)]
    code = LONGEST.scored[-1].code
    assert told(counted(sound, LONGEST, code, [0, 0]), Severity.WARNING) == []


def test_comparisons_set_by_rule_have_no_m_and_u_to_judge(sound):
    for comparison in COMPARISONS:
        if comparison.learning is Learning.FIXED:
            odd = {v.code.replace("-", "_"): {"m": 1.0, "u": 1e-30} for v in comparison.scored}
            assert lint(spoilt(sound, comparison, **odd)) == []


def test_a_release_without_counts_is_judged_on_its_numbers(sound):
    bare = replace(sound, trained={"records": RECORDS})
    assert lint(bare) == []
    assert told(spoilt_at(bare, 1, m=0.0)) == [("degenerate", LONGEST.name, LONGEST.scored[1].code)]


def test_what_is_refused_names_the_comparison_and_the_level(sound):
    wrong = spoilt_at(spoilt_at(sound, 1, m=0.0), 2, m=0.0)
    with pytest.raises(DegenerateModel, match=r"Its m is 0, .* 1 more") as caught:
        require_sound(wrong)
    assert caught.value.where == {"comparison": LONGEST.name, "level": LONGEST.scored[1].code}


def test_complaints_are_ready_for_json_and_short_for_a_summary(sound):
    first, second = LONGEST.scored[0].code, LONGEST.scored[1].code
    seen = counted(counted(sound, LONGEST, first, [900, 0]), LONGEST, second, [900, 0])
    complaints = lint(seen)
    [one, _] = json.loads(json.dumps([each.as_dict() for each in complaints]))
    assert one["severity"] == "warning"
    assert one["message"].startswith(f"{LONGEST.name} {first}: No pair of different people")
    [sentence] = in_short(complaints)
    assert f"{LONGEST.name} {first}, {LONGEST.name} {second}." in sentence
