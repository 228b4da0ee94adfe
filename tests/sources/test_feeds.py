"""Feeds that can be read: their formats, versions, deletions, and how they are found."""

import csv
import datetime
import gzip

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpi.records import Identifier, Name
from mpi.sources import Rejects, discover_feeds, load_sources, read_feed, read_table, to_records
from tests.sources.small_feed import GOOD, HEADER, VERSIONED, ids, lines

SHIPPED = load_sources()


def test_a_feed_gives_its_records_in_order(make):
    path, source = make(lines(GOOD, "2,Bo,Fenwold,01/02/1990,03/04/1991; 05/06/1992"))
    first, second = read_feed(path, source, Rejects())
    assert first.names == (Name("Ann", "Ashbourne"),)
    assert first.birth_dates == ("1984-03-11",)
    assert second.birth_dates == ("1990-02-01", "1991-04-03", "1992-06-05")


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_makes_no_difference(make, prefix):
    path, source = make(prefix + lines(GOOD).encode())
    assert ids(path, source) == ["1"]


def test_gzip_parquet_and_ndjson_read_like_csv(make, tmp_path):
    text = lines(GOOD, "2,Bo,Fenwold,01/02/1990,03/04/1991;05/06/1992")
    path, source = make(text)
    expected = list(read_feed(path, source, Rejects()))
    rows = list(csv.DictReader(text.splitlines()))
    zipped = tmp_path / "feed.csv.gz"
    zipped.write_bytes(gzip.compress(text.encode()))
    parquet = tmp_path / "feed.parquet"
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    ndjson = tmp_path / "feed.ndjson"
    ndjson.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    for other in (zipped, parquet, ndjson):
        assert list(read_feed(other, source, Rejects())) == expected


def test_typed_parquet_columns_read_as_text(make, tmp_path):
    _, source = make(lines(GOOD), 'version = { column = "at", formats = ["%Y-%m-%d %H:%M:%S"] }')
    path = tmp_path / "feed.parquet"
    row = {
        "ref": 7,
        "first": "Ann",
        "last": None,
        "dob": datetime.date(1984, 3, 11),
        "other_dobs": [datetime.date(1990, 2, 1)],
        "at": datetime.datetime(2024, 1, 2, 3, 4, 5, 600),
    }
    table = pa.Table.from_pylist([row])
    kept = table.set_column(4, "other_dobs", pa.array([["01/02/1990", "02/02/1990"]]))
    pq.write_table(kept, path)
    (record,) = read_feed(path, source, Rejects())
    assert record.source_id == "7"
    assert record.version == "2024-01-02T03:04:05"
    assert record.names == (Name("Ann", ""),)
    assert record.birth_dates == ("1984-03-11", "1990-02-01", "1990-02-02")


def test_ndjson_lists_and_missing_keys(make):
    content = b'{"ref":1,"first":"Ann","last":"A","dob":"11/03/1984","other_dobs":["01/02/1990"]}\n'
    path, source = make(content + b'{"ref":2}\n', name="feed.ndjson")
    first, second = read_feed(path, source, Rejects())
    assert first.birth_dates == ("1984-03-11", "1990-02-01")
    assert (second.source_id, second.names) == ("2", ())


def test_slices_of_a_table_give_the_records_of_the_whole(make):
    path, source = make(lines(*(f"{n},Ann,A{n},11/03/1984," for n in range(10))))
    table = read_table(path, source, Rejects()).table
    parts = [r for at in (0, 4, 8) for r in to_records(table.slice(at, 4), source)]
    assert parts == to_records(table, source)


def test_quoted_line_breaks_and_delimiters_belong_to_the_value(make):
    path, source = make(lines('1,"Ann, ""Nan""","Ash\nbourne",11/03/1984,', "2,Bo,F,,"))
    first, second = read_feed(path, source, Rejects())
    assert first.names == (Name('Ann, "Nan"', "Ash\nbourne"),)
    assert second.source_id == "2"


def test_nul_characters_and_null_words_are_dropped(make):
    path, source = make(lines("1,A\0nn,NULL,11/03/1984,\\N"))
    (record,) = read_feed(path, source, Rejects())
    assert record.names == (Name("Ann", ""),)
    assert record.birth_dates == ("1984-03-11",)


def test_identical_rows_count_once(make):
    path, source = make(lines(GOOD, "2,Bo,B,,", GOOD, GOOD))
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "2"]
    assert rejects.identical_rows == 2


def test_the_newest_version_of_a_key_stands(make):
    rows = ["1,A,A,,,9", "1,B,A,,,10", "2,C,A,,,1", "1,D,A,,,2"]
    path, source = make(lines(*rows, header=VERSIONED), 'version = "v"')
    rejects = Rejects()
    records = list(read_feed(path, source, rejects))
    assert [(r.source_id, r.names[0].given) for r in records] == [("1", "B"), ("2", "C")]
    assert rejects.superseded_rows == 2


def test_the_newest_time_stands(make):
    rows = ["1,A,A,,,02/01/2024 00:00", "1,B,A,,,01/02/2024 00:00"]
    extra = 'version = { column = "v", formats = ["%d/%m/%Y %H:%M"] }'
    path, source = make(lines(*rows, header=VERSIONED), extra)
    (record,) = read_feed(path, source, Rejects())
    assert (record.names[0].given, record.version) == ("B", "2024-02-01T00:00:00")


def test_a_delta_tells_what_is_gone(make):
    extra = 'delivery = "delta"\nversion = "v"\ndeleted = { column = "d", values = ["D"] }'
    rows = ["1,A,A,,,1,U", "2,B,A,,,1,D", "3,C,A,,,2,U", "3,C,A,,,1,D", "4,D,A,,,1,U", "4,,,,,2,D"]
    path, source = make(lines(*rows, header=VERSIONED + ",d"), extra)
    rows = read_table(path, source, Rejects())
    assert [r.source_id for r in to_records(rows.table, source)] == ["1", "3"]
    assert rows.deleted == ("2", "4")


def test_verified_local_and_marked_values_reach_the_record(tmp_path):
    source = SHIPPED["community_mental_health"]
    path = tmp_path / "community_mental_health.csv"
    row = dict.fromkeys(source.columns, "")
    row |= {"ClientID": "1", "NHSNumber": "999 000 0018", "NNNStatus": "01", "RiOID": "77"}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, source.columns)
        writer.writeheader()
        writer.writerow(row)
    (record,) = read_feed(path, source, Rejects())
    assert record.identifiers == (
        Identifier("nhs-number", "999 000 0018", verified=True),
        Identifier("local-patient-id", "X9M01:77"),
    )


def test_the_cleaner_of_a_postcode_travels_in_its_text(make):
    extra = '[[addresses]]\npostcode = "zip"\npostcode_cleaner = "other"'
    path, source = make(lines(GOOD + ",75011", header=HEADER + ",zip"), extra)
    (record,) = read_feed(path, source, Rejects())
    assert record.postcodes == ("other:75011",)


def test_feeds_are_found_in_the_order_of_their_sources(tmp_path):
    for name in ("pds.parquet", "courts.ndjson.gz", "nomis.csv", "README.md", ".nomis.csv.swp"):
        (tmp_path / name).write_text("x")
    feeds = discover_feeds(tmp_path, SHIPPED)
    assert [feed.source.name for feed in feeds] == ["courts", "nomis", "pds"]
