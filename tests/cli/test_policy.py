"""`mpi policy` and `mpi audit`: what may be told, and what was."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from fastapi.testclient import TestClient

from mpi.access.access import opened
from mpi.api.app import create_app
from tests.access.policies import BODY, HEAD, Issuer, written
from tests.api.conftest import HERE

ISSUED = Issuer()


@pytest.fixture
def policy(tmp_path):
    return written(tmp_path)


@pytest.fixture
def answered(policy, index_url):
    """A policy whose audit has an answer, a refusal and something not found."""
    app = create_app(index_url, access=opened(policy))
    with TestClient(app, base_url=HERE) as client:
        headers = ISSUED.headers(purpose="TREAT")
        for path in ("nhs-number/9990000018", "crn/X123456"):
            client.get(f"/v1/cross-references/{path}", headers=headers)
        client.get("/v1/cross-references/nhs-number/9990000018")
    return policy


def test_it_explains_what_a_client_may_for_a_purpose(mpi, policy):
    done = mpi("policy", "explain", "--client", "clinic", "--purpose", "TREAT", "--policy", policy)
    assert done.code == 0
    assert "Lawful by: for the tests of access." in done.out
    assert "Knows of records in: pds, hjis." in done.out
    rows = {line.split()[0]: line.split()[1:3] for line in done.out.splitlines() if line.split()}
    assert rows["nhs-number"] == ["yes", "yes"]
    assert rows["nino"] == ["yes", "no"]
    assert rows["noms-number"] == ["no", "no"]


def test_the_policy_may_come_from_the_environment(mpi, policy):
    done = mpi("policy", "explain", "--client", "office", "--json", MPI_POLICY=str(policy))
    assert done.code == 0
    assert json.loads(done.out)["purpose"] == "PROBATION"


@pytest.mark.parametrize("options", [["--client", "nobody"], ["--client", "clinic"]])
def test_what_the_policy_does_not_have_is_misuse(mpi, policy, options):
    done = mpi("policy", "explain", "--policy", policy, *options)
    assert done.code == 2
    assert done.err.count("\n") == 1


def test_without_a_policy_it_says_how_to_give_one(mpi):
    done = mpi("policy", "explain", "--client", "clinic")
    assert (done.code, "MPI_POLICY" in done.err) == (2, True)


def test_a_policy_without_faults_passes(mpi, policy):
    assert mpi("policy", "check", policy).code == 0


def test_a_policy_with_faults_fails_and_each_is_named_with_its_line(mpi, tmp_path):
    text = HEAD + BODY.replace('"TREAT"', '"TRET"').replace('profile = "justice"', 'profile = "x"')
    path = written(tmp_path, text)
    done = mpi("policy", "check", path)
    assert done.code == 1
    lines = [line.split(":")[1] for line in done.out.splitlines()]
    assert [text.splitlines()[int(each) - 1] for each in lines] == [
        'purposes = ["TRET"]',
        'profile = "x"',
    ]
    faults = json.loads(mpi("policy", "check", path, "--json").out)["faults"]
    assert [str(each["line"]) for each in faults] == lines


def test_the_example_is_a_policy(mpi, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(mpi("policy", "example").out, encoding="utf-8")
    assert mpi("policy", "check", path).code == 0


def test_a_policy_with_a_fault_does_not_serve_and_says_which_line(mpi, tmp_path, index_url):
    path = written(tmp_path, HEAD + BODY.replace('"TREAT"', '"TRET"'))
    done = mpi("serve", "--index", index_url, "--policy", path)
    assert done.code == 1
    assert "line " in done.err
    assert "no purpose TRET" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [(BODY, "not configured"), (HEAD + BODY.replace(
        "[clients.clinic]\n", f'[clients.clinic]\ndevelopment_key_sha256 = "{"0" * 64}"\n'
    ), "development keys")],
    ids=["no authentication", "development keys"],
)  # fmt: skip
def test_other_machines_are_not_served_without_tokens_alone(mpi, tmp_path, index_url, text, said):
    path = written(tmp_path, text)
    done = mpi("serve", "--index", index_url, "--policy", path, "--host", "0.0.0.0")
    assert done.code == 2
    assert said in done.err


def test_who_was_told_of_an_identifier_is_found(mpi, answered):
    asked = ["--identifier", "nhs-number", "999 000 0018"]
    done = mpi("audit", "search", *asked, "--policy", answered)
    assert done.code == 0
    assert "clinic" in done.out
    assert "user-7" in done.out
    assert "9990000018" not in done.out
    entries = json.loads(mpi("audit", "search", "--policy", answered, "--json").out)
    assert [each["outcome"] for each in entries if "client" in each] == [
        "answered",
        "not-found",
        "refused",
    ]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--person", "ann"], 1),
        (["--person", "bob"], 0),
        (["--identifier", "crn", "X123456"], 1),
        (["--identifier", "crn", "X999999"], 0),
        (["--client", "clinic"], 2),
        (["--client", "office"], 0),
        (["--since", "2999-01-01"], 0),
        (["--until", "2000-01-01"], 0),
        (["--since", "2000-01-01T00:00:00+05:00"], 5),
        (["--until", "2999-01-01T00:00:00-05:00"], 5),
    ],
)
def test_entries_are_found_by_what_they_are_about(mpi, answered, options, count):
    done = mpi("audit", "search", *options, "--policy", answered, "--json")
    assert len(json.loads(done.out)) == count


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [(-1, 1, 1), (0, 1, 1), (-1, 0, 0), (1, 2, 0)],
)
def test_times_are_compared_as_times_in_whatever_zone_they_are_given(
    mpi, answered, since, until, count
):
    """East of us the same moment has a later clock, so as a text it would come after."""
    options = ["--policy", answered, "--json"]
    entry = json.loads(mpi("audit", "search", *options, "--person", "ann").out)[0]
    at, east = datetime.fromisoformat(entry["at"]), timezone(timedelta(hours=5))
    first, end = (
        (at + timedelta(microseconds=each)).astimezone(east).isoformat() for each in (since, until)
    )
    done = mpi("audit", "search", *options, "--person", "ann", "--since", first, "--until", end)
    assert len(json.loads(done.out)) == count


@pytest.mark.parametrize("command", ["search", "export"])
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_what_is_no_time_is_refused(mpi, answered, command, option):
    done = mpi("audit", command, "--policy", answered, option, "yesterday")
    assert done.code == 2
    assert "A time looks like" in done.err


def test_a_verification_says_which_anchors_counted(mpi, answered, index_url, tmp_path):
    """An index that is named must be there; one that cannot be opened is left out aloud."""
    verify = ["audit", "verify", "--policy", answered]
    whole = mpi(*verify, "--index", index_url)
    assert "their file and the index." in whole.out
    absent = f"sqlite:///{tmp_path / 'none.db'}"
    for missing in (mpi(*verify, "--index", absent), mpi(*verify, MPI_INDEX=absent)):
        assert missing.code == 1
        assert "error: There is no index" in missing.err
    (tmp_path / "other.db").write_text("no database at all")
    closed = mpi(*verify, "--index", f"sqlite:///{tmp_path / 'other.db'}", "--json")
    assert closed.code == 0
    assert "The anchors in the index were not checked." in closed.err
    assert [each["problems"] for each in json.loads(closed.out)] == [[]]


def test_an_audit_as_it_was_written_verifies_and_a_changed_one_does_not(mpi, answered):
    assert mpi("audit", "verify", "--policy", answered).code == 0
    (chain,) = (answered.parent / "audit").glob("*.jsonl")
    chain.write_bytes(chain.read_bytes().replace(b"clinic", b"office"))
    done = mpi("audit", "verify", "--policy", answered)
    assert done.code == 1
    assert "not the one that was written" in done.out
    assert "error: The audit is not as it was written." in done.err


def test_it_is_exported_as_audit_events(mpi, answered, tmp_path):
    path = tmp_path / "events.ndjson"
    done = mpi("audit", "export", "--policy", answered, "--to", path, "--json")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert json.loads(done.out)["events"] == len(events) == 4
    assert {each["resourceType"] for each in events} == {"AuditEvent"}
    assert mpi("audit", "export", "--policy", answered).out == path.read_text()


def test_nothing_is_to_be_taken_back_of_a_person_who_is_as_they_were(mpi, answered, index_url):
    options = ["--policy", answered, "--index", index_url]
    assert "0 answers to take back." in mpi("audit", "impact", "--split", "ann", *options).out
    assert mpi("audit", "impact", "--split", "nobody", *options).code == 1


def test_entries_past_their_retention_are_taken_out(mpi, answered):
    done = mpi("audit", "expire", "--policy", answered, "--json")
    assert json.loads(done.out) == {"expired": 0}


def test_without_an_audit_there_is_nothing_to_search(mpi, policy):
    done = mpi("audit", "search", "--policy", policy)
    assert done.code == 1
    assert "There is no audit here" in done.err
