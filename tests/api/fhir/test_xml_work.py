"""Reading XML takes work in proportion to its size, and no more than the bounds allow."""

from __future__ import annotations

import gc
import sys

import pytest

from mpi.api.fhir.xml import MOST_ATTRIBUTES, MOST_ELEMENTS, from_xml
from mpi.errors import InvalidResource

FHIR = 'xmlns="http://hl7.org/fhir"'
PIECES = {
    "elements": "<name/>",
    "values of one name": '<name><given value="a"/></name>',
    "extensions of a value": '<birthDate><extension url="a"/></birthDate>',
    "comments": "<!-- -->",
    "instructions": "<?a b?>",
    "narrative": '<text><div xmlns="http://www.w3.org/1999/xhtml"><p/></div></text>',
}
WRAPPED = {
    "values of one name": ("<name>", '<given value="a"/>', "</name>"),
    "extensions of a value": ("<birthDate>", '<extension url="a"/>', "</birthDate>"),
    "narrative": ('<text><div xmlns="http://www.w3.org/1999/xhtml">', "<p/>", "</div></text>"),
}
ATTRIBUTES = {
    "attributes": lambda number: " ".join(f'a{at}="x"' for at in range(number)),
    "namespaces": lambda number: " ".join(f'xmlns:a{at}="urn:{at}"' for at in range(number)),
}


def document(kind, number):
    """A Patient that repeats one kind of thing."""
    if kind in ATTRIBUTES:
        return f"<Patient {FHIR}><name {ATTRIBUTES[kind](number)}/></Patient>".encode()
    before, piece, after = WRAPPED.get(kind, ("", PIECES.get(kind), ""))
    return f"<Patient {FHIR}>{before}{piece * number}{after}</Patient>".encode()


def work(content):
    """The calls that reading takes, of Python's functions and of those in C; and what came of it.

    Counted and not timed, so that it is the same on every machine.
    """
    calls = 0

    def count(_, event, __):
        nonlocal calls
        calls += event in ("call", "c_call")

    # what a collection calls comes when it likes
    gc.disable()
    sys.setprofile(count)
    try:
        found = from_xml(content)
    except InvalidResource as error:
        found = error.detail
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls, found


@pytest.fixture(autouse=True)
def warmed():
    """What is imported and cached on first use is not counted."""
    for kind in PIECES:
        work(document(kind, 1))


@pytest.mark.parametrize("kind", PIECES)
def test_twice_the_size_is_twice_the_work(kind):
    once, found = work(document(kind, 1_000))
    twice, _ = work(document(kind, 2_000))
    assert isinstance(found, dict)
    assert twice <= 2.1 * once + 100


@pytest.mark.parametrize("kind", ["elements", *WRAPPED])
def test_too_many_elements_cost_what_as_many_as_allowed_do(kind):
    enough, _ = work(document(kind, MOST_ELEMENTS - 10))
    many, refused = work(document(kind, 6 * MOST_ELEMENTS))
    more, _ = work(document(kind, 12 * MOST_ELEMENTS))
    assert refused == f"It has more than {MOST_ELEMENTS:,} elements."
    assert many == more <= enough


def test_too_many_attributes_are_not_looked_at():
    few, _ = work(document("attributes", MOST_ATTRIBUTES + 1))
    many, refused = work(document("attributes", 1_000 * MOST_ATTRIBUTES))
    assert refused == f"It has more than {MOST_ATTRIBUTES} attributes in one element."
    assert few == many


def test_namespaces_that_nothing_uses_cost_nothing_more():
    few, _ = work(document("namespaces", 10))
    many, _ = work(document("namespaces", 10_000))
    assert few == many
