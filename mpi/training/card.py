"""The model card of a release, for people: a README with charts, drawn from what was measured.

It is drawn from the release and its `metrics.json` alone, by training and again by every
evaluation, so that it can be read on any Git host and never says more than the numbers beside it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mpi.errors import AlreadyReleased, UnusableModel, UnwritableOutput
from mpi.model.parameters import Release, load
from mpi.model.standing import folder_of, released_on
from mpi.training.card_judged import judged_sections
from mpi.training.card_learned import learned_sections
from mpi.training.charts import pictures
from mpi.training.drawing import Picture, can_draw
from mpi.training.figures import Figures
from mpi.training.markdown import Gallery

CARD = "README.md"
METRICS = "metrics.json"
CHARTS = "charts"
_PARTS = ("trained", "calibration", "blocking", "lint", "evaluation")


def read_metrics(folder: Path) -> dict[str, Any]:
    """What is known of a release, from its `metrics.json`; nothing where it has none.

    Raises UnusableModel when it is damaged.
    """
    path = folder / METRICS
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UnusableModel(
            "A file of it is damaged; train it again.", folder=folder, file=METRICS
        ) from error


def write_card(release: Release, folder: Path, learned: Figures | None = None) -> None:
    """Draw the card of a release into its folder: `README.md`, `charts/` and `metrics.json`.

    `learned` are parts of `metrics.json` that training adds, such as `lint` and `blocking`. What
    it holds already is drawn and kept, except an evaluation of another release: such as stood here
    before it. Raises UnusableModel when it is damaged.
    """
    metrics = read_metrics(folder) | dict(learned or {})
    metrics |= {"trained": dict(release.trained), "calibration": release.calibration.as_dict()}
    if _identity_judged(metrics) != release.identity:
        metrics.pop("evaluation", None)
    drawn = list(pictures(release, metrics)) if can_draw() else []
    for name, content in _files(release, metrics, drawn):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    current = {picture.name for picture in drawn}
    for old in (folder / CHARTS).glob("*.svg"):
        if old.name not in current:
            old.unlink()


def rewrite_card(folder: Path, evaluation: Figures) -> None:
    """Enter an evaluation into the `metrics.json` of a release and draw its card anew.

    `evaluation` is ready for JSON. The files are written beside the release first and then put in
    their places one by one, `metrics.json` last; what a link reads is not touched, so that a
    release in use never lacks a file. Raises what loading it raises, UnusableModel when the
    evaluation is of another release, AlreadyReleased, and UnwritableOutput.
    """
    folder = folder_of(folder).absolute()
    release = load(folder)
    metrics = read_metrics(folder) | {"evaluation": dict(evaluation)}
    if _identity_judged(metrics) != release.identity:
        raise UnusableModel("It is not the release that was evaluated.", folder=folder)
    if released_on(folder, release.identity):
        raise AlreadyReleased("The evaluation in it is the one it was released on.", folder=folder)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            staged = Path(beside)
            (staged / METRICS).write_text(_json(metrics), encoding="utf-8")
            write_card(release, staged)
            _put_in_place(staged, folder)
    except OSError as error:
        raise UnwritableOutput(folder=folder) from error


def _put_in_place(staged: Path, folder: Path) -> None:
    """Move the files of a card over those of an older one, and remove charts it lacks."""
    (folder / CHARTS).mkdir(exist_ok=True)
    charts = sorted((staged / CHARTS).glob("*.svg"))
    for path in (*charts, staged / CARD, staged / METRICS):
        os.replace(path, folder / path.relative_to(staged))
    for old in (folder / CHARTS).glob("*.svg"):
        if old.name not in {path.name for path in charts}:
            old.unlink()


def _identity_judged(metrics: Figures) -> str | None:
    """The identity of the release that was evaluated, if any was."""
    judged = metrics.get("evaluation") or {}
    return (judged.get("release") or {}).get("identity")


def _files(
    release: Release, metrics: Figures, drawn: Sequence[Picture]
) -> Iterator[tuple[str, str]]:
    """Name and content of every file of a card."""
    gallery = Gallery(CHARTS, {picture.name: picture.alt for picture in drawn})
    yield CARD, "\n".join(_card(release, metrics, gallery)) + "\n"
    yield METRICS, _json(metrics)
    for picture in drawn:
        yield f"{CHARTS}/{picture.name}", picture.svg


def _json(metrics: Figures) -> str:
    """In one order of its parts, whenever each of them was written."""
    ordered = {name: metrics[name] for name in sorted(metrics, key=_place)}
    return json.dumps(ordered, indent=1, allow_nan=False) + "\n"


def _place(part: str) -> tuple[int, str]:
    return (_PARTS.index(part) if part in _PARTS else len(_PARTS), part)


def _card(release: Release, metrics: Figures, gallery: Gallery) -> Iterator[str]:
    yield from (f"# Release `{release.name}`", "")
    yield f"A match model of the master person index, identity `{release.identity}`."
    yield "It is a candidate until a `released.json` with this identity lies beside this file."
    yield ""
    if not gallery.shown:
        yield (
            "_Without charts: what draws them was not installed"
            " (`pip install 'master-person-index[charts]'`)._"
        )
        yield ""
    yield from judged_sections(metrics, gallery)
    yield from learned_sections(release, metrics, gallery)
