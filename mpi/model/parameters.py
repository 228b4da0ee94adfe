"""A release: what was learned, frozen, kept apart from the code that uses it.

One folder under `models/`: `parameters.json`, `term_frequencies.parquet`,
`suppressed_keys.parquet`, `metrics.json`, a model card with its charts, and `released.json` once it
is released (see `standing`). `parameters.json` carries a hash of the attributes, blocking rules and
comparisons it was trained for; code with another hash refuses it.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mpi.attributes import SCHEMA
from mpi.errors import ModelMismatch, UnusableModel, UnwritableOutput
from mpi.model.blocking import RULE_BITS, RULES, rule_name
from mpi.model.calibration import Calibration
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import BANDS, Frequencies
from mpi.model.standing import PARAMETERS, folder_of
from mpi.model.thresholds import MILLI, Thresholds

FORMAT = 1
_FREQUENCIES = "term_frequencies.parquet"
_SUPPRESSED = "suppressed_keys.parquet"
_RULE_NUMBERS = {rule_name(rule): number for number, rule in enumerate(RULES)}


@dataclass(frozen=True, slots=True)
class LevelParameters:
    """What one level is worth: m and u as learned, and the match weight in milli-bits.

    The weight is what counts. It is log2(m/u) rounded, so that every engine sums the same whole
    numbers; m and u are kept to be read.
    """

    m: float
    u: float
    weight: int

    @classmethod
    def of_bits(cls, bits: float) -> Self:
        """The parameters of a level whose weight was not learned from an m and a u."""
        return cls(min(1.0, 2.0**bits), min(1.0, 2.0**-bits), round(bits * MILLI))


@dataclass(frozen=True, slots=True)
class Release:
    """A match model as linking uses it.

    `levels[comparison][code]` are the parameters; a comparison that had no data is not in it and
    is not compared. `prior` is the match weight, in milli-bits, of two records drawn at random.
    `rules` are the numbers of the blocking rules in use, `suppressed` a sorted array of keys of
    theirs that are not. `trained` describes the training, for people.
    """

    name: str
    prior: int
    levels: Mapping[str, Mapping[str, LevelParameters]]
    frequencies: Frequencies
    rules: tuple[int, ...]
    suppressed: NDArray[np.int64]
    thresholds: Thresholds
    calibration: Calibration
    trained: Mapping[str, Any]

    def live_keys(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some blocking keys the release uses: of a rule in use, and not suppressed."""
        in_use = np.zeros(RULE_BITS + 1, dtype=bool)
        in_use[list(self.rules)] = True
        return np.asarray(in_use[keys & RULE_BITS] & ~self._suppresses(keys))

    def _suppresses(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which keys are among the suppressed, which are sorted: half the cost of `np.isin`."""
        if not self.suppressed.size:
            return np.zeros(keys.size, dtype=bool)
        at = np.searchsorted(self.suppressed, keys)
        return np.asarray(self.suppressed[np.minimum(at, self.suppressed.size - 1)] == keys)

    @property
    def identity(self) -> str:
        """A short hash of everything that decides a link; equal releases link equally."""
        parts = (_json(_parameters(self)), self.suppressed.tobytes(), _json(_listed(self)))
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part if isinstance(part, bytes) else part.encode())
        return digest.hexdigest()[:16]


def definition_hash() -> str:
    """The hash of what the code compares: attributes, blocking rules, bands and levels."""
    comparisons = [
        [c.name, c.learning, [[v.code, v.condition and v.condition.sql()] for v in c.levels]]
        for c in COMPARISONS
    ]
    attributes = [[a.name, str(a.kind)] for a in SCHEMA]
    text = _json([attributes, RULES, {k: list(v) for k, v in BANDS.items()}, comparisons])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save(release: Release, folder: Path) -> None:
    """Write the release's learned files into `folder`, which must exist."""
    for name, content in files_of(release).items():
        (folder / name).write_bytes(content)


def files_of(release: Release) -> dict[str, bytes]:
    """The release's learned files by name; `release_of` is the inverse."""
    text = json.dumps(_parameters(release) | {"trained": dict(release.trained)}, indent=1)
    listed = _listed(release)
    columns = list(zip(*listed, strict=True)) if listed else [(), (), ()]
    types = {"attribute": pa.string(), "value": pa.string(), "band": pa.int8()}
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types.values(), strict=True)]
    return {
        PARAMETERS: (text + "\n").encode(),
        _FREQUENCIES: _parquet(pa.table(dict(zip(types, arrays, strict=True)))),
        _SUPPRESSED: _parquet(pa.table({"key": release.suppressed})),
    }


