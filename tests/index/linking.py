"""What the tests of linking share: edited feeds, and who belongs to whom."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from datetime import UTC, datetime

from mpi.index.link import LinkOptions
from mpi.index.progress import SilentProgress
from mpi.records import RecordKey
from mpi.store.store import open_store

LATER = LinkOptions(at=datetime(2026, 2, 1, tzinfo=UTC))


class At(SilentProgress):
    """Does something when a step begins."""

    def __init__(self, step, act):
        super().__init__()
        self.at, self.act = step, act

    def begun(self, name):
        if name == self.at:
            self.act()


def read_rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader), reader.fieldnames


@contextmanager
def edited(path):
    """The rows of a CSV feed, as a list to change."""
    rows, columns = read_rows(path)
    yield rows
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def membership(url):
    """The person id of every record."""
    store = open_store(url)
    with store.reading() as view:
        rows = view.previous_membership().to_pylist()
    store.close()
    return {RecordKey(r["source"], r["source_id"]): r["person_id"] for r in rows}
