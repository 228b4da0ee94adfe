"""Use case: draw pairs of records for reviewers to label, blind, and with a known probability.

The file says which records, and nothing that could sway a reviewer: no weight, no confidence, not
even whether the index has put the two in one person; the rows are shuffled. Strata and
probabilities, which are needed to read the labels, would tell: they lie in a file beside it.

Evaluation and training draw from two halves of all pairs, told apart by the records' keys. So no
pair is ever drawn for both, whenever and from whichever index the samples are. An evaluation sample
is divided over the strata so that the estimated precision is as tight as can be; one for training
takes more from small strata, for the pairs that the model is unsure of teach most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.errors import NothingToSample, UnwritableOutput, UsageError
from mpi.index.pairs import KnownPairs, known_pairs
from mpi.index.review.sample import put_on_list
from mpi.index.shown import ShownAsTable
from mpi.index.table_file import require_suffix, writing
from mpi.store.store import open_store
from mpi.training.design import allocate, merged_when_small, spread
from mpi.training.label_columns import KEY
from mpi.training.sample_design import design_of, parted
from mpi.training.streams import Stream

SAMPLE = pa.schema(
    [
        ("source_l", pa.string()),
        ("source_id_l", pa.string()),
        ("source_r", pa.string()),
        ("source_id_r", pa.string()),
        ("label", pa.string()),
        ("reviewer", pa.string()),
        ("stream", pa.string()),
        ("stratum", pa.string()),
        ("inclusion_probability", pa.float64()),
    ]
)
"""One row per pair; `label` and `reviewer` are filled in by review."""

WITHIN_BANDS = (0.5, 0.9, 0.99, 0.999)
BETWEEN_BANDS = (0.1, 0.5, 0.9)
"""Where the confidence of strata begins anew: within persons, and between them."""

BETWEEN_SHARE = 0.25
"""Of the pairs drawn, for links missed; the others are within one person."""

LEAST_PAIRS = 60
"""A stratum has at least so many pairs, or is joined to its neighbour."""


@dataclass(frozen=True, slots=True)
class SampleSummary(ShownAsTable):
    """What was drawn from what; `file` is None where the pairs went on the review list."""

    file: Path | None
    stream: str
    drawn: int
    within: int
    strata: int
    pairs_within: int
    pairs_between: int

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        return [
            ("Pairs to label", self.drawn),
            ("of these within one person", self.within),
            ("Strata", self.strata),
            ("Pairs within persons in the index", self.pairs_within),
            ("Scored pairs between persons", self.pairs_between),
            ("Stream", self.stream),
            ("Written to", str(self.file)) if self.file else ("Put on the review list", self.drawn),
        ]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return {
            "file": str(self.file) if self.file else None,
            "stream": self.stream,
            "drawn": self.drawn,
            "within": self.within,
            "strata": self.strata,
            "pairs_within": self.pairs_within,
            "pairs_between": self.pairs_between,
        }


def sample(
    index_url: str,
    to: Path | None = None,
    *,
    size: int = 500,
    stream: Stream = Stream.EVALUATION,
    seed: int = 1,
) -> SampleSummary:
    """Draw a stratified sample of pairs, to a `.parquet` or `.csv` file or the review list.

    Beside the file lies the design of the sample (`mpi.training.sample_design`).
    The same index, size, stream and seed give the same sample. Raises UsageError for another suffix
    or a size below 1, UnwritableOutput also where there is a file already, NothingToSample, and
    what opening an index raises.
    """
    if to is not None:
        _check_file(to)
    if size < 1:
        raise UsageError("At least one pair must be drawn.")
    store = open_store(index_url)
    try:
        with store.reading() as view:
            pairs = known_pairs(view)
        drawn = _draw(pairs, _strata(pairs), _Wanted(size, stream, np.random.default_rng(seed)))
        if not len(drawn.at):
            raise NothingToSample("All of its few pairs belong to the other stream.")
        batch = _batch(pairs, drawn, stream)
        if to is None:
            put_on_list(store, batch, f"seed {seed}, size {size}")
        else:
            _write(batch, to)
    finally:
        store.close()
    within = int(pairs.within.sum())
    return SampleSummary(
        file=to,
        stream=str(stream),
        drawn=len(drawn.at),
        within=int(pairs.within[drawn.at].sum()),
        strata=len(np.unique(drawn.stratum)),
        pairs_within=within,
        pairs_between=len(pairs) - within,
    )


def _check_file(to: Path) -> None:
    require_suffix(to)
    for file in (to, design_of(to)):
        if file.exists():
            said = "It is there already, perhaps with labels; name another."
            raise UnwritableOutput(said, file=file)


def _write(batch: pa.RecordBatch, to: Path) -> None:
    """What reviewers fill in, and beside it what they must not see; the former last."""
    blind, design = parted(pa.Table.from_batches([batch]))
    for table, file in ((design, design_of(to)), (blind, to)):
        with writing(file, table.schema) as writer:
            for part in table.to_batches():
                writer.write_batch(part)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many pairs, for what, by which randomness."""

    size: int
    stream: Stream
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The pairs drawn, by place, with a number for their stratum and how probable each was."""

    at: NDArray[np.int64]
    stratum: NDArray[np.int64]
    probability: NDArray[np.float64]


def _strata(pairs: KnownPairs) -> NDArray[np.int64]:
    """The number of the stratum of each pair; those within persons come first.

    A stratum is a band of confidence before its cap; bands with few pairs are joined to the next.
    Nothing else divides them: every stratum costs some certainty, most of all one without errors.
    """
    within = np.searchsorted(WITHIN_BANDS, pairs.expected, side="right")
    between = np.searchsorted(BETWEEN_BANDS, pairs.expected, side="right")
    found = np.empty(len(pairs), dtype=np.int64)
    found[pairs.within] = _merged(within[pairs.within])
    first = found[pairs.within].max(initial=-1) + 1
    found[~pairs.within] = _merged(between[~pairs.within]) + first
    return found


def _merged(fine: NDArray[np.int64]) -> NDArray[np.int64]:
    kinds, at, counts = np.unique(fine, return_inverse=True, return_counts=True)
    return merged_when_small(counts, LEAST_PAIRS)[at] if len(kinds) else fine


def _draw(pairs: KnownPairs, stratum: NDArray[np.int64], wanted: _Wanted) -> _Drawn:
    """Draw from the stream's half of the pairs; each stands for its stratum in both halves."""
    ours = pairs.odd() == (wanted.stream is Stream.TRAINING)
    between = int(wanted.size * _share_between(pairs.within))
    parts = [
        _draw_from(pairs, stratum, ours & side, replace(wanted, size=size))
        for side, size in ((pairs.within, wanted.size - between), (~pairs.within, between))
    ]
    at, found, probability = (
        np.concatenate([getattr(part, column) for part in parts])
        for column in ("at", "stratum", "probability")
    )
    shuffled = wanted.rng.permutation(len(at))
    dealt = wanted.rng.permutation(int(stratum.max(initial=0)) + 1)
    return _Drawn(at[shuffled], dealt[found[shuffled]], probability[shuffled])


