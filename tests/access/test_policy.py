"""A policy is read whole, and what is wrong with one is said with its line."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from mpi.access.explaining import explained
from mpi.access.loader import faults_of, load_policy
from mpi.access.places import line_of
from mpi.access.purposes import PURPOSES
from mpi.errors import InvalidPolicy, PurposeNotPermitted, UsageError
from mpi.identifiers import SYSTEMS
from mpi.records import RecordKey
from mpi.sources import load_sources
from mpi.sources.description import SourceDomain
from tests.access.policies import BODY, HEAD, written

EXAMPLE = resources.files("mpi.access").joinpath("policies", "example.toml").read_text("utf-8")
HEALTH = ("prison-healthcare", "police-custody-healthcare", "immigration-removal-centre",
          "community-mental-health", "secure-hospital", "substance-misuse", "adult-social-care",
          "health-protection", "research-extract")  # fmt: skip


@pytest.fixture
def example(tmp_path):
    return load_policy(written(tmp_path, EXAMPLE))


def test_the_worked_example_has_a_profile_for_each_kind_of_client(example):
    kinds = {*HEALTH, "probation", "monitoring"}
    assert set(example.document.profiles) == kinds
    assert {client.profile for client in example.document.clients.values()} == kinds


def test_in_the_example_justice_is_told_nothing_of_health_and_health_no_police_number(example):
    health = {"nhs-number", "local-patient-id", "ndtms-client-reference", "social-care-person-id"}
    for name, profile in example.document.profiles.items():
        for grant in profile.grants:
            if name == "probation":
                assert not health & {*grant.see, *grant.ask_with}
                assert "TREAT" not in grant.purposes
            else:
                assert not {"pnc", "cro", "crn"} & {*grant.see, *grant.ask_with}


def test_in_the_example_only_who_needs_it_is_told_a_prison_number(example):
    told = {
        name
        for name, profile in example.document.profiles.items()
        if any("noms-number" in grant.see for grant in profile.grants)
    }
    assert told == {"prison-healthcare", "secure-hospital", "substance-misuse", "probation"}


NO_SHOP = "no source system shoe-shop"
FAULTS = [
    ('see = ["nhs-number", "local-patient-id"]', 'see = ["nhs-number",\n  "shoe-size"]', 1,
     "no identifier system shoe-size"),
    ('purposes = ["TREAT"]', 'purposes = ["TRET"]', 0, "no purpose TRET"),
    ('purposes = ["PATADMIN"]', 'purposes = ["TREAT"]', 0, "Two grants are for TREAT"),
    ('sources = ["pds", "hjis"]', 'sources = ["pds", "shoe-shop"]', 0, NO_SHOP),
    ('profile = "justice"', 'profile = "police"', 0, "no profile police"),
    ('title = "A health service"', 'titel = "A health service"', 0, "no such key"),
    ("minimum_confidence = 0.5", "minimum_confidence = 1.5", 0, "less than or equal to 1"),
    ('regime = "dpa-part-3"', 'regime = "none"', 0, "uk-gdpr"),
    ("batch = 3", "batch = 1001", 0, "less than or equal to 1000"),
    ('see = ["*"]', 'see = ["crn"]', 0, "tells of every identifier system"),
    ('operations = ["look-up", "match"]', 'operations = ["look-up", "feed"]', 0, "in `feeds`"),
    ("batch = 3", "batch 3", 0, "Not TOML"),
    ("batch = 3", 'batch = 3\nfeeds = ["shoe-shop"]', 1, NO_SHOP),
    ("batch = 3", 'batch = 3\nverifies = { hjis = ["nhs-number"] }', 1, "not send records of hjis"),
    ("batch = 3", 'batch = 3\nfeeds = ["hjis"]\nverifies = { hjis = ["shoe-size"] }', 2,
     "no identifier system shoe-size"),
    ("batch = 3", 'batch = 3\nunrestricts = ["hjis"]', 1, "not send records of hjis"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "further", "problem"), FAULTS)
def test_what_is_wrong_is_said_with_its_line(tmp_path, right, wrong, further, problem):
    text = HEAD + BODY
    assert right in text
    line = text[: text.index(right)].count("\n") + 1 + further
    path = written(tmp_path, text.replace(right, wrong, 1))
    assert (line, True) in [(each.line, problem in each.problem) for each in faults_of(path)]
    with pytest.raises(InvalidPolicy, match=f"line {line}") as refused:
        load_policy(path)
    assert refused.value.where["file"] == str(path)


def test_every_fault_is_found_at_once(tmp_path):
    text = BODY.replace('"TREAT"', '"TRET"').replace('profile = "justice"', 'profile = "police"')
    assert len(faults_of(written(tmp_path, HEAD + text))) == 2


def described(folder, **changed):
    """The shipped description of nomis, some of its text replaced."""
    folder.mkdir()
    text = resources.files("mpi.sources").joinpath("systems", "nomis.toml").read_text("utf-8")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "nomis.toml").write_text(text)
    return folder


KEY, ISSUES = 'key = "OFFENDER_ID"', 'issues = "noms-number"'


@pytest.mark.parametrize(
    ("changed", "told_for"),
    [
        ({}, "noms-number"),
        ({ISSUES: ""}, None),
        ({ISSUES: "", KEY: 'key = "OFFENDER_ID_DISPLAY"'}, "noms-number"),
        ({ISSUES: 'issues = "crn"'}, "crn"),
    ],
)
@pytest.mark.parametrize(
    "see", [[], ["noms-number"], ["crn"], ["noms-number", "crn"], list(SYSTEMS)]
)
def test_keys_are_told_where_identifiers_of_their_system_are(tmp_path, changed, told_for, see):
    said = ", ".join(f'"{each}"' for each in see)
    text = HEAD + BODY.replace('see = ["nhs-number", "noms-number"]', f"see = [{said}]")
    policy = load_policy(written(tmp_path, text), described(tmp_path / "sources", **changed))
    sight = policy.permission(policy.client("clinic"), "PATADMIN").sight
    key = RecordKey("nomis", "A1234BC")
    told = told_for in see or see == list(SYSTEMS)
    assert sight.key(key) == (key if told else RecordKey("nomis", ""))


def test_the_keys_of_a_domain_are_patient_numbers():
    domain = SourceDomain(uri="urn:oid:1.2.3", ods="RED")
    source = replace(load_sources()["nomis"], issues="", domain=domain)
    assert source.key_systems == {"local-patient-id"}
    assert replace(source, domain=SourceDomain(system="crn")).key_systems == {"crn"}


def test_a_source_that_nobody_described_tells_no_keys_but_to_who_sees_everything(example):
    for name, client in example.document.clients.items():
        for purpose in example.profile(client).purposes:
            sight = example.permission(client, purpose).sight
            assert sight.key(RecordKey("elsewhere", "1")).source_id == "", name


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InvalidPolicy, match="not readable"):
        load_policy(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("a", "b"), 3),
        (("a", "list", 0), 4),
        (("a", "list", 2), 6),
        (("rows", 0, "c"), 10),
        (("rows", 1, "c"), 12),
        (("rows", 1, "inner", 0, "d"), 14),
        (("a", "nothing", 3), 2),
        (("nothing",), 1),
    ],
)
def test_a_place_in_a_toml_has_a_line(path, line):
    text = (
        '\n[a]\nb = "[x] = # no"\nlist = ["x",\n  "y", # one, two\n  "z"]\ntext = """\nc = 1"""\n'
        "[[rows]]\nc = 1\n[[rows]]\nc = 2\n[[rows.inner]]\nd = {e = 1, f = [1, 2]}\n"
    )
    assert line_of(text, path) == line


def test_a_permission_is_for_one_purpose(tmp_path):
    policy = load_policy(written(tmp_path))
    clinic, office = policy.client("clinic"), policy.client("office")
    assert policy.permission(clinic, "PATADMIN").sight.sees("noms-number")
    assert not policy.permission(clinic, "TREAT").sight.sees("noms-number")
    assert policy.permission(office, "").purpose == "PROBATION"
    for client, purpose in ((clinic, ""), (clinic, "PROBATION"), (office, "TREAT")):
        with pytest.raises(PurposeNotPermitted):
            policy.permission(client, purpose)


def test_the_name_of_a_policy_is_that_of_its_text(tmp_path):
    first = load_policy(written(tmp_path)).name
    assert load_policy(written(tmp_path)).name == first
    assert load_policy(written(tmp_path, HEAD + BODY + "\n# changed")).name != first


def test_an_explanation_says_of_every_system_what_is_permitted(example):
    found = explained(example, "hjis", "TREAT")
    assert [each.system for each in found.systems] == list(SYSTEMS)
    seen = {each.system for each in found.systems if each.see}
    assert seen == {"nhs-number", "noms-number", "local-patient-id", "ndtms-client-reference"}
    assert "HSCA 2012" in found.legal_basis


@pytest.mark.parametrize(("client", "purpose"), [("nobody", "TREAT"), ("hjis", "PROBATION")])
def test_an_explanation_of_what_is_not_there_says_what_is(example, client, purpose):
    with pytest.raises(UsageError, match="hjis"):
        explained(example, client, purpose)


def test_local_purposes_are_filed_under_a_code_of_hl7_and_never_under_treatment():
    ours = [each for each in PURPOSES.values() if each.broader]
    assert {each.code for each in ours} == {"PROBATION", "CUSTODY", "COURT"}
    assert {each.broader for each in ours} <= {"GOV", "HLEGAL"}
    assert all(PURPOSES[each.broader].broader == "" for each in ours)


def test_the_example_is_what_the_documentation_tells_to_begin_with():
    assert Path(str(resources.files("mpi.access"))).joinpath("policies/example.toml").is_file()
