"""Models, indexes, truths, look-ups and outputs that cannot be used, on the command line.

Each ends with one clear line and an exit code, without anybody's value, and leaves the index as it
was.
"""

from __future__ import annotations

import json
import shutil

import pytest

from mpi.store import opening, schema
from tests.cli.spoilt import COURTS, LEAK, refused


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
