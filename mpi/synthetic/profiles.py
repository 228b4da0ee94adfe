"""What each source system holds, and how carefully: coverage, error factors, custom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SETTINGS: Final = ("prison", "probation", "youth", "secure hospital", "immigration", "community")
"""Where a person is mainly known; `community` is none of the five detained or supervised ones."""

PRISON, PROBATION, YOUTH, HOSPITAL, IMMIGRATION, COMMUNITY = range(6)


@dataclass(frozen=True, slots=True)
class Profile:
    """One source system as the generator sees it. All shares are assumed.

    `coverage` is the share of records that show an identifier their person has; `by_class` lists
    systems whose coverage depends on how well documented the person is. `error_factor` multiplies
    the error rates of the domain. `missing` are shares of records without the value.
    """

    name: str
    justice: bool
    error_factor: float = 1.0
    upper: bool = False
    aliases: float = 0.0
    former_name: float = 0.0
    middle: float = 0.85
    reception: bool = False
    contact: float = 0.4
    missing: Mapping[str, float] = field(default_factory=dict)
    coverage: Mapping[str, float] = field(default_factory=dict)
    by_class: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


_NHS_BY_CLASS = {"nhs-number": (0.98, 0.80, 0.30)}

PROFILES: Final = (
    Profile(
        "nomis",
        justice=True,
        upper=True,
        aliases=1.0,
        reception=True,
        missing={"birth_date": 0.002, "address": 0.10},
        coverage={
            "noms-number": 1.0,
            "pnc": 0.90,
            "cro": 0.80,
            "nhs-number": 0.05,
            "nino": 0.25,
            "home-office-reference": 0.5,
            "driving-licence": 0.10,
            "uln": 0.15,
        },
    ),
    Profile(
        "ndelius",
        justice=True,
        aliases=0.7,
        missing={"birth_date": 0.003, "address": 0.08},
        coverage={
            "crn": 1.0,
            "pnc": 0.95,
            "cro": 0.90,
            "nino": 0.30,
            "nhs-number": 0.03,
            "home-office-reference": 0.3,
            "young-person-id": 0.3,
        },
        by_class={"noms-number": (0.90, 0.60, 0.20)},
    ),
    Profile(
        "pds",
        justice=False,
        former_name=0.5,
        contact=0.7,
        missing={"birth_date": 0.0005, "address": 0.01},
        coverage={"nhs-number": 1.0},
    ),
    Profile(
        "hjis",
        justice=True,
        error_factor=0.5,
        aliases=0.15,
        reception=True,
        missing={"birth_date": 0.001, "address": 0.15},
        coverage={"noms-number": 0.9, "local-patient-id": 1.0},
        by_class=_NHS_BY_CLASS,
    ),
    Profile(
        "secure_hospital",
        justice=False,
        former_name=0.2,
        missing={"address": 0.10},
        coverage={"local-patient-id": 1.0, "noms-number": 0.3, "pnc": 0.1},
        by_class=_NHS_BY_CLASS,
    ),
    Profile(
        "cypse",
        justice=True,
        aliases=0.3,
        missing={"birth_date": 0.002, "address": 0.08},
        coverage={
            "young-person-id": 1.0,
            "nhs-number": 0.5,
            "upn": 0.5,
            "uln": 0.4,
            "pnc": 0.3,
            "noms-number": 0.3,
            "social-care-person-id": 0.2,
        },
    ),
    Profile(
        "immigration",
        justice=True,
        error_factor=2.0,
        upper=True,
        aliases=0.6,
        missing={"birth_date": 0.01, "address": 0.50},
        coverage={
            "home-office-reference": 1.0,
            "nhs-number": 0.05,
            "noms-number": 0.3,
            "pnc": 0.15,
        },
    ),
    Profile(
        "community_mental_health",
        justice=False,
        former_name=0.3,
        contact=0.7,
        missing={"address": 0.02},
        coverage={"local-patient-id": 1.0},
        by_class=_NHS_BY_CLASS,
    ),
    Profile(
        "substance_misuse",
        justice=False,
        error_factor=2.0,
        middle=0.0,
        missing={"birth_date": 0.005, "address": 0.20},
        coverage={"ndtms-client-reference": 1.0, "noms-number": 0.3, "nhs-number": 0.1},
    ),
    Profile(
        "social_care",
        justice=False,
        former_name=0.3,
        missing={"birth_date": 0.002, "address": 0.03},
        coverage={"social-care-person-id": 1.0, "nino": 0.3},
        by_class={"nhs-number": (0.75, 0.50, 0.15)},
    ),
    Profile(
        "police_custody",
        justice=True,
        upper=True,
        aliases=0.5,
        reception=True,
        contact=0.6,
        missing={"birth_date": 0.003, "address": 0.10},
        coverage={
            "custody-reference": 1.0,
            "pnc": 0.80,
            "cro": 0.30,
            "driving-licence": 0.15,
            "nino": 0.10,
            "nhs-number": 0.05,
        },
    ),
    Profile(
        "courts",
        justice=True,
        upper=True,
        aliases=0.3,
        middle=0.9,
        missing={"birth_date": 0.01, "address": 0.06},
        coverage={
            "court-defendant-id": 1.0,
            "pnc": 0.70,
            "cro": 0.50,
            "noms-number": 0.2,
            "crn": 0.2,
            "nino": 0.15,
        },
    ),
)

SOURCES: Final = tuple(profile.name for profile in PROFILES)
(
    NOMIS,
    NDELIUS,
    PDS,
    HJIS,
    SECURE_HOSPITAL,
    CYPSE,
    IMMIGRATION_CASE,
    MENTAL_HEALTH,
    SUBSTANCE_MISUSE,
    SOCIAL_CARE,
    POLICE,
    COURTS,
) = range(12)

MAIN_SOURCE: Final = (NOMIS, NDELIUS, CYPSE, SECURE_HOSPITAL, IMMIGRATION_CASE, -1)
"""The source of a person's first record, by setting; -1: drawn like the others."""

