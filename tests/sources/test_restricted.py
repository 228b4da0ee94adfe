"""A column of a feed may say whose location nobody may be told."""

from __future__ import annotations

import pytest

from mpi.errors import MissingColumn
from mpi.records import Record
from mpi.sources import Rejects, read_feed, render_row
from tests.sources.small_feed import GOOD, HEADER, lines

FLAG = 'restricted = { column = "sflag", values = ["S", "Y"], otherwise = "N" }'


@pytest.mark.parametrize(
    ("told", "restricted"), [("S", True), ("Y", True), ("N", False), ("", False), ("s", False)]
)
def test_the_values_that_say_so_make_a_record_restricted(make, told, restricted):
    path, source = make(lines(f"{GOOD},{told}", header=f"{HEADER},sflag"), FLAG)
    (record,) = read_feed(path, source, Rejects())
    assert record.restricted is restricted


def test_a_feed_without_the_column_is_refused(make):
    path, source = make(lines(GOOD), FLAG)
    with pytest.raises(MissingColumn):
        list(read_feed(path, source, Rejects()))


def test_a_source_that_names_no_such_column_restricts_nobody(make):
    path, source = make(lines(GOOD))
    (record,) = read_feed(path, source, Rejects())
    assert not record.restricted


@pytest.mark.parametrize(("restricted", "told"), [(True, "S"), (False, "N")])
def test_a_record_is_written_with_the_word_of_its_source(make, restricted, told):
    _, source = make(lines(GOOD, header=f"{HEADER},sflag"), FLAG)
    assert render_row(source, Record("feed", "1", restricted=restricted))["sflag"] == told
