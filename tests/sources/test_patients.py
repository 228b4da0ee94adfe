"""A feed of FHIR Patients is a feed like any other."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given

from mpi.errors import DuplicateKey, EmptyFeed, InvalidSource, TooManyRejects, WrongEncoding
from mpi.fhir.writing import patient_of
from mpi.records import Identifier, Name
from mpi.sources import Rejects, discover_feeds, load_sources, read_feed, read_table
from mpi.sources.patients import domains_of
from tests.fhir.test_patients import DOMAINS, records

NHS = "https://fhir.nhs.uk/Id/nhs-number"
IDS = "https://mpi.example.org/Id"
RED = """
title = "Red"
delivery = "delta"
key = "id"
deleted = { column = "gone", values = ["1"] }
domain = { uri = "urn:oid:1.2.3", ods = "RED" }

[[names]]
whole = "name"
"""


def patient(id="1", **said):
    return {"resourceType": "Patient", "id": id, "name": [{"family": "Example"}], **said}


def written(folder, name, *lines):
    path = folder / name
    text = "".join(each if isinstance(each, str) else json.dumps(each) for each in map(line, lines))
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def line(each):
    return (each if isinstance(each, str) else json.dumps(each)) + "\n"


def feed(folder, name, *lines, sources=None):
    """The records of a feed, and what was rejected."""
    written(folder, name, *lines)
    (found,) = discover_feeds(folder, sources or load_sources())
    rejects = Rejects()
    return list(read_feed(found.path, found.source, rejects)), rejects


@pytest.mark.parametrize("name", ["hjis.patients.ndjson", "hjis.patients.ndjson.gz"])
def test_patients_become_records_of_the_source_that_the_file_is_named_for(tmp_path, name):
    sent = patient(
        birthDate="1958-01-30",
        gender="female",
        identifier=[
            {"system": NHS, "value": "9990000018"},
            {"system": f"{IDS}/crn", "value": "X1"},
        ],
    )
    (record,), rejects = feed(tmp_path, name, sent)
    assert (record.key, record.names) == (("hjis", "1"), (Name("", "Example"),))
    assert (record.birth_dates, record.sex) == (("1958-01-30",), "F")
    assert set(record.identifiers) == {
        Identifier("nhs-number", "9990000018"),
        Identifier("crn", "X1"),
    }
    assert len(rejects) == 0


@given(record=records())
def test_a_record_sent_as_a_patient_is_read_as_it_was(tmp_path_factory, record):
    folder = tmp_path_factory.mktemp("feed")
    (folder / "sources").mkdir()
    (folder / "sources" / "red.toml").write_text(RED, encoding="utf-8")
    (folder / "feed").mkdir()
    sources = load_sources(folder / "sources")
    sent = {**patient_of(record, DOMAINS), "id": record.source_id}
    (read,), _ = feed(folder / "feed", "red.patients.ndjson", sent, sources=sources)
    assert {**unordered(read)} == {**unordered(record)}


def unordered(record):
    """The fields of a record, identifiers without their order: each system has its own column."""
    fields = {name: getattr(record, name) for name in record.__slots__}
    return {**fields, "identifiers": sorted(fields["identifiers"], key=lambda each: str(each))}


def test_what_a_source_is_known_to_have_verified_counts_as_verified(tmp_path):
    sent = patient(identifier=[{"system": NHS, "value": "9990000018"}])
    (record,), _ = feed(tmp_path, "pds.patients.ndjson", sent)
    assert record.identifiers == (Identifier("nhs-number", "9990000018", verified=True),)


def test_the_key_is_the_identifier_in_the_domain_of_the_source_or_else_the_id(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "red.toml").write_text(RED, encoding="utf-8")
    (tmp_path / "feeds").mkdir()
    sources = load_sources(tmp_path / "sources")
    known = patient("a", identifier=[{"system": "urn:oid:1.2.3", "value": "994"}])
    found, _ = feed(tmp_path / "feeds", "red.patients.ndjson", known, patient("b"), sources=sources)
    assert [each.source_id for each in found] == ["994", "b"]
    assert found[0].identifiers == (Identifier("local-patient-id", "RED:994"),)


def test_a_patient_that_another_replaced_is_a_deletion(tmp_path):
    link = [{"type": "replaced-by", "other": {"reference": "Patient/2"}}]
    path = written(
        tmp_path,
        "pds.patients.ndjson",
        patient("1", active=False, link=link, meta={"versionId": "3"}),
        patient("2", active=False),
    )
    (found,) = discover_feeds(tmp_path, load_sources())
    rows = read_table(path, found.source, Rejects())
    assert (rows.deleted, rows.table.num_rows) == (("1",), 1)


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        ({"resourceType": "Observation", "id": "9"}, "resourceType"),
        (patient("9", name="x"), "name"),
        (patient("9", birthDate=1), "birthDate"),
        (patient("9", modifierExtension=[{"url": "urn:x"}]), "modifierExtension"),
        (patient("9", implicitRules="urn:x"), "modifierExtension"),
        (patient(""), "key"),
        ("not json", ""),
        ("[1]", ""),
    ],
    ids=str,
)
def test_a_line_that_cannot_be_used_is_rejected_and_the_others_stand(tmp_path, bad, column):
    found, rejects = feed(tmp_path, "hjis.patients.ndjson", patient("1"), bad, patient("2"))
    assert [each.source_id for each in found] == ["1", "2"]
    (reject,) = rejects.items
    assert (reject.row, reject.column) == (2, column)


def test_the_newest_of_one_patient_stands(tmp_path):
    at = {"lastUpdated": "2026-01-01T00:00:00Z"}, {"lastUpdated": "2026-01-02T00:00:00+00:00"}
    lines = [patient("1", meta=each, birthDate=f"1990-01-0{n}") for n, each in enumerate(at, 1)]
    (record,), rejects = feed(tmp_path, "hjis.patients.ndjson", *reversed(lines))
    assert (record.birth_dates, rejects.superseded_rows) == (("1990-01-02",), 1)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], EmptyFeed),
        (["not json"], EmptyFeed),
        ([patient("1"), *["not json"] * 3], TooManyRejects),
        ([patient("1"), patient("1", birthDate="1990-01-01")], DuplicateKey),
    ],
)
def test_a_feed_that_is_broken_as_a_whole_is_refused(tmp_path, lines, error):
    with pytest.raises(error):
        feed(tmp_path, "hjis.patients.ndjson", *lines)


def test_another_encoding_is_refused(tmp_path):
    path = tmp_path / "hjis.patients.ndjson"
    path.write_bytes(json.dumps(patient(), ensure_ascii=False).encode() + b"\n\xff\xfe\n")
    (found,) = discover_feeds(tmp_path, load_sources())
    with pytest.raises(WrongEncoding):
        read_table(path, found.source, Rejects())


@pytest.mark.parametrize(
    "domain",
    ['{ uri = "urn:x" }', '{ system = "wrong" }', "{ }", '{ uri = "urn:x", ods = "A", wrong = 1 }'],
)
def test_a_domain_that_makes_no_sense_is_refused(tmp_path, domain):
    text = RED.replace('{ uri = "urn:oid:1.2.3", ods = "RED" }', domain)
    (tmp_path / "red.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSource) as refused:
        load_sources(tmp_path)
    assert "domain" in refused.value.where["key"]


def test_a_source_may_have_a_namespace_of_its_own_in_its_feeds(tmp_path):
    (tmp_path / "sources").mkdir()
    elsewhere = '{ uri = "urn:oid:1.2.3", ods = "RED", namespace = "https://red.example/Id" }'
    text = RED.replace('{ uri = "urn:oid:1.2.3", ods = "RED" }', elsewhere)
    (tmp_path / "sources" / "red.toml").write_text(text, encoding="utf-8")
    (tmp_path / "feeds").mkdir()
    sources = load_sources(tmp_path / "sources")
    sent = patient(identifier=[{"system": "https://red.example/Id/crn", "value": "X123456"}])
    (record,), _ = feed(tmp_path / "feeds", "red.patients.ndjson", sent, sources=sources)
    assert record.identifiers == (Identifier("crn", "X123456"),)
    assert domains_of(sources).system("https://red.example/Id/crn") is None
