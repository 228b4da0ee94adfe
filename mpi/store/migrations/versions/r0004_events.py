"""Events: an index is changed record by record, by decisions, supersessions and seals, and undone.

What is live gets the new columns and tables, of which `compared` and `possible` stay empty until
the next link; what is not live goes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from mpi.sources.versions import version_key
from mpi.store.migrations.making import Columns, remake, table_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

number, big, blob = sa.Integer, sa.BigInteger, sa.LargeBinary
text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KINDS: dict[str, Any] = {"number": number, "big": big, "blob": blob, "text": text}
SECRET_BYTES = 32
BATCH = 10_000
GENERATION = (
    "record",
    "payload",
    "identifier",
    "blocking_key",
    "link",
    "person",
    "confidence",
)
"""The tables of a generation before this revision."""

TABLES = {
    "loading": "id number | generation number, since number, release_id text",
    "inbox": "sequence number | source text, source_id text, version text, version_key text,"
    " action text, payload blob?, payload_hash blob?, client text?",
    "idempotency": "client text, key text | body_hash blob, sequence number?, status number,"
    " answer text, at text",
    "tombstone": "source text, source_id text | version_key text, kind text, sequence number",
    "erased": "keyed blob | sequence number, reason text, at text",
    "decision": "sequence number | l_source text, l_source_id text, r_source text,"
    " r_source_id text, verdict text, survivor text?, by text, reason text, undone number?",
    "supersession": "system text, old text | new text, source text, sequence number,"
    " undone number?",
    "seal": "seal_no number | sequence number, undone number?",
    "seal_side": "seal_no number, side number, kind text, first text, second text |",
    "retired_member": "person_id text, source text, source_id text |",
    "person_change": "sequence number, person_id text | what text, how text?, successors text?",
    "identifier_history": "source text, source_id text, system text, value text,"
    " from_sequence number | verified number, to_sequence number?",
}
"""New tables that outlive every link: columns of the key, then others; ? where null is allowed."""

INDEXES = (
    ("log", "at", ("at",)),
    ("inbox", "record", ("source", "source_id", "version_key")),
    ("idempotency", "at", ("at",)),
    ("idempotency", "sequence", ("sequence",)),
    ("decision", "left", ("l_source", "l_source_id")),
    ("decision", "right", ("r_source", "r_source_id")),
    ("supersession", "new", ("system", "new")),
    ("seal_side", "of", ("kind", "first", "second")),
    ("person_history", "first", ("first_sequence",)),
    ("retired_member", "record", ("source", "source_id")),
    ("membership", "person", ("person_id", "from_sequence")),
    ("membership", "from", ("from_sequence",)),
    ("membership", "to", ("to_sequence",)),
    ("identifier_history", "value", ("system", "value", "from_sequence")),
)


def upgrade() -> None:
    """Make the new tables, and give the old ones what they lack."""
    for name, columns in TABLES.items():
        key, rest = map(_columns, columns.split("|"))
        nullable = tuple(column for column, kind in rest.items() if kind.endswith("?"))
        types = ({name: KINDS[kind.rstrip("?")] for name, kind in of.items()} for of in (key, rest))
        table_of(name, *types, nullable=nullable, clustered=True if name == "erased" else None)
    _pointer()
    _retired_members()
    live = op.get_bind().scalar(sa.text("SELECT generation FROM index_state"))
    _drop_all_but(0 if live is None else live)
    _generation(0 if live is None else live)
    if live is not None:
        _identifier_history(live)
    for table, what, indexed in INDEXES:
        op.create_index(f"{table}_{what}", table, list(indexed))


def _columns(said: str) -> dict[str, str]:
    """The kinds of columns by name.

    >>> _columns("what text, how text? ")
    {'what': 'text', 'how': 'text?'}
    """
    return dict(column.split() for column in said.split(",") if column.strip())


def _pointer() -> None:
    """Counters, the time of the last event, and a secret, for the pointer."""
    state = op.get_bind().execute(sa.text("SELECT * FROM index_state")).mappings().one_or_none()
    last_at = op.get_bind().scalar(sa.text("SELECT max(at) FROM log"))
    op.drop_table("index_state")
    rest: Columns = {
        "generation": number,
        "sequence": number,
        "seed": big,
        "release_id": text,
        "provisional": number,
        "counts": text,
        "next_record_no": number,
        "next_person_no": number,
        "records": number,
        "persons": number,
        "last_at": text,
        "secret": blob,
    }
    table = table_of("index_state", {"id": number}, rest, nullable=("release_id",))
    if state is not None:
        more = {**_counters(state), "last_at": last_at or ""}
        secret = secrets.token_bytes(SECRET_BYTES)
        op.bulk_insert(table, [{**state, **more, "secret": secret}])


def _counters(state: sa.RowMapping) -> dict[str, int]:
    def greatest(table: str, column: str) -> int:
        asked = sa.text(f"SELECT max({column}) FROM {table}_{state['generation']}")
        found = op.get_bind().scalar(asked)
        return -1 if found is None else int(found)

    counts = json.loads(state["counts"])
    return {
        "next_record_no": greatest("record", "record_no") + 1,
        "next_person_no": greatest("person", "person_no") + 1,
        "records": counts.get("record", 0),
        "persons": counts.get("person", 0),
    }


def _retired_members() -> None:
    """The last members of retired persons as rows of their own, and when each was retired."""
    bind = op.get_bind()
    columns = ["person_id", "retired_sequence", "how", "successors", "members"]
    asked: Any = sa.select(*(sa.column(name) for name in columns)).select_from(
        sa.table("person_history")
    )
    retired = bind.execute(asked.where(sa.column("retired_sequence").is_not(None))).all()
    _insert(
        "retired_member",
        (
            {"person_id": row.person_id, "source": source, "source_id": key}
            for row in retired
            for source, key in json.loads(row.members)
        ),
    )
    _insert(
        "person_change",
        (
            {
                "sequence": row.retired_sequence,
                "person_id": row.person_id,
                "what": "retired",
                "how": row.how,
                "successors": row.successors,
            }
            for row in retired
        ),
    )
    rest: Columns = {
        "first_sequence": number,
        "retired_sequence": number,
        "how": text,
        "successors": text,
    }
    values = {name: name for name in ("person_id", *rest)}
    remake("person_history", {"person_id": text}, rest, values, nullable=(*rest,)[1:])


def _drop_all_but(live: int) -> None:
    names = sa.inspect(op.get_bind()).get_table_names()
    for name in names:
        plain, _, of = name.rpartition("_")
        if plain in GENERATION and of.isdecimal() and int(of) != live:
            op.drop_table(name)


def _generation(live: int) -> None:
    """What a generation has since this revision."""
    record, identifier, link = f"record_{live}", f"identifier_{live}", f"link_{live}"
    _records(live)
    op.create_index(f"{record}_key", record, ["source", "source_id"], unique=True)
    op.create_index(f"{record}_person", record, ["person_no"])
    for name in ("valid_from", "valid_to"):
        op.add_column(identifier, sa.Column(name, text, nullable=True))
    op.create_index(f"{link}_right", link, ["record_r", "record_l", "weight", "blocked"])
    table_of(f"compared_{live}", {"record_no": number}, {"row": blob, "keys": blob})
    pair: Columns = {"record_l": number, "record_r": number}
    table_of(f"possible_{live}", pair, {"weight": number, "why": text})


def _records(live: int) -> None:
    """The records with the key of their version; that of a link where a source has no versions."""
    name = f"record_{live}"
    rest: Columns = {
        "source": text,
        "source_id": text,
        "version": text,
        "person_no": number,
        "version_key": text,
        "changed": number,
    }
    kept = ("record_no", "source", "source_id", "version", "person_no")
    values = {**dict(zip(kept, kept, strict=True)), "version_key": "version", "changed": "0"}
    remake(name, {"record_no": number}, rest, values)
    table = sa.table(name, sa.column("record_no"), sa.column("version_key"))
    statement = (
        sa.update(table)
        .where(table.c.record_no == sa.bindparam("of"))
        .values(version_key=sa.bindparam("made"))
    )
    for rows in _versions(live):
        op.get_bind().execute(statement, rows)


def _versions(live: int) -> Iterator[list[dict[str, Any]]]:
    """The keys of the versions that are not their own keys.

    A source of which no record has a version has none; its records are as of the last link.
    """
    bind = op.get_bind()
    linked = bind.scalar(sa.text("SELECT last_at FROM index_state")) or ""
    asked = sa.text(
        "SELECT r.record_no, r.version, CASE WHEN r.source IN (SELECT source FROM"
        f" record_{live} WHERE version <> '') THEN NULL ELSE p.payload END"
        f" FROM record_{live} r JOIN payload_{live} p ON p.record_no = r.record_no"
        " WHERE r.record_no > :after ORDER BY r.record_no LIMIT :few"
    )
    after = -1
    while rows := bind.execute(asked, {"after": after, "few": BATCH}).all():
        after = rows[-1][0]
        made = [(no, was, _key(was, linked, payload)) for no, was, payload in rows]
        if changed := [{"of": no, "made": key} for no, was, key in made if key != was]:
            yield changed


def _key(version: str, linked: str, payload: bytes | None) -> str:
    return version_key(version) if payload is None else version_key("", linked, payload=payload)


def _identifier_history(live: int) -> None:
    """Every identifier held now, since its record is known; what was before is not known."""
    op.execute(
        "INSERT INTO identifier_history"
        " (source, source_id, system, value, from_sequence, verified, to_sequence)"
        " SELECT r.source, r.source_id, i.system, i.value, min(m.from_sequence), i.verified, NULL"
        f" FROM identifier_{live} i JOIN record_{live} r ON r.record_no = i.record_no"
        " JOIN membership m ON m.source = r.source AND m.source_id = r.source_id"
        " GROUP BY r.source, r.source_id, i.system, i.value, i.verified"
        " ORDER BY r.source, r.source_id, i.system, i.value"
    )


def _insert(name: str, rows: Iterator[dict[str, Any]]) -> None:
    given = list(rows)
    if given:
        op.bulk_insert(sa.table(name, *(sa.column(column) for column in given[0])), given)