def _share_between(within: NDArray[np.bool_]) -> float:
    if within.all():
        return 0.0
    return BETWEEN_SHARE if within.any() else 1.0


def _draw_from(
    pairs: KnownPairs, stratum: NDArray[np.int64], side: NDArray[np.bool_], wanted: _Wanted
) -> _Drawn:
    """Draw from the pairs at `side`, stratum by stratum."""
    place = np.flatnonzero(side)
    names, there = np.unique(stratum[place], return_counts=True)
    of_stratum = [place[stratum[place] == name] for name in names]
    whole = np.bincount(stratum, minlength=int(stratum.max(initial=0)) + 1)[names]
    spreads = np.array([spread(pairs.expected[members]) for members in of_stratum])
    size = whole if wanted.stream is Stream.EVALUATION else np.sqrt(whole)
    numbers = allocate(there, size * spreads, wanted.size)
    drawn = [
        np.sort(wanted.rng.choice(members, size=int(n), replace=False))
        for members, n in zip(of_stratum, numbers, strict=True)
    ]
    return _Drawn(
        at=np.concatenate([*drawn, np.empty(0, dtype=np.int64)]),
        stratum=np.repeat(names, numbers),
        probability=np.repeat(numbers / whole, numbers),
    )


def _batch(pairs: KnownPairs, drawn: _Drawn, stream: Stream) -> pa.RecordBatch:
    left, right = (pairs.keys.take(pa.array(end[drawn.at])) for end in (pairs.left, pairs.right))
    sides = [table.column(c).combine_chunks() for table in (left, right) for c in KEY]
    empty = pa.nulls(len(drawn.at), pa.string())
    columns = [
        *sides,
        empty,
        empty,
        pa.repeat(str(stream), len(drawn.at)),
        pa.array([f"s{number + 1:02d}" for number in drawn.stratum.tolist()], pa.string()),
        pa.array(drawn.probability),
    ]
    return pa.record_batch(columns, schema=SAMPLE)