def _parquet(table: pa.Table) -> bytes:
    written = io.BytesIO()
    pq.write_table(table, written)
    return written.getvalue()


def publish(staged: Path, folder: Path) -> None:
    """Move a complete, staged release folder to its name; an older one of that name goes last.

    Raises UnwritableOutput, and the older one is where it was.
    """
    staged.chmod(0o755)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            old = Path(beside) / "old"
            if folder.exists():
                folder.rename(old)
            try:
                staged.rename(folder)
            except OSError:
                if old.exists():
                    old.rename(folder)
                raise
    except OSError as error:
        raise UnwritableOutput(folder=folder) from error


def load(folder: Path) -> Release:
    """Read a release; of a folder of several, the current one.

    Raises: ModelNotFound when the folder holds none; UnusableModel when a file of it is missing
    or damaged; ModelMismatch when it was trained for other attributes, rules or comparisons.
    """
    folder = folder_of(folder)
    return _loaded(lambda name: (folder / name).read_bytes(), folder)


def release_of(files: Mapping[str, bytes]) -> Release:
    """The release that `files_of` gave files of; raises UnusableModel and ModelMismatch."""
    return _loaded(files.__getitem__)


def _loaded(read: Callable[[str], bytes], folder: Path | None = None) -> Release:
    with _reading(PARAMETERS, folder):
        content = json.loads(read(PARAMETERS))
        _check(content, folder)
    with _reading(_FREQUENCIES, folder):
        listed = _listed_in(pq.read_table(pa.BufferReader(read(_FREQUENCIES))))
    with _reading(_SUPPRESSED, folder):
        table = pq.read_table(pa.BufferReader(read(_SUPPRESSED)))
        suppressed = table.column("key").to_numpy()
    with _reading(PARAMETERS, folder):
        return _release(content, listed, suppressed)


@contextmanager
def _reading(name: str, folder: Path | None) -> Iterator[None]:
    """Name the file in which a release is damaged, whatever goes wrong in here."""
    try:
        yield
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        pa.ArrowException,
        UnusableModel,
    ) as error:
        why = error.detail if isinstance(error, UnusableModel) else f"{type(error).__name__}."
        raise UnusableModel(
            f"A file of it is missing or damaged; train it again. {why}",
            folder=folder,
            file=name,
        ) from error


def _check(content: dict[str, Any], folder: Path | None) -> None:
    if content["format"] != FORMAT or content["definition"] != definition_hash():
        raise ModelMismatch(
            "Train it again with `mpi train`, or use the version of the code it was trained with.",
            folder=folder,
        )


def _listed_in(table: pa.Table) -> dict[str, dict[str, int]]:
    listed: dict[str, dict[str, int]] = {}
    for attribute, value, band in zip(*(c.to_pylist() for c in table.columns), strict=True):
        listed.setdefault(attribute, {})[value] = band
    return listed


def _release(
    content: dict[str, Any], listed: dict[str, dict[str, int]], suppressed: NDArray[np.int64]
) -> Release:
    return Release(
        name=content["name"],
        prior=int(content["prior"]),
        levels={
            name: {code: LevelParameters(**values) for code, values in levels.items()}
            for name, levels in content["levels"].items()
        },
        frequencies=Frequencies(int(content["people"]), listed),
        rules=tuple(_RULE_NUMBERS[name] for name in content["rules"]),
        suppressed=suppressed,
        thresholds=Thresholds.from_dict(content["thresholds"]),
        calibration=Calibration.from_dict(content["calibration"]),
        trained=content["trained"],
    )


def _parameters(release: Release) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": release.name,
        "definition": definition_hash(),
        "people": release.frequencies.people,
        "prior": release.prior,
        "rules": [rule_name(RULES[number]) for number in release.rules],
        "thresholds": release.thresholds.as_dict(),
        "calibration": release.calibration.as_dict(),
        "levels": {
            name: {
                code: {"m": level.m, "u": level.u, "weight": level.weight}
                for code, level in levels.items()
            }
            for name, levels in release.levels.items()
        },
    }


def _listed(release: Release) -> list[tuple[str, str, int]]:
    return [
        (attribute, value, band)
        for attribute, values in sorted(release.frequencies.listed.items())
        for value, band in sorted(values.items())
    ]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
