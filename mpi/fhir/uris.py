"""The names that FHIR, UK Core and this index give to what a Patient carries."""

from __future__ import annotations

NHS_NUMBER_OID = "urn:oid:2.16.840.1.113883.2.1.4.1"
"""What older systems call the NHS number's `https://fhir.nhs.uk/Id/nhs-number`."""

VERIFICATION_STATUS = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
)
VERIFICATION_CODES = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
"""The code system that is written. Read is any: PDS still sends one that is retired."""
VERIFIED = "01"
NOT_TRACED = "02"
VERIFICATION_DISPLAY = {
    VERIFIED: "Number present and verified",
    NOT_TRACED: "Number present but not traced",
}
VERIFIED_CODES = frozenset({VERIFIED, "number-present-and-verified"})
"""The status under which an NHS number counts as verified, also as the retired system words it."""

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
RESTRICTED = "R"
RESTRICTED_CODES = frozenset({RESTRICTED, "V"})
"""Restricted and very restricted: the location of the individual is kept back."""

MATCH_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"

# What a Record holds and FHIR has no element for.
OTHER_BIRTH_DATE = "urn:mpi:fhir:other-birth-date"
OCCUPATION = "urn:mpi:fhir:occupation"
CUSTODY_DATE = "urn:mpi:fhir:custody-date"
SENTENCE_DATE = "urn:mpi:fhir:sentence-date"
POSTCODE_KIND = "urn:mpi:fhir:postcode-kind"
STATED_VERIFIED = "urn:mpi:fhir:verified"
