"""What a person is also known as, and how sure the index is: from kept rows to an answer.

Confidence and basis are those of an answer for an anchor: the records that hold the identifier
asked with, or the golden record's own record when asked by person id.

For somebody who may not know of every record the answer is made from those that they may: anchors,
holders, verified values and basis are of these alone. Only the confidence of a pair of records is
not made anew. It is what the index believes of these two from all its evidence, like that they are
of one person at all, and the calibration holds for that and for nothing less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from mpi.access.restricted import LOCATING
from mpi.access.sight import EVERYTHING, Sight
from mpi.identifiers import SYSTEMS
from mpi.records import (
    CONFIDENCE_PARTS,
    RESTRICTED,
    Basis,
    CrossReference,
    Identifier,
    Person,
    RecordKey,
)
from mpi.store.rows import HeldIdentifier, Member, PairConfidence, PersonRows, State

PLACES = 6
"""Decimal places of a confidence, which is kept in parts per million."""

_PLACE = {name: place for place, name in enumerate(SYSTEMS)}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the release says about every number in an answer.

    `cap` is the highest confidence its evidence supports. `provisional`: no labels have checked it.
    """

    release: str
    cap: float
    provisional: bool

    @classmethod
    def of(cls, state: State) -> Standing:
        """The standing of an index; one that was never linked has nothing to be sure of."""
        if state.release is None:
            return cls(release="", cap=0.0, provisional=True)
        calibration = state.release.document["calibration"]
        provisional = state.provisional or bool(calibration["provisional"])
        cap = round(float(calibration["cap"]), PLACES)
        return cls(state.release.name, cap, provisional)


def person_of(rows: PersonRows, standing: Standing, sight: Sight = EVERYTHING) -> Person:
    """The person with every identifier of theirs, in the order of the systems, surest first.

    Args: sight, of whoever is to be told: made from the records of which they may know. Which of
    the identifiers they are told is for `access.disclosure`.
    """
    every, rows = rows, known_rows(rows, sight)
    sure = confidence_to_anchor(rows, standing.cap)
    trusted = _verified_with_anchor(rows)
    keys = {member.record_no: member.key for member in rows.members}
    held: defaultdict[tuple[str, str], list[HeldIdentifier]] = defaultdict(list)
    for each in rows.identifiers:
        held[each.system, each.value].append(each)
    found = [
        CrossReference(
            identifier=Identifier(system, value, any(each.verified for each in holders)),
            confidence=max(sure[each.record_no] for each in holders),
            provisional=standing.provisional,
            basis=Basis.VERIFIED_IDENTIFIER if basis else Basis.PROBABILISTIC,
            records=tuple(keys[each.record_no] for each in holders),
            verified_by=tuple(keys[each.record_no] for each in holders if each.verified),
            trusted=tuple(keys[each.record_no] for each in basis),
        )
        for (system, value), holders in held.items()
        for basis in [_basis(holders, trusted, rows.anchors)]
    ]
    return Person(
        person_id=rows.person_id,
        release=standing.release,
        records=tuple(keys.values()),
        cross_references=tuple(sorted(found, key=_reading_order)),
        findings=rows.findings,
        confidences=tuple(sure[number] for number in keys),
        withheld=_left_out(every, held.keys()),
    )


def known_rows(rows: PersonRows, sight: Sight) -> PersonRows:
    """A person as if there were only the records of which somebody may know.

    That a value is verified is known of values that may be told. What is kept of pairs stays, so
    that a path through the spanning tree of a large person does.
    """
    if sight.sources is None and sight.see is None and RESTRICTED not in rows.findings:
        return rows
    members = tuple(each for each in rows.members if sight.knows(each.key.source))
    known = {each.record_no for each in members}
    return replace(
        rows,
        members=members,
        identifiers=tuple(
            each._replace(verified=each.verified and tellable(each.system, rows, sight))
            for each in rows.identifiers
            if each.record_no in known
        ),
        anchors=tuple(each for each in rows.anchors if each in known),
    )


