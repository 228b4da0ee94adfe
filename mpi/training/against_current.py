"""The gates that hold a release against the one it would replace.

Best judged by a comparison on the same people, where nearly everybody fares alike and a small loss
shows. Without one, by two evaluations, which say something only if they were on the same feeds.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpi.training.figures import Figures
from mpi.training.verdicts import Gates, Measured, Outcome, Verdict

_GATES = {"precision": "false-pairs", "recall": "missed-pairs"}


def against_current(
    judged: Figures, gates: Gates, *, current: Measured | None, comparison: Figures | None
) -> Iterator[Verdict]:
    """Whether false pairs, or missed ones, are more than with the current release.

    Args: judged, the evaluation of the release; comparison, if any, of the current one with it.
    """
    for figure, gate in _GATES.items():
        if current is None:
            yield Verdict(
                gate, Outcome.SKIPPED, detail="It replaces no release, or was in use before."
            )
        elif comparison and comparison["differences"]:
            yield _paired(gate, comparison["differences"][figure], gates.margin)
        else:
            yield _unpaired(gate, figure, judged, current)


def _paired(gate: str, gained: Figures, margin: float) -> Verdict:
    """Shut if the loss is surely beyond the margin."""
    loss, least, most = -gained["estimate"], -gained["high"], -gained["low"]
    outcome = Outcome.FAILED if least > margin else Outcome.PASSED
    said = f"more than the current release, on the same people ({least:+.4f} to {most:+.4f})"
    return Verdict(gate, outcome, loss, margin, said)


def _unpaired(gate: str, figure: str, judged: Figures, current: Measured) -> Verdict:
    """Shut if the rate is above the interval of the current release's."""
    theirs = current.evaluation
    if theirs is None:
        return Verdict(
            gate,
            Outcome.FAILED,
            detail=f"The current release ({current.name}) was not"
            " evaluated: compare the two with --feeds and --truth, or evaluate it.",
        )
    sizes = [(each["records"], each["truth_people"]) for each in (judged, theirs)]
    if sizes[0] != sizes[1]:
        return Verdict(
            gate,
            Outcome.FAILED,
            detail=f"The current release ({current.name}) was"
            f" evaluated on other feeds, of {sizes[1][0]:,} records and not {sizes[0][0]:,}:"
            " compare the two with --feeds and --truth, or evaluate both on the same.",
        )
    rate = 1.0 - judged["accuracy"]["pairs"][figure]
    limit = 1.0 - theirs["intervals"][figure]["low"]
    outcome = Outcome.PASSED if rate <= limit else Outcome.FAILED
    said = f"the current release has {1.0 - theirs['intervals'][figure]['estimate']:.4f}"
    return Verdict(gate, outcome, rate, limit, said)


def moved(comparison: Figures | None, gates: Gates) -> Verdict:
    """The share of records whose person id would change."""
    if comparison is None:
        return Verdict(
            "moved",
            Outcome.SKIPPED,
            limit=gates.moved,
            detail="It was not compared with a current release, so what would change is not known.",
        )
    share = comparison["churn"]["records_moved"] / max(comparison["records"], 1)
    outcome = Outcome.PASSED if share <= gates.moved else Outcome.FAILED
    return Verdict("moved", outcome, share, gates.moved, "of the records get another person id")
