"""What all judging shares: the shape of its figures, and how sure an interval is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Figures: TypeAlias = Mapping[str, Any]
"""A part of `metrics.json`, or of a report, as it is read."""

LEVEL = 0.95
"""How often an interval, or the limits of chance, hold the truth."""
