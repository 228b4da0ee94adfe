"""The gates a release must pass before it may be used.

Pure judging of figures that training, evaluating and comparing have written down. A gate that
cannot be judged for want of an evaluation stays shut. Limits are in `verdicts.Gates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpi.training.against_current import against_current, moved
from mpi.training.figures import Figures
from mpi.training.sketch import shared
from mpi.training.verdicts import Gates, Measured, Outcome, Verdict

TWIN_PAIRS = 100
"""Pairs of twins in an evaluation, below which a rate that may be chance is only a warning."""

FAMILIAR = 0.05
"""Of the records of two sets of feeds, the share in both above which they are not taken as others.
"""

WRONG_PAIRS = 30
"""Wrong pairs in an evaluation, below which confidence is not compared with a constant."""


def judge(
    candidate: Measured,
    gates: Gates,
    *,
    current: Measured | None = None,
    comparison: Figures | None = None,
) -> list[Verdict]:
    """Judge a release by every gate.

    Args: current, another release that it would replace, if any; comparison, of the two on the
    same feeds, as `mpi compare` reports it.
    """
    judged = candidate.evaluation
    fair = comparison if _is_fair(comparison, candidate) else None
    found = [_evaluated(judged)]
    if judged:
        found += _of_evaluation(judged, candidate, gates)
        found += against_current(judged, gates, current=current, comparison=fair)
    found.append(moved(comparison, gates))
    found.append(_lint(candidate.metrics.get("lint")))
    found.append(_standing(candidate.metrics))
    return found


def _is_fair(comparison: Figures | None, candidate: Measured) -> bool:
    """Whether a comparison was on other feeds than the release was trained on."""
    return comparison is not None and not _familiar(comparison, candidate)


def _evaluated(judged: Figures | None) -> Verdict:
    if judged:
        return Verdict("evaluated", Outcome.PASSED)
    return Verdict(
        "evaluated",
        Outcome.FAILED,
        detail="It was not evaluated: run mpi evaluate --card with feeds whose people are known.",
    )


def _of_evaluation(judged: Figures, candidate: Measured, gates: Gates) -> Iterator[Verdict]:
    pairs, calibration = judged["accuracy"]["pairs"], judged["calibration"]
    yield _other_feeds(judged, candidate)
    yield _least("people", judged["truth_people"], gates.people)
    yield _least("precision", pairs["precision"], gates.precision)
    yield _least("recall", pairs["recall"], gates.recall)
    yield _twins(judged["related"].get("twins"), gates.twins)
    yield from _calibration(calibration, gates)
    yield _groups(judged, gates)


def _least(gate: str, measured: float, limit: float) -> Verdict:
    outcome = Outcome.PASSED if measured >= limit else Outcome.FAILED
    return Verdict(gate, outcome, measured, limit)


def _below(gate: str, measured: float, limit: float, detail: str = "") -> Verdict:
    outcome = Outcome.PASSED if measured < limit else Outcome.FAILED
    return Verdict(gate, outcome, measured, limit, detail)


def _other_feeds(judged: Figures, candidate: Measured) -> Verdict:
    """A model looks better on what it has learned from."""
    why = _familiar(judged, candidate)
    if not why:
        return Verdict("other-feeds", Outcome.PASSED, detail="not those it was trained on")
    said = f"It was evaluated on {why}: evaluate it on other feeds."
    return Verdict("other-feeds", Outcome.FAILED, detail=said)


def _familiar(judged: Figures, candidate: Measured) -> str:
    """Why figures seem to be of feeds that a release has learned from; nothing if they do not.

    By sketches of the records; without one, equal numbers of records give it away.
    """
    own, theirs = judged.get("sketch"), candidate.sketches
    if not own or not theirs:
        same = judged["records"] == candidate.trained_on
        return f"{judged['records']:,} records, as many as it was trained on" if same else ""
    most = max(shared(own, each) for each in theirs)
    if most <= FAMILIAR:
        return ""
    learned = "it, or the release that its weights are from, was trained on"
    return f"feeds that share {most:.0%} of their records with those {learned}"


def _twins(found: Figures | None, limit: float) -> Verdict:
    if not found or not found["pairs"]:
        return Verdict("twins", Outcome.SKIPPED, limit=limit, detail="The truth names no twins.")
    said = f"{found['merged']:,} of {found['pairs']:,} pairs"
    if found["rate"] >= limit > found["low"] and found["pairs"] < TWIN_PAIRS:
        said += "; too few to tell"
        return Verdict("twins", Outcome.WARNED, found["rate"], limit, said)
    return _below("twins", found["rate"], limit, said)


def _calibration(judged: Figures, gates: Gates) -> Iterator[Verdict]:
    if judged["log_loss"] is None:
        yield Verdict("calibration", Outcome.FAILED, detail="No confidence could be judged.")
        return
    loss = judged["log_loss"]
    yield _below("log-loss-raw", loss, judged["log_loss_raw"], "against Splink's probability")
    yield _against_constant(judged)
    yield _below("ece", judged["ece"], gates.ece)
    bands = [band for band in judged["bands"] if band["low"] >= gates.bands_from and band["pairs"]]
    if not bands:
        said = f"No confidence is {gates.bands_from:g} or more."
        yield Verdict("bands", Outcome.SKIPPED, detail=said)
        return
    yield _bands([band for band in bands if not band["inside"]])


def _bands(outside: Sequence[Figures]) -> Verdict:
    """A confidence that is too high keeps a release back; one that is too low is a warning."""
    too_high = [band for band in outside if band["observed"] < band["limits"][0]]
    said = "; ".join(
        f"from {band['low']:g}: {band['mean']:.4f} stated, which is too"
        f" {'high' if band in too_high else 'low'}, {band['observed']:.4f} of pairs right"
        for band in outside
    )
    if too_high:
        return Verdict("bands", Outcome.FAILED, len(too_high), 0, said)
    return Verdict("bands", Outcome.WARNED if outside else Outcome.PASSED, 0, 0, said)


def _against_constant(judged: Figures) -> Verdict:
    """Where hardly a pair is wrong, nothing is better than to say so of all of them alike."""
    wrong = sum(
        band["pairs"] * (1.0 - band["observed"]) for band in judged["bands"] if band["pairs"]
    )
    if wrong < WRONG_PAIRS:
        said = f"{wrong:.0f} wrong pairs are too few to tell a confidence from a constant."
        return Verdict("log-loss-constant", Outcome.SKIPPED, detail=said)
    measured, limit = judged["log_loss"], judged["log_loss_constant"]
    return _below("log-loss-constant", measured, limit, "against a constant")


def _groups(judged: Figures, gates: Gates) -> Verdict:
    """No group's recall may surely be too far below the whole."""
    limit = gates.group_gap
    if limit >= 1:
        return Verdict("groups", Outcome.SKIPPED, limit=limit, detail="Any gap is allowed.")
    whole = 1.0 - judged["accuracy"]["pairs"]["recall"]
    large = [
        (group["missed_match"]["rate"] - whole, group["missed_match"]["low"] - whole, column, group)
        for column, groups in judged["groups"].items()
        for group in groups
        if not group["small"] and group["missed_match"]
    ]
    if not large:
        said = "It was evaluated without groups of enough people: run mpi evaluate --by."
        return Verdict("groups", Outcome.FAILED, limit=limit, detail=said)
    gap, _, column, group = max(large, key=lambda each: (each[1] > limit, each[0]))
    sure = any(each[1] > limit for each in large)
    said = f"{column} {group['group']} has the lowest recall"
    if sure:
        return Verdict("groups", Outcome.FAILED, gap, limit, f"{said}, and not by chance")
    if gap > limit:
        return Verdict("groups", Outcome.WARNED, gap, limit, f"{said}; it may be chance")
    if judged["truth_people"] < gates.people_for_groups:
        said += f"; fewer than {gates.people_for_groups:,} people may hide a gap"
        return Verdict("groups", Outcome.WARNED, gap, limit, said)
    return Verdict("groups", Outcome.PASSED, gap, limit, said)


def _lint(found: Sequence[Figures] | None) -> Verdict:
    """Errors of the lint keep a release back, warnings do not."""
    if found is None:
        return Verdict("lint", Outcome.FAILED, detail="Its m and u were not checked; train again.")
    errors = [item for item in found if item["severity"] == "error"]
    said = " ".join(item["message"] for item in errors)
    return Verdict("lint", Outcome.FAILED if errors else Outcome.PASSED, len(errors), 0, said)


def _standing(metrics: Figures) -> Verdict:
    if not (metrics.get("calibration") or {}).get("provisional", True):
        return Verdict("calibrated", Outcome.PASSED, detail="on labels")
    return Verdict(
        "calibrated",
        Outcome.WARNED,
        detail="Confidence is provisional: no reviewed labels have checked it.",
    )
