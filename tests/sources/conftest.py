"""What the tests of source systems share."""

import pytest

from tests.sources.small_feed import maker


@pytest.fixture
def make(tmp_path):
    """A function from the content of a feed to its path and its source."""
    return maker(tmp_path)
