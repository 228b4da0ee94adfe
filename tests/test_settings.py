"""The environment as settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpi.errors import InvalidSetting
from mpi.settings import Settings


def test_an_empty_environment_gives_the_defaults():
    assert Settings.read({}) == Settings()
    assert Settings().index == "sqlite:///mpi.db"
    assert Settings().host == "127.0.0.1"


def test_every_setting_is_read():
    environ = {
        "MPI_INDEX": "sqlite:///other.db",
        "MPI_MODEL": "models/mine",
        "MPI_SOURCES": "sources",
        "MPI_HOST": "::1",
        "MPI_PORT": "9000",
        "MPI_NAMESPACE": "https://index.example.net/id",
        "MPI_LOG": "debug",
    }
    assert Settings.read(environ) == Settings(
        index="sqlite:///other.db",
        model=Path("models/mine"),
        sources=Path("sources"),
        host="::1",
        port=9000,
        namespace="https://index.example.net/id",
        log="DEBUG",
    )


def test_an_empty_variable_counts_as_not_set():
    assert Settings.read({"MPI_INDEX": "", "MPI_PORT": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MPI_PORT", "http"), ("MPI_PORT", "65536"), ("MPI_PORT", "-1"), ("MPI_LOG", "loud")],
)
def test_a_setting_that_cannot_be_used_is_named(variable, value):
    with pytest.raises(InvalidSetting, match=variable):
        Settings.read({variable: value})
