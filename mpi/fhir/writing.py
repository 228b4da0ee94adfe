"""A Record to a Patient, and what of a person a Patient shows.

Reading the Patient of a record gives the record back, as long as it was delivered in FHIR's forms:
its sex is one of `M`, `F` and nothing, and as many postcodes as addresses, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mpi.cleaning import clean_sex, names_institution
from mpi.fhir import uris
from mpi.fhir.domains import Domains
from mpi.fhir.elements import Plain, extension, filled
from mpi.fhir.reading import LINE_BREAK, SEXES
from mpi.records import Identifier, Name, Person, Record

_GENDERS = {sex: gender for gender, sex in SEXES.items()}
_WORD_FOR_UNKNOWN = "unknown"


def patient_of(record: Record, domains: Domains) -> Plain:
    """A whole record as a Patient, without an id: for a feed to another index."""
    version = record.version
    meta: Plain = {"lastUpdated": f"{version}Z"} if "T" in version else {"versionId": version}
    if record.restricted:
        meta |= _RESTRICTED
    dates = (
        (uris.OTHER_BIRTH_DATE, record.birth_dates[1:]),
        (uris.CUSTODY_DATE, record.custody_dates),
        (uris.SENTENCE_DATE, record.sentence_dates),
    )
    said = [extension(url, "valueDate", date) for url, given in dates for date in given]
    if record.occupation:
        said.append(extension(uris.OCCUPATION, "valueString", record.occupation))
    if record.birth_place:
        place = {"text": record.birth_place}
        said.append(extension(uris.BIRTH_PLACE, "valueAddress", place))
    return filled(
        {
            "resourceType": "Patient",
            "meta": filled(meta),
            "extension": said,
            "identifier": [_identifier(each, domains) for each in record.identifiers],
            "active": True,
            **_demographics(record),
        }
    )


def person_patient(
    person: Person, shown: Record | None, domains: Domains, *, restricted: bool = False
) -> Plain:
    """A person as a Patient: the identifiers given, and of one record what identifies by sight.

    Args: person, with nothing but what may be told; shown, the record whose name, birth date, sex
    and home address are given, None to give none.

    UK Core allows one NHS number in a Patient: the first is given, which is the surest. Aliases,
    telephone numbers, occupation and dates in custody are never in it, and no address that is an
    institution's. Who is `restricted` is labelled so, and no address is given.
    """
    identifiers = _one_nhs_number([each.identifier for each in person.cross_references])
    return filled(
        {
            "resourceType": "Patient",
            "id": person.person_id,
            "meta": _RESTRICTED if restricted else {},
            "identifier": [_identifier(each, domains) for each in identifiers],
            "active": True,
            **(_demographics(_by_sight(shown, restricted=restricted)) if shown else {}),
        }
    ) | ({} if shown and shown.names else {"name": [_NO_NAME]})


def replaced_patient(person_id: str, by: Iterable[str]) -> Plain:
    """A person id no longer in use, as a Patient replaced by those who have its records now."""
    return {
        "resourceType": "Patient",
        "id": person_id,
        "active": False,
        "name": [_NO_NAME],
        "link": [{"other": {"reference": f"Patient/{each}"}, "type": "replaced-by"} for each in by],
    }


_RESTRICTED: Plain = {"security": [{"system": uris.CONFIDENTIALITY, "code": uris.RESTRICTED}]}
_NO_NAME: Plain = {
    "extension": [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "unknown",
        }
    ]
}


def _by_sight(record: Record, *, restricted: bool) -> Record:
    """What of a record a person is known by, without what only helps to compare."""
    count = max(len(record.addresses), len(record.postcodes))
    lines = [*record.addresses, *[""] * (count - len(record.addresses))]
    codes = [*record.postcodes, *[""] * (count - len(record.postcodes))]
    pairs = zip(lines, codes, strict=True)
    homes = [] if restricted else [(a, p) for a, p in pairs if _is_home(a, p)]
    return replace(
        record,
        names=record.names[:1],
        birth_dates=record.birth_dates[:1],
        addresses=tuple(a for a, _ in homes[:1]),
        postcodes=tuple(p for _, p in homes[:1]),
        town=record.town if homes else "",
        phones=(),
        emails=(),
    )


def _is_home(address: str, postcode: str) -> bool:
    return not names_institution(address) and not postcode.startswith(_DETAINED)


_DETAINED = "institution:"


def _demographics(record: Record) -> Plain:
    return {
        "name": [_name(name, first=at == 0) for at, name in enumerate(record.names)],
        "telecom": [
            *({"system": "phone", "value": each} for each in record.phones),
            *({"system": "email", "value": each} for each in record.emails),
        ],
        "gender": _GENDERS.get(clean_sex(record.sex) or "", _WORD_FOR_UNKNOWN),
        "birthDate": record.birth_dates[0] if record.birth_dates else "",
        "address": list(_addresses(record)),
    }


def _name(name: Name, *, first: bool) -> Plain:
    use = "usual" if first else "old"
    return filled({"use": use, "family": name.family, "given": name.given.split()})


def _addresses(record: Record) -> Iterator[Plain]:
    count = max(len(record.addresses), len(record.postcodes), bool(record.town))
    for at in range(count):
        kind, _, code = _at(record.postcodes, at).rpartition(":")
        marked = [extension(uris.POSTCODE_KIND, "valueCode", kind)] if kind else []
        lines = _at(record.addresses, at).split(LINE_BREAK)
        yield filled(
            {
                "extension": marked,
                "line": [line for line in lines if line],
                "city": record.town if at == 0 else "",
                "postalCode": code,
            }
        )


def _at(values: Sequence[str], place: int) -> str:
    return values[place] if place < len(values) else ""


def _one_nhs_number(identifiers: Sequence[Identifier]) -> list[Identifier]:
    first = next((each for each in identifiers if each.system == "nhs-number"), None)
    return [each for each in identifiers if each.system != "nhs-number" or each is first]


def _identifier(identifier: Identifier, domains: Domains) -> Plain:
    uri, value = domains.written(identifier)
    said = []
    if identifier.system == "nhs-number":
        said.append(_status(uris.VERIFIED if identifier.verified else uris.NOT_TRACED))
    elif identifier.verified:
        said.append(extension(uris.STATED_VERIFIED, "valueBoolean", True))
    return filled({"extension": said, "system": uri, "value": value})


def _status(code: str) -> Plain:
    coding = {
        "system": uris.VERIFICATION_CODES,
        "code": code,
        "display": uris.VERIFICATION_DISPLAY[code],
    }
    return extension(uris.VERIFICATION_STATUS, "valueCodeableConcept", {"coding": [coding]})
