"""The design of a sample: the stratum of each pair, and how probably it was drawn.

Both rank the pairs by how sure a model is of them, so reviewers must not see them. They lie in a
file beside the one that reviewers fill in, and are laid beside the labels again when these are
read. A name for the sample, in both files, tells that they belong together.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from xxhash import xxh3_64_hexdigest

from mpi.errors import InvalidLabels
from mpi.training.contradictions import rows_in_words
from mpi.training.label_columns import LEFT, PROBABILITY, RIGHT, SAMPLE, joined

_PAIR = (*LEFT, *RIGHT)
_DESIGN = ("stratum", PROBABILITY)


def design_of(labels: Path) -> Path:
    """Where the design of a sample lies, by the file of its labels.

    >>> design_of(Path("review/labels.csv"))
    PosixPath('review/labels.design.parquet')
    """
    return labels.with_name(f"{labels.stem}.design.parquet")


def parted(drawn: pa.Table) -> tuple[pa.Table, pa.Table]:
    """A sample with its design as what reviewers see, and what they do not, both with its name."""
    digits = [f"{p:.17g}" for p in drawn.column(PROBABILITY).to_pylist()]
    said = "\n".join([*joined(drawn, _PAIR).to_pylist(), *digits])
    name = pa.repeat(xxh3_64_hexdigest(said.encode())[:8], len(drawn))
    named = drawn.append_column(SAMPLE, name)
    return named.drop_columns(list(_DESIGN)), named.select([*_PAIR, SAMPLE, *_DESIGN])


def with_design(table: pa.Table, path: Path) -> pa.Table:
    """The labels of a sample with its design; any other labels as they are.

    The design is found by the name of the sample among those in the folder of the file, whatever
    the file is called now. Raises InvalidLabels where it is not there, or the labels are of several
    samples.
    """
    if SAMPLE not in table.column_names or not {*_PAIR} <= {*table.column_names}:
        return table
    if not len(table):
        return table
    design = _found(_one_sample(table, path), path)
    texts = pa.table({name: table.column(name).cast(pa.string()) for name in _PAIR})
    place = pc.index_in(joined(texts, _PAIR), joined(design, _PAIR))
    if place.null_count:
        rows = np.flatnonzero(place.is_null().to_numpy(zero_copy_only=False)) + 1
        raise InvalidLabels(
            f"{len(rows):,} of its pairs were not drawn ({rows_in_words(rows)}).", file=path
        )
    kept = table.drop_columns([name for name in _DESIGN if name in table.column_names])
    for name in _DESIGN:
        kept = kept.append_column(name, design.column(name).take(place))
    return kept


def _one_sample(table: pa.Table, path: Path) -> str:
    """The name of the sample that all labels are of."""
    names = table.column(SAMPLE).cast(pa.string()).fill_null("")
    other = pc.not_equal(names, names[0]).to_numpy()
    if other.any():
        raise InvalidLabels(
            "Its rows are of several samples; give one sample at a time.",
            file=path,
            column=SAMPLE,
            row=int(np.argmax(other)) + 1,
        )
    return str(names[0].as_py())


def _found(name: str, labels: Path) -> pa.Table:
    usual = design_of(labels)
    for path in (usual, *sorted(labels.parent.glob("*.design.parquet"))):
        found = _read(path)
        if found is not None and len(found) and found.column(SAMPLE)[0].as_py() == name:
            return found
    raise InvalidLabels(
        f"The design of its sample is not beside it: mpi sample wrote it to {usual.name}, or a file"
        " of such a name.",
        file=labels,
        column=SAMPLE,
    )


def _read(design: Path) -> pa.Table | None:
    """A design; None where there is none, or something else."""
    try:
        return pq.read_table(design, columns=[*_PAIR, SAMPLE, *_DESIGN])
    except (OSError, pa.ArrowException):
        return None
