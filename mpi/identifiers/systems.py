"""The identifier systems the index knows, and what a value of each is worth.

To add one: a reader in `formats`, an entry here, vectors in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from mpi.errors import InvalidIdentifier, UnknownIdentifierSystem
from mpi.identifiers import formats
from mpi.identifiers.formats import MAX_LENGTH, Reader, fold

NAMESPACE = "https://mpi.example.org/Id"
"""Where FHIR URIs are minted when nobody published one; a deployment sets its own."""

_NEVER = re.compile("(?!)")


class Uniqueness(StrEnum):
    """What two different values of one system mean on records that seem to be one person."""

    HARD_UNIQUE = "hard-unique"
    """They are two people, whatever else agrees. No system by default: a deployment declares it."""
    CONFLICT = "conflict"
    """Two verified values need stronger other evidence, and leave a finding for review."""
    SOFT_UNIQUE = "soft-unique"
    """Allowed: the issuer probably holds the person twice. Values that differ weigh against a link,
    and a person with several leaves a finding for review."""
    NONE = "none"
    """Nothing: people ordinarily have several."""


@dataclass(frozen=True, slots=True)
class IdentifierSystem:
    """One kind of identifier: how it is written, and what it says about identity.

    `form` tells a person what is expected. `placeholder` fits the canonical values that are
    well-formed and yet stand for no value. `evidence_length` is how many characters of the
    canonical form identify the person (None: all). `independent` is False when the value is made
    of the person's other attributes, so that agreeing on it as well adds next to nothing. `uri` is
    the published FHIR system, or empty.
    """

    name: str
    title: str
    form: str
    read: Reader
    policy: Uniqueness
    placeholder: re.Pattern[str] = _NEVER
    uri: str = ""
    evidence_length: int | None = None
    independent: bool = True

    def parse(self, text: str) -> str:
        """The canonical form of text as written. Raises InvalidIdentifier, without the text."""
        folded = fold(text)
        canonical = self.read(folded) if folded else None
        if canonical is None:
            raise InvalidIdentifier(f"Expected {self.form}.", system=self.name)
        return canonical

    def clean(self, text: str) -> str | None:
        """What counts as evidence of identity in text as written, or None."""
        folded = fold(text)
        canonical = self.read(folded) if folded else None
        if canonical is None or self.placeholder.fullmatch(canonical):
            return None
        return canonical[: self.evidence_length]


# In systems with a serial, a serial of zeros; where no format is published, also words and
# one character four times or more.
_FILLER = (
    r"(?:UNKNOWN|UNK|NOT[._-]?(?:KNOWN|RECORDED|ENTERED|APPLICABLE|AVAILABLE|GIVEN)|NONE|NULL|NIL"
    r"|NAN?|N/A|NO|TBA|TBC|TEST|TEMP|DUMMY|MISSING|BLANK|REFUSED|1234567890?"
    r"|0+|([A-Z0-9])(?:[/._-]*\1){3,})"
)
_LOCAL_FILLER = re.compile(_FILLER)

_ALL = (
    IdentifierSystem(
        name="nhs-number",
        title="NHS number",
        form="ten digits that fit their check digit, such as 999 000 0018",
        read=formats.nhs_number,
        policy=Uniqueness.CONFLICT,
        placeholder=re.compile(r"([0-9])\1{9}"),
        uri="https://fhir.nhs.uk/Id/nhs-number",
    ),
    # Soft, not hard: finding two NOMS numbers of one prisoner is a reason to have an index.
    IdentifierSystem(
        name="noms-number",
        title="Prison (NOMS) number",
        form="a letter, four digits and two letters, such as A1234BC",
        read=formats.noms_number,
        policy=Uniqueness.SOFT_UNIQUE,
        placeholder=re.compile("[A-Z]0000[A-Z]{2}"),
    ),
    IdentifierSystem(
        name="crn",
        title="Probation case reference number (CRN)",
        form="one or two letters and six digits, such as X123456",
        read=formats.crn,
        policy=Uniqueness.SOFT_UNIQUE,
        placeholder=re.compile("[A-Z]{1,2}0{6}"),
    ),
    IdentifierSystem(
        name="pnc",
        title="Police National Computer ID",
        form="YYYY/NNNNNNND or YY/NNNNNNND that fits its check letter",
        read=formats.pnc,
        policy=Uniqueness.SOFT_UNIQUE,
        placeholder=re.compile("[0-9]{4}/0{7}[A-Z]"),
    ),
    IdentifierSystem(
        name="cro",
        title="Criminal Records Office number",
        form="NNNNNN/YYD or SFYY/ND that fits its check letter",
        read=formats.cro,
        policy=Uniqueness.SOFT_UNIQUE,
        placeholder=re.compile("0{6}/[0-9]{2}[A-Z]|SF[0-9]{2}/0[A-Z]"),
    ),
    # The suffix carries no identity and is often left out: evidence is the first eight characters.
    IdentifierSystem(
        name="nino",
        title="National Insurance number",
        form="two letters, six digits and perhaps a letter A to D, such as AB123456C",
        read=formats.nino,
        policy=Uniqueness.SOFT_UNIQUE,
        placeholder=re.compile(r"[A-Z]{2}([0-9])\1{5}[A-D]?"),
        evidence_length=8,
    ),
    IdentifierSystem(
        name="uln",
        title="Unique learner number",
        form="ten digits that fit their check digit",
        read=formats.uln,
        policy=Uniqueness.SOFT_UNIQUE,
    ),
    # Temporary numbers are replaced, and a new school may issue a second one.
    IdentifierSystem(
        name="upn",
        title="Unique pupil number",
        form="a check letter and twelve characters, such as B801200005001",
        read=formats.upn,
        policy=Uniqueness.NONE,
        placeholder=re.compile("A0{11}[0A]"),
    ),
    # Made of surname, birth date, sex and initials, and reissued when they change.
    IdentifierSystem(
        name="driving-licence",
        title="Driving licence number",
        form="sixteen characters (Great Britain) or eight digits (Northern Ireland)",
        read=formats.driving_licence,
        policy=Uniqueness.NONE,
        placeholder=re.compile(r"([0-9])\1{7}"),
        independent=False,
    ),
    IdentifierSystem(
        name="court-defendant-id",
        title="Court defendant identifier",
        form="up to 40 letters, digits and / . _ -",
        read=formats.local_reference,
        policy=Uniqueness.NONE,
        placeholder=_LOCAL_FILLER,
    ),
    IdentifierSystem(
        name="home-office-reference",
        title="Home Office reference",
        form="up to 40 letters, digits and / . _ -",
        read=formats.home_office_reference,
        policy=Uniqueness.NONE,
        placeholder=_LOCAL_FILLER,
    ),
    IdentifierSystem(
        name="custody-reference",
        title="Custody reference",
        form="up to 40 letters, digits and / . _ -",
        read=formats.local_reference,
        policy=Uniqueness.NONE,
        placeholder=_LOCAL_FILLER,
    ),
    IdentifierSystem(
        name="young-person-id",
        title="Youth justice young person identifier",
        form="up to 40 letters, digits and / . _ -",
        read=formats.local_reference,
        policy=Uniqueness.NONE,
        placeholder=_LOCAL_FILLER,
    ),
    IdentifierSystem(
        name="local-patient-id",
        title="Local patient identifier of one organisation",
        form="the organisation's ODS code, a colon and its own number, such as RX1:0012345",
        read=formats.local_patient_id,
        policy=Uniqueness.NONE,
        placeholder=re.compile(f"[^:]+:{_FILLER}"),
    ),
    IdentifierSystem(
        name="ndtms-client-reference",
        title="Drug treatment (NDTMS) client reference",
        form="up to 40 letters, digits and / . _ -",
        read=formats.local_reference,
        policy=Uniqueness.NONE,
        placeholder=_LOCAL_FILLER,
    ),
    IdentifierSystem(
        name="social-care-person-id",
        title="Adult social care person identifier",
        form="up to 40 letters, digits and / . _ -",
        read=formats.local_reference,
        policy=Uniqueness.NONE,
        placeholder=_LOCAL_FILLER,
    ),
)

SYSTEMS: Mapping[str, IdentifierSystem] = MappingProxyType({each.name: each for each in _ALL})
"""Every identifier system by its short name, in a fixed order."""


def identifier_system(name: str) -> IdentifierSystem:
    """The identifier system of this short name. Raises UnknownIdentifierSystem."""
    found = SYSTEMS.get(name)
    if found is None:
        raise UnknownIdentifierSystem(f"Known are: {', '.join(SYSTEMS)}.")
    return found


def parse(system: str, text: str) -> str:
    """The canonical form of an identifier, for storing and showing; placeholders have one too.

    Raises InvalidIdentifier, UnknownIdentifierSystem.

    >>> parse("pnc", "79/163001b")
    '1979/0163001B'
    >>> parse("nino", "ab 12 34 56 c")
    'AB123456C'
    """
    return identifier_system(system).parse(text)


def clean_identifier(system: str, text: str) -> str | None:
    """An identifier as evidence of identity, or None when it is invalid or a placeholder.

    Two records of one person then share one value. That is the canonical form, except that a
    National Insurance number is cut to its first eight characters: the suffix, often left out,
    identifies nobody. Raises UnknownIdentifierSystem.

    >>> clean_identifier("nino", "AB 12 34 56 C") == clean_identifier("nino", "AB123456")
    True
    >>> clean_identifier("cro", "000000/00Z") is None
    True
    """
    # Cut, so that the memo never holds a text of any length; the cut text is still too long.
    return _clean(system, text[: MAX_LENGTH + 1])


@lru_cache(maxsize=1 << 16)
def _clean(system: str, text: str) -> str | None:
    return identifier_system(system).clean(text)


def attribute_name(system: str) -> str:
    """The attribute that lists a record's identifiers of one system.

    Raises UnknownIdentifierSystem.

    >>> attribute_name("nhs-number")
    'id_nhs_number'
    """
    return "id_" + identifier_system(system).name.replace("-", "_")


def fhir_uri(system: str, namespace: str = NAMESPACE) -> str:
    """The FHIR system URI of an identifier: the published one, or one minted in the namespace.

    Raises UnknownIdentifierSystem.

    >>> fhir_uri("nhs-number"), fhir_uri("crn", "https://index.example.net/id/")
    ('https://fhir.nhs.uk/Id/nhs-number', 'https://index.example.net/id/crn')
    """
    known = identifier_system(system)
    return known.uri or f"{namespace.rstrip('/')}/{known.name}"
