"""What a person is also known as, and how sure the index is: from kept rows to an answer.

Confidence and basis are those of an answer for an anchor: the records that hold the identifier
asked with, or the golden record's own record when asked by person id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mpi.identifiers import SYSTEMS
from mpi.records import CONFIDENCE_PARTS, Basis, CrossReference, Identifier, Person, RecordKey
from mpi.store.rows import HeldIdentifier, PairConfidence, PersonRows, State

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


def person_of(rows: PersonRows, standing: Standing) -> Person:
    """The person with every identifier of theirs, in the order of the systems, surest first."""
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
            basis=_basis(holders, trusted, rows.anchors),
            records=tuple(keys[each.record_no] for each in holders),
        )
        for (system, value), holders in held.items()
    ]
    return Person(
        person_id=rows.person_id,
        release=standing.release,
        records=tuple(keys.values()),
        cross_references=tuple(sorted(found, key=_reading_order)),
        findings=rows.findings,
        confidences=tuple(sure[number] for number in keys),
    )


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


def _basis(
    holders: Iterable[HeldIdentifier], trusted: frozenset[int], anchors: Iterable[int]
) -> Basis:
    """Verified, if a holder shares a verified value with the anchor or is one that verified it."""
    verified = any(
        each.record_no in trusted or (each.verified and each.record_no in anchors)
        for each in holders
    )
    return Basis.VERIFIED_IDENTIFIER if verified else Basis.PROBABILISTIC


def _reading_order(each: CrossReference) -> tuple[int, str, float, str]:
    system = each.identifier.system
    return (_PLACE.get(system, len(_PLACE)), system, -each.confidence, each.identifier.value)


def sources_of(records: Iterable[RecordKey]) -> list[str]:
    """The source systems of some records, by name."""
    return sorted({record.source for record in records})
