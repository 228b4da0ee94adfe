"""What notebooks show: charts of persons, links and releases, and an example to look at.

    from mpi import showing
    showing.waterfall(index.explain(left, right))

Every chart is Altair's, to be changed and saved like any other. It is shown as SVG, so that nothing
is fetched to see it and a kept notebook reads well anywhere. Needs the extra `notebooks`.
"""

import altair as alt

from mpi.showing.example import SHIPPED, Example, example, repeatable
from mpi.showing.graph import graph
from mpi.showing.releases import (
    blocking,
    match_weights,
    precision_recall,
    reliability,
    subgroup_table,
    subgroups,
)
from mpi.showing.sensitivity import sensitivity
from mpi.showing.serving import serving
from mpi.showing.timeline import timeline
from mpi.showing.waterfall import waterfall

__all__ = [
    "SHIPPED",
    "Example",
    "blocking",
    "example",
    "graph",
    "match_weights",
    "precision_recall",
    "reliability",
    "repeatable",
    "sensitivity",
    "serving",
    "subgroup_table",
    "subgroups",
    "timeline",
    "waterfall",
]

alt.renderers.enable("svg")
