"""A link on Spark: what it finds is what a link on one machine finds, and it fails as cleanly."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import insert

from mpi.errors import ClusterFailed, DiskFull, FeedNotFound, ModelMismatch, UsageError
from mpi.index.link import link
from mpi.linking.components import label_groups
from mpi.linking.engines.duckdb import Limits
from mpi.linking.engines.spark.asked import Asked
from mpi.store import schema
from mpi.store.store import open_store
from mpi.store.whole import arrow_schema
from tests.index.linking import LATER, At, edited, membership
from tests.index.test_link_ruled import apart_and_together, decided, write
from tests.invented import LINKED
from tests.spark import running

ON_SPARK = {"engine": "spark"}
OUTLIVING = (schema.membership, schema.tombstone, schema.release_file, schema.person_history)


@pytest.fixture(scope="module")
def spark():
    """A Spark session, which links find and use."""
    with running() as session:
        yield session


def tables(url):
    """Every table of an index that a link writes."""
    with closing(open_store(url)) as store, store.reading() as view:
        made = [table for _, table in schema.generation(view.generation).tables()]
        return {
            table.name: pa.Table.from_batches(view.whole(table), arrow_schema(table))
            for table in (*made, *OUTLIVING)
        }


def assert_same(one, other):
    ours, theirs = tables(one), tables(other)
    assert ours.keys() == theirs.keys()
    different = [name for name, table in ours.items() if not table.equals(theirs[name])]
    assert not different


def told(summary):
    return summary.as_dict() | {"seconds": {}}


@pytest.fixture(scope="module")
def first(invented, spark, tmp_path_factory):
    """The population linked on Spark: the URL of the index."""
    url = f"sqlite:///{tmp_path_factory.mktemp('spark') / 'mpi.db'}"
    link(invented.feeds, invented.brief_model, url, options=replace(LINKED, **ON_SPARK))
    return url


def test_a_first_link_makes_the_same_index(invented, first):
    assert_same(first, f"sqlite:///{invented.index}")
    assert len(membership(first)) == len(invented.rows)


@pytest.fixture
def changed(invented, tmp_path):
    """Feeds of four sources, one record in twenty with somebody else's date of birth."""
    folder = invented.copy_of_feeds(tmp_path / "changed", "courts", "ndelius", "nomis", "pds")
    with edited(folder / "courts.csv") as rows:
        for row in rows[: len(invented.rows) // 20]:
            row["dateOfBirth"] = rows[0]["dateOfBirth"]
    with edited(folder / "nomis.csv") as rows:
        del rows[::15]
    return folder


def ruled(url):
    """Decide, seal and supersede in an index."""
    apart, together = apart_and_together(membership(url))
    several = sorted(membership(url))
    sides = [
        {"seal_no": 5, "side": side, "kind": "record", "first": key.source, "second": key.source_id}
        for side, key in ((1, several[3]), (2, several[400]))
    ]
    held = tables(url)["identifier_1"].to_pylist()
    numbers = [row["value"] for row in held if row["system"] == "nhs-number"]
    sides.append(
        {"seal_no": 5, "side": 2, "kind": "identifier", "first": "nhs-number", "second": numbers[9]}
    )
    replaced = {"system": "nhs-number", "old": numbers[0], "new": numbers[40], "source": "pds"}
    write(
        url,
        decided(101, *apart, "same"),
        decided(102, *together, "different"),
        insert(schema.seal).values(seal_no=5, sequence=5),
        insert(schema.seal_side).values(sides),
        insert(schema.supersession).values(sequence=2, **replaced),
    )


def test_a_later_link_makes_the_same_index_with_rulings_and_what_is_kept_and_skew(
    invented, spark, changed, tmp_path, monkeypatch
):
    """Keys are cut into parts, as those of many records would be."""
    monkeypatch.setattr("mpi.linking.engines.spark.blocking.PART", 20)
    urls = [invented.copy_of_index(tmp_path / name) for name in ("duckdb.db", "spark.db")]
    for url in urls:
        ruled(url)
    model, told_of = invented.brief_model, []
    for url, options in zip(urls, (LATER, replace(LATER, **ON_SPARK)), strict=True):
        told_of.append(told(link(changed, model, url, options=options)))
    assert_same(*urls)
    assert told_of[0] == told_of[1]
    assert told_of[0]["churn"]["records_moved"] > 0
    assert told_of[0]["origins"]["retired"] > 0


def test_a_feed_that_the_cluster_does_not_find_changes_nothing(invented, spark, tmp_path):
    url = invented.copy_of_index(tmp_path / "mpi.db")
    folder = invented.copy_of_feeds(tmp_path / "feeds")
    before, gone = membership(url), folder / "pds.csv"
    options = replace(LATER, **ON_SPARK)
    with pytest.raises(FeedNotFound) as caught:
        link(
            folder,
            invented.brief_model,
            url,
            options=options,
            progress=At("read feeds", gone.unlink),
        )
    assert caught.value.where == {"file": str(gone)}
    assert membership(url) == before


def test_executors_whose_code_is_another_are_found(invented, spark, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'mpi.db'}"
    monkeypatch.setattr("mpi.linking.engines.spark.tasks.definition_hash", lambda: "another")
    folder = invented.copy_of_feeds(tmp_path / "feeds", "pds")
    with pytest.raises(ModelMismatch, match="same one on both"):
        link(folder, invented.brief_model, url, options=replace(LINKED, **ON_SPARK))
    assert not (tmp_path / "mpi.db").exists()


def test_what_another_thread_started_is_used_and_stays(spark):
    from mpi.linking.engines.spark.session import session

    def used():
        assert type(spark).getActiveSession() is None
        with session() as own:
            return own.sparkContext.applicationId

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(used).result() == spark.sparkContext.applicationId
    assert spark.range(3).count() == 3


def test_threads_and_memory_are_those_that_were_asked_for(spark):
    assert spark.sparkContext.master == "local[2,4]"
    assert spark.sparkContext.getConf().get("spark.driver.memory") == "1907m"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"spark": Asked(threads=1)}, "Leave out --threads and --memory"),
        ({"spark": Asked(memory="2GB")}, "Leave out --threads and --memory"),
        ({"spark": Asked("spark://nowhere:7077", threads=1)}, "Leave out --threads and --memory"),
        ({"spark": Asked(memory="500MB")}, "at least 1 GB"),
        ({"limits": Limits(spill="1GB")}, "Leave out --temp-limit"),
    ],
)
def test_what_the_configuration_of_spark_decides_is_refused(invented, spark, tmp_path, given, said):
    """Spark runs already, with threads and memory of its own."""
    options = replace(LINKED, **ON_SPARK, **given)
    with pytest.raises(UsageError, match=said):
        link(
            invented.feeds, invented.brief_model, f"sqlite:///{tmp_path / 'x.db'}", options=options
        )
    assert spark.range(3).count() == 3


