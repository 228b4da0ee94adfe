"""What seals keep apart, and so what is not told of the past to who may not know of seals.

After a seal (adoption, gender recognition, protection) its two sides are persons of their own. That
they once were one, or that they parted, would undo it: so events, history, the past and former ids
are told as if the records of one side had never been where those of the other were. A record that
a seal moved was nowhere before; that of the side which kept the id was there alone. The national
service does the same: of such a change there is no superseding number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mpi.access.sight import Sight
from mpi.errors import RecordNotFound
from mpi.index.sealed import Following
from mpi.linking.sealing import RECORD
from mpi.records import RecordKey
from mpi.store.past import Moved, Past, Stay
from mpi.store.taken import SealMade
from mpi.store.view import View

SEAL, SHOWN_AS = "seal", "put"
"""The cause of an event, and what it is shown as: one like any other."""
_SECTION = 1_000

Where = tuple[str, RecordKey]
"""That a record belonged to a person id."""


@dataclass(slots=True)
class Apart:
    """What is hidden from somebody who may not know of seals; nothing from anybody else.

    `hidden` are stays of records, `pairs` the persons whom a seal keeps apart. `moments` are the
    events at which a hidden stay began or ended, or a seal was put.
    """

    past: Past
    masks: bool = False
    hidden: frozenset[Where] = frozenset()
    pairs: frozenset[frozenset[str]] = frozenset()
    moments: frozenset[int] = frozenset()
    _stays: dict[str, list[Stay]] = field(default_factory=dict)

    @classmethod
    def of(cls, view: View, sight: Sight) -> Apart:
        """What seals in force hide from somebody."""
        if sight.sealed:
            return cls(view.past)
        if not view.near.standing().has_seals:
            return cls(view.past, masks=True)
        return _worked_out(view)

    def hides(self, person_id: str | None, key: RecordKey) -> bool:
        """Whether nobody is told that a record belonged to a person id."""
        return person_id is not None and (person_id, key) in self.hidden

    def concerns(self, person_id: str) -> bool:
        """Whether something of a person id is hidden."""
        return any(person == person_id for person, _ in self.hidden)

    def stays(self, person_id: str) -> list[Stay]:
        """The records that ever belonged to a person id, as they are told."""
        if person_id not in self._stays:
            every = self.past.stays(person_id)
            self._stays[person_id] = [x for x in every if not self.hides(person_id, x.key)]
        return self._stays[person_id]

    def told(self, person_id: str, keys: Iterable[RecordKey]) -> tuple[RecordKey, ...]:
        """The records among some of a person id of which it is told."""
        return tuple(key for key in keys if not self.hides(person_id, key))

    def successors(self, person_id: str, sequence: int) -> set[str]:
        """The persons who are told to have taken over records that left an id at an event."""
        left = (each.key for each in self.stays(person_id) if each.until == sequence)
        came = ((key, each) for key in left for each in self.past.residences(key))
        return {
            each.person_id
            for key, each in came
            if each.since == sequence and not self.hides(each.person_id, key)
        }

    def cause(self, kind: str) -> str:
        """The cause of an event as it is told."""
        return SHOWN_AS if self.masks and kind == SEAL else kind

    def require_together(self, persons: tuple[str | None, ...], right: RecordKey) -> None:
        """Raise RecordNotFound where a seal keeps the persons of two records apart."""
        if frozenset(persons) in self.pairs:
            raise RecordNotFound(source=right.source)


def _worked_out(view: View) -> Apart:
    past, hidden, moments = view.past, set[Where](), set[int]()
    pairs: set[frozenset[str]] = set()
    for seal in view.seals():
        moments.add(seal.sequence)
        moved = [row for row in _moved(past, seal.sequence) if row.came is not None]
        hidden.update((str(row.came), row.key) for row in moved)
        one, other = (_side(view, names) for names in (seal.one, seal.other))
        hidden.update(_bridges(past, one, other))
        parted = ((p, q) for p in one.values() for q in other.values())
        pairs.update(frozenset((p, q)) for p, q in parted if p and q and p != q)
    for person_id, key in hidden:
        for each in past.residences(key):
            if each.person_id == person_id:
                moments.update({each.since, each.until or each.since})
    return Apart(past, True, frozenset(hidden), frozenset(pairs), frozenset(moments))


def _moved(past: Past, sequence: int) -> Iterator[Moved]:
    offset = 0
    while rows := past.moved(sequence, limit=_SECTION, offset=offset):
        yield from rows
        offset += len(rows)


def _side(view: View, names: SealMade | tuple[tuple[str, str, str], ...]) -> dict[RecordKey, str]:
    """The records of one side of a seal, each with its person now; empty for one that is gone."""
    assert isinstance(names, tuple)
    named = {RecordKey(first, second) for kind, first, second in names if kind == RECORD}
    values = {(first, second) for kind, first, second in names if kind != RECORD}
    current = Following(view.near, values).supersessions
    persons = {view.person_id_of(key) for key in named} - {None}
    for system, value in values:
        holding = view.persons_holding(system, current.current(system, value))
        persons |= {each.person_id for each in holding}
    found = dict.fromkeys(named, "")
    for person_id in persons:
        rows = view.person_of(str(person_id))
        found |= {each.key: str(person_id) for each in rows.members} if rows else {}
    return found


def _bridges(
    past: Past, one: Mapping[RecordKey, str], other: Mapping[RecordKey, str]
) -> Iterator[Where]:
    """Where records of both sides ever were, but for those whom the id stayed with."""
    lived = [
        [(each.person_id, key) for key in side for each in past.residences(key)]
        for side in (one, other)
    ]
    shared = {person for person, _ in lived[0]} & {person for person, _ in lived[1]}
    for side, places in zip((one, other), lived, strict=True):
        yield from (each for each in places if each[0] in shared and side[each[1]] != each[0])
