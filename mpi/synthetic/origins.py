"""Name tables by origin: underlying names, their Latin spellings, and how frequent each is.

The most frequent names of each origin are in origins.toml; Faker's person tables widen them. A
name's frequency follows a rank-frequency law, and forenames rise and fall by decade of birth, so
that unrelated people share names about as often as real ones do.
"""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mpi.synthetic.surnames import english_surnames

Spellings = tuple[str, ...]
"""One underlying name in its Latin spellings, the usual one first."""

ETHNICITIES: Final = ("Asian", "Black", "Mixed", "White", "Other", "Not stated")
DECADES: Final = tuple(range(1930, 2020, 10))

_GIVEN_OFFSET = 14.0
_FAMILY_OFFSET = 4.0
_TABLE_SEED = 20_250_630
_NOBODY = "Doe"
"""What Faker returns for locales whose surnames have a rule and no table."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The names of one origin, and what its people have in common beside them.

    `given` holds a table per sex (male, female). `given_odds[sex][decade]` and `family_odds` are
    cumulative shares over those tables. `order` multiplies the rate of exchanged names.
    """

    name: str
    country: str
    share: float
    ethnicity: NDArray[np.float64]
    foreign: float
    transliterated: bool
    order: float
    given: tuple[list[Spellings], list[Spellings]]
    family: list[Spellings]
    given_odds: tuple[NDArray[np.float64], NDArray[np.float64]]
    family_odds: NDArray[np.float64]


@lru_cache(maxsize=1)
def load_origins() -> tuple[Origin, ...]:
    """Every origin, in the order of origins.toml; the British one first."""
    text = resources.files("mpi.synthetic").joinpath("origins.toml").read_text("utf-8")
    return tuple(_origin(name, entry) for name, entry in tomllib.loads(text).items())


def _origin(name: str, entry: dict[str, Any]) -> Origin:
    locales = entry.get("locales", [])
    male = _widen(_spellings(entry["male"]), _faker(locales, "first_names", "_male"))
    female = _widen(_spellings(entry["female"]), _faker(locales, "first_names", "_female"))
    if name == "british":
        surnames = english_surnames()
        family: list[Spellings] = [(each,) for each in surnames]
        weights = np.array(list(surnames.values()))
    else:
        listed = _spellings(entry["family"])
        family = [*listed, *_new(listed, _faker(locales, "last_names", "_male"))]
        weights = _zipf(len(family), _FAMILY_OFFSET)
    return Origin(
        name=name,
        country=entry["country"],
        share=entry["share"],
        ethnicity=np.array(entry["ethnicity"]) / sum(entry["ethnicity"]),
        foreign=entry["foreign"],
        transliterated=entry.get("transliterated", False),
        order=entry.get("order", 1.0),
        given=(male, female),
        family=family,
        given_odds=(_by_decade(len(male), name), _by_decade(len(female), name + " female")),
        family_odds=_cumulative(weights),
    )


def _spellings(text: str) -> list[Spellings]:
    return [tuple(name.replace("_", " ").split("/")) for name in text.split()]


def _widen(listed: list[Spellings], more: list[str]) -> list[Spellings]:
    return [*listed, *_new(listed, more)]


def _new(listed: list[Spellings], more: list[str]) -> list[Spellings]:
    """The names of Faker that are no spelling of a listed one, in a fixed order."""
    known = {spelling for spellings in listed for spelling in spellings}
    fresh = [name for name in dict.fromkeys(more) if name not in known]
    order = np.random.default_rng(_TABLE_SEED).permutation(len(fresh))
    return [(fresh[i],) for i in order]


def _faker(locales: list[str], table: str, sexed: str) -> list[str]:
    """Names of Faker locales; the sexed table where there is one."""
    names: list[str] = []
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        found = getattr(provider, table + sexed, None) or getattr(provider, table, ())
        names.extend(name for name in found or () if len(name) > 1 and name != _NOBODY)
    return names


def _zipf(count: int, offset: float) -> NDArray[np.float64]:
    """Rank-frequency law with exponent 1, flattened at the top as real name lists are."""
    return np.reciprocal(np.arange(count, dtype=np.float64) + 1.0 + offset)


def _cumulative(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
    return total


def _by_decade(count: int, label: str) -> NDArray[np.float64]:
    """Cumulative shares by decade of birth (rows): each name has a decade of its own fashion."""
    rng = np.random.default_rng([_TABLE_SEED, *label.encode()])
    peak = rng.choice(DECADES, size=count)
    years = np.array(DECADES)[:, None] - peak[None, :]
    fashion = 0.15 + np.exp(-((years / 20.0) ** 2))
    return np.stack([_cumulative(row) for row in fashion * _zipf(count, _GIVEN_OFFSET)])


def decade_index(years: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of a year of birth in the tables by decade."""
    return np.clip((years - DECADES[0]) // 10, 0, len(DECADES) - 1)


def draw(odds: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions in a table of cumulative shares, one for each uniform number in [0, 1)."""
    return np.minimum(np.searchsorted(odds, uniform, side="right"), len(odds) - 1)
