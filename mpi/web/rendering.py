"""Pages out of templates; all that is not markup of our own is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from mpi.index.review.rules import REASONS
from mpi.web.design import design_system
from mpi.web.sessions import Session

ROOT = "/review"

AGREEMENT = {
    "agree": ("✓", "Agree"),
    "partial": ("≈", "Partly agree"),
    "conflict": ("✗", "Differ"),
    "missing": ("–", "Missing"),
}
"""A sign and a word for how far records agree: colour only repeats them."""

STREAMS = {
    "operational": ("Index", "Doubtful links. What you decide becomes true in the index."),
    "evaluation": ("Evaluation", "A random sample that two people judge, each alone."),
    "training": ("Training", "A sample that teaches the next match model."),
    "adjudication": ("Adjudication", "Where reviewers disagreed, or could not tell."),
}

VERDICTS = {
    "pair": {"same": "Same person", "different": "Different people", "unsure": "Cannot tell"},
    "person": {"same": "One person", "different": "Several people", "unsure": "Cannot tell"},
    "search": {"same": "These are all", "different": "There is no other", "unsure": "Cannot tell"},
}
"""What an answer to a task of a kind is called."""

WHY = {
    "weight": "no link between them is strong enough to join",
    "identifier": "verified identifiers contradict each other",
    "conflict": "verified numbers differ",
    "average": "their other records disagree",
    "found": "a reviewer found them",
    "sample": "drawn at random",
    "two-verified-values": "two verified values of one number",
    "possible-source-duplicate": "one source may have registered the person twice",
    "restricted": "restricted: nobody is told where they are",
}


def dated(version: str) -> str:
    """A version of a record for a person to read; mostly it is the time of the last change.

    >>> dated("2016-02-23T09:30:00"), dated("000000016035")
    ('as of 2016-02-23 09:30:00', 'version 16035')
    """
    if re.match(r"\d{4}-\d{2}-\d{2}", version):
        return f"as of {version.replace('T', ' ')}"
    return f"version {version.lstrip('0') or version}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("mpi.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(root=ROOT, agreements=AGREEMENT, streams=STREAMS, reasons=REASONS)
    environment.filters["dated"] = dated
    environment.filters["verdict"] = lambda verdict, task: VERDICTS[task.kind][verdict]
    environment.filters["why"] = lambda code: WHY.get(code, code.replace("-", " "))
    return environment


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """A page for whoever asks."""
    session: Session = request.app.state.sessions.of(request)
    every = {"session": session, "designed": design_system() is not None}
    content = _templates().get_template(template).render({**every, **values})
    return HTMLResponse(content, status_code=status)
