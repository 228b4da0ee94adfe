"""Requests made of the API's own description, and what every answer to one has to be.

Shared by a short run among the tests and a long one among the benchmarks. Some values are those
that the index holds, so that what is asked is not only ever unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mpi.access.loader import load_policy
from mpi.access.operations import SCOPES
from mpi.index.index import Index
from mpi.records import RecordKey
from mpi.store.view import View
from tests.access.policies import HEAD, Issuer, clients, grant, profile, written

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EVERY = sorted(scope for scopes in SCOPES.values() for scope in scopes)
FED = ("hjis", "nomis")
PURPOSES = {"narrowest": ("HRESCH",), "widest": ("TREAT",)}
MOST_KNOWN = 60
RATE = (1_000_000, 100_000)
LATE = 4_000_000_000
_NARROW = grant(
    *PURPOSES["narrowest"], ask_with=["nhs-number"], sources=["pds"], minimum_confidence=0.999
)
_WIDE = grant(
    *PURPOSES["widest"],
    ask_with=["*"],
    see=["*"],
    sources=["*"],
    demographic_search=True,
    findings=True,
    most_matches=50,
)
_OPERATIONS = [operation.value for operation in SCOPES]
POLICY = (
    HEAD
    + profile("narrow", ["look-up", "match", "search"], _NARROW, rate=RATE)
    + profile("wide", _OPERATIONS, _WIDE, rate=RATE, batch=1000, feeds=FED)
    + clients(narrowest="narrow", widest="wide")
)
Known = list[dict[str, object]]
"""What the index holds of some records, by the names of the parameters that it stands in."""


def policy_in(folder: Path):
    """The policy of both clients, in a folder."""
    return load_policy(written(folder, POLICY))


def headers_of(client: str) -> dict[str, str]:
    """What a client says with every request."""
    (purpose,) = PURPOSES[client]
    return Issuer().headers(client, purpose=purpose, exp=LATE, scope=" ".join(EVERY))


def known_in(index_url: str) -> Known:
    """What an index holds of the records that the widest client may change."""
    with Index.open(index_url) as index, index._store.reading() as view:
        rows = view.previous_membership().to_pylist()
        return [
            _of_record(view, row, number)
            for number, row in enumerate(each for each in rows if each["source"] in FED)
            if number < MOST_KNOWN
        ]


def _of_record(view: View, row: Mapping[str, str], number: int) -> dict[str, object]:
    key = RecordKey(row["source"], row["source_id"])
    (held, *_) = view.near.identifiers([view.near.stored(key).record_no])
    named = {"source": key.source, "source_id": key.source_id}
    return {
        **named,
        "system": held.system,
        "value": held.value,
        "person_id": row["person_id"],
        "left": "|".join(key),
        "right": "|".join(key),
        "sequence": number + 1,
    }


@dataclass
class Tally:
    """How many answers there were of each operation and status, and what was wrong with any."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def fuzz(app: FastAPI, client: str, known: Known, *, examples: int, number: int) -> Tally:
    """Send so many requests to every operation as a client, as described and otherwise.

    Args: number, the seed.
    """
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    how = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    tally = Tally()
    for found in schema.get_all_operations():
        operation = found.ok()
        # where any text will do, there is nothing to send that is not as described
        limited = len(operation.query) or len(operation.body)
        for mode in GenerationMode if limited else (GenerationMode.POSITIVE,):
            cases = operation.as_strategy(generation_mode=mode)
            run = seed(number)(how(given(cases, _swaps(known))(_asked(client, tally))))
            try:
                run()
            except FailureGroup as group:
                tally.failures += [f"{operation.label}: {each}" for each in group.exceptions]
    return tally


def _swaps(known: Known) -> st.SearchStrategy[dict[str, object]]:
    """What to put in the place of what was made up: as often as not, what is known."""
    return st.just({}) | st.sampled_from(known)


def _asked(client: str, tally: Tally) -> Callable[[schemathesis.Case, dict[str, object]], None]:
    """A function that sends one request and checks its answer."""
    headers = headers_of(client)

    def ask(case: schemathesis.Case, swaps: dict[str, object]) -> None:
        for place in (case.path_parameters, case.query, case.body):
            if isinstance(place, dict):
                alike = {n for n in place.keys() & swaps.keys() if isinstance(place[n], str | int)}
                place.update({name: swaps[name] for name in alike})
        answer = case.call(headers=headers)
        tally.answers[f"{case.operation.label} {answer.status_code}"] += 1
        case.validate_response(answer, checks=CHECKS, headers=headers)

    return ask
