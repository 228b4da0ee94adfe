"""The command line, run in this process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import orjson
import pytest

from mpi.cli.app import main
from tests.cli.spoilt import World, answer_of


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return orjson.loads(self.out)


@pytest.fixture
def mpi(capsys, monkeypatch):
    """Run `mpi` with some arguments and no settings but those given by name."""
    for name in ("INDEX", "MODEL", "SOURCES", "HOST", "PORT", "LOG", "POLICY"):
        monkeypatch.delenv(f"MPI_{name}", raising=False)

    def run(*arguments: object, **environ: str) -> Outcome:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(ended.value.code or 0, out, err)

    return run


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
