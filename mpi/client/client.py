"""The client: one method for each thing the service can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import TypeAdapter

from mpi.client.answers import (
    Batched,
    Changed,
    CrossReferences,
    Explanation,
    Ingested,
    Matches,
    PersonWithRelease,
    Readiness,
    Superseded,
)
from mpi.client.past import EventPage, PersonAsOf, PersonHistory
from mpi.client.problems import error_of
from mpi.client.sending import Patience, send
from mpi.errors import MPIError

T = TypeVar("T")

REQUEST_ID = "X-Request-ID"


class Client:
    """A connection to the service, for one thread; keep it while there is something to ask.

    Every request carries an `X-Request-ID` of its own, and every error names it. What the service
    refuses is raised as the error of `mpi.errors` that it names (`IdentifierNotFound`, …), or as
    RequestRefused; a service that cannot be reached as ServiceUnreachable.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        token: str = "",
        purpose: str = "",
        timeout: float = 10.0,
        patience: Patience | None = None,
    ) -> None:
        """Args: url, of the service; token, a bearer token; purpose, of use, where the service has
        a disclosure policy; timeout, of one attempt, in seconds; patience, how often and how long
        to try.
        """
        said = {"Authorization": token and f"Bearer {token}", "X-Purpose-Of-Use": purpose}
        headers = {name: value for name, value in said.items() if value}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout)
        self._patience = patience or Patience()

    def cross_references(self, system: str, value: str) -> CrossReferences:
        """Everyone who holds an identifier, with their other identifiers.

        Raises UnknownIdentifierSystem, InvalidIdentifier, IdentifierNotFound.
        """
        path = f"/v1/cross-references/{quote(system, safe='')}/{quote(value, safe='')}"
        return self._get(CrossReferences, path)

    def batch(self, identifiers: Iterable[tuple[str, str]]) -> list[CrossReferences | MPIError]:
        """Many look-ups in one request: for each (system, value), in their order, the answer, or
        the error that it would have raised alone.

        Raises BatchTooLarge, InvalidRecord, TooLarge.
        """
        wanted = [{"system": system, "value": value} for system, value in identifiers]
        path = "/v1/cross-references:batch"
        response = self._ask("POST", path, json={"identifiers": wanted})
        request = response.headers.get(REQUEST_ID)
        return [each.found(request) for each in _read(Batched, response).answers]

    def person(self, person_id: str) -> PersonWithRelease | Superseded:
        """A person by id, or who holds the records that an id no longer in use stood for.

        Raises PersonNotFound, PersonGone.
        """
        response = self._ask("GET", f"/v1/persons/{quote(person_id, safe='')}")
        if response.is_success:
            return _read(PersonWithRelease, response)
        return _read(Superseded, response)

    def match(
        self, record: Mapping[str, Any], *, limit: int = 10, everyone: bool = False
    ) -> Matches:
        """The persons whom a record may be of; nothing is written.

        Args: record, its fields as `POST /v1/match` takes them; limit, the most persons to list;
        everyone, to list also those who are certainly not whom the record is of.
        Raises InvalidRecord, UnknownSource, TooLarge, NotMatchable.
        """
        asked = {"limit": limit, "all": everyone}
        response = self._ask("POST", "/v1/match", params=asked, json=dict(record))
        return _read(Matches, response)

    def explain(self, left: str, right: str) -> Explanation:
        """Why two records, each `source|source_id`, are one person or two.

        Raises RecordNotFound, UsageError, NotMatchable.
        """
        return self._get(Explanation, "/v1/links", left=left, right=right)

    def person_as_of(self, person_id: str, at: datetime | int) -> PersonAsOf:
        """A person id as the index had it at a time (with its zone), or right after an event.

        Raises PersonNotFound for one not issued by then, UsageError.
        """
        said = at.isoformat() if isinstance(at, datetime) else str(at)
        return self._get(PersonAsOf, f"/v1/persons/{quote(person_id, safe='')}", as_of=said)

    def history(self, person_id: str) -> PersonHistory:
        """Everything that happened to a person id. Raises PersonNotFound."""
        return self._get(PersonHistory, f"/v1/persons/{quote(person_id, safe='')}/history")

    def events(self, after: str = "", *, limit: int = 100) -> EventPage:
        """What happened after a cursor, the `cursor` of an earlier answer, or from the first event.

        Raises UsageError for what is no cursor.
        """
        asked = {"after": after} if after else {}
        return self._get(EventPage, "/v1/events", limit=str(limit), **asked)

    def put(
        self,
        record: Mapping[str, Any],
        *,
        event_time: str = "",
        key: str = "",
        seen: str | None = None,
    ) -> Ingested:
        """Put a record into the index, new or in place of what its source said before.

        Args: record, its fields as `PUT /v1/records` takes them, `source` and `source_id` among
        them; event_time, of the message, for a source without versions; key, an idempotency key of
        the caller's own, for a program that may die and ask again; seen, the `tag` of the record as
        the caller last saw it, or the empty text for one that is to be new.
        Raises UnknownSource, InvalidRecord, RecordErased, IdempotencyConflict, NotPermitted, and
        ChangedMeanwhile where the record is not as `seen`.
        """
        asked = {"event_time": event_time} if event_time else {}
        path = _record_path(str(record["source"]), str(record["source_id"]))
        response = self._change("PUT", path, key, seen, params=asked, json=dict(record))
        return _read(Ingested, response)

    def delete(self, source: str, source_id: str, **about: str) -> Ingested:
        """Take a record out of the index, in a version of it or in whatever version there is.

        Args: about, what else to say: the `version` in which it is gone or the `event_time`, and
        `key` and `seen` as of `put`. Raises as `put`.
        """
        key, seen = about.pop("key", ""), about.pop("seen", None)
        path = _record_path(source, source_id)
        return _read(Ingested, self._change("DELETE", path, key, seen, params=about))

    def decide(self, verdict: str, left: str, right: str, **about: str) -> Changed:
        """Decide that two records, each `source|source_id`, are of the `same` person or of
        `different` ones; `unsure` takes back what was decided.

        Args: about, what else to say: `reason`, `by`, the `survivor` whose id is to stay, and
        `key`, an idempotency key. Raises RecordNotFound, ContradictingDecision,
        IdempotencyConflict, NotPermitted.
        """
        key = about.pop("key", "")
        asked = {"verdict": verdict, "left": _key_of(left), "right": _key_of(right), **about}
        return _read(Changed, self._change("POST", "/v1/decisions", key, json=asked))

    def undo(self, sequence: int, *, reason: str = "") -> Changed:
        """Undo a decision, by the number in its answer. Raises NothingToUndo, NotPermitted."""
        asked = {"reason": reason} if reason else {}
        path = f"/v1/decisions/{sequence}"
        return _read(Changed, self._change("DELETE", path, "", params=asked))

    def ready(self) -> Readiness:
        """Whether the index can be read, and what it holds. Raises IndexUnreachable."""
        return self._get(Readiness, "/ready")

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, whatever happened."""
        self.close()

    def _get(self, kind: type[T], path: str, **asked: str) -> T:
        return _read(kind, self._ask("GET", path, params=asked))

    def _change(
        self, method: str, path: str, key: str, seen: str | None = None, **what: Any
    ) -> httpx.Response:
        """The answer to a change, under an idempotency key, so that repeating it is harmless."""
        headers = {"Idempotency-Key": key or uuid4().hex}
        if seen is not None:
            headers |= {"If-Match": f'"{seen}"'} if seen else {"If-None-Match": "*"}
        return self._ask(method, path, headers=headers, **what)

    def _ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        """The answer to a request that may be repeated; raises what it names.

        Redirects are not followed: who has taken the place of a person is an answer.
        """
        request = self._http.build_request(method, path, **what)
        request.headers[REQUEST_ID] = uuid4().hex
        response = send(self._http, request, self._patience)
        if response.is_error:
            raise error_of(response)
        return response


def _read(kind: type[T], response: httpx.Response) -> T:
    """The body of an answer as a dataclass; fields that it does not have are left out."""
    found: T = _ADAPTERS[kind].validate_json(response.content)
    return found


_ADAPTERS: Mapping[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind)
    for kind in (
        Batched,
        Changed,
        CrossReferences,
        EventPage,
        Explanation,
        Ingested,
        Matches,
        PersonAsOf,
        PersonHistory,
        PersonWithRelease,
        Readiness,
        Superseded,
    )
}


def _record_path(source: str, source_id: str) -> str:
    return f"/v1/records/{quote(source, safe='')}/{quote(source_id, safe='')}"


def _key_of(record: str) -> dict[str, str]:
    source, _, source_id = record.partition("|")
    return {"source": source, "source_id": source_id}
