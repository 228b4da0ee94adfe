"""A small world to spoil, and what every refusal must look like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mpi.index.index import Index

LEAK = "Qwortleberry"
"""Stands wherever a person's value could leak into a message."""

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
