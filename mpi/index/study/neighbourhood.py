"""A person as a graph: the records, the links between them, and the links it all hangs by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from mpi.errors import PersonNotFound
from mpi.index.shown import table
from mpi.linking.evidence import Flags, Integers
from mpi.model.thresholds import MILLI, Thresholds
from mpi.records import RecordKey
from mpi.store.rows import PersonRows, State
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The records of one person, and every scored pair of them.

    `records` has `record` (`source|source_id`, as `Index.explain` takes it), `source`, `source_id`
    and `golden`. `links` has the `left` and `right` record, `match_weight` in bits, `joins` (the
    weight is at least the threshold `join`) and `bridge`: without this link, the links that join
    would leave the person in two parts.
    """

    person_id: str
    records: pd.DataFrame
    links: pd.DataFrame

    @property
    def bridges(self) -> pd.DataFrame:
        """The links that are all that holds two parts of the person together, weakest first."""
        found = self.links[self.links["bridge"]]
        return found.sort_values(["match_weight", "left", "right"], ignore_index=True)

    def _repr_html_(self) -> str:
        """For a notebook."""
        rows = [
            ("Records", len(self.records)),
            ("Source systems", int(self.records["source"].nunique())),
            ("Scored pairs", len(self.links)),
            ("Links that join", int(self.links["joins"].sum())),
            ("Bridges", int(self.links["bridge"].sum())),
        ]
        return table(rows, caption=f"Person {self.person_id}")


def neighbourhood(view: View, person_id: str) -> Neighbourhood:
    """The graph of a person. Raises PersonNotFound for an id that is not in use."""
    person = person_in_use(view, person_id)
    place = {member.record_no: at for at, member in enumerate(person.members)}
    found = [
        (place[link.record_l], place[link.record_r], link.weight)
        for link in view.links_among(list(place))
    ]
    left, right, weight = np.array(sorted(found), dtype=np.int64).reshape(-1, 3).T
    joins = weight >= thresholds_of(view.state).join
    named = np.array([name_of(member.key) for member in person.members], dtype=object)
    links = pd.DataFrame(
        {
            "left": named[left],
            "right": named[right],
            "match_weight": weight / MILLI,
            "joins": joins,
            "bridge": bridges(len(place), left, right, among=joins),
        }
    )
    return Neighbourhood(person.person_id, _records(person, named), links)


def person_in_use(view: View, person_id: str) -> PersonRows:
    """The person of an id. Raises PersonNotFound for one that is not in use."""
    person = view.person_of(person_id.lower())
    if person is None:
        raise PersonNotFound("It may have been in use: ask `Index.person`.")
    return person


def thresholds_of(state: State) -> Thresholds:
    """The thresholds of the release that made the index."""
    release = state.release
    return Thresholds.from_dict(release.document.get("thresholds", {}) if release else {})


def name_of(key: RecordKey) -> str:
    """A record key in one text, as `Index.explain` takes it."""
    return f"{key.source}|{key.source_id}"


def bridges(n: int, left: Integers, right: Integers, *, among: Flags) -> Flags:
    """Which links connect two parts of n records that nothing else connects.

    Only the links `among` count. A bridge lies on every spanning tree, and no record is linked to
    both its ends, so hardly any have to be tried.
    """
    found = np.zeros(len(left), dtype=bool)
    used = np.flatnonzero(among)
    whole = _graph(n, left[used], right[used], used + 1)
    tree = minimum_spanning_tree(whole).data.astype(np.int64) - 1
    near = (whole + whole.T).astype(bool)
    shared = near[left[tree]].multiply(near[right[tree]]).sum(axis=1)
    parts = connected_components(whole, directed=False)[0]
    for at in tree[np.asarray(shared).ravel() == 0]:
        others = used[used != at]
        without = _graph(n, left[others], right[others], others + 1)
        found[at] = connected_components(without, directed=False)[0] > parts
    return found


def _graph(n: int, left: Integers, right: Integers, named: NDArray[np.int64]) -> csr_array:
    return csr_array((named, (left, right)), shape=(n, n))


def _records(person: PersonRows, named: NDArray[np.object_]) -> pd.DataFrame:
    golden = [member.record_no == person.golden_record_no for member in person.members]
    keys = [member.key for member in person.members]
    return pd.DataFrame(
        {
            "record": named,
            "source": [key.source for key in keys],
            "source_id": [key.source_id for key in keys],
            "golden": golden,
        }
    )
