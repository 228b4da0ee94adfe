"""The tables of the index: generations of everything a link makes, and what outlives every link.

Readers use the generation that `index_state.generation` names. A link makes the next one beside it,
then moves the pointer and writes history in one transaction; so what lies in any other generation
has no meaning, and is dropped by the next link. A number is never used for two things that readers
could see. Events that change one record change the live generation in place.

What is personal in the tables here is under a record's key (`source`, `source_id`), so that erasing
the record can find it.
"""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, MetaData, Table

from mpi.store.columns import TEXT, big, blob, clustered, key, number, text
from mpi.store.generations import TABLES, Generation, generation, generation_of

__all__ = [
    "REVISIONS",
    "TABLES",
    "Generation",
    "audit_anchor",
    "decision",
    "erased",
    "generation",
    "generation_of",
    "idempotency",
    "identifier_history",
    "inbox",
    "index_state",
    "loading",
    "log",
    "membership",
    "metadata",
    "person_change",
    "person_history",
    "release",
    "release_file",
    "retired_member",
    "seal",
    "seal_side",
    "supersession",
    "tombstone",
]

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Every revision of the schema, numbered, oldest first; a test holds it against the migrations."""

metadata = MetaData()
"""What outlives every link; each generation has its own."""

index_state = Table(
    "index_state",
    metadata,
    key("id"),
    number("generation"),
    number("sequence"),
    big("seed"),
    text("release_id", nullable=True),
    number("provisional"),
    text("counts"),
    number("next_record_no"),
    number("next_person_no"),
    number("records"),
    number("persons"),
    text("last_at"),
    blob("secret"),
)
"""One row, of id 1: which generation is live, and the last event that it reflects.

`counts` are the rows of each table as the last link left them; `records` and `persons` are as of
now. `last_at` is the time of the last event, which never goes back. `secret` keys what is kept of
the key of an erased record.
"""

release = Table("release", metadata, key("release_id", TEXT), text("name"), text("document"))

release_file = Table(
    "release_file", metadata, key("release_id", TEXT), key("name", TEXT), blob("content")
)
"""The files of each release that made an index, so that it can be matched against anywhere."""

audit_anchor = clustered(
    "audit_anchor", metadata, key("chain", TEXT), key("number"), text("hash"), text("at")
)
"""Where each chain of the audit stood at some moments: how many entries, and the hash of the last.
"""

loading = Table(
    "loading", metadata, key("id"), number("generation"), number("since"), text("release_id")
)
"""One row, of id 1, while a link runs, or after it died: what it makes, and the last event that
it has read."""

log = Table("log", metadata, key("sequence"), text("kind"), text("at"), text("detail"))
Index("log_at", log.c.at)

inbox = Table(
    "inbox",
    metadata,
    key("sequence"),
    text("source"),
    text("source_id"),
    text("version"),
    text("version_key"),
    text("action"),
    blob("payload", nullable=True),
    blob("payload_hash", nullable=True),
    text("client", nullable=True),
)
"""The messages that changed the index, each under the sequence of its event."""
Index("inbox_record", inbox.c.source, inbox.c.source_id, inbox.c.version_key)

idempotency = clustered(
    "idempotency",
    metadata,
    key("client", TEXT),
    key("key", TEXT),
    blob("body_hash"),
    number("sequence", nullable=True),
    number("status"),
    text("answer"),
    text("at"),
)
"""What was answered to a request that named a key, for when it comes again."""
Index("idempotency_at", idempotency.c.at)
Index("idempotency_sequence", idempotency.c.sequence)

tombstone = clustered(
    "tombstone",
    metadata,
    key("source", TEXT),
    key("source_id", TEXT),
    text("version_key"),
    text("kind"),
    number("sequence"),
)
"""Records that are gone: `deleted` in a version, or `absent` from a snapshot of their source."""

erased = clustered(
    "erased", metadata, key("keyed", LargeBinary), number("sequence"), text("reason"), text("at")
)
"""Records whose data was erased, under a keyed hash of their key."""

decision = Table(
    "decision",
    metadata,
    key("sequence"),
    text("l_source"),
    text("l_source_id"),
    text("r_source"),
    text("r_source_id"),
    text("verdict"),
    text("survivor", nullable=True),
    text("by"),
    text("reason"),
    number("undone", nullable=True),
)
"""What reviewers decided of two records (the lesser key is left). In force: the last not undone
of a pair."""
Index("decision_left", decision.c.l_source, decision.c.l_source_id)
Index("decision_right", decision.c.r_source, decision.c.r_source_id)

supersession = clustered(
    "supersession",
    metadata,
    key("system", TEXT),
    key("old", TEXT),
    text("new"),
    text("source"),
    number("sequence"),
    number("undone", nullable=True),
)
"""Identifier values that their issuer replaced by others."""
Index("supersession_new", supersession.c.system, supersession.c.new)

seal = Table("seal", metadata, key("seal_no"), number("sequence"), number("undone", nullable=True))
"""Seals: nothing joins what lies on their two sides."""

seal_side = clustered(
    "seal_side",
    metadata,
    key("seal_no"),
    key("side"),
    key("kind", TEXT),
    key("first", TEXT),
    key("second", TEXT),
)
"""What lies on side 1 and 2 of a seal: a `record` (source, source_id) or an `identifier` (system,
value)."""
Index("seal_side_of", seal_side.c.kind, seal_side.c.first, seal_side.c.second)

person_history = Table(
    "person_history",
    metadata,
    key("person_id", TEXT),
    number("first_sequence"),
    number("retired_sequence", nullable=True),
    text("how", nullable=True),
    text("successors", nullable=True),
)
"""Every person id ever minted; the last three columns are of its last retirement, if it stands."""
Index("person_history_first", person_history.c.first_sequence)

retired_member = clustered(
    "retired_member",
    metadata,
    key("person_id", TEXT),
    key("source", TEXT),
    key("source_id", TEXT),
)
"""The last members of the person ids that are not in use."""
Index("retired_member_record", retired_member.c.source, retired_member.c.source_id)

person_change = clustered(
    "person_change",
    metadata,
    key("sequence"),
    key("person_id", TEXT),
    text("what"),
    text("how", nullable=True),
    text("successors", nullable=True),
)
"""Every time a person id was `retired` or `restored`; when it was first used, its history says."""

membership = clustered(
    "membership",
    metadata,
    key("source", TEXT),
    key("source_id", TEXT),
    key("from_sequence"),
    text("person_id"),
    number("to_sequence", nullable=True),
)
"""Which person each record belonged to from one event (inclusive) to another (exclusive)."""
Index("membership_person", membership.c.person_id, membership.c.from_sequence)
Index("membership_from", membership.c.from_sequence)
Index("membership_to", membership.c.to_sequence)

identifier_history = clustered(
    "identifier_history",
    metadata,
    key("source", TEXT),
    key("source_id", TEXT),
    key("system", TEXT),
    key("value", TEXT),
    key("from_sequence"),
    number("verified"),
    number("to_sequence", nullable=True),
)
"""Which identifiers each record held from one event (inclusive) to another (exclusive)."""
Index(
    "identifier_history_value",
    identifier_history.c.system,
    identifier_history.c.value,
    identifier_history.c.from_sequence,
)
