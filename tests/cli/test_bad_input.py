"""Input that cannot be used: one clear line, an exit code, no value of anybody, the index as it was.

Each case spoils one thing in a small world and says what the message must name. Wherever a person's
value could leak, `LEAK` stands in for it.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mpi.index.index import Index
from mpi.store import opening, schema

LEAK = "Qwortleberry"
COURTS, NOMIS = "courts.csv", "nomis.csv"


@dataclass(frozen=True)
class World:
    """Files that a case may spoil, and the index that must stay as it was."""

    folder: Path
    url: str

    @property
    def feeds(self) -> Path:
        return self.folder / "feeds"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    def link(self):
        return ("link", "--feeds", self.feeds, "--model", self.model, "--index", self.url)

    def train(self):
        return ("train", "--feeds", self.feeds, "--to", self.folder / "new")

    def lines(self, name):
        return (self.feeds / name).read_text("utf-8").splitlines(keepends=True)

    def write(self, name, lines):
        (self.feeds / name).write_text("".join(lines), "utf-8")


@pytest.fixture
def world(invented, tmp_path):
    """Feeds of two source systems, a model, and an index of twelve; checked afterwards."""
    invented.copy_of_feeds(tmp_path / "feeds", "courts", "nomis")
    shutil.copytree(invented.brief_model, tmp_path / "model")
    url = invented.copy_of_index(tmp_path / "mpi.db")
    before, (asked, answer) = (tmp_path / "mpi.db").read_bytes(), answer_of(url)
    yield World(tmp_path, url)
    assert (tmp_path / "mpi.db").read_bytes() == before
    assert answer_of(url) == (asked, answer)


def answer_of(url):
    with Index.open(url) as index:
        asked = index.widest_identifier()
        return asked, index.cross_references(asked.system, asked.value).as_dict()


def refused(done, *named, code=1):
    """One line on stderr (after what was reported of steps) that names all this, and no value."""
    assert done.code == code, done.err
    assert done.out == ""
    *progress, message = done.err.splitlines()
    assert all(line.endswith(" s") for line in progress), done.err
    assert message.startswith("error: ")
    for text in named:
        assert str(text) in message
    assert LEAK not in done.err
    assert "Traceback" not in done.err


def missing_column(world):
    header, *lines = world.lines(COURTS)
    world.write(COURTS, [header.replace("dateOfBirth", "born"), *lines])
    return world.feeds / COURTS, "column dateOfBirth"


def unknown_source(world):
    (world.feeds / "hostel.csv").write_text(f"name\n{LEAK}\n")
    return (world.feeds / "hostel.csv",)


def unreadable_dates(world):
    path = world.feeds / COURTS
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    for row in rows[2:40]:
        row[header.index("dateOfBirth")] = LEAK
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path, "column dateOfBirth", "rows 3 4 5"


def no_bytes(world):
    world.write(NOMIS, [])
    return (world.feeds / NOMIS,)


def header_alone(world):
    world.write(NOMIS, world.lines(NOMIS)[:1])
    return (world.feeds / NOMIS,)


def wrong_encoding(world):
    header, first, *lines = world.lines(COURTS)
    content = "".join([header, first, first.replace(",", f",{LEAK}é", 3), *lines])
    (world.feeds / COURTS).write_bytes(content.encode("latin-1", "replace"))
    return world.feeds / COURTS, "line 3"


def duplicated_key(world):
    """Two rows of one key and one version that differ in the last name."""
    header, first, *lines = world.lines(COURTS)
    at = header.split(",").index("lastName")
    cells = first.split(",")
    cells[at] = LEAK
    world.write(COURTS, [header, first, ",".join(cells), *lines])
    return world.feeds / COURTS, f"key {cells[0]}", "rows [1, 2]"


def damaged_parquet(world):
    (world.feeds / COURTS).unlink()
    (world.feeds / "courts.parquet").write_bytes(b"PAR1" + LEAK.encode() * 9)
    return (world.feeds / "courts.parquet",)


def truncated_snapshot(world):
    world.write(NOMIS, world.lines(NOMIS)[:20])
    return world.feeds / NOMIS, "source nomis", "max_missing_share"


def no_feeds(world):
    shutil.rmtree(world.feeds)
    return (world.feeds,)


def empty_folder(world):
    shutil.rmtree(world.feeds)
    world.feeds.mkdir()
    return (world.feeds,)


BAD_FEEDS = (
    missing_column,
    unknown_source,
    unreadable_dates,
    no_bytes,
    header_alone,
    wrong_encoding,
    duplicated_key,
    damaged_parquet,
    no_feeds,
    empty_folder,
)


@pytest.mark.parametrize("spoil", [*BAD_FEEDS, truncated_snapshot])
def test_a_feed_that_cannot_be_used_is_not_linked(mpi, world, spoil):
    named = spoil(world)
    refused(mpi(*world.link()), *named)


@pytest.mark.parametrize("spoil", BAD_FEEDS)
def test_a_feed_that_cannot_be_used_is_not_trained_on(mpi, world, spoil):
    named = spoil(world)
    before = set(world.folder.iterdir())
    refused(mpi(*world.train()), *named)
    assert set(world.folder.iterdir()) == before


def other_definition(model):
    edit(model, definition="0123456789abcdef")
    return ("mpi train",)


def older_format(model):
    edit(model, format=0)
    return ("mpi train",)


def no_model(model):
    shutil.rmtree(model)
    return ("mpi train",)


def not_json(model):
    (model / "parameters.json").write_text("{")
    return ("damaged",)


def cut_frequencies(model):
    path = model / "term_frequencies.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    return ("damaged",)


def no_suppressed_keys(model):
    (model / "suppressed_keys.parquet").unlink()
    return ("missing",)


def edit(model, **changes):
    path = model / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes))


@pytest.mark.parametrize(
    "spoil",
    [other_definition, older_format, no_model, not_json, cut_frequencies, no_suppressed_keys],
)
def test_a_model_that_cannot_be_used_is_not_linked_with(mpi, world, spoil):
    named = spoil(world.model)
    refused(mpi(*world.link()), f"folder {world.model}", *named)


def commands(url, world):
    return {
        "link": ("link", "--feeds", world.feeds, "--model", world.model, "--index", url),
        "lookup": ("lookup", "crn", "X123456", "--index", url),
        "export": ("export", "links", "--to", world.folder / "links.csv", "--index", url),
        "evaluate": ("evaluate", "--truth", world.folder / "truth.csv", "--index", url),
    }


NAMES = ("link", "lookup", "export", "evaluate")


@pytest.mark.parametrize("name", NAMES)
def test_an_index_of_an_older_schema_says_what_to_run(mpi, world, monkeypatch, name):
    (world.folder / "truth.csv").write_text("source,source_id,person\nnomis,1,1\n")
    with monkeypatch.context() as patched:
        patched.setattr(opening, "REVISIONS", (*schema.REVISIONS, "next"))
        done = mpi(*commands(world.url, world)[name])
    refused(done, "mpi upgrade", world.folder / "mpi.db")


@pytest.mark.parametrize("name", NAMES)
def test_an_index_that_is_a_text_file_stays_one(mpi, world, name):
    (world.folder / "truth.csv").write_text("source,source_id,person\nnomis,1,1\n")
    path = world.folder / "notes.txt"
    path.write_text(LEAK * 20)
    refused(mpi(*commands(f"sqlite:///{path}", world)[name]), path, "not a database")
    assert path.read_text() == LEAK * 20


@pytest.mark.parametrize(
    ("truth", "named"),
    [
        (f"source,source_id\nnomis,{LEAK}\n", ("column person",)),
        (f"source,source_id,person\nnomis,{LEAK},1\n", ("None of its records",)),
        (f"source,source_id,person\nnomis,{LEAK},1\nnomis,{LEAK},2\n", ("twice",)),
        (f"source,source_id,person\nnomis,{LEAK}\n", ("cannot be read",)),
        ("", ("cannot be read",)),
        (None, ("cannot be read",)),
    ],
)
def test_a_truth_that_cannot_be_used_is_named(mpi, world, truth, named):
    path = world.folder / "truth.csv"
    if truth is not None:
        path.write_text(truth)
    refused(mpi("evaluate", "--truth", path, "--index", world.url), f"file {path}", *named)


def test_a_column_to_report_by_must_be_in_the_truth(mpi, world, invented):
    by = ("--by", "shoe_size")
    done = mpi("evaluate", "--truth", invented.truth, *by, "--index", world.url)
    refused(done, invented.truth, "column shoe_size")


@pytest.mark.parametrize(
    ("system", "value", "named"),
    [
        ("shoe-size", LEAK, "There is no such identifier system"),
        ("nhs-number", LEAK, "not a well-formed identifier"),
        ("nhs-number", "9990000027", "not a well-formed identifier"),
        ("pnc", "2099/9999999X", "not a well-formed identifier"),
        ("noms-number", "Z9999ZZ", "No record in the index holds this identifier"),
        ("person", LEAK, "never issued"),
    ],
)
def test_a_look_up_that_finds_nothing_does_not_repeat_what_was_asked(
    mpi, world, system, value, named
):
    done = mpi("lookup", system, value, "--index", world.url)
    refused(done, named)
    assert value not in done.err


def test_an_unknown_scenario_lists_those_there_are(mpi, world):
    to = world.folder / "people"
    refused(mpi("synthesise", "--people", 20, "--to", to, "--scenario", "mars"), "base")
    assert not to.exists()


def outputs(world, to):
    """Every command that writes, writing beneath a file."""
    return {
        "synthesise": ("synthesise", "--people", 20, "--to", to),
        "train": ("train", "--feeds", world.feeds, "--to", to),
        "export": ("export", "cross-references", "--index", world.url, "--to", to / "x.csv"),
        "rejects": (*world.link(), "--rejects", to / "rejects.csv"),
        "link": (*world.link()[:-1], f"sqlite:///{to / 'mpi.db'}"),
    }


@pytest.mark.parametrize("name", ["synthesise", "train", "export", "rejects", "link"])
def test_output_that_cannot_be_written_is_named(mpi, world, name):
    path = world.folder / "occupied"
    path.write_text("by a file")
    done = mpi(*outputs(world, path / "beneath")[name])
    refused(done, path)
    assert path.read_text() == "by a file"


def test_a_model_is_not_written_over_other_things(mpi, world):
    refused(mpi("train", "--feeds", world.feeds, "--to", world.feeds), world.feeds)
    assert (world.feeds / COURTS).is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ("link",),
        ("link", "--feeds", "x", "--index", "sqlite:///x.db"),
        ("export", "everything", "--to", "x.csv"),
        ("synthesise", "--people", "many", "--to", "x"),
        ("synthesise", "--people", "1", "--to", "x"),
        ("lookup", "crn"),
        ("no-such-command",),
    ],
)
def test_a_command_used_wrongly_ends_with_2(mpi, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    done = mpi(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_another_kind_of_file_is_misuse(mpi, world):
    done = mpi("export", "links", "--index", world.url, "--to", world.folder / "links.xlsx")
    refused(done, ".parquet", code=2)


def test_a_few_bad_rows_are_put_aside_without_their_values(mpi, world, invented):
    """Where a feed can be used but for a few rows, it is; they are listed without what they say."""
    header, *lines = world.lines(COURTS)
    lines[4] = f"{LEAK},{LEAK}\n"
    world.write(COURTS, [header, *lines])
    shutil.copy(invented.index, world.folder / "other.db")
    url, to = f"sqlite:///{world.folder / 'other.db'}", world.folder / "rejects.csv"
    done = mpi(*world.link()[:-1], url, "--rejects", to, "--json")
    assert done.code == 0
    assert done.json["rejects"] == {"wrong number of values": 1}
    assert to.read_text().splitlines()[1] == f"{world.feeds / COURTS},5,,,wrong number of values"
    assert LEAK not in done.out + done.err + to.read_text()
    assert pq.read_table(invented.truth).num_rows >= sum(done.json["records"].values())