def test_a_worker_that_dies_is_replaced_and_its_task_done_again(spark, tmp_path):
    from mpi.linking.engines.spark.tasks import mapping

    died = tmp_path / "died"

    def work(batch):
        if not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield pa.table({"id": batch.column(0)})

    found = spark.range(0, 4, 1, 2).mapInArrow(mapping(work), "id bigint").toArrow()
    assert sorted(found.column("id").to_pylist()) == [0, 1, 2, 3]
    assert died.exists()


def test_what_fails_in_a_task_is_told_without_values(spark):
    from mpi.linking.engines.spark.tasks import mapping, on_cluster

    def work(batch):
        raise ValueError("Mary Surname")

    with (
        pytest.raises(ClusterFailed, match=r"ValueError in test_on_spark\.py, line \d+") as caught,
        on_cluster(),
    ):
        spark.range(1).mapInArrow(mapping(work), "id bigint").collect()
    assert "Surname" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__


FULL = """
import json, resource, sys
from pathlib import Path
from mpi.linking.engines.spark.intake import _read_one, _Reading
from mpi.linking.engines.spark.tasks import unpacked
from mpi.sources import load_sources

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
reading = _Reading(Path(sys.argv[1]), load_sources()["pds"], Path(sys.argv[2]))
told, error = _read_one(reading)
error = unpacked(error)
print(json.dumps([told, error.code, error.where]))
"""