PDS_SHARE: Final = (0.80, 0.80, 0.85, 0.85, 0.40, 0.75)
"""Share of people, by setting, whose second record is their demographic one."""

SOURCE_WEIGHTS: Final = (
    (0.24, 0.16, 0, 0.20, 0.005, 0, 0.005, 0.05, 0.05, 0.01, 0.13, 0.15),
    (0.06, 0.26, 0, 0.05, 0.002, 0, 0.003, 0.09, 0.08, 0.03, 0.18, 0.245),
    (0.06, 0.12, 0, 0.10, 0.01, 0.22, 0.005, 0.08, 0.03, 0.08, 0.16, 0.135),
    (0.10, 0.06, 0, 0.10, 0.25, 0, 0, 0.22, 0.04, 0.08, 0.07, 0.08),
    (0.10, 0.05, 0, 0.16, 0.005, 0, 0.38, 0.04, 0.02, 0.02, 0.12, 0.105),
    (0, 0.05, 0, 0, 0, 0, 0.01, 0.30, 0.18, 0.12, 0.22, 0.12),
)
"""Where further records of a person come from, by setting (rows) and source (columns)."""

ISSUES: Final[Mapping[int, str]] = {
    NOMIS: "noms-number",
    NDELIUS: "crn",
    PDS: "nhs-number",
    HJIS: "local-patient-id",
    SECURE_HOSPITAL: "local-patient-id",
    CYPSE: "young-person-id",
    MENTAL_HEALTH: "local-patient-id",
    SUBSTANCE_MISUSE: "ndtms-client-reference",
    SOCIAL_CARE: "social-care-person-id",
}
"""The sources that issue an identifier of their own, so can register one person twice."""

HOLDING: Final = (NOMIS, HJIS)
"""The sources that may write the establishment where the home address belongs."""
