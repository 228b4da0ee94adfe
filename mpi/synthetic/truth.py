"""Who each record is of, and what is true of that person: never part of a feed."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from mpi.records import Record
from mpi.synthetic.arrays import Bools, Ints, iso_dates
from mpi.synthetic.episodes import NEVER
from mpi.synthetic.origins import ETHNICITIES, load_origins
from mpi.synthetic.people import SEXES, TODAY, YEAR
from mpi.synthetic.profiles import SETTINGS
from mpi.synthetic.stays import establishments
from mpi.synthetic.world import Piece

AGE_BANDS: Final = (
    "10-14", "15-17", "18-20", "21-24", "25-29", "30-39", "40-49", "50-59", "60-69", "70+",
)  # fmt: skip
_BAND_STARTS: Final = (15, 18, 21, 25, 30, 40, 50, 60, 70)
CLASSES: Final = ("well", "partly", "poorly")

TRUTH: Final = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("person", pa.string()),
        ("sex", pa.string()),
        ("ethnicity_group", pa.string()),
        ("age_band", pa.string()),
        ("nfa", pa.string()),
        ("foreign_national", pa.bool_()),
        ("country_group", pa.string()),
        ("name_origin", pa.string()),
        ("deprivation_decile", pa.int8()),
        ("alias_count", pa.int8()),
        ("setting", pa.string()),
        ("documentation_class", pa.string()),
        ("household", pa.string()),
        ("siblings", pa.string()),
        ("twin", pa.bool_()),
        ("namesake", pa.bool_()),
        ("separated", pa.bool_()),
        ("gender_changed", pa.bool_()),
        ("duplicate_registration", pa.bool_()),
        ("observed", pa.string()),
        ("died", pa.string()),
        ("establishment", pa.string()),
        ("custody_from", pa.string()),
        ("custody_to", pa.string()),
    ]
)
"""One row per record. The subgroup columns belong to the person. The last five are for checks
without labels: nobody is in two establishments at once, few records follow a death."""


def truth_table(piece: Piece, records: list[Record]) -> pa.Table:
    """The truth about the records of a piece, in order of person."""
    columns = {
        "source": pa.array([record.source for record in records]),
        "source_id": pa.array([record.source_id for record in records]),
        **_of_people(piece),
        **_of_episodes(piece),
    }
    return pa.table([columns[name].cast(TRUTH.field(name).type) for name in TRUTH.names], TRUTH)


def person_name(number: int) -> str:
    """The true person's name in the truth table."""
    return f"P{number + 1:07d}"


def _of_people(piece: Piece) -> dict[str, pa.Array]:
    people = piece.world.people
    chosen = slice(piece.chosen.start, piece.chosen.stop)
    row = np.asarray(piece.person, dtype=np.int64) - piece.chosen.start
    origins, families_ = load_origins(), people.families
    age = ((TODAY - people.birth[chosen]) / YEAR).astype(np.int64)
    nfa = people.nfa_ever[chosen].astype(np.int64) + people.nfa_current[chosen]
    foreign = people.foreign[chosen]
    return {
        "person": pa.array([person_name(i) for i in piece.chosen]).take(pa.array(row)),
        "sex": _named(SEXES, people.sex[chosen], row),
        "ethnicity_group": _named(ETHNICITIES, people.ethnicity[chosen], row),
        "age_band": _named(AGE_BANDS, np.searchsorted(_BAND_STARTS, age, side="right"), row),
        "nfa": _named(("never", "ever", "current"), nfa, row),
        "foreign_national": pa.array(foreign[row]),
        "country_group": _country_groups(people.origin[chosen], foreign, row),
        "name_origin": _named([o.name for o in origins], people.origin[chosen], row),
        "deprivation_decile": pa.array(people.decile[chosen][row]),
        "alias_count": pa.array([len(called.aliases) for called in piece.called]).take(
            pa.array(row)
        ),
        "setting": _named(SETTINGS, people.setting[chosen], row),
        "documentation_class": _named(CLASSES, people.documentation[chosen], row),
        "household": pa.array([f"H{g + 1:07d}" for g in families_.group[chosen]]).take(
            pa.array(row)
        ),
        "siblings": _labelled("S", families_.sibship[chosen], row),
        "twin": pa.array(families_.twin[chosen][row]),
        "namesake": pa.array(families_.namesake[chosen][row]),
        "separated": pa.array(families_.separated[chosen][row]),
        "gender_changed": pa.array((people.former_sex[chosen] >= 0)[row]),
    }


def _named(names: tuple[str, ...] | list[str], codes: Ints, row: Ints) -> pa.Array:
    return pa.array(list(names)).take(pa.array(codes[row]))


def _labelled(letter: str, numbers: Ints, row: Ints) -> pa.Array:
    """Numbers as labels; null for negative ones."""
    labels = [f"{letter}{number + 1:07d}" for number in numbers]
    return pa.array(labels, mask=numbers < 0).take(pa.array(row))


def _country_groups(origin: Ints, foreign: Bools, row: Ints) -> pa.Array:
    """The country foreign nationals are of; null for the others."""
    countries = [o.country for o in load_origins()]
    codes = pa.array(origin[row], mask=~foreign[row])
    return pa.array(countries).take(codes)


def _of_episodes(piece: Piece) -> dict[str, pa.Array]:
    plan, mine = piece.world.plan, slice(piece.first, piece.last)
    stay = plan.records.stay[mine]
    died = plan.died[np.asarray(piece.person, dtype=np.int64)]
    held = stay >= 0
    places = [f"{each.name} ({each.postcode})" for each in establishments()]
    return {
        "duplicate_registration": pa.array(plan.records.duplicate[mine]),
        "observed": pa.array(iso_dates(plan.records.observed[mine])),
        "died": _days(died, died < NEVER),
        "establishment": pa.array(places).take(
            pa.array(plan.stays.establishment[stay], mask=~held)
        ),
        "custody_from": _days(plan.stays.start[stay], held),
        "custody_to": _days(plan.stays.end[stay], held),
    }


def _days(days: Ints, known: Bools) -> pa.Array:
    """ISO text of the days that are known, null for the others."""
    return pa.array(np.array(iso_dates(days), dtype=object), mask=~known, type=pa.string())
