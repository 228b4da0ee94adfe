"""Tables over a whole index: who belongs to whom, what hangs by a thread, what nearly joined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from mpi.index.study.neighbourhood import name_of, neighbourhood, thresholds_of
from mpi.model.thresholds import MILLI
from mpi.records import CONFIDENCE_PARTS
from mpi.store.exports import NUMBERED, RECORDS
from mpi.store.view import View


def persons(view: View) -> pd.DataFrame:
    """One row per record: `source`, `source_id`, `person_id`, `golden`; in order of the keys."""
    frame = pa.Table.from_batches(view.export_records(), RECORDS).to_pandas()
    frame = frame.drop(columns="confidence")
    return frame.sort_values(["source", "source_id"], ignore_index=True)


def weakest(view: View, limit: int, fewest: int) -> pd.DataFrame:
    """The persons of at least `fewest` records that hang together least.

    Columns: `person_id`, `records`, `bottleneck` (the weakest link on the best path between any two
    records, in bits), `confidence`, the lowest of any two records, and `bridges`, how many links
    there are without which the person would fall in two.
    """
    table = pa.Table.from_batches(view.numbered("confidence"), NUMBERED["confidence"])
    kept = table.select(["person_no", "record_l", "bottleneck", "confidence"]).to_pandas()
    found = kept.groupby("person_no").agg(
        record_no=("record_l", "min"),
        bottleneck=("bottleneck", "min"),
        confidence=("confidence", "min"),
    )
    record = pa.Table.from_batches(view.numbered("record"), NUMBERED["record"])
    found["records"] = record["person_no"].to_pandas().value_counts()
    found = found[found["records"] >= fewest].sort_values(["bottleneck", "record_no"]).head(limit)
    ids = {each.record_no: each.person_id for each in view.records(sorted(found["record_no"]))}
    person_id = [ids[number] for number in found["record_no"]]
    return pd.DataFrame(
        {
            "person_id": person_id,
            "records": found["records"].to_numpy(),
            "bottleneck": (found["bottleneck"] / MILLI).to_numpy(),
            "confidence": (found["confidence"] / CONFIDENCE_PARTS).to_numpy(),
            "bridges": [len(neighbourhood(view, each).bridges) for each in person_id],
        }
    )


def near_misses(view: View, limit: int) -> pd.DataFrame:
    """The strongest links whose records are of two persons.

    Columns: `left` and `right`, the records as `Index.explain` takes them, `match_weight` in bits,
    `mean` (of all `pairs` scored between the two persons, each weight clipped as clustering does,
    in bits), `person_id_l` and `person_id_r`. Two persons merge where the mean is above the
    threshold `average`, or `conflict` where verified values differ.
    """
    found = _between(view).sort_values(
        ["weight", "record_l", "record_r"], ascending=[False, True, True]
    )
    found = found.head(limit).reset_index(drop=True)
    ends = sorted({*found["record_l"], *found["record_r"]})
    stored = {each.record_no: each for each in view.records(ends)}
    left, right = ([stored[number] for number in found[f"record_{end}"]] for end in "lr")
    return pd.DataFrame(
        {
            "left": [name_of(each.key) for each in left],
            "right": [name_of(each.key) for each in right],
            "match_weight": found["weight"] / MILLI,
            "mean": (found["mean"] / MILLI).round(3),
            "pairs": found["pairs"],
            "person_id_l": [each.person_id for each in left],
            "person_id_r": [each.person_id for each in right],
        }
    )


def _between(view: View) -> pd.DataFrame:
    """Every link between two persons, by record numbers, with `mean` and `pairs` of the two."""
    record, link = (
        pa.Table.from_batches(view.numbered(name), NUMBERED[name]) for name in ("record", "link")
    )
    number, person = (record[name].to_numpy() for name in ("record_no", "person_no"))
    links = link.select(["record_l", "record_r", "weight"]).to_pandas()
    ends = [person[np.searchsorted(number, links[f"record_{end}"])] for end in "lr"]
    links = links.assign(one=np.minimum(*ends), other=np.maximum(*ends))
    links = links[links["one"] != links["other"]]
    thresholds = thresholds_of(view.state)
    clipped = links["weight"].clip(thresholds.clip_low, thresholds.clip_high)
    between = clipped.groupby([links["one"], links["other"]])
    return links.assign(mean=between.transform("mean"), pairs=between.transform("size"))
