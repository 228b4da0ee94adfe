"""A link that is killed goes on from its last finished step, and to the same end."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from mpi.errors import UnwritableOutput, UsageError
from mpi.index.decide import Decision, Verdict
from mpi.index.index import Index
from mpi.index.link import link
from mpi.index.staging import alone
from mpi.store.database import database_at
from mpi.store.schema import decision, index_state
from tests.index.linking import LATER, At, edited, membership
from tests.invented import LINKED

BEFORE = {
    "standardise": [],
    "find candidates": ["standardise"],
    "compare candidates": ["standardise"],
    "compare within components": ["standardise", "blocked"],
    "cluster": ["standardise", "blocked"],
    "give person ids": ["standardise", "blocked", "settled"],
    "write the index": ["standardise", "blocked", "settled"],
}
"""At the beginning of which step the link is killed, and what is taken up then."""

RUN = """
import json, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from mpi.index.export import export
from mpi.index.link import LinkOptions, link
from mpi.index.progress import SilentProgress
from mpi.store.store import open_store

feeds, model, folder, steps = *map(Path, sys.argv[1:4]), json.loads(sys.argv[4])

class Dies(SilentProgress):
    def __init__(self, at):
        super().__init__()
        self.at = at
    def begun(self, name):
        if name == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

def linked(name, at=None):
    options = LinkOptions(
        seed=5, at=datetime(2026, 1, 1, tzinfo=UTC), work=folder / f"{name}.work"
    )
    url = f"sqlite:///{folder / name}.db"
    found = link(feeds, model, url, options=options, progress=Dies(at))
    store = open_store(url)
    made = []
    for what in ("cross-references", "links"):
        export(store, what, folder / f"{name}-{what}.csv")
    (folder / f"{name}.json").write_text(json.dumps(found.taken_up))

# each in a process of its own, begun before anything here has a thread
def child(*arguments):
    pid = os.fork()
    if not pid:
        try:
            linked(*arguments)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

