"""Limits are honoured, and what is too narrow or full is said in words that help."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from mpi.errors import DiskFull, OutOfMemory, UsageError
from mpi.linking.engines.duckdb import Limits, connection
from mpi.linking.room import size_in_bytes

LARGE = "CREATE TABLE large AS SELECT sha256(range::VARCHAR) AS x, random() FROM range(3000000)"
NARROW = Limits(threads=1, memory="60MB")
ABSURD = ["99999999999TB", "9" * 400 + "GB", f"1.{'9' * 400}{'TB' * 2}", "1000001TB"]


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 10**9), ("8 gb", 8 * 10**9), ("1.5GiB", 1_610_612_736), ("250m", 250_000_000)],
)
def test_a_size_is_a_number_and_a_unit(text, size):
    assert size_in_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "8", "GB", "-1GB", "80%", "8GB;", "1e9B", "8PB", "8 G B", *ABSURD]
)
def test_anything_else_is_no_size(text):
    with pytest.raises(UsageError):
        size_in_bytes(text)


@pytest.mark.parametrize(
    "given",
    [
        {"threads": 0},
        {"memory": "lots"},
        {"memory": "1MB"},
        {"memory": ABSURD[0]},
        {"spill": "some"},
        {"spill": "0GB"},
        {"spill": ABSURD[1]},
        {"temp": "missing"},
    ],
)
def test_limits_that_cannot_be_are_refused(given, tmp_path):
    if "temp" in given:
        given = {"temp": tmp_path / given["temp"]}
    Limits().check()
    with pytest.raises(UsageError):
        replace(Limits(), **given).check()


def test_limits_are_those_that_duckdb_holds_to(tmp_path):
    limits = Limits(3, "512MiB", tmp_path, "2GiB")
    asked = ("threads", "memory_limit", "max_temp_directory_size", "temp_directory")
    with connection(limits) as con:
        shown = ", ".join(f"current_setting('{name}')::VARCHAR" for name in asked)
        [found] = con.execute(f"SELECT {shown}").fetchall()
    assert found[:3] == ("3", "512.0 MiB", "2.0 GiB")
    assert found[3].startswith(str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_the_largest_size_there_is_can_be_given_to_duckdb(tmp_path):
    with connection(Limits(memory="1000000TB", temp=tmp_path, spill="1000000TB")) as con:
        [found] = con.execute("SELECT current_setting('memory_limit')").fetchall()
    assert found == ("888.1 PiB",)


def test_what_fits_is_spilled(tmp_path):
    with connection(replace(NARROW, temp=tmp_path, spill="2GB")) as con:
        con.execute(LARGE)
        [(rows,)] = con.execute("SELECT count(*) FROM large").fetchall()
    assert rows == 3_000_000


def run_narrowly(spoil, limits):
    with connection(limits) as con:
        spoil(con)
        con.execute(LARGE)


def narrow_spill(con):
    """Nothing: the limit is narrow as it is."""


def no_folder(con):
    con.execute("SET temp_directory = ''")


@pytest.mark.parametrize(
    ("spoil", "error", "advice"),
    [(narrow_spill, DiskFull, "--temp-limit"), (no_folder, OutOfMemory, "--memory")],
)
def test_too_narrow_a_limit_says_which_to_widen(tmp_path, spoil, error, advice):
    with pytest.raises(error, match=advice) as caught:
        run_narrowly(spoil, replace(NARROW, temp=tmp_path, spill="5MB"))
    if error is DiskFull:
        assert caught.value.where == {"folder": tmp_path}
    assert not list(tmp_path.iterdir())


def test_an_error_of_another_kind_is_left_as_it_is():
    def fail(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_narrowly(fail, NARROW)


FULL = """
import json, resource, sys
from datetime import UTC, datetime
from dataclasses import replace
from pathlib import Path
from mpi.errors import MPIError
from mpi.index.link import LinkOptions, link
from mpi.linking.engines.duckdb import Limits, connection

def spill(temp):
    with connection(Limits(threads=1, memory="60MB", temp=temp)) as con:
        con.execute(sys.argv[5])

def feeds(temp):
    limits = Limits(threads=1, temp=temp)
    url = f"sqlite:///{sys.argv[3]}"
    link(Path(sys.argv[1]), Path(sys.argv[2]), url, options=LinkOptions(limits=limits))

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
said = []
for act in (spill, feeds):
    try:
        act(Path(sys.argv[4]))
    except MPIError as error:
        said.append([error.code, str(error.where.get("folder"))])
print(json.dumps(said))
"""


def test_a_disk_without_room_stops_a_link_and_leaves_the_index(invented, tmp_path):
    """A file may not grow beyond 200 KB, which systems say as they say that a disk is full."""
    temp, index = tmp_path / "temp", tmp_path / "mpi.db"
    temp.mkdir()
    invented.copy_of_index(index)
    before = index.read_bytes()
    given = [invented.feeds, invented.brief_model, index, temp, LARGE]
    command = [sys.executable, "-c", FULL, *map(str, given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (spilled, folder), (taken_in, within) = json.loads(done.stdout)
    assert (spilled, taken_in) == (DiskFull.code, DiskFull.code)
    assert folder == str(temp)
    assert within.startswith(str(temp))
    assert not list(temp.iterdir())
    assert index.read_bytes() == before
