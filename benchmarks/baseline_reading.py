"""How the Splink baseline reads and cleans: the first value of every list, plain SQL.

A competent newcomer's cleaning: upper case, no accents, one form for postcodes and dates,
obvious placeholders removed, titles dropped. Identifiers pass the index's own checks, so that
the baseline is not beaten on spelling.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from mpi.identifiers import clean_identifier
from mpi.records import Name, Record
from mpi.sources import Rejects, discover_feeds, load_sources, read_feed

COLUMNS = (
    *("given_name", "family_name", "birth_date", "sex"),
    *("postcode", "town", "nhs_number", "pnc"),
)
KEY = ("source", "source_id")
PLACEHOLDERS = (
    *("UNKNOWN", "UNKNOWN UNKNOWN", "NOT KNOWN", "NOT ENTERED", "NOT RECORDED", "NK", "NA"),
    *("BABY", "TWIN", "TWIN 1", "TWIN 2", "DUPLICATE", "XXTESTPATIENT", "TEST"),
)

CLEAN = f"""
create table records as
with spelled as (
    select
        source,
        source_id,
        regexp_replace(plain(given_name), '^(MR|MRS|MS|MISS|DR) ', '') as given_names,
        plain(family_name) as family_name,
        birth_date,
        upper(trim(sex)) as sex,
        regexp_replace(upper(postcode), '[^A-Z0-9]', '', 'g') as postcode,
        plain(town) as town,
        nhs_number,
        pnc
    from raw
)
select
    row_number() over (order by source, source_id) as unique_id,
    source,
    source_id,
    case when given_names not in {PLACEHOLDERS}
        then nullif(split_part(given_names, ' ', 1), '') end as given_name,
    case when family_name not in {PLACEHOLDERS}
        then nullif(replace(family_name, ' ', ''), '') end as family_name,
    case when try_strptime(birth_date, '%Y-%m-%d') is not null and birth_date != '1900-01-01'
        then birth_date end as birth_date,
    case when sex in ('M', 'MALE', '1') then 'M' when sex in ('F', 'FEMALE', '2') then 'F' end
        as sex,
    case when regexp_full_match(postcode, '[A-Z]{{1,2}}[0-9][A-Z0-9]?[0-9][A-Z]{{2}}')
            and postcode[1:4] != 'ZZ99' and postcode[1:3] != 'NF1'
        then postcode[:-4] || ' ' || postcode[-3:] end as postcode,
    case when town not in {PLACEHOLDERS} then nullif(town, '') end as town,
    nullif(nhs_number, '') as nhs_number,
    nullif(pnc, '') as pnc
from spelled
"""
PLAIN = """
create macro plain(text) as trim(regexp_replace(
    regexp_replace(replace(upper(strip_accents(text)), '’', ''''), '[''.]', '', 'g'),
    '[^A-Z0-9]+', ' ', 'g'
))
"""


def read_feeds(folder: Path) -> pa.Table:
    """One row of text per record of every feed in `folder/feeds`."""
    columns: dict[str, list[str]] = {name: [] for name in (*KEY, *COLUMNS)}
    for feed in discover_feeds(folder / "feeds", load_sources()):
        _append(columns, read_feed(feed.path, feed.source, Rejects()))
    return pa.table(columns)


def read_records(options: argparse.Namespace) -> pa.Table:
    """A Parquet file of another shape, its columns renamed; a column it lacks is empty."""
    given = pq.read_table(options.records)
    theirs = dict(each.split("=", 1) for each in options.columns)
    nothing = pa.nulls(len(given), pa.string())
    found = {
        ours: given[theirs[ours]].cast(pa.string()) if ours in theirs else nothing
        for ours in COLUMNS
    }
    keys = {"source": given["source"], "source_id": given["record_id"]}
    return pa.table(keys | found)


def clean(connection: duckdb.DuckDBPyConnection, raw: pa.Table) -> None:
    """Make the table `records`, one row per record, in the connection."""
    connection.register("raw", raw)
    connection.execute(PLAIN)
    connection.execute(CLEAN)
    connection.unregister("raw")


def read_truth(options: argparse.Namespace) -> pa.Table:
    """`source`, `source_id`, `person` of every record, and what else is known of the person."""
    if options.folder:
        return pq.read_table(options.folder / "truth.parquet")
    persons = pq.read_table(options.truth).rename_columns(["source_id", "person"])
    keys = pq.read_table(options.records, columns=["source", "record_id"])
    return persons.join(keys.rename_columns(["source", "source_id"]), "source_id")


def _append(columns: dict[str, list[str]], records: Iterable[Record]) -> None:
    appends = [column.append for column in columns.values()]
    for record in records:
        for append, value in zip(appends, _flat(record), strict=True):
            append(value)


def _flat(record: Record) -> tuple[str, ...]:
    """The first value of everything, in the order of the columns."""
    name = record.names[0] if record.names else Name()
    return (
        record.source,
        record.source_id,
        name.given,
        name.family,
        _first(record.birth_dates),
        record.sex,
        _first(record.postcodes),
        record.town,
        _identifier(record, "nhs-number"),
        _identifier(record, "pnc"),
    )


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def _identifier(record: Record, system: str) -> str:
    """The first usable identifier of a system."""
    for identifier in record.identifiers:
        if identifier.system == system:
            found = clean_identifier(system, identifier.value)
            if found:
                return found
    return ""
