"""Feeds that cannot be used: one clear line, exit code 1, no value, the index as it was."""

from __future__ import annotations

import csv
import shutil

import pyarrow.parquet as pq
import pytest

from tests.cli.spoilt import COURTS, LEAK, NOMIS, refused


def missing_column(world):
    header, *lines = world.lines(COURTS)
    world.write(COURTS, [header.replace("dateOfBirth", "born"), *lines])
    return world.feeds / COURTS, "column dateOfBirth"


def unknown_source(world):
    (world.feeds / "hostel.csv").write_text(f"name\n{LEAK}\n")
    return (world.feeds / "hostel.csv",)


def unreadable_dates(world):
    path = world.feeds / COURTS
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    for row in rows[2:40]:
        row[header.index("dateOfBirth")] = LEAK
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path, "column dateOfBirth", "rows 3 4 5"


def no_bytes(world):
    world.write(NOMIS, [])
    return (world.feeds / NOMIS,)


def header_alone(world):
    world.write(NOMIS, world.lines(NOMIS)[:1])
    return (world.feeds / NOMIS,)


def wrong_encoding(world):
    header, first, *lines = world.lines(COURTS)
    content = "".join([header, first, first.replace(",", f",{LEAK}é", 3), *lines])
    (world.feeds / COURTS).write_bytes(content.encode("latin-1", "replace"))
    return world.feeds / COURTS, "line 3"


def duplicated_key(world):
    """Two rows of one key and one version that differ in the last name."""
    header, first, *lines = world.lines(COURTS)
    at = header.split(",").index("lastName")
    cells = first.split(",")
    cells[at] = LEAK
    world.write(COURTS, [header, first, ",".join(cells), *lines])
    return world.feeds / COURTS, f"key {cells[0]}", "rows [1, 2]"


def damaged_parquet(world):
    (world.feeds / COURTS).unlink()
    (world.feeds / "courts.parquet").write_bytes(b"PAR1" + LEAK.encode() * 9)
    return (world.feeds / "courts.parquet",)


def truncated_snapshot(world):
    world.write(NOMIS, world.lines(NOMIS)[:20])
    return world.feeds / NOMIS, "source nomis", "max_missing_share"


def no_feeds(world):
    shutil.rmtree(world.feeds)
    return (world.feeds,)


def empty_folder(world):
    shutil.rmtree(world.feeds)
    world.feeds.mkdir()
    return (world.feeds,)


BAD_FEEDS = (
    missing_column,
    unknown_source,
    unreadable_dates,
    no_bytes,
    header_alone,
    wrong_encoding,
    duplicated_key,
    damaged_parquet,
    no_feeds,
    empty_folder,
)


@pytest.mark.parametrize("spoil", [*BAD_FEEDS, truncated_snapshot])
def test_a_feed_that_cannot_be_used_is_not_linked(mpi, world, spoil):
    named = spoil(world)
    refused(mpi(*world.link()), *named)


@pytest.mark.parametrize("spoil", BAD_FEEDS)
def test_a_feed_that_cannot_be_used_is_not_trained_on(mpi, world, spoil):
    named = spoil(world)
    before = set(world.folder.iterdir())
    refused(mpi(*world.train()), *named)
    assert set(world.folder.iterdir()) == before


def test_a_few_bad_rows_are_put_aside_without_their_values(mpi, world, invented):
    """Where a feed can be used but for a few rows, it is; they are listed without what they say."""
    header, *lines = world.lines(COURTS)
    lines[4] = f"{LEAK},{LEAK}\n"
    world.write(COURTS, [header, *lines])
    shutil.copy(invented.index, world.folder / "other.db")
    url, to = f"sqlite:///{world.folder / 'other.db'}", world.folder / "rejects.csv"
    done = mpi(*world.link()[:-1], url, "--rejects", to, "--json")
    assert done.code == 0
    assert done.json["rejects"] == {"wrong number of values": 1}
    assert to.read_text().splitlines()[1] == f"{world.feeds / COURTS},5,,,wrong number of values"
    assert LEAK not in done.out + done.err + to.read_text()
    assert pq.read_table(invented.truth).num_rows >= sum(done.json["records"].values())
