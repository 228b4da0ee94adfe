"""A small index for the tests of FHIR, linked from feeds of Patients with the shipped release.

zelda    pds, red, green, blue       her NHS number is verified by pds
omar     red
yusuf, ivan                          two persons who hold one PNC
fifty-five people of one family and birth date, in blue
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from mpi.index.link import LinkOptions, link
from mpi.sources import SourceSystem, load_sources

MODEL = Path(__file__).parents[3] / "models" / "synthetic-base"
OID = "urn:oid:1.3.6.1.4.1.21367.13.20."
RED, GREEN, BLUE = f"{OID}1000", f"{OID}2000", f"{OID}3000"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
IDS = "https://mpi.example.org/Id"
CRN, PNC = f"{IDS}/crn", f"{IDS}/pnc"
COLOURS = {"red": RED, "green": GREEN, "blue": BLUE}
LINKED = LinkOptions(seed=7, at=datetime(2026, 1, 1, tzinfo=UTC))

_TOML = """
title = "{name}"
delivery = "snapshot"
key = "id"
domain = {{ uri = "{uri}", ods = "{ods}" }}
max_missing_share = 1.0

[[names]]
whole = "name"
"""
SYLLABLES = ("ba", "co", "di", "fu", "ge", "ha", "ki", "lo", "mu", "na", "pe")


def patient(family="Quillfeather", given="Zelda Maud", born="1961-04-30", **rest):
    """A Patient of some name and birth date; identifiers as pairs of URI and value."""
    identifiers = [{"system": s, "value": v} for s, v in rest.pop("identifiers", ())]
    return {
        "resourceType": "Patient",
        **({"identifier": identifiers} if identifiers else {}),
        "active": True,
        "name": [{"use": "official", "family": family, "given": given.split()}],
        "gender": "female",
        "birthDate": born,
        **rest,
    }


ZELDA = {
    "address": [{"line": ["7 Larkspur Lane"], "city": "Harrowgate", "postalCode": "HG1 2AB"}],
    "telecom": [{"system": "email", "value": "zelda.q@example.org"}],
}
OMAR = patient("Brackenridge", "Omar", "1975-11-02", identifiers=[(RED, "R2")], gender="male")


def the_many():
    """People of one family name and birth date."""
    for number in range(55):
        given = SYLLABLES[number % 11] + SYLLABLES[number // 11] + SYLLABLES[-1 - number % 7]
        yield patient(
            "Thistlewood", given.title(), "1980-06-15", identifiers=[(BLUE, f"B{100 + number}")]
        )


FEEDS = {
    "pds": [patient(id="p1", identifiers=[(NHS, "9990000018")], **ZELDA)],
    "red": [patient(identifiers=[(RED, "R1"), (NHS, "9990000018")], **ZELDA), OMAR],
    "green": [patient(identifiers=[(GREEN, "G1"), (CRN, "X123456")], **ZELDA)],
    "blue": [patient(identifiers=[(BLUE, "B1")], **ZELDA), *the_many()],
    "courts": [
        patient("Marchetti", "Yusuf", "1990-01-20", id="c1", identifiers=[(PNC, "2012/0000123Q")]),
        patient("Oduya", "Ivan", "1948-09-09", id="c2", identifiers=[(PNC, "2012/0000123Q")]),
    ],
}


def sources_in(folder: Path) -> dict[str, SourceSystem]:
    """The shipped sources and those of the three colours, described in a folder."""
    folder.mkdir(exist_ok=True)
    for name, uri in COLOURS.items():
        text = _TOML.format(name=name, uri=uri, ods=name.upper())
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_sources(folder)


def linked(folder: Path, feeds: dict[str, list[dict]]) -> str:
    """The URL of an index made of feeds of Patients; sources are described beside it."""
    sources_in(folder / "sources")
    (folder / "feeds").mkdir()
    for name, patients in feeds.items():
        lines = "".join(json.dumps(each) + "\n" for each in patients)
        (folder / "feeds" / f"{name}.patients.ndjson").write_text(lines, encoding="utf-8")
    url = f"sqlite:///{folder / 'mpi.db'}"
    options = LinkOptions(sources=folder / "sources", seed=LINKED.seed, at=LINKED.at)
    link(folder / "feeds", MODEL, url, options=options)
    return url
