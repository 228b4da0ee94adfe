"""What an answer named of a person other than as cross-references, for the audit.

Events, history, matches, explanations and changes name persons and keys of records. All of it is
written down in the same way as a look-up: identifiers and keys as keyed hashes, by person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mpi.access.keyed import Keyed
from mpi.records import Identifier, RecordKey


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A person, and what of them was told: keys of records and identifiers; a grade, of a match.

    `withheld` are the identifier systems of which something was kept back.
    """

    person_id: str
    records: tuple[RecordKey, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    withheld: tuple[str, ...] = ()
    grade: str = ""

    def entry(self, keyed: Keyed) -> dict[str, Any]:
        """How it is written down; an answer that says how sure the index is does so elsewhere."""
        told: defaultdict[str, list[tuple[str, None]]] = defaultdict(list)
        for each in self.identifiers:
            told[each.system].append((keyed.of(each.system, each.value), None))
        records = [hashed_key(keyed, each) for each in self.records if each.source_id]
        grade = {"grade": self.grade} if self.grade else {}
        return {
            "person": self.person_id,
            "told": dict(told),
            "withheld": list(self.withheld),
            "records": records,
            **grade,
        }


def hashed_key(keyed: Keyed, record: RecordKey) -> list[str]:
    """A record's key in the audit: its source, and a hash of the value."""
    return [record.source, keyed.of(f"record {record.source}", record.source_id)]


def by_person(pairs: Iterable[tuple[str | None, RecordKey | None]]) -> list[Mentioned]:
    """Persons with the keys named of each, from pairs of which either may be nothing."""
    found: defaultdict[str, set[RecordKey]] = defaultdict(set)
    for person_id, record in pairs:
        if person_id is not None:
            found[person_id].update([record] if record else [])
    return [Mentioned(each, tuple(sorted(keys))) for each, keys in sorted(found.items())]


def entries(keyed: Keyed, persons: Iterable[Mentioned | str]) -> list[Mapping[str, Any]]:
    """How some persons are written down; a text is an id of which nothing more was told."""
    named = (Mentioned(each) if isinstance(each, str) else each for each in persons)
    return [each.entry(keyed) for each in named]
