"""What passes for a Patient of FHIR R4 at the door, and where R4 and R4B part."""

from __future__ import annotations

import pytest

from mpi.api.fhir.validating import valid
from mpi.errors import InvalidResource, UnknownModifier

SECRET = "Quillfeather"


def patient(**said):
    return {"resourceType": "Patient", **said}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"birthDate": "1958"},
        {"birthDate": "1958-01"},
        {"deceasedBoolean": False},
        {"deceasedDateTime": "2020-01-01T00:00:00Z"},
        {"meta": {"lastUpdated": "2020-01-01T00:00:00.123+01:00", "versionId": "3"}},
        {"extension": [{"url": "urn:unknown", "valueString": "x"}]},
        {"extension": [{"url": "urn:unknown", "valueMeta": {"versionId": "1"}}]},
        {"name": [{"given": ["Ann", None], "_given": [None, {"id": "a"}]}]},
        {"_birthDate": {"extension": [{"url": "urn:x", "valueDateTime": "1958-01-01T10:00:00Z"}]}},
        {"text": {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}},
        {"link": [{"other": {"reference": "Patient/1"}, "type": "seealso"}]},
        {"photo": [{"data": "AAAA", "contentType": "image/png"}]},
    ],
    ids=str,
)
def test_what_r4_allows_is_let_in(said):
    assert valid(patient(**said), "Patient") == patient(**said)


@pytest.mark.parametrize(
    "said",
    [
        {"active": "true"},
        {"active": 1},
        {"birthDate": 19580130},
        {"birthDate": "30/01/1958"},
        {"birthDate": "1958-13-01"},
        {"birth_date": "1958-01-30"},
        {"birthDate__ext": {"id": "x"}},
        {"gender": "F"},
        {"gender": None},
        {"gender": ["female"]},
        {"name": SECRET},
        {"name": []},
        {"name": [{}]},
        {"name": [None]},
        {"name": [{"use": "nonsense"}]},
        {"name": [{"family": 7}]},
        {"telecom": [{"system": "pigeon"}]},
        {"address": [{"use": "castle"}]},
        {"identifier": [{"use": "none"}]},
        {"link": [{"type": "replaced-by"}]},
        {"link": [{"other": {"reference": "Patient/1"}, "type": "same"}]},
        {"deceasedBoolean": True, "deceasedDateTime": "2020"},
        {"id": "x" * 65},
        {"id": "not an id"},
        {"contained": [{"resourceType": "Patient"}]},
        {"extension": [{"url": "urn:x", "valueRatioRange": {}}]},
        {"extension": [{"url": "urn:x", "valueCodeableReference": {}}]},
        {"extension": [{"url": "urn:x", "valueString": "a", "valueCode": "b"}]},
        {SECRET: "x"},
        {"name": [{"family": "x", SECRET: "y"}]},
        {"resourceType": "Person"},
    ],
    ids=str,
)
def test_what_r4_does_not_allow_is_refused_without_repeating_it(said):
    with pytest.raises(InvalidResource) as refused:
        valid(patient(**said), "Patient")
    assert SECRET not in refused.value.message


@pytest.mark.parametrize(
    "said",
    [
        {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]},
        {"contact": [{"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}]},
        {"implicitRules": "urn:rules"},
        {"_implicitRules": {"id": "x"}},
    ],
)
def test_what_would_change_the_meaning_is_refused(said):
    with pytest.raises(UnknownModifier):
        valid(patient(**said), "Patient")


def test_an_explicit_emptiness_is_no_modifier_but_no_fhir_either():
    with pytest.raises(InvalidResource):
        valid(patient(modifierExtension=[]), "Patient")
