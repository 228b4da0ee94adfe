"""The knobs of the synthetic population, their defaults, and the scenarios that ship.

Counted figures are from two linked NHS systems (CRATE, 126,904 people), estimated ones from the
parameters of a published model over justice systems, published ones from named documents; all
others are assumed: they are there to be varied, never to be cited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from mpi.errors import UnknownScenario


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often two records of one person differ, as a share of pairs of records that say it.

    Half of a rate is applied to each record, since either of the two may be the odd one out.
    `near` keeps the first two letters; `other` is another name. Surnames differ by sex.
    """

    given_near: float = 0.0
    given_other: float = 0.0
    family_near: float = 0.0
    family_other_male: float = 0.0
    family_other_female: float = 0.0
    both_names: float = 0.0
    exchanged: float = 0.0
    alias_as_usual: float = 0.0
    middle_near: float = 0.0
    middle_other: float = 0.0
    birth_part: float = 0.0
    birth_swap: float = 0.0
    birth_several: float = 0.0
    birth_within_years: float = 0.0
    birth_alias: float = 0.0
    sex_other: float = 0.0
    postcode_unit: float = 0.0
    postcode_stale: float = 0.0


NHS = ErrorRates(
    given_near=0.0163,
    given_other=0.0046,
    family_near=0.0083,
    family_other_male=0.0111,
    family_other_female=0.0567,
    both_names=0.0020,
    exchanged=0.00077,
    middle_near=0.0155,
    middle_other=0.0205,
    birth_part=0.00459,
    birth_swap=0.00003,
    birth_several=0.0003,
    sex_other=0.0033,
    postcode_unit=0.0097,
    postcode_stale=0.31,
)
"""Counted, but for middle names: half the justice rates, assumed."""

JUSTICE = ErrorRates(
    given_near=0.038,
    given_other=0.0053,
    family_near=0.038,
    family_other_male=0.0038,
    family_other_female=0.0116,
    both_names=0.0041,
    exchanged=0.0020,
    alias_as_usual=0.0206,
    middle_near=0.031,
    middle_other=0.041,
    birth_part=0.0168,
    birth_swap=0.0005,
    birth_several=0.0020,
    birth_within_years=0.0102,
    birth_alias=0.0171,
    sex_other=0.0033,
    postcode_unit=0.0097,
    postcode_stale=0.292,
)
"""Estimated (EM over four justice systems), but for sex and postcode unit: the NHS rates."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes a population besides its size and its seed; shares unless said."""

    nhs: ErrorRates = NHS
    justice: ErrorRates = JUSTICE
    cross_domain_factor: float = 1.0
    """Multiplies the error rates of every record, so that records of both domains grow apart."""
    frailty: float = 0.7
    """Spread (log scale) of how bad one record is: the larger, the more its errors coincide."""

    records_mean: float = 4.0
    """Records per person, mean of the whole number: 250,000 people give about 1,000,000."""
    records_shape: float = 0.9
    records_maximum: int = 40
    duplicate_registration: float = 0.015
    duplicate_merged: float = 0.5

    twins: float = 0.03
    twins_similar: float = 0.10
    twins_adjacent: float = 0.20
    relatives: float = 0.15
    namesake_fathers: float = 0.02
    separated: float = 0.0005
    """Identities kept apart on purpose (adoption, gender recognition, safeguarding)."""

    gender_changes: float = 0.002

    origin_boost: float = 1.0
    """Multiplies the share of the origins whose names are transliterated."""
    same_spelling: float = 0.70
    accents_dropped_justice: float = 0.90
    accents_dropped_nhs: float = 0.40
    marks: float = 0.25
    placeholder_names: float = 0.002
    titles: float = 0.004
    initials: float = 0.05
    """Given name cut to its initial, in substance misuse records."""

    aliases: float = 0.35
    aliases_many: float = 0.05
    alias_birth_dates: float = 0.08
    false_name_pool: float = 1 / 500
    """Distinct false names per person: the fewer, the more people share one."""

    documentation: tuple[float, float, float] = (0.75, 0.20, 0.05)
    documentation_odds: float = 3.0
    coverage: float = 1.0
    wrong_identifier: float = 0.002
    keying_error: float = 0.005
    pnc_century: float = 0.0002
    placeholder_identifier: float = 0.001
    shared_identifier: float = 1 / 20_000
    superseded: float = 0.01
    superseded_kept: float = 0.40

    nfa_health: float = 0.002
    nfa_reception: float = 0.25
    nfa_justice: float = 0.15
    nfa_ever: float = 0.31
    prison_address: float = 0.40
    hostels: float = 0.02
    moves_yearly: float = 0.12
    moves_yearly_justice: float = 0.35
    former_addresses: float = 0.5
    pseudo_postcode: float = 0.0018

    new_year_births: float = 0.006
    new_year_asylum: float = 0.14
    new_year_immigration: float = 0.04
    default_date: float = 0.002
    missing: float = 1.0
    """Multiplies the rates at which optional values are left out."""

    deaths: float = 0.02
    after_death: float = 0.001


def scaled(rates: ErrorRates, factor: float) -> ErrorRates:
    """The rates times a factor."""
    return ErrorRates(**{f.name: getattr(rates, f.name) * factor for f in fields(rates)})


BASE = Settings()

_CLEAN = replace(
    BASE,
    nhs=ErrorRates(),
    justice=ErrorRates(),
    duplicate_registration=0.0,
    gender_changes=0.0,
    same_spelling=1.0,
    accents_dropped_justice=0.0,
    accents_dropped_nhs=0.0,
    marks=0.0,
    placeholder_names=0.0,
    titles=0.0,
    initials=0.0,
    wrong_identifier=0.0,
    keying_error=0.0,
    pnc_century=0.0,
    placeholder_identifier=0.0,
    shared_identifier=0.0,
    superseded=0.0,
    nfa_health=0.0,
    nfa_reception=0.0,
    nfa_justice=0.0,
    nfa_ever=0.0,
    prison_address=0.0,
    pseudo_postcode=0.0,
    default_date=0.0,
    missing=0.0,
    after_death=0.0,
)

SCENARIOS: Mapping[str, Settings] = MappingProxyType(
    {
        "base": BASE,
        "clean": _CLEAN,
        "cross_domain_2x": replace(BASE, cross_domain_factor=2.0),
        "ids_scarce": replace(BASE, coverage=0.5),
        "ids_wrong": replace(BASE, wrong_identifier=0.01),
        "aliases_heavy": replace(BASE, aliases=0.70, aliases_many=0.15, alias_birth_dates=0.16),
        "twins_heavy": replace(BASE, twins=0.12, namesake_fathers=0.08, relatives=0.30),
        "nfa_heavy": replace(BASE, nfa_reception=0.45, nfa_justice=0.30, nfa_ever=0.55),
        "transliteration_heavy": replace(BASE, origin_boost=5.0, same_spelling=0.50),
        "prison_address_only": replace(BASE, prison_address=1.0, former_addresses=0.0),
    }
)
"""Variants to evaluate a release on: a gain in one bought by losses in another must be visible."""


def scenario_settings(name: str) -> Settings:
    """The settings of a scenario. Raises UnknownScenario, which lists those there are."""
    if name not in SCENARIOS:
        raise UnknownScenario(f"Known are: {', '.join(SCENARIOS)}.", scenario=name)
    return SCENARIOS[name]
