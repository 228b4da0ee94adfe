"""Purposes of use: HL7's codes, and our own where HL7 has none.

HL7's are those of the value set PurposeOfUse (code system v3-ActReason). It has no code for the
work of prisons, probation and courts, which is neither treatment nor health care operations. Such
a purpose has a local code, with the HL7 code under which a recipient that knows only those may file
it. It is never TREAT: that would make supervision look like care.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

HL7 = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
LOCAL = "urn:mpi:purpose-of-use"


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why somebody asks. `broader` is HL7's code for a local one, or empty."""

    code: str
    title: str
    system: str = HL7
    broader: str = ""


_HL7 = {
    "TREAT": "treatment",
    "ETREAT": "emergency treatment",
    "ERTREAT": "emergency room treatment",
    "BTG": "break the glass",
    "CLINTRL": "clinical trial",
    "COC": "coordination of care",
    "POPHLTH": "population health",
    "CAREMGT": "care management",
    "DONAT": "donation",
    "FRAUD": "fraud",
    "GOV": "government",
    "HACCRED": "health accreditation",
    "HCOMPL": "health compliance",
    "HDECD": "decedent",
    "HDIRECT": "directory",
    "HDM": "health care delivery management",
    "HLEGAL": "legal",
    "HOPERAT": "health care operations",
    "HOUTCOMS": "health outcome measure",
    "HPRGRP": "health programme reporting",
    "HQUALIMP": "health quality improvement",
    "HSYSADMIN": "health system administration",
    "LABELING": "labelling",
    "METAMGT": "metadata management",
    "MEMADMIN": "member administration",
    "MILCDM": "military command",
    "PATADMIN": "patient administration",
    "PATSFTY": "patient safety",
    "PERFMSR": "performance measure",
    "RECORDMGT": "records management",
    "SYSDEV": "system development",
    "HTEST": "test health data",
    "TRAIN": "training",
    "HMARKT": "health care marketing",
    "HPAYMT": "health care payment",
    "HRESCH": "health care research",
    "BIORCH": "biomedical research",
    "CLINTRCH": "clinical trial research",
    "DSRCH": "disease specific research",
    "POARCH": "population origins or ancestry research",
    "TRANSRCH": "translational research",
    "PATRQT": "patient requested",
    "FAMRQT": "family requested",
    "PWATRNY": "power of attorney",
    "SUPNWK": "support network",
    "PUBHLTH": "public health",
    "DISASTER": "disaster",
    "THREAT": "threat",
}
_OURS = (
    Purpose("PROBATION", "probation supervision", LOCAL, broader="GOV"),
    Purpose("CUSTODY", "safe custody and management of a prisoner", LOCAL, broader="GOV"),
    Purpose("COURT", "court proceedings", LOCAL, broader="HLEGAL"),
)
PURPOSES: Mapping[str, Purpose] = MappingProxyType(
    {code: Purpose(code, title) for code, title in _HL7.items()}
    | {each.code: each for each in _OURS}
)
"""Every purpose by its code; codes of the two systems do not overlap."""
