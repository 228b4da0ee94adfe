"""A link that fails, or meets another one, leaves the index as it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from mpi.errors import (
    FeedNotFound,
    IndexBusy,
    MissingColumn,
    ModelMismatch,
    TruncatedSnapshot,
    UnknownSource,
    UnwritableOutput,
    UsageError,
)
from mpi.index.link import link
from mpi.index.progress import SilentProgress
from mpi.store.store import open_store
from tests.index.linking import LATER, At, edited, membership
from tests.invented import LINKED

STEPS = ("read pds", "find candidates", "cluster", "write the index")


@pytest.mark.usefixtures("unchanged")
def test_a_truncated_snapshot_changes_nothing(invented, url, feeds):
    folder = feeds("nomis")
    with edited(folder / "nomis.csv") as rows:
        del rows[len(rows) // 2 :]
    with pytest.raises(TruncatedSnapshot) as caught:
        link(folder, invented.brief_model, url, options=LATER)
    assert caught.value.where == {"file": folder / "nomis.csv", "source": "nomis"}


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


@pytest.mark.parametrize("step", ["give person ids", "write the index"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_first_link_that_fails_leaves_no_index(invented, tmp_path, feeds, step, error):
    folder = feeds("courts")
    path = tmp_path / "new.db"

    def fail():
        assert path.exists()
        raise error(step)

    url = f"sqlite:///{path}"
    with pytest.raises(error, match=step):
        link(folder, invented.brief_model, url, options=LINKED, progress=At(step, fail))
    assert {each.name for each in tmp_path.iterdir()} == {"feeds", "new.db-lock"}
    link(folder, invented.brief_model, url, options=LINKED)
    assert open_store(url).state().sequence == 1


def test_a_first_link_that_fails_once_its_result_is_kept_leaves_the_index(
    invented, tmp_path, feeds
):
    class FailsLate(SilentProgress):
        def ended(self, name, taken):
            if name == "write the index":
                raise RuntimeError(name)

    url = f"sqlite:///{tmp_path / 'new.db'}"
    folder = feeds("courts")
    with pytest.raises(RuntimeError):
        link(folder, invented.brief_model, url, options=LINKED, progress=FailsLate())
    assert open_store(url).state().sequence == 1


@pytest.mark.parametrize("place", ["index", "feed"])
def test_a_rejects_file_never_overwrites_what_it_is_about(invented, tmp_path, feeds, place):
    folder, index = feeds("courts"), tmp_path / "mpi.db"
    url = invented.copy_of_index(index)
    to = {"index": index, "feed": folder / "courts.csv"}[place]
    before = to.read_bytes()
    with pytest.raises(UsageError):
        link(folder, invented.brief_model, url, options=replace(LATER, rejects=to))
    assert to.read_bytes() == before
