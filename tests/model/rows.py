"""Strategies for records with everything that goes wrong in real data, and their rows."""

from __future__ import annotations

from hypothesis import strategies as st

from mpi.identifiers import SYSTEMS
from mpi.records import Identifier, Name, Record

GIVEN = ("ANNA", "Anna Maria", "Hannah", "José", "Jose", "BOB", "Robert", "A", "", "Unknown", "Lì")
FAMILY = ("O'Neil", "O’Neill", "SMITH-JONES", "Smith", "Núñez", "Anna", "", "de la Cruz", "Smyth")
DATES = ("1980-03-04", "1980-04-03", "1981-03-04", "1980-01-01", "1980-13-45", "", "1980-03-14")
POSTCODES = ("LS1 4AP", "ls14ap", "LS1 4AB", "LS2 7QQ", "ZZ99 3VZ", "", "nonsense")
TEXTS = ("Leeds", "LEEDS ", "York", "", "Łódź")
IDENTIFIERS = (
    ("nhs-number", "9990000018"),
    ("nhs-number", "999 000 0026"),
    ("pnc", "2012/0394773H"),
    ("pnc", "81/34U"),
    ("noms-number", "A1234AA"),
    ("crn", "X123456"),
    ("cro", "not one"),
)


def some(values: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most).map(tuple)


names = st.builds(Name, given=st.sampled_from(GIVEN), family=st.sampled_from(FAMILY))
identifiers = st.builds(
    lambda held, verified: Identifier(*held, verified),
    st.sampled_from(IDENTIFIERS),
    st.booleans(),
)
records = st.builds(
    Record,
    source=st.just("nomis"),
    source_id=st.just("1"),
    names=st.lists(names, min_size=0, max_size=3).map(tuple),
    birth_dates=some(DATES),
    sex=st.sampled_from(("M", "F", "", "?")),
    postcodes=some(POSTCODES),
    addresses=some(("1 High Street", "1 HIGH ST", "Flat 2, 9 Low Road", "")),
    town=st.sampled_from(TEXTS),
    phones=some(("07700 900123", "+447700900123", "x")),
    emails=some(("a@example.org", "A@EXAMPLE.ORG", "")),
    birth_place=st.sampled_from(TEXTS),
    occupation=st.sampled_from(("Roofer", "roofer", "Cook", "")),
    identifiers=st.lists(identifiers, max_size=3).map(tuple),
    custody_dates=some(("2020-01-05", "2021-02-06")),
    sentence_dates=some(("2020-01-05", "2022-02-06")),
)

assert {system for system, _ in IDENTIFIERS} <= set(SYSTEMS)