def speaker(rows: PersonRows, sight: Sight) -> Member | None:
    """The record that speaks for a person to somebody from whom sources or systems are withheld.

    One with a verified identifier before one without, then the one with most identifiers, then the
    smallest key, as far as they may know: so it does not depend on what is hidden from them, as
    the golden record does. None where the golden record speaks, or nothing may be known.
    """
    if sight.sources is None and sight.see is None:
        return None
    known = known_rows(rows, sight)
    held: defaultdict[int, list[bool]] = defaultdict(list)
    for each in known.identifiers:
        if tellable(each.system, rows, sight):
            held[each.record_no].append(each.verified)

    def rank(member: Member) -> tuple[bool, int, RecordKey]:
        flags = held[member.record_no]
        return not any(flags), -len(flags), member.key

    return min(known.members, key=rank, default=None)


def _left_out(every: PersonRows, held: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """The systems of which an identifier was left out."""
    missing = (each.system for each in every.identifiers if (each.system, each.value) not in held)
    return tuple(sorted(set(missing)))


def confidence_to_anchor(rows: PersonRows, cap: float) -> dict[int, float]:
    """For each record of the person, the confidence that it is of one individual with the anchor.

    An anchor itself has the cap: no claim beyond what the evidence supports. Any other record has
    the best confidence of its pairs with an anchor; one that no kept pair supports has none.
    """
    best = dict.fromkeys((member.record_no for member in rows.members), 0)
    pairs = _pairs_by_record(rows.pairs)
    for anchor in rows.anchors:
        near = pairs.get(anchor, {}) if rows.all_pairs else _along_tree(anchor, pairs)
        for record_no, kept in near.items():
            if record_no in best:
                best[record_no] = max(best[record_no], kept)
    sure = {record_no: kept / CONFIDENCE_PARTS for record_no, kept in best.items()}
    return sure | dict.fromkeys(rows.anchors, cap)


def _pairs_by_record(pairs: Iterable[PairConfidence]) -> dict[int, dict[int, int]]:
    """Each record's partners with the confidence of the pair, in parts per million."""
    partners: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for pair in pairs:
        partners[pair.record_l][pair.record_r] = pair.confidence
        partners[pair.record_r][pair.record_l] = pair.confidence
    return partners


def _along_tree(start: int, tree: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
    """The weakest confidence on the only path from a record to each other one."""
    reached = {start: CONFIDENCE_PARTS}
    ahead = [start]
    while ahead:
        here = ahead.pop()
        for there, kept in tree.get(here, {}).items():
            if there not in reached:
                reached[there] = min(reached[here], kept)
                ahead.append(there)
    return reached


def _verified_with_anchor(rows: PersonRows) -> frozenset[int]:
    """The records that share a verified identifier with an anchor that is another record."""
    holders: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for each in rows.identifiers:
        if each.verified:
            holders[each.system, each.value].add(each.record_no)
    anchors = set(rows.anchors)
    return frozenset(
        record_no
        for sharing in holders.values()
        for record_no in sharing
        if anchors & sharing - {record_no}
    )


def tellable(system: str, rows: PersonRows, sight: Sight) -> bool:
    """Whether somebody may be told a person's identifiers of a system."""
    locates = RESTRICTED in rows.findings and system in LOCATING
    return sight.sees(system) and not locates


def _basis(
    holders: Iterable[HeldIdentifier], trusted: frozenset[int], anchors: Collection[int]
) -> list[HeldIdentifier]:
    """The holders that share a verified value with the anchor, or are one that verified it."""
    return [
        each
        for each in holders
        if each.record_no in trusted or (each.verified and each.record_no in anchors)
    ]


def _reading_order(each: CrossReference) -> tuple[int, str, float, str]:
    system = each.identifier.system
    return (_PLACE.get(system, len(_PLACE)), system, -each.confidence, each.identifier.value)


def sources_of(records: Iterable[RecordKey]) -> list[str]:
    """The source systems of some records, by name."""
    return sorted({record.source for record in records})
