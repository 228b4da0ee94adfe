"""What may be wrong with a feed, and what the reader says of it."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.errors import (
    DuplicateKey,
    EmptyFeed,
    FeedNotFound,
    MissingColumn,
    MPIError,
    TooManyRejects,
    UnknownSource,
    UnreadableDates,
    UnreadableFeed,
    UnwritableOutput,
    WrongEncoding,
)
from mpi.sources import Reject, Rejects, discover_feeds, load_sources, read_feed, read_table
from tests.sources.small_feed import GOOD, HEADER, VERSIONED, ids, lines

SHIPPED = load_sources()
LINE = GOOD.encode() + b"\n"


@pytest.mark.parametrize("name", ["feed.csv", "feed.parquet", "feed.ndjson", "feed.csv.gz"])
def test_a_file_without_bytes_is_an_empty_feed(make, name):
    path, source = make(b"", name=name)
    with pytest.raises(EmptyFeed) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where["file"] == str(path)


@pytest.mark.parametrize("content", [HEADER, HEADER + "\n", HEADER + "\n\n\n"])
def test_a_header_alone_is_an_empty_feed(make, content):
    path, source = make(content)
    with pytest.raises(EmptyFeed):
        read_table(path, source, Rejects())


def test_a_missing_column_is_named(make):
    path, source = make("ref,first,last,other_dobs\n1,Ann,A,\n")
    with pytest.raises(MissingColumn) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "column": "dob"}


def test_a_semicolon_file_says_that_the_delimiter_is_wrong(make):
    path, source = make(lines(GOOD).replace(",", ";"))
    with pytest.raises(MissingColumn, match="delimiter"):
        read_table(path, source, Rejects())


def test_a_semicolon_file_is_read_when_the_source_says_so(make):
    path, source = make(lines(GOOD).replace(",", ";"), 'delimiter = ";"')
    assert ids(path, source) == ["1"]


def test_a_column_that_is_there_twice_is_refused(make):
    path, source = make("ref,first,last,dob,dob,other_dobs\n1,A,B,,,\n")
    with pytest.raises(UnreadableFeed) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where["column"] == "dob"


@pytest.mark.parametrize("row", ["2,Jos\xe9,B,,", "2,Jos\xe9"])
def test_another_encoding_names_the_file_and_the_line(make, row):
    path, source = make(lines(GOOD, row).encode("latin-1"))
    with pytest.raises(WrongEncoding) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "line": 3}


@pytest.mark.parametrize(
    "content",
    [
        lines(GOOD).encode("utf-16"),
        lines(GOOD).encode("utf-16-le"),
        lines(GOOD, header=HEADER + ",\xe9").encode("latin-1"),
    ],
)
def test_another_encoding_of_the_header_is_found(make, content):
    path, source = make(content)
    with pytest.raises(WrongEncoding):
        read_table(path, source, Rejects())


def test_another_encoding_of_ndjson_is_found(make):
    path, source = make('{"ref": "Jos\xe9"}\n'.encode("latin-1"), name="feed.ndjson")
    with pytest.raises(WrongEncoding) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where["row"] == 1


@pytest.mark.parametrize("key", [["1"], True, {"id": "1"}])
def test_a_parquet_key_that_names_nothing_stops_the_feed(make, tmp_path, key):
    _, source = make(lines(GOOD))
    path = tmp_path / "feed.parquet"
    row = {"ref": key, "first": "Ann", "last": "A", "dob": "", "other_dobs": ""}
    pq.write_table(pa.Table.from_pylist([row]), path)
    with pytest.raises(UnreadableFeed) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "column": "ref"}


@pytest.mark.parametrize("name", ["feed.parquet", "feed.csv.gz", "feed.ndjson.gz"])
def test_a_damaged_file_is_unreadable(make, name):
    path, source = make(b"PAR1 this is neither", name=name)
    with pytest.raises(UnreadableFeed):
        read_table(path, source, Rejects())


def test_a_file_cut_short_inside_its_compression_is_unreadable(make):
    whole = gzip.compress(lines(*[GOOD] * 1000).encode())
    path, source = make(whole[: len(whole) // 2], name="feed.csv.gz")
    with pytest.raises(UnreadableFeed):
        read_table(path, source, Rejects())


@pytest.mark.parametrize("row", ['2,"Bo,Fenwold,,', '2,Bo,Fenwold,,"01/02/1990'])
def test_a_quote_that_never_closes_does_not_swallow_the_rest_in_silence(make, row):
    path, source = make(lines(GOOD, row, *(f"{n},Ann,A,," for n in range(3, 9))))
    with pytest.raises(UnreadableFeed, match="never closed"):
        read_table(path, source, Rejects())


def test_a_stray_quote_inside_a_value_is_that_value(make):
    path, source = make(lines(GOOD, '2,5" Bo,Fenwold,,'))
    assert [r.names[0].given for r in read_feed(path, source, Rejects())] == ["Ann", '5" Bo']


def test_rows_of_another_length_are_rejected_and_numbered(make):
    path, source = make(lines(GOOD, "2,Bo", "3,Cy,F,,", "4,D,E,,,,,", ",Ed,F,,", "6,Ed,F,,"))
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "3", "6"]
    assert [(r.row, r.key, r.column, r.reason) for r in rejects.items] == [
        (2, "", "", "wrong number of values"),
        (4, "", "", "wrong number of values"),
        (5, "", "ref", "no key"),
    ]


def test_a_row_made_of_many_lines_by_a_stray_quote_says_how_many_are_lost(make):
    rows = ['2,"Bo,Fenwold,,', "3,Cy,F,,", '4,Di,"F,,', "5,Ed,F,,"]
    path, source = make(lines(GOOD, *rows))
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "5"]
    assert [(r.row, r.reason) for r in rejects.items] == [
        (2, "wrong number of values, in 3 lines that a quote makes one row")
    ]


def test_lines_that_are_no_json_objects_are_rejected(make):
    good = '{"ref": 1, "first": "A", "last": "B", "dob": "", "other_dobs": ""}'
    path, source = make(f"{good}\nnot json\n\n[1]\n{good.replace('1', '2')}\n", name="feed.ndjson")
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "2"]
    assert [(r.row, r.reason) for r in rejects.items] == [
        (2, "not JSON"),
        (3, "not a JSON object"),
    ]


def test_a_key_with_control_characters_is_rejected(make):
    path, source = make(lines(GOOD, '"2\n3",Bo,F,,', "4,Cy,F,,"))
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "4"]
    assert rejects.by_reason() == {"control character in key": 1}


def test_a_key_that_is_too_long_to_be_indexed_is_rejected(make):
    path, source = make(lines(GOOD, f"{'9' * 500},Bo,F,,", "4,Cy,F,,"))
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "4"]
    assert rejects.by_reason() == {"key too long": 1}


def test_a_feed_of_mostly_unusable_rows_is_refused(make):
    path, source = make(lines(GOOD, ",B,C,,", ",D,E,,"))
    with pytest.raises(TooManyRejects):
        read_table(path, source, Rejects())


def test_a_few_unreadable_dates_are_dropped_and_reported(make):
    rows = [f"{n},Ann,A,11/03/1984,01/02/1990;02/02/1990" for n in range(1, 40)]
    path, source = make(lines(*rows, "40,Bo,B,1984-03-11,31/02/1990; 03/02/1990"))
    rejects = Rejects()
    *_, last = read_feed(path, source, rejects)
    assert last.birth_dates == ("1990-02-03",)
    assert rejects.items == [
        Reject(str(path), 40, "40", "dob", "unreadable date"),
        Reject(str(path), 40, "40", "other_dobs", "unreadable date"),
    ]


def test_many_unreadable_dates_stop_the_feed(make):
    rows = [f"{n},Ann,A,11/03/1984," for n in range(1, 20)]
    path, source = make(lines(*rows, "20,Ann,A,03-11-1984,", "21,Ann,A,1984,"))
    with pytest.raises(UnreadableDates) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "column": "dob", "rows": "20 21"}
    assert "1984" not in caught.value.message


def test_a_source_known_for_bad_dates_may_allow_more(make):
    path, source = make(lines(GOOD, "2,Bo,B,1984,"), "max_unreadable_dates = 0.5")
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "2"]
    assert rejects.by_reason() == {"unreadable date": 1}


def test_the_one_date_of_a_one_row_feed_must_be_readable(make):
    path, source = make(lines("1,Ann,A,1984-03-11,"))
    with pytest.raises(UnreadableDates):
        read_table(path, source, Rejects())


def test_different_rows_of_one_key_need_a_version(make):
    path, source = make(lines(GOOD, "2,Bo,B,,", "1,Ann,Fenwold,11/03/1984,"))
    with pytest.raises(DuplicateKey) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "key": "1", "rows": [1, 3]}


def test_two_different_rows_of_one_version_are_an_error(make):
    rows = ["1,A,A,,,9", "1,B,A,,,9"]
    path, source = make(lines(*rows, header=VERSIONED), 'version = "v"')
    with pytest.raises(DuplicateKey):
        read_table(path, source, Rejects())


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ([], FeedNotFound),
        (["README.md"], FeedNotFound),
        (["nobody.csv"], UnknownSource),
        (["nomis.csv", "nomis.parquet"], UnreadableFeed),
        (["nomis.xlsx"], UnreadableFeed),
    ],
)
def test_feeds_that_cannot_be_told_apart_or_read_are_errors(tmp_path, names, error):
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(error):
        discover_feeds(tmp_path, SHIPPED)


def test_a_directory_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FeedNotFound):
        discover_feeds(tmp_path / "nowhere", SHIPPED)


def test_a_feed_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FeedNotFound):
        read_table(tmp_path / "nomis.csv", SHIPPED["nomis"], Rejects())


def test_rejects_are_written_without_values(make, tmp_path):
    path, source = make(lines(GOOD, "2,Bo", "3,Cy,F,,"))
    rejects = Rejects()
    ids(path, source, rejects)
    rejects.write(tmp_path / "rejects.csv")
    written = (tmp_path / "rejects.csv").read_text()
    assert written == f"file,row,key,column,reason\n{path},2,,,wrong number of values\n"
    with pytest.raises(UnwritableOutput):
        rejects.write(tmp_path / "nowhere" / "rejects.csv")


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.lists(
        st.sampled_from(
            [b"1", b"Ann", b",", b",", b"\n", b"\n", b'"', b"\r\n", b"\0", b"\xff", b";", LINE]
        ),
        max_size=30,
    ).map(b"".join),
    ending=st.sampled_from([".csv", ".ndjson", ".parquet", ".csv.gz"]),
)
def test_any_bytes_give_records_or_an_error_of_ours(make, body, ending):
    path, source = make(HEADER.encode() + b"\n" + body, name=f"feed{ending}")
    assert outcome(path, source) in ("records", str(path))


def outcome(path, source):
    try:
        assert all(record.source_id for record in read_feed(path, source, Rejects()))
    except MPIError as error:
        return error.where["file"]
    return "records"
