"""What is withheld is as if it were not there: the same answer, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from mpi.access.disclosure import disclose, without_keys
from mpi.access.sight import EVERYTHING, Sight
from mpi.index.cross_references import Standing, known_rows, person_of, speaker
from mpi.index.look_up import Answer
from mpi.records import Basis, Identifier, RecordKey
from mpi.store.rows import HeldIdentifier, Member, PairConfidence, PersonRows

SOURCES = ("pds", "hjis", "nomis", "ndelius")
SYSTEMS = ("nhs-number", "noms-number", "local-patient-id")
VALUES = {
    "nhs-number": ("9990000018", "9990000026"),
    "noms-number": ("A1234BC", "A8888BC"),
    "local-patient-id": ("RX1:1", "RX2:2"),
}
STANDING = Standing("r", 0.995, provisional=True)


def pair(left, right, confidence):
    return PairConfidence(left, right, 0, 0, confidence)


@st.composite
def persons(draw):
    sources = draw(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=6))
    members = tuple(Member(n, RecordKey(each, f"k{n}")) for n, each in enumerate(sources))
    numbers = range(len(members))
    held = {
        (n, system, draw(st.sampled_from(VALUES[system]))): draw(st.booleans())
        for n in numbers
        for system in draw(st.sets(st.sampled_from(SYSTEMS)))
    }
    pairs = [
        pair(a, b, draw(st.sampled_from((400_000, 900_000, 970_000, 999_000))))
        for a in numbers
        for b in numbers
        if a < b
    ]
    return PersonRows(
        person_no=1,
        person_id="p",
        golden_record_no=draw(st.sampled_from(numbers)),
        findings=draw(st.sampled_from(((), ("restricted",), ("restricted-review",)))),
        all_pairs=True,
        anchors=(),
        members=members,
        identifiers=tuple(HeldIdentifier(*name, verified) for name, verified in held.items()),
        pairs=tuple(pairs),
    )


SUBSETS = st.sets(st.sampled_from(SYSTEMS)).map(frozenset)
SIGHTS = st.builds(
    Sight,
    ask_with=st.none(),
    see=SUBSETS,
    sources=st.sets(st.sampled_from(SOURCES)).map(frozenset),
    minimum_confidence=st.sampled_from((0.0, 0.95)),
    findings=st.just(False),
    keys=st.sets(st.sampled_from(SOURCES)).map(frozenset),
    sealed=st.booleans(),
)


def anchored(rows, asked):
    holders = (x.record_no for x in rows.identifiers if (x.system, x.value) == asked)
    return replace(rows, anchors=tuple(sorted(holders)))


def told(rows, sight, asked=None):
    """The answer to a look-up as the door gives it, or nothing."""
    if asked is None:
        speaks = speaker(rows, sight)
        rows = replace(rows, anchors=(speaks.record_no,) if speaks else ())
    else:
        rows = anchored(rows, asked)
    identifier = None if asked is None else Identifier(*asked)
    found = disclose(sight, [person_of(rows, STANDING, sight)], asked=identifier)
    shown = tuple(
        without_keys(sight, each, restricted="p" in found.restricted) for each in found.persons
    )
    named = identifier or Identifier("nhs-number", "")
    answer = Answer(named, shown, STANDING, said=named)
    return orjson.dumps(answer.as_dict()), [each.findings for each in found.persons]


def without_hidden(rows, sight, asked):
    """The same person in an index that never held what is hidden from somebody."""
    left = known_rows(rows, sight)
    kept = [x for x in left.identifiers if sight.sees(x.system) or (x.system, x.value) == asked]
    unseen = [x for x in kept if not sight.sees(x.system)]
    plain = [x._replace(verified=False) if x in unseen else x for x in kept]
    numbers = {each.record_no for each in left.members}
    pairs = tuple(x for x in left.pairs if {x.record_l, x.record_r} <= numbers)
    return replace(left, identifiers=tuple(plain), pairs=pairs)


ASKED = st.sampled_from([(system, value) for system in SYSTEMS for value in VALUES[system]])


@given(persons(), SIGHTS, st.none() | ASKED)
def test_an_answer_is_the_same_whether_what_is_hidden_is_there_or_not(rows, sight, asked):
    assert told(rows, sight, asked) == told(without_hidden(rows, sight, asked), sight, asked)


@given(persons(), SIGHTS, st.none() | ASKED)
def test_no_answer_has_a_value_or_key_that_may_not_be_told(rows, sight, asked):
    body, _ = told(rows, sight, asked)
    for system in SYSTEMS:
        for value in VALUES[system]:
            if not sight.sees(system) and (system, value) != asked:
                assert value.encode() not in body
    for member in rows.members:
        if not (sight.knows(member.key.source) and member.key.source in sight.keys):
            assert f'"{member.key.source_id}"'.encode() not in body


@given(persons(), SIGHTS, ASKED)
def test_the_audit_knows_every_system_of_which_something_is_withheld(rows, sight, asked):
    rows = anchored(rows, asked)
    person = person_of(rows, STANDING, sight)
    found = disclose(sight, [person], asked=Identifier(*asked))
    shown = {
        (each.identifier.system, each.identifier.value)
        for one in found.persons
        for each in one.cross_references
    }
    every = {(each.system, each.value) for each in rows.identifiers}
    missing = {system for system, _ in every - shown}
    assert set(found.withheld.systems.get("p", ())) == missing


PDS, HJIS, NOMIS = (Member(n, RecordKey(s, s)) for n, s in enumerate(("pds", "hjis", "nomis")))
NHS = ("nhs-number", "9990000018")
ROWS = PersonRows(
    person_no=1, person_id="p", golden_record_no=0, findings=(), all_pairs=True, anchors=(0, 2),
    members=(PDS, HJIS, NOMIS),
    identifiers=(
        HeldIdentifier(0, *NHS, True), HeldIdentifier(2, *NHS, True),
        HeldIdentifier(1, "local-patient-id", "RX1:1", False),
        HeldIdentifier(1, "noms-number", "A1234BC", True),
        HeldIdentifier(2, "noms-number", "A1234BC", True),
    ),
    pairs=(pair(0, 1, 910_000), pair(1, 2, 990_000),
           pair(0, 2, 950_000)),
)  # fmt: skip
CLINIC = Sight(
    see=frozenset({"nhs-number", "local-patient-id"}), sources=frozenset({"pds", "hjis"})
)


def local(sight):
    (found,) = disclose(sight, [person_of(ROWS, STANDING, sight)], asked=Identifier(*NHS)).persons
    return next(x for x in found.cross_references if x.identifier.system == "local-patient-id")


def test_basis_and_confidence_are_those_of_what_may_be_seen():
    whole, seen = local(EVERYTHING), local(CLINIC)
    assert (whole.confidence, whole.basis) == (0.99, Basis.VERIFIED_IDENTIFIER)
    assert (seen.confidence, seen.basis) == (0.91, Basis.PROBABILISTIC)


def test_a_value_is_verified_if_a_record_that_may_be_known_of_says_so():
    rows = replace(ROWS, identifiers=(HeldIdentifier(0, *NHS, False), ROWS.identifiers[1]))
    for sight, verified in ((EVERYTHING, True), (CLINIC, False)):
        found = disclose(sight, [person_of(rows, STANDING, sight)], asked=Identifier(*NHS))
        (person,) = found.persons
        assert person.cross_references[0].identifier.verified is verified


def test_what_replaced_the_identifier_that_was_said_is_told_like_any_other():
    said, current = Identifier("nhs-number", "9990000026"), Identifier(*NHS)
    blind = replace(CLINIC, see=frozenset({"local-patient-id"}))
    for sight, named in ((CLINIC, current), (blind, said)):
        found = disclose(sight, [person_of(ROWS, STANDING, sight)], asked=current, said=said)
        answer = Answer(current, found.persons, STANDING, said=said).as_dict()
        assert answer["value"] == named.value
        systems = {each["system"] for each in answer["persons"][0]["identifiers"]}
        assert ("nhs-number" in systems) == (named is current)
        assert (current.value in orjson.dumps(answer).decode()) == (named is current)
