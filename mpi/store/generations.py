"""The tables of a generation: everything that a link makes, and that events then change.

What lies in them is a function of the records, the decisions and the release, but for the numbers
of records and persons, which are only meaningful within a generation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

from sqlalchemy import BigInteger, Index, MetaData, Table

from mpi.store.columns import TEXT, blob, clustered, key, number, text


@dataclass(frozen=True, slots=True)
class Generation:
    """The tables of one generation, in the order in which they are filled."""

    number: int

    record: Table
    payload: Table
    identifier: Table
    blocking_key: Table
    compared: Table
    link: Table
    person: Table
    confidence: Table
    possible: Table

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Each table under its plain name."""
        for name in TABLES:
            yield name, getattr(self, name)


TABLES = tuple(field.name for field in fields(Generation) if field.name != "number")


@lru_cache(maxsize=16)
def generation(number: int) -> Generation:
    """The tables of a generation by its number."""
    within = MetaData()
    return Generation(
        number,
        record=_record(number, within),
        payload=_payload(number, within),
        identifier=_identifier(number, within),
        blocking_key=_blocking_key(number, within),
        compared=_compared(number, within),
        link=_link(number, within),
        person=_person(number, within),
        confidence=_confidence(number, within),
        possible=_possible(number, within),
    )


def generation_of(table: str) -> int | None:
    """The number of the generation that a table belongs to by its name; None for all others.

    >>> generation_of("blocking_key_7")
    7
    >>> generation_of("index_state") is None
    True
    """
    plain, _, number = table.rpartition("_")
    return int(number) if plain in TABLES and number.isdecimal() else None


def _record(of: int, within: MetaData) -> Table:
    """The narrow part of a record, which look-ups read; its wide part is the payload.

    `version_key` orders the versions of a record as text. `changed` is the sequence of the event
    that last changed the record, 0 where the link did that made the generation.
    """
    table = Table(
        f"record_{of}",
        within,
        key("record_no"),
        text("source"),
        text("source_id"),
        text("version"),
        number("person_no"),
        text("version_key"),
        number("changed"),
    )
    Index(f"record_{of}_key", table.c.source, table.c.source_id, unique=True)
    Index(f"record_{of}_person", table.c.person_no)
    return table


def _payload(of: int, within: MetaData) -> Table:
    return Table(f"payload_{of}", within, key("record_no"), blob("payload"))


def _identifier(of: int, within: MetaData) -> Table:
    """Identifiers by value; the index holds what is asked of a record's, so they are one range."""
    table = clustered(
        f"identifier_{of}",
        within,
        key("system", TEXT),
        key("value", TEXT),
        key("record_no"),
        number("verified"),
        text("valid_from", nullable=True),
        text("valid_to", nullable=True),
    )
    c = table.c
    Index(f"identifier_{of}_record", c.record_no, c.system, c.value, c.verified)
    return table


def _blocking_key(of: int, within: MetaData) -> Table:
    return clustered(f"blocking_key_{of}", within, key("key", BigInteger), key("record_no"))


def _compared(of: int, within: MetaData) -> Table:
    """A record as the scorer reads it, and its live blocking keys; see `linking.compared`."""
    return Table(f"compared_{of}", within, key("record_no"), blob("row"), blob("keys"))


def _link(of: int, within: MetaData) -> Table:
    """Scored pairs by their left record; the index holds all columns, by the right one."""
    table = clustered(
        f"link_{of}",
        within,
        key("record_l"),
        key("record_r"),
        number("weight"),
        number("blocked"),
    )
    c = table.c
    Index(f"link_{of}_right", c.record_r, c.record_l, c.weight, c.blocked)
    return table


def _person(of: int, within: MetaData) -> Table:
    table = Table(
        f"person_{of}",
        within,
        key("person_no"),
        text("person_id"),
        number("golden_record_no"),
        text("findings"),
        number("record_count"),
        number("all_pairs"),
    )
    Index(f"person_{of}_id", table.c.person_id, unique=True)
    return table


def _confidence(of: int, within: MetaData) -> Table:
    return clustered(
        f"confidence_{of}",
        within,
        key("person_no"),
        key("record_l"),
        key("record_r"),
        number("direct", nullable=True),
        number("bottleneck"),
        number("confidence"),
    )


def _possible(of: int, within: MetaData) -> Table:
    """Pairs of persons that nearly joined, each by its strongest link, and what kept them apart."""
    return clustered(
        f"possible_{of}",
        within,
        key("record_l"),
        key("record_r"),
        number("weight"),
        text("why"),
    )
