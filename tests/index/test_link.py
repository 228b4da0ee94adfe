"""Linking whole feeds into an index, end to end, on the small invented population."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mpi.errors import (
    FeedNotFound,
    IndexBusy,
    MissingColumn,
    ModelMismatch,
    TruncatedSnapshot,
    UnknownSource,
    UnwritableOutput,
)
from mpi.index.index import Index
from mpi.index.link import LinkOptions, link
from mpi.index.progress import SilentProgress
from mpi.records import RecordKey
from mpi.store.store import open_store
from tests.invented import LINKED

LATER = LinkOptions(at=datetime(2026, 2, 1, tzinfo=UTC))
STEPS = ("read pds", "find candidates", "cluster", "write the index")


class At(SilentProgress):
    """Does something when a step begins."""

    def __init__(self, step, act):
        super().__init__()
        self.at, self.act = step, act

    def begun(self, name):
        if name == self.at:
            self.act()


def read_rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader), reader.fieldnames


@contextmanager
def edited(path):
    """The rows of a CSV feed, as a list to change."""
    rows, columns = read_rows(path)
    yield rows
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def membership(url):
    """The person id of every record."""
    store = open_store(url)
    with store.reading() as view:
        rows = view.previous_membership().to_pylist()
    store.close()
    return {RecordKey(r["source"], r["source_id"]): r["person_id"] for r in rows}


@pytest.fixture
def url(invented, tmp_path):
    """A copy of the linked index."""
    return invented.copy_of_index(tmp_path / "mpi.db")


@pytest.fixture
def unchanged(url, tmp_path):
    """Checks that what happens in the test leaves every byte and every answer."""
    path = tmp_path / "mpi.db"
    bytes_before, members = path.read_bytes(), membership(url)
    yield
    assert membership(url) == members
    assert path.read_bytes() == bytes_before


@pytest.fixture
def feeds(invented, tmp_path):
    """A folder of copies of feeds of some sources."""
    return lambda *names: invented.copy_of_feeds(tmp_path / "feeds", *names)


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
    for column in left.keys() - {"defendantRecordId"}:
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


def test_a_delta_that_deletes_everything_leaves_an_empty_index(invented, tmp_path, feeds):
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
    assert first in membership(url).values()


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


@pytest.mark.usefixtures("unchanged")
def test_a_truncated_snapshot_changes_nothing(invented, url, feeds):
    folder = feeds("nomis")
    with edited(folder / "nomis.csv") as rows:
        del rows[len(rows) // 2 :]
    with pytest.raises(TruncatedSnapshot) as caught:
        link(folder, invented.brief_model, url, options=LATER)
    assert caught.value.where == {"file": folder / "nomis.csv", "source": "nomis"}


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


@pytest.mark.usefixtures("unchanged")
def test_rejects_are_written_even_when_the_link_fails(invented, url, feeds, tmp_path):
    folder, to = feeds("courts", "nomis"), tmp_path / "rejects.csv"
    with edited(folder / "courts.csv") as rows:
        rows[0]["defendantRecordId"] = ""
    with edited(folder / "nomis.csv") as rows:
        del rows[5:]
    with pytest.raises(TruncatedSnapshot):
        link(folder, invented.brief_model, url, options=replace(LATER, rejects=to))
    assert to.read_text("utf-8").splitlines()[1:] == [
        f"{folder / 'courts.csv'},1,,defendantRecordId,no key"
    ]


@pytest.mark.usefixtures("unchanged")
def test_a_rejects_file_that_cannot_be_written_is_found_before_anything_is_done(
    invented, url, tmp_path
):
    done = []
    options = replace(LATER, rejects=tmp_path / "nowhere" / "rejects.csv")
    progress = At("read courts", lambda: done.append(True))
    with pytest.raises(UnwritableOutput):
        link(invented.feeds, invented.brief_model, url, options=options, progress=progress)
    assert not done


def test_another_seed_gives_the_same_persons_under_other_ids(invented, tmp_path):
    url = f"sqlite:///{tmp_path / 'other.db'}"
    link(invented.feeds, invented.brief_model, url, options=replace(LINKED, seed=6))
    ours, theirs = membership(f"sqlite:///{invented.index}"), membership(url)
    assert not set(ours.values()) & set(theirs.values())
    assert len({(ours[key], theirs[key]) for key in ours}) == len(set(ours.values()))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("step", STEPS)
def test_a_link_that_fails_at_a_step_leaves_the_index_as_it_was(invented, url, step):
    def fail():
        raise RuntimeError(step)

    with pytest.raises(RuntimeError, match=step):
        link(invented.feeds, invented.brief_model, url, options=LATER, progress=At(step, fail))


def missing_column(folder):
    path = folder / "feeds" / "courts.csv"
    path.write_text(path.read_text("utf-8").replace("dateOfBirth", "born", 1), "utf-8")
    return MissingColumn


def other_model(folder):
    path = folder / "model" / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"definition": "0" * 16}))
    return ModelMismatch


def no_feeds(folder):
    shutil.rmtree(folder / "feeds")
    return FeedNotFound


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("spoil", [missing_column, other_model, no_feeds])
def test_input_that_cannot_be_used_leaves_the_index_as_it_was(
    invented, url, feeds, tmp_path, spoil
):
    feeds("courts")
    shutil.copytree(invented.brief_model, tmp_path / "model")
    error = spoil(tmp_path)
    with pytest.raises(error):
        link(tmp_path / "feeds", tmp_path / "model", url, options=LATER)


def test_records_of_a_source_that_is_no_longer_described_are_not_dropped(invented, tmp_path):
    described, folder = tmp_path / "sources", tmp_path / "feeds"
    described.mkdir()
    (described / "hostel.toml").write_text(
        'title = "Hostels"\nkey = "ref"\n[[names]]\ngiven = ["first"]\nfamily = "last"\n'
    )
    folder.mkdir()
    (folder / "hostel.csv").write_text("ref,first,last\n1,Ann,Fenwold\n2,Bo,Ash\n")
    url = f"sqlite:///{tmp_path / 'new.db'}"
    link(folder, invented.brief_model, url, options=replace(LINKED, sources=described))
    assert len(membership(url)) == 2
    with pytest.raises(UnknownSource) as caught:
        link(invented.feeds, invented.brief_model, url, options=LATER)
    assert caught.value.where == {"source": "hostel"}
    assert len(membership(url)) == 2


def test_only_one_link_writes_to_an_index_at_a_time(invented, url):
    refused = []

    def another():
        with pytest.raises(IndexBusy):
            link(invented.feeds, invented.brief_model, url, options=LATER)
        refused.append(True)

    link(invented.feeds, invented.brief_model, url, options=LATER, progress=At("cluster", another))
    assert refused == [True]
    assert open_store(url).state().sequence == 2


def test_of_two_first_links_the_second_to_finish_is_refused(invented, tmp_path, feeds):
    """Neither found an index to hold; ids given without looking at the other's would be new."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    folder = feeds("courts")

    def another():
        link(folder, invented.brief_model, url, options=LINKED)

    with pytest.raises(IndexBusy):
        link(folder, invented.brief_model, url, options=LATER, progress=At("cluster", another))
    assert open_store(url).state().sequence == 1
