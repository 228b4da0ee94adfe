"""The files: readable by the source descriptions, dirty as real ones, the same for one seed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from mpi.errors import UnknownScenario, UnwritableOutput, UsageError
from mpi.sources import load_sources
from mpi.synthetic import SCENARIOS, synthesise

MAKE = """
import sys
from pathlib import Path
from mpi.synthetic import synthesise
synthesise(people=300, seed=int(sys.argv[2]), to=Path(sys.argv[1]))
"""


def digest(folder):
    """What is in every file of a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    for name, hashing, seed in (("a", "0", "1"), ("b", "4711", "1"), ("c", "0", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": hashing}
        command = [sys.executable, "-c", MAKE, str(tmp_path / name), seed]
        subprocess.run(command, check=True, env=environment)

    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a")["feeds/pds.csv"] != digest(tmp_path / "c")["feeds/pds.csv"]


def test_every_record_reads_back_and_has_its_truth(population):
    assert population.records.keys() == population.truth.keys()
    assert population.rejects.items == []
    assert len(population.records) == population.summary.total_records


def test_each_source_has_a_feed_of_its_own(population):
    counted = population.summary.records

    assert list(counted) == list(load_sources())
    assert all(count > 0 for count in counted.values())
    for name, count in counted.items():
        text = (population.folder / "feeds" / f"{name}.csv").read_text("utf-8")
        assert text.count("\n") == count + 1


def test_settings_and_seed_lie_beside_the_data(population):
    told = json.loads((population.folder / "settings.json").read_text("utf-8"))

    assert (told["people"], told["seed"], told["scenario"]) == (4_000, 11, "base")
    assert told["settings"]["nhs"]["postcode_stale"] == SCENARIOS["base"].nhs.postcode_stale
    assert told["origins"]["british"] > 0


def test_feeds_do_not_hold_the_truth(population):
    header = (population.folder / "feeds" / "nomis.csv").read_text("utf-8").partition("\n")[0]

    assert header.split(",") == list(load_sources()["nomis"].columns)


DIRT = {
    "pseudo postcodes": ["ZZ99 3VZ", "NF1 1NF", "NF1 1FA", "ZZ99 3WZ"],
    "establishments": ["HMP "],
    "placeholder names": ["UNKNOWN", "BABY", "DUPLICATE_"],
    "titles": [",Mr,", ",MR,"],
    "default dates": ["01/01/1900", "01/01/1970"],
    "marks": ["O’"],
    "accents": ["ł", "ç"],
    "no fixed abode": ["NFA", "No fixed abode", "Homeless"],
    "spaced and hyphened NHS numbers": [",999 ", ",999-"],
    "placeholder identifiers": ["000000/00Z"],
    "sons": [" Jnr", " JNR"],
}


@pytest.mark.parametrize("kind", DIRT)
def test_dirty_values_stay_in_the_feeds(population, kind):
    feeds = [path.read_text("utf-8") for path in sorted((population.folder / "feeds").iterdir())]

    assert [text for text in DIRT[kind] if not any(text in feed for feed in feeds)] == []


def test_every_written_form_of_a_pnc_appears(population):
    values = {
        i.value for r in population.records.values() for i in r.identifiers if i.system == "pnc"
    }

    assert any(len(v) == 13 and v[4] == "/" for v in values)
    assert any(len(v) == 11 and v[2] == "/" for v in values)
    assert any(len(v) == 10 and v[2] == "/" for v in values)
    assert any(len(v) == 12 and v.isalnum() for v in values)
    assert any(len(v) == 10 and v.isalnum() for v in values)
    assert any(v[-1].islower() for v in values)


def test_subgroups_of_the_report_are_in_the_truth(population):
    row = next(iter(population.truth.values()))
    wanted = "sex ethnicity_group age_band nfa foreign_national name_origin deprivation_decile "
    wanted += "alias_count setting documentation_class twin namesake household siblings"

    assert set(wanted.split()) <= set(row)
    assert {r["nfa"] for r in population.people.values()} == {"never", "ever", "current"}
    assert len({r["age_band"] for r in population.people.values()}) == 10


def test_an_unknown_scenario_is_told_the_known_ones(tmp_path):
    with pytest.raises(UnknownScenario, match="twins_heavy"):
        synthesise(people=100, seed=1, to=tmp_path, scenario="sunny")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("people", "seed"), [(3, 1), (100, -1), (3_600_000, 1)])
def test_impossible_sizes_and_seeds_are_refused(tmp_path, people, seed):
    with pytest.raises(UsageError):
        synthesise(people=people, seed=seed, to=tmp_path)


def test_a_file_in_place_of_the_folder_is_reported(tmp_path):
    (tmp_path / "taken").write_text("")

    with pytest.raises(UnwritableOutput):
        synthesise(people=50, seed=1, to=tmp_path / "taken")


@pytest.mark.parametrize("people", [10, 11, 37])
def test_the_smallest_populations_can_be_made(tmp_path, people):
    summary = synthesise(people=people, seed=people, to=tmp_path)

    assert summary.people == people
    assert summary.total_records >= people
