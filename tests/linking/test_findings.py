"""Persons with several values of a system that gives a person one."""

from __future__ import annotations

import numpy as np
import pytest

from mpi.attributes import standardise, to_arrow
from mpi.linking.findings import source_duplicates
from mpi.linking.values import soft_values
from mpi.records import Identifier, Record


def row(*held):
    identifiers = tuple(Identifier(system, value) for system, value in held)
    return standardise(Record("nomis", "1", identifiers=identifiers))


A, B = ("noms-number", "A1234AA"), ("noms-number", "A1234BC")
LOCAL = ("local-patient-id", "RX1:12345"), ("local-patient-id", "RX1:54321")


@pytest.mark.parametrize(
    ("rows", "label", "found"),
    [
        pytest.param([row(A), row(B)], [0, 0], {0}, id="two records of one person differ"),
        pytest.param([row(A), row(A)], [0, 0], set(), id="two records agree"),
        pytest.param([row(A), row(B)], [0, 1], set(), id="two persons"),
        pytest.param([row(A, B), row()], [0, 1], {0}, id="one record holds both"),
        pytest.param([row(*LOCAL)], [0], set(), id="people ordinarily have several"),
        pytest.param([row(), row()], [0, 0], set(), id="nothing held"),
    ],
)
def test_several_values_of_a_soft_unique_system_are_a_finding(rows, label, found):
    soft = soft_values(to_arrow(rows))
    assert set(source_duplicates(soft, np.array(label)).tolist()) == found
