"""Linking whole feeds into an index, end to end, on the small invented population."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from mpi.index.index import Index
from mpi.index.link import link
from mpi.records import RecordKey
from mpi.store.store import open_store
from tests.index.linking import LATER, edited, membership
from tests.invented import LINKED


@pytest.fixture(scope="module")
def first(invented, tmp_path_factory):
    """A link into an index of its own, as the shared one was made: its URL and summary."""
    url = f"sqlite:///{tmp_path_factory.mktemp('first') / 'mpi.db'}"
    return url, link(invented.feeds, invented.brief_model, url, options=LINKED)


@pytest.fixture(scope="module")
def again(invented, tmp_path_factory):
    """The same feeds linked again into a copy of the index: its URL and summary."""
    url = invented.copy_of_index(tmp_path_factory.mktemp("again") / "mpi.db")
    return url, link(invented.feeds, invented.brief_model, url, options=LATER)


def test_a_first_link_accounts_for_every_record(invented, first):
    url, summary = first
    assert sum(summary.records.values()) == len(invented.rows)
    assert summary.persons == len(set(membership(url).values())) == summary.origins["minted"]
    assert summary.origins["kept"] == summary.churn.records_moved == 0
    assert summary.candidates > summary.links * 0.5 > 100
    assert list(summary.seconds)[-1] == "write the index"


def test_the_same_seed_and_time_give_the_same_bytes(invented, first, tmp_path):
    written = []
    for at, url in (("one", first[0]), ("two", f"sqlite:///{invented.index}")):
        with Index.open(url) as index:
            for what in ("cross-references", "links"):
                for suffix in (".csv", ".parquet"):
                    index.export(what, tmp_path / f"{at}-{what}{suffix}")
        written.append([p.read_bytes() for p in sorted(tmp_path.glob(f"{at}-*"))])
    assert written[0] == written[1]
    assert len(written[0]) == 4


def test_linking_the_same_feeds_again_keeps_every_person_id(invented, again):
    url, summary = again
    assert membership(url) == membership(f"sqlite:///{invented.index}")
    assert summary.churn.records_moved == 0
    kept = {"kept": summary.persons, "minted": 0, "revived": 0, "retired": 0}
    assert summary.origins == kept


def test_a_summary_is_ready_for_a_program_and_for_people(again):
    _, summary = again
    told = json.loads(json.dumps(summary.as_dict()))
    assert told["persons"] == summary.persons
    assert told["churn"]["records_moved"] == 0
    rows = dict(summary.rows())
    assert rows["Records whose person id changed"] == "0"
    assert rows["Records"].endswith("from 12 sources")


def test_records_whose_content_is_exchanged_change_persons_and_are_counted(invented, url, feeds):
    """Two courts records swap everything but their keys; nobody else is touched."""
    before = membership(url)
    sizes = {person: list(before.values()).count(person) for person in before.values()}
    courts = [key for key in before if key.source == "courts" and sizes[before[key]] > 2]
    one, other = courts[0], next(k for k in courts if before[k] != before[courts[0]])
    folder = feeds("courts")
    with edited(folder / "courts.csv") as rows:
        exchange(rows, one.source_id, other.source_id)
    summary = link(folder, invented.brief_model, url, options=LATER)
    after = membership(url)
    moved = {key for key in before if before[key] != after[key]}
    assert {one, other} <= moved
    assert (after[one], after[other]) == (before[other], before[one])
    assert summary.churn.records_moved == len(moved)


def exchange(rows, one, other):
    """Swap the content of two rows of a courts feed, leaving key and version."""
    named = {row["defendantRecordId"]: row for row in rows}
    left, right = named[one], named[other]
    for column in left.keys() - {"defendantRecordId", "hearingSequence"}:
        left[column], right[column] = right[column], left[column]


def test_a_delta_keeps_what_it_does_not_mention_and_deletes_what_it_says(invented, url, feeds):
    before = membership(url)
    folder = feeds("pds")
    with edited(folder / "pds.csv") as rows:
        del rows[3:]
        rows[0]["RECORD_STATUS"] = "INVALID"
        gone = RecordKey("pds", rows[0]["SERIAL_CHANGE_NUMBER_KEY"])
    summary = link(folder, invented.brief_model, url, options=LATER)
    after = membership(url)
    assert after.keys() == before.keys() - {gone}
    assert summary.records["pds"] == sum(key.source == "pds" for key in before) - 1
    assert summary.records["hjis"] == sum(key.source == "hjis" for key in before)


def test_what_a_delta_deletes_comes_back_with_the_same_ids_in_a_later_version_only(
    invented, tmp_path, feeds
):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    folder = feeds("courts")
    link(folder, invented.brief_model, url, options=LINKED)
    first = next(iter(membership(url).values()))
    deletion = delete_all(folder / "courts.csv")
    summary = link(folder, invented.brief_model, url, options=LATER)
    assert (summary.records, summary.persons, membership(url)) == ({}, 0, {})
    assert summary.origins["retired"] > 0
    undo(folder / "courts.csv", deletion)
    link(folder, invented.brief_model, url, options=LATER)
    assert membership(url) == {}
    with edited(folder / "courts.csv") as rows:
        for row in rows:
            row["hearingSequence"] = str(int(row["hearingSequence"]) + 1)
    link(folder, invented.brief_model, url, options=LATER)
    assert first in membership(url).values()


def test_a_row_of_a_delta_that_is_older_than_the_record_held_changes_nothing(invented, url, feeds):
    folder = feeds("courts")
    before = membership(url)
    with edited(folder / "courts.csv") as rows:
        late = rows[0]
        del rows[1:]
        late["hearingSequence"], late["lastName"] = "0", "Latecomer"
    summary = link(folder, invented.brief_model, url, options=LATER)
    assert membership(url) == before
    assert summary.churn.records_moved == 0
    assert b"Latecomer" not in payload(url, RecordKey("courts", late["defendantRecordId"]))


def payload(url, key):
    store = open_store(url)
    with store.reading() as view:
        found = next(record for record in view.records_of(key.source) if record.key == key)
    store.close()
    return found.payload


def delete_all(path):
    with edited(path) as rows:
        before = [row["status"] for row in rows]
        for row in rows:
            row["status"] = "WITHDRAWN"
    return before


def undo(path, statuses):
    with edited(path) as rows:
        for row, status in zip(rows, statuses, strict=True):
            row["status"] = status


def test_a_snapshot_forgets_the_records_it_lacks(invented, url, feeds):
    before = membership(url)
    folder = feeds("nomis")
    with edited(folder / "nomis.csv") as rows:
        gone = RecordKey("nomis", rows.pop()["OFFENDER_ID"])
    link(folder, invented.brief_model, url, options=LATER)
    assert membership(url).keys() == before.keys() - {gone}


def test_what_cannot_be_used_is_counted_and_written_down(invented, url, feeds, tmp_path):
    folder, to = feeds("courts"), tmp_path / "rejects.csv"
    with edited(folder / "courts.csv") as rows:
        rows[1]["dateOfBirth"] = "the 3rd of May"
        rows[2]["defendantRecordId"] = ""
        key = rows[1]["defendantRecordId"]
    summary = link(folder, invented.brief_model, url, options=replace(LATER, rejects=to))
    assert summary.rejects == {"no key": 1, "unreadable date": 1}
    file = str(folder / "courts.csv")
    written = to.read_text("utf-8")
    assert written.splitlines() == [
        "file,row,key,column,reason",
        f"{file},3,,defendantRecordId,no key",
        f"{file},2,{key},dateOfBirth,unreadable date",
    ]
    assert "May" not in written


@pytest.mark.parametrize(("times", "warned"), [(1, 0), (5, 0), (20, 1), (0.05, 1)])
def test_feeds_of_another_size_than_the_release_was_trained_on_get_a_warning(
    invented, tmp_path, times, warned
):
    model = shutil.copytree(invented.brief_model, tmp_path / "model")
    content = json.loads((model / "parameters.json").read_text())
    content["trained"]["records"] = int(content["trained"]["records"] * times)
    (model / "parameters.json").write_text(json.dumps(content))
    summary = link(invented.feeds, model, f"sqlite:///{tmp_path / 'mpi.db'}", options=LINKED)
    assert len(summary.warnings) == warned


def test_another_seed_gives_the_same_persons_under_other_ids(invented, tmp_path):
    url = f"sqlite:///{tmp_path / 'other.db'}"
    link(invented.feeds, invented.brief_model, url, options=replace(LINKED, seed=6))
    ours, theirs = membership(f"sqlite:///{invented.index}"), membership(url)
    assert not set(ours.values()) & set(theirs.values())
    assert len({(ours[key], theirs[key]) for key in ours}) == len(set(ours.values()))
