"""A newcomer can learn every command from its own help."""

from __future__ import annotations

import shlex

import pytest
import typer

from mpi.cli.app import app

ROOT = typer.main.get_command(app)
EXPORT = ROOT.commands["export"]
COMMANDS = {
    (name, *words): command
    for name, each in ROOT.commands.items()
    for words, command in (
        {(inner,): command for inner, command in each.commands.items()}
        if isinstance(each, typer.core.TyperGroup)
        else {(): each}
    ).items()
}
ids = [" ".join(words) for words in COMMANDS]


def example_of(command):
    return shlex.split(command.epilog.removeprefix("Example:"))


def test_every_command_of_the_design_is_there():
    expected = {"demo", "synthesise", "train", "link", "lookup", "export", "evaluate", "serve"}
    assert expected <= set(ROOT.commands)
    assert set(EXPORT.commands) == {"cross-references", "labels", "links"}


def test_the_overview_names_every_command_in_a_group(mpi):
    done = mpi("--help")
    assert done.code == 0
    for name, command in ROOT.commands.items():
        assert name in done.out
        assert command.rich_help_panel in done.out


def test_without_a_command_it_shows_the_overview(mpi):
    done = mpi()
    assert "Usage: mpi" in done.out + done.err


@pytest.mark.parametrize("words", COMMANDS, ids=ids)
def test_every_command_says_in_a_line_what_it_is_for(words):
    first = COMMANDS[words].help.split("\n\n")[0]
    assert first.endswith(".")
    assert len(first) <= 100


@pytest.mark.parametrize("words", COMMANDS, ids=ids)
def test_every_option_is_explained(words):
    for parameter in COMMANDS[words].params:
        assert parameter.help, parameter.name


@pytest.mark.parametrize("words", COMMANDS, ids=ids)
def test_the_worked_example_is_shown_and_is_a_valid_command_line(mpi, words):
    done = mpi(*words, "--help", COLUMNS="200")
    example = example_of(COMMANDS[words])
    assert done.code == 0
    assert " ".join(example) in " ".join(done.out.split())
    assert example[: len(words) + 1] == ["mpi", *words]
    context = COMMANDS[words].make_context("mpi", example[len(words) + 1 :])
    assert all(context.params[p.name] is not None for p in COMMANDS[words].params if p.required)


SERVING = {("serve",), ("review",)}


@pytest.mark.parametrize("words", [w for w in COMMANDS if w not in SERVING], ids=str)
def test_every_command_that_has_a_result_gives_it_as_json(words):
    assert any("--json" in parameter.opts for parameter in COMMANDS[words].params)


def test_the_version_is_shown(mpi):
    done = mpi("--version")
    assert done.code == 0
    assert done.out.startswith("master-person-index ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["lookup"],
        ["lookup", "nhs-number"],
        ["nonsense"],
        ["lookup", "nhs-number", "9990000018", "--nonsense"],
        ["synthesise", "--people", "0", "--to", "x"],
        ["synthesise", "--people", "many", "--to", "x"],
        ["serve", "--port", "70000"],
        ["link", "--feeds", "nowhere"],
        ["export", "links", "--to", "links.xlsx"],
    ],
    ids=" ".join,
)
def test_misuse_ends_with_2_and_a_word_on_stderr(mpi, index_url, arguments):
    done = mpi(*arguments, MPI_INDEX=index_url)
    assert done.code == 2
    assert done.out == ""
    assert done.err