def test_a_feed_for_which_an_executor_has_no_room_says_so(invented, tmp_path):
    """A file may not grow beyond 20 KB, which systems say as they say that a disk is full."""
    to = tmp_path / "pds-read.arrow"
    command = [sys.executable, "-c", FULL, str(invented.feeds / "pds.csv"), str(to)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [None, DiskFull.code, {"folder": str(tmp_path)}]
    assert not to.exists()


def test_a_full_disk_is_told_of_a_task_and_of_spark_itself(spark, tmp_path):
    from mpi.linking.engines.spark.tasks import mapping, on_cluster

    def work(batch):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DiskFull, match="--temp") as caught, on_cluster(tmp_path):
        spark.range(1).mapInArrow(mapping(work), "id bigint").collect()
    assert caught.value.where["folder"]
    with pytest.raises(DiskFull, match=r"spark\.local\.dir") as caught, on_cluster(tmp_path):
        # what Java says of it, raised by the cluster and not by a task of ours
        spark.sql(
            f"SELECT raise_error('java.io.IOException: {os.strerror(errno.ENOSPC)}')"
        ).collect()
    assert caught.value.where == {"folder": tmp_path}


def test_what_is_not_whole_is_not_read(spark, tmp_path):
    from mpi.linking.engines.spark.datasets import SUCCESS, Dataset

    made = Dataset(tmp_path / "some", "id bigint").write(spark.range(10))
    assert [n for part in made.parts() for n in part.column("id").to_pylist()] == list(range(10))
    assert len(made) == 10
    (tmp_path / "some" / SUCCESS).unlink()
    for reading in (lambda: list(made.parts()), lambda: len(made), lambda: made.frame(spark)):
        with pytest.raises(ClusterFailed, match="not whole"):
            reading()
    with pytest.raises(ClusterFailed, match="not whole"):
        len(Dataset(tmp_path / "none", "id bigint"))


def test_records_are_connected_in_rounds_as_at_once(spark, tmp_path, monkeypatch):
    from mpi.linking.engines.spark.components import LABELS, Connecting
    from mpi.linking.engines.spark.datasets import Dataset

    monkeypatch.setattr("mpi.linking.engines.spark.components.AT_ONCE", 0)
    random = np.random.default_rng(5)
    chain = np.stack((np.arange(12), np.arange(1, 13)))
    ends = np.concatenate((chain, 100 + random.integers(0, 300, (2, 170))), axis=1)
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    pairs = spark.createDataFrame(pa.table(list(ends), names=["left", "right"])).repartition(3)
    made = Connecting(spark, tmp_path).labels(pairs, Dataset(tmp_path / "labels", LABELS))
    label = np.arange(400)
    for part in made.parts():
        label[part.column("record_no").to_numpy()] = part.column("label").to_numpy()
    assert label.tolist() == label_groups(400, *ends).tolist()
    assert (tmp_path / "stars-2").exists()


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"JAVA_HOME": "/nowhere"}, "", "openjdk-17-jre-headless"),
        ({}, "import sys; sys.modules['pyspark'] = None; ", r"pip install '.[spark]'"),
    ],
    ids=["no Java", "no pyspark"],
)
def test_what_is_missing_is_named(invented, tmp_path, environment, code, said):
    arguments = ["link", "--engine", "spark", "--feeds", invented.feeds]
    arguments += ["--model", invented.brief_model, "--index", f"sqlite:///{tmp_path / 'mpi.db'}"]
    run = f"{code}from mpi.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", run, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "mpi.db").exists()


def test_a_link_on_one_machine_imports_no_spark():
    run = "import sys, mpi.index.link; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", run], check=False).returncode == 0
