"""The two streams of labels, which are never mixed."""

from __future__ import annotations

from enum import StrEnum


class Stream(StrEnum):
    """What labels are for."""

    EVALUATION = "evaluation"
    TRAINING = "training"
