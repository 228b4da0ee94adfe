"""What a reviewer should look at in a person, by code; those of clustering are in `clusters`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mpi.linking.evidence import Flags, Integers, Labels, Values
from mpi.records import RESTRICTED

POSSIBLE_SOURCE_DUPLICATE = "possible-source-duplicate"

Findings = dict[int, tuple[str, ...]]
"""The codes of each cluster that has any, by its label, ascending."""


def with_records(
    findings: Mapping[int, tuple[str, ...]], label: Labels, *, soft: Values, restricted: Flags
) -> Findings:
    """The findings of clustering with those that follow from what the records say.

    A person is restricted as soon as one record is. Args: label, of each record, as of `soft` and
    `restricted`.
    """
    found = with_code(findings, POSSIBLE_SOURCE_DUPLICATE, source_duplicates(soft, label))
    return with_code(found, RESTRICTED, label[restricted])


def source_duplicates(soft: Values, label: Labels) -> Integers:
    """The clusters that hold several values of a system whose policy is `soft-unique`.

    The issuer of such a system gives a person one value, so several mean that it registered the
    person twice, or that a value was copied from somebody else.
    """
    return np.unique(soft.disputed(label)[:, 0])


def with_code(findings: Mapping[int, tuple[str, ...]], code: str, clusters: Integers) -> Findings:
    """The findings with one more code, the last, for some clusters."""
    found = dict(findings)
    for cluster in np.unique(clusters).tolist():
        found[cluster] = (*found.get(cluster, ()), code)
    return dict(sorted(found.items()))
