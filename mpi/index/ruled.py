"""What was ruled about records, as a link of whole feeds takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpi.identifiers import attribute_name
from mpi.index.disturbance import Overlay
from mpi.index.target import Before
from mpi.linking.deciding import numbered
from mpi.linking.delivery import Buried, Delivery
from mpi.linking.evidence import Decisions
from mpi.linking.sealing import RECORD, Holders, SealSide, marks
from mpi.linking.superseding import Supersessions
from mpi.records import RecordKey
from mpi.sources import Feed, SourceSystem, load_sources
from mpi.store.rulings import Rulings
from mpi.store.tombstones import DELETED

Numbers = Callable[[set[RecordKey]], Mapping[RecordKey, int]]
"""Gives the numbers of the records of some keys; those not there are left out."""

_BETWEEN = "\x1f"
"""Joins source and key into one text; neither can hold it."""


def delivery_of(
    system: SourceSystem,
    feed: Feed | None,
    before: Before,
    *,
    at: datetime,
    extracted: datetime | None = None,
) -> Delivery:
    """A feed of a source system, or that none came, with what the index held before.

    Args: at, when it was delivered; extracted, when its source made it, if that is known.
    """
    rulings, name = before.known.rulings, system.name
    said = (extracted or at).astimezone(UTC)
    gone = rulings.gone.get(name, {})
    delivery = Delivery(
        system,
        feed,
        known=before.versions.get(name, {}),
        records=partial(before.records, name),
        supersessions=_supersessions(rulings),
        buried={key: Buried(each.version_key, each.kind == DELETED) for key, each in gone.items()},
        at=said.isoformat(timespec="milliseconds"),
        is_stated=extracted is not None,
        heard_since=partial(before.heard, name),
    )
    if not rulings.erased:
        return delivery
    return replace(delivery, is_erased=lambda key: rulings.is_erased(RecordKey(name, key)))


def held_systems(folder: Path | None, held: Iterable[str]) -> list[SourceSystem]:
    """The sources of records held; a kept record needs no more of its source than its name.

    Args: folder, of further source descriptions.
    """
    known = load_sources(folder)
    some = next(iter(known.values()))
    return [known[name] if name in known else replace(some, name=name) for name in sorted(held)]


def _supersessions(rulings: Rulings) -> Supersessions:
    """The identifier values that others replaced."""
    return Supersessions({(row.system, row.old): row.new for row in rulings.supersessions})


def decisions_of(rulings: Rulings, rows: pa.Table) -> Decisions:
    """Decisions in force and seals, by the numbers of standardised rows."""
    return decisions_by(rulings, partial(_positions, rows), _Holders(rows))


def decisions_by(rulings: Rulings, numbers: Numbers, holders: Holders) -> Decisions:
    """Decisions in force and seals, by the numbers that records have.

    Args: numbers and holders, find those that have a key or an identifier.
    """
    verdicts = Overlay().decisions(rulings.decisions)
    sides = [SealSide(*each) for each in rulings.seal_sides]
    named = {RecordKey(side.first, side.second) for side in sides if side.kind == RECORD}
    position = numbers(named.union(*(each.ends for each in verdicts)))
    sealed = marks(sides, position, holders, _supersessions(rulings))
    return numbered(verdicts, position, sealed=sealed)


def _positions(rows: pa.Table, keys: Iterable[RecordKey]) -> dict[RecordKey, int]:
    """The numbers of the rows of some keys; those not there are left out."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    joined = pc.binary_join_element_wise(rows.column("source"), rows.column("source_id"), _BETWEEN)
    places = pc.index_in(pa.array(map(_BETWEEN.join, wanted), pa.string()), joined)
    found = zip(wanted, places.to_pylist(), strict=True)
    return {key: place for key, place in found if place is not None}


class _Holders:
    """Finds the rows that hold an identifier."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows

    def __call__(self, system: str, value: str) -> list[int]:
        column = self._rows.column(attribute_name(system)).combine_chunks()
        held = pc.equal(column.flatten(), value)
        found: list[int] = np.unique(pc.list_parent_indices(column).filter(held)).tolist()
        return found
