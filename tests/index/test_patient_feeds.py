"""Feeds of FHIR Patients are linked, and taken in one by one, like any other."""

from __future__ import annotations

import json
from pathlib import Path

from mpi.index.feed import FeedOptions, ingest_file
from mpi.index.index import Index
from mpi.index.link import link
from mpi.sources import Rejects
from tests.index.linking import LATER

MODEL = Path(__file__).parents[2] / "models" / "synthetic-base"
NHS = "https://fhir.nhs.uk/Id/nhs-number"


def patient(id, number, **said):
    return {
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"system": NHS, "value": number}],
        "name": [{"family": "Quillfeather", "given": ["Zelda"]}],
        "birthDate": "1961-04-30",
        **said,
    }


OTHER = patient("h2", "9990000026", name=[{"family": "Oduya"}], birthDate="1948-09-09")


def written(path, *patients):
    path.write_text("".join(json.dumps(each) + "\n" for each in patients), encoding="utf-8")
    return path


def test_patients_of_two_sources_become_one_person_and_go_again(tmp_path):
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    written(feeds / "pds.patients.ndjson", patient("p1", "9990000018"))
    written(feeds / "hjis.patients.ndjson", patient("h1", "9990000018"), OTHER)
    url = f"sqlite:///{tmp_path / 'mpi.db'}"
    summary = link(feeds, MODEL, url, options=LATER)
    assert summary.records == {"hjis": 2, "pds": 1}
    with Index.open(url) as index:
        (person,) = index.cross_references("nhs-number", "9990000018").persons
        assert set(person.records) == {("hjis", "h1"), ("pds", "p1")}


def test_a_file_of_patients_is_taken_in_and_its_replaced_ones_deleted(tmp_path):
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    written(feeds / "pds.patients.ndjson", patient("p1", "9990000018"))
    url = f"sqlite:///{tmp_path / 'mpi.db'}"
    link(feeds, MODEL, url, options=LATER)
    link_to = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    more = written(
        tmp_path / "more.patients.ndjson",
        patient("p1", "9990000018", active=False, link=link_to, meta={"versionId": "2"}),
        patient("p2", "9990000018", meta={"versionId": "2"}),
    )
    with Index.open(url) as index:
        summary = ingest_file(index, more, Rejects(), FeedOptions(source="pds"))
        assert summary.statuses == {"created": 1, "deleted": 1}
        (person,) = index.cross_references("nhs-number", "9990000018").persons
        assert set(person.records) == {("pds", "p2")}
