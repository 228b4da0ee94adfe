"""An index of invented people, to be studied."""

from __future__ import annotations

import pytest

from mpi.index.index import Index


@pytest.fixture(scope="session")
def study(opened):
    return opened.study


@pytest.fixture(scope="session")
def opened(invented, tmp_path_factory):
    """The index linked with the brief release; nothing may write to it."""
    url = invented.copy_of_index(tmp_path_factory.mktemp("study") / "mpi.db")
    with Index.open(url) as index:
        yield index