print(json.dumps({"whole": [child("whole")]} | {
    step: [child(step.replace(" ", "-"), step), child(step.replace(" ", "-"))] for step in steps
}))
"""


@pytest.fixture(scope="module")
def runs(invented, tmp_path_factory):
    """The folder of links that were killed and resumed, and how each process ended."""
    folder = tmp_path_factory.mktemp("resumed")
    feeds = invented.copy_of_feeds(folder / "feeds", "courts", "nomis", "pds")
    given = [feeds, invented.brief_model, folder, json.dumps(list(BEFORE))]
    command = [sys.executable, "-c", RUN, *map(str, given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@pytest.mark.parametrize("step", BEFORE)
def test_a_link_killed_at_a_step_is_resumed_to_the_same_index(runs, step):
    folder, ended = runs
    name = step.replace(" ", "-")
    assert ended["whole"] == [0]
    assert ended[step] == [-9, 0]
    assert json.loads((folder / f"{name}.json").read_text()) == BEFORE[step]
    assert membership(f"sqlite:///{folder / name}.db") == membership(f"sqlite:///{folder}/whole.db")
    for what in ("cross-references", "links"):
        resumed, whole = (folder / f"{each}-{what}.csv" for each in (name, "whole"))
        assert resumed.read_bytes() == whole.read_bytes()
    assert not (folder / f"{name}.work").exists()


def _fail():
    raise RuntimeError


@pytest.fixture
def failed(invented, tmp_path, feeds):
    """What is needed to link again after a link that failed when it had its clusters."""
    given = [feeds("courts"), invented.brief_model, f"sqlite:///{tmp_path / 'new.db'}"]
    options = replace(LINKED, work=tmp_path / "work")

    with pytest.raises(RuntimeError):
        link(*given, options=options, progress=At("give person ids", _fail))
    return given, options


def test_nobody_else_may_look_into_a_work_folder(failed):
    _, options = failed
    assert stat.S_IMODE(os.stat(options.work).st_mode) == 0o700


def other_feed(given, options, folder):
    with edited(given[0] / "courts.csv") as rows:
        rows.pop()
    return given, options, "feeds"


def other_seed(given, options, folder):
    return given, replace(options, seed=6), "options"


def other_release(given, options, folder):
    path = folder / "model"
    path.mkdir()
    for each in given[1].iterdir():
        (path / each.name).write_bytes(each.read_bytes())
    told = json.loads((path / "parameters.json").read_text())
    told["prior"] += 1
    (path / "parameters.json").write_text(json.dumps(told))
    return [given[0], path, given[2]], options, "release"


def other_index(given, options, folder):
    earlier = replace(options, work=None, at=datetime(2025, 1, 1, tzinfo=UTC))
    link(*given, options=earlier)
    return given, options, "index"


@pytest.mark.parametrize("change", [other_feed, other_seed, other_release, other_index])
def test_what_another_link_has_finished_is_not_taken_up(failed, tmp_path, change):
    given, options, differs = change(*failed, tmp_path)
    found = link(*given, options=options)
    assert found.taken_up == ()
    assert differs in found.warnings[0]


def test_what_the_same_link_has_finished_is_taken_up_whatever_the_limits(failed):
    given, options = failed
    limits = replace(options.limits, threads=1, memory="300MB")
    found = link(*given, options=replace(options, limits=limits))
    assert found.taken_up == ("standardise", "blocked", "settled")


def test_a_link_into_an_index_in_use_is_resumed(invented, url, tmp_path):
    before = membership(url)
    options = replace(LATER, work=tmp_path / "work")

    progress = At("write the index", _fail)
    with pytest.raises(RuntimeError):
        link(invented.feeds, invented.brief_model, url, options=options, progress=progress)
    found = link(invented.feeds, invented.brief_model, url, options=options)
    assert found.taken_up == ("standardise", "blocked", "settled")
    assert membership(url) == before


def other_verdict(connection):
    connection.execute(update(decision).values(verdict="unsure"))


def other_secret(connection):
    connection.execute(update(index_state).values(secret=b"another" * 4))


@pytest.mark.parametrize("change", [other_verdict, other_secret])
def test_steps_made_under_other_rulings_are_not_taken_up(invented, url, tmp_path, change):
    """As when the index was put back from a copy, and something else was decided since."""
    left, right = sorted(membership(url))[:2]
    with closing(Index.open(url)) as index:
        index.decide(Decision(Verdict.DIFFERENT, left, right))
    before = membership(url)
    given = [invented.feeds, invented.brief_model, url]
    options = replace(LATER, work=tmp_path / "work")
    with pytest.raises(RuntimeError):
        link(*given, options=options, progress=At("find candidates", _fail))
    with database_at(url).sole_writer() as connection, connection.begin():
        change(connection)
    assert membership(url) == before
    found = link(*given, options=options)
    assert found.taken_up == ()
    assert found.warnings[0].endswith(": decisions and other rulings")


def test_steps_made_with_other_libraries_are_not_taken_up(failed):
    given, options = failed
    told = json.loads((options.work / "link.json").read_text())
    assert set(told["identity"]["libraries"]) == {"duckdb", "numpy", "pyarrow", "splink"}
    told["identity"]["libraries"]["duckdb"] = "0.1"
    (options.work / "link.json").write_text(json.dumps(told))
    found = link(*given, options=options)
    assert found.taken_up == ()
    assert found.warnings[0].endswith(": libraries")


def test_rejects_of_a_feed_that_is_not_read_again_are_written_all_the_same(
    invented, tmp_path, feeds
):
    given = [feeds("courts"), invented.brief_model, f"sqlite:///{tmp_path / 'new.db'}"]
    with edited(given[0] / "courts.csv") as rows:
        rows[0]["defendantRecordId"] = ""
    options = replace(LINKED, work=tmp_path / "work", rejects=tmp_path / "rejects.csv")

    with pytest.raises(RuntimeError):
        link(*given, options=options, progress=At("cluster", _fail))
    first = options.rejects.read_bytes()
    options.rejects.unlink()
    found = link(*given, options=options)
    assert found.taken_up == ("standardise", "blocked")
    assert found.rejects == {"no key": 1}
    assert options.rejects.read_bytes() == first


def test_a_folder_that_holds_anything_else_is_refused_and_left(invented, tmp_path, feeds):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("keep")
    options = replace(LINKED, work=folder)
    with pytest.raises(UsageError, match="work folder"):
        link(feeds("courts"), invented.brief_model, f"sqlite:///{tmp_path}/n.db", options=options)
    assert (folder / "letter.txt").read_text() == "keep"


@pytest.mark.parametrize(
    "told",
    [
        "",
        "[]",
        "mine",
        '{"identity": {}}',
        '{"at": "2026-01-01", "identity": 7}',
        '{"at": "soon", "identity": {}}',
    ],
)
def test_a_file_of_the_same_name_does_not_make_a_folder_ours(invented, tmp_path, feeds, told):
    folder = tmp_path / "mine"
    folder.mkdir()
    written = {"link.json": told, "letter.txt": "keep"}
    for name, text in written.items():
        (folder / name).write_text(text)
    options = replace(LINKED, work=folder)
    with pytest.raises(UsageError, match="work folder"):
        link(feeds("courts"), invented.brief_model, f"sqlite:///{tmp_path}/n.db", options=options)
    assert {path.name: path.read_text() for path in folder.iterdir()} == written


def test_only_what_a_link_wrote_is_cleared(failed, tmp_path):
    given, options, _ = other_seed(*failed, tmp_path)
    names = ("letter.txt", "courts.arrow", "theirs/own.arrow", "blocked/note.txt")
    for name in names:
        (options.work / name).parent.mkdir(exist_ok=True)
        (options.work / name).write_text(f"{name} is kept")
    with pytest.raises(UsageError, match="somebody else"):
        link(*given, options=options)
    assert [each.name for each in (options.work / "blocked").iterdir()] == ["note.txt"]
    (options.work / "blocked" / "note.txt").rename(options.work / "note.txt")
    (options.work / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    link(*given, options=options)
    left = {str(path.relative_to(options.work)) for path in options.work.rglob("*")}
    assert left == {
        "letter.txt",
        "courts.arrow",
        "note.txt",
        "theirs",
        "theirs/own.arrow",
        "elsewhere",
    }
    assert (options.work / "letter.txt").read_text() == "letter.txt is kept"


def test_a_folder_whose_clearing_was_cut_short_is_begun_anew(failed):
    given, options = failed
    told = json.loads((options.work / "link.json").read_text())
    (options.work / "link.json").write_text(json.dumps(told | {"identity": {}}))
    for each in (options.work / "settled").iterdir():
        each.unlink()
    found = link(*given, options=options)
    assert found.taken_up == ()
    assert not options.work.exists()


@pytest.mark.parametrize("within", [".", "below"])
@pytest.mark.parametrize("what", ["index", "rejects", "feeds", "model", "sources", "temp"])
def test_a_work_folder_with_what_the_link_needs_is_refused(invented, tmp_path, what, within):
    work, aside = tmp_path / "work", tmp_path / "aside"
    (work / within).mkdir(parents=True)
    (work / "link.json").write_text('{"identity": {}, "at": "2026-01-01T00:00:00+00:00"}')
    aside.symlink_to(work, target_is_directory=True)
    held = aside / within
    given = {"feeds": invented.feeds, "model": invented.brief_model, "index": tmp_path / "n.db"}
    given |= {what: held / "n.db" if what == "index" else held} if what in given else {}
    told = {what: held} if what in ("rejects", "sources") else {}
    limits = replace(LINKED.limits, temp=held if what == "temp" else None)
    options = replace(LINKED, work=work, limits=limits, **told)
    before = sorted(work.rglob("*"))
    with pytest.raises(UsageError, match="work folder must"):
        link(given["feeds"], given["model"], f"sqlite:///{given['index']}", options=options)
    assert sorted(work.rglob("*")) == before


def test_two_links_do_not_share_a_work_folder(invented, tmp_path, feeds):
    options = replace(LINKED, work=tmp_path / "work")
    with alone(options.work), pytest.raises(UnwritableOutput):
        link(feeds("courts"), invented.brief_model, f"sqlite:///{tmp_path}/n.db", options=options)
