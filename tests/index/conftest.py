"""A linked index to link into again."""

from __future__ import annotations

import pytest

from tests.index.linking import membership


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
