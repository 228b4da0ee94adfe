"""A small source with one feed, for the tests of reading."""

from mpi.sources import Rejects, load_sources, read_feed

SNAPSHOT = """
title = "Snapshot"
key = "ref"
date_formats = ["%d/%m/%Y"]
birth_dates = ["dob", { column = "other_dobs", separator = ";" }]
EXTRA
[[names]]
given = ["first"]
family = "last"
"""

HEADER = "ref,first,last,dob,other_dobs"
GOOD = "1,Ann,Ashbourne,11/03/1984,"


def maker(tmp_path):
    """Makes a file, and the source `feed` with further keys of its TOML."""

    def made(content, extra="", name="feed.csv"):
        described = tmp_path / "sources"
        described.mkdir(exist_ok=True)
        (described / "feed.toml").write_text(SNAPSHOT.replace("EXTRA", extra), "utf-8")
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path, load_sources(described)["feed"]

    return made


def lines(*rows, header=HEADER):
    return "\n".join([header, *rows, ""])


VERSIONED = HEADER + ",v"


def ids(path, source, rejects=None):
    """The keys of a feed's records."""
    return [record.source_id for record in read_feed(path, source, rejects or Rejects())]
