"""Nothing outside the policy is ever told, and what is withheld looks like what is not there."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mpi.access.disclosure import disclose, seen_of
from mpi.access.restricted import LOCATING, without_location
from mpi.access.sight import EVERYTHING, Sight
from mpi.records import Basis, CrossReference, Identifier, Person, Record, RecordKey

SOURCES = ("pds", "hjis", "nomis", "ndelius")
SYSTEMS = ("nhs-number", "noms-number", "crn", "local-patient-id")


def reference(system, value, *records, confidence=0.99):
    return CrossReference(
        Identifier(system, value), confidence, True, Basis.PROBABILISTIC, tuple(records)
    )


PDS, HJIS, NOMIS = RecordKey("pds", "1"), RecordKey("hjis", "2"), RecordKey("nomis", "3")
ANN = Person(
    person_id="ann",
    release="r",
    records=(PDS, HJIS, NOMIS),
    cross_references=(
        reference("nhs-number", "9990000018", PDS, NOMIS, confidence=0.995),
        reference("noms-number", "A1234BC", NOMIS, confidence=0.98),
        reference("local-patient-id", "RX1:1", HJIS, confidence=0.9),
    ),
    findings=("two-verified-values",),
    confidences=(0.995, 0.9, 0.98),
)
RESTRICTED_ANN = replace(ANN, findings=("restricted",))
CLINIC = Sight(
    ask_with=frozenset({"nhs-number"}),
    see=frozenset({"nhs-number", "local-patient-id"}),
    sources=frozenset({"pds", "hjis"}),
    minimum_confidence=0.8,
    findings=False,
)
NHS = Identifier("nhs-number", "9990000018")


def told(person):
    return {each.identifier.system for each in person.cross_references}


def test_records_of_other_sources_and_identifiers_of_other_systems_are_not_there():
    (seen,) = disclose(CLINIC, [ANN], asked=NHS).persons
    assert told(seen) == {"nhs-number", "local-patient-id"}
    assert seen.records == (PDS, HJIS)
    assert seen.cross_references[0].records == (PDS,)
    assert seen.findings == ()


def test_what_is_withheld_is_known_to_the_audit():
    assert disclose(CLINIC, [ANN], asked=NHS).withheld.systems == {"ann": ("noms-number",)}


def test_an_identifier_of_a_record_that_does_not_exist_for_the_caller_is_not_told():
    seen = seen_of(replace(CLINIC, see=frozenset(SYSTEMS)), ANN, asked=NHS)
    assert told(seen) == {"nhs-number", "local-patient-id"}


def test_below_the_minimum_nothing_is_told_but_what_was_asked_with():
    seen = seen_of(replace(CLINIC, minimum_confidence=0.999), ANN, asked=NHS)
    assert told(seen) == {"nhs-number"}
    assert seen.records == (PDS,)


def test_a_person_who_holds_what_was_asked_only_in_a_record_withheld_is_not_there():
    noms = Identifier("noms-number", "A1234BC")
    assert not disclose(CLINIC, [ANN], asked=noms)
    assert disclose(CLINIC, [ANN], asked=noms).withheld.persons == ("ann",)


def test_what_was_asked_with_is_repeated_though_it_may_not_be_told():
    blind = replace(CLINIC, see=frozenset())
    assert told(seen_of(blind, ANN, asked=NHS)) == {"nhs-number"}
    assert seen_of(blind, ANN) is None


def test_confidence_is_that_of_records_that_exist_for_the_caller():
    person = replace(
        ANN, cross_references=(reference("nhs-number", "9990000018", HJIS, NOMIS, confidence=0.98),)
    )
    (each,) = seen_of(CLINIC, person).cross_references
    assert each.confidence == 0.9


def test_to_somebody_from_whom_nothing_is_kept_the_answer_is_as_it_is():
    assert disclose(EVERYTHING, [ANN], asked=NHS).persons == (ANN,)


def test_of_a_restricted_person_nobody_is_told_where_they_are():
    for sight in (EVERYTHING, CLINIC):
        bob = replace(ANN, person_id="bob", findings=())
        found = disclose(sight, [RESTRICTED_ANN, bob], asked=NHS)
        seen, other = found.persons
        assert not told(seen) & LOCATING
        assert "local-patient-id" in found.withheld.systems["ann"]
        assert "local-patient-id" in told(other)


def test_that_somebody_is_restricted_is_told_to_those_who_are_told_findings():
    assert seen_of(EVERYTHING, RESTRICTED_ANN).findings == ("restricted",)
    assert seen_of(CLINIC, RESTRICTED_ANN).findings == ()


def test_whoever_asks_with_an_identifier_of_a_restricted_person_has_it_repeated():
    local = Identifier("local-patient-id", "RX1:1")
    assert told(seen_of(CLINIC, RESTRICTED_ANN, asked=local)) == {"nhs-number", "local-patient-id"}


def test_a_record_without_location_says_nothing_of_where_or_how_to_reach_somebody():
    record = Record(
        "pds", "1", sex="F", town="Leeds", postcodes=("LS1 1AA",), addresses=("1 Road",),
        phones=("1",), emails=("a@example.org",),
        identifiers=(Identifier("local-patient-id", "RX1:1"), NHS),
    )  # fmt: skip
    assert without_location(record) == Record("pds", "1", sex="F", identifiers=(NHS,))


RECORDS = st.lists(
    st.builds(RecordKey, st.sampled_from(SOURCES), st.sampled_from("abc")),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@st.composite
def persons(draw):
    records = draw(RECORDS)
    sure = [draw(st.sampled_from((0.5, 0.9, 0.97, 0.999))) for _ in records]
    by_record = dict(zip(records, sure, strict=True))
    references = []
    for system in SYSTEMS:
        for value in draw(st.lists(st.sampled_from("xyz"), unique=True, max_size=2)):
            holders = draw(st.lists(st.sampled_from(records), min_size=1, unique=True))
            best = max(by_record[each] for each in holders)
            references.append(reference(system, value, *holders, confidence=best))
    return Person("p", "r", tuple(records), tuple(references), ("f",), tuple(sure))


SUBSETS = st.sets(st.sampled_from(SYSTEMS)).map(frozenset)
SIGHTS = st.builds(
    Sight,
    ask_with=SUBSETS,
    see=SUBSETS,
    sources=st.sets(st.sampled_from(SOURCES)).map(frozenset),
    minimum_confidence=st.sampled_from((0.0, 0.9, 0.95, 1.0)),
    findings=st.booleans(),
)


def asked_of(person, number):
    if number is None or not person.cross_references:
        return None
    return person.cross_references[number % len(person.cross_references)].identifier


NUMBERS = st.none() | st.integers(0, 7)


@given(persons(), SIGHTS, NUMBERS)
def test_nothing_outside_the_policy_is_ever_told(person, sight, number):
    asked = asked_of(person, number)
    seen = seen_of(sight, person, asked=asked)
    if seen is None:
        return
    sure = dict(zip(person.records, person.confidences, strict=True))
    assert all(sight.knows(record.source) for record in seen.records)
    assert seen.findings == () or sight.findings
    for each in seen.cross_references:
        assert each.records
        assert set(each.records) <= set(seen.records)
        assert each.confidence <= max(sure[record] for record in each.records)
        if each.identifier != asked:
            assert sight.sees(each.identifier.system)
            assert each.confidence >= sight.minimum_confidence


@given(persons(), SIGHTS, NUMBERS)
def test_what_is_withheld_and_what_is_not_there_look_the_same(person, sight, number):
    """Take everything out that the caller may not know: the answer is the same."""
    asked = asked_of(person, number)
    known = [record for record in person.records if sight.knows(record.source)]
    sure = dict(zip(person.records, person.confidences, strict=True))
    without = replace(
        person,
        records=tuple(known),
        confidences=tuple(sure[record] for record in known),
        findings=person.findings if sight.findings else (),
        cross_references=tuple(
            replace(each, records=left, confidence=max(sure[record] for record in left))
            for each in person.cross_references
            if sight.sees(each.identifier.system) or each.identifier == asked
            if (left := tuple(record for record in each.records if record in known))
        ),
    )
    assert seen_of(sight, person, asked=asked) == seen_of(sight, without, asked=asked)


@given(persons(), SIGHTS, NUMBERS)
def test_telling_again_what_was_told_changes_nothing(person, sight, number):
    asked = asked_of(person, number)
    seen = seen_of(sight, person, asked=asked)
    if seen is not None:
        assert seen_of(sight, seen, asked=asked) == seen
