"""That a record is restricted is kept with its person, however it came, and is no evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mpi.errors import InvalidRecord
from mpi.index.given import record_from_json
from mpi.index.index import Index
from mpi.index.link import link
from mpi.index.verify import verify
from mpi.records import Identifier, Name, Record, RecordKey
from tests.index.linking import LATER
from tests.index.test_patient_feeds import OTHER, patient, written

MODEL = Path(__file__).parents[2] / "models" / "synthetic-base"
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
FLAGGED = {"versionId": "1", "security": [LABEL]}
ZELDA = Record(
    "pds",
    "p1",
    version="1",
    names=(Name("Zelda", "Quillfeather"),),
    birth_dates=("1961-04-30",),
    postcodes=("LS1 4AP",),
    addresses=("17 Larkspur Lane",),
    identifiers=(Identifier("nhs-number", "9990000018"),),
    restricted=True,
)
AT_HOME = replace(ZELDA, source="hjis", source_id="h1", restricted=False)
HOME = {"address": [{"line": ["17 Larkspur Lane"], "postalCode": "LS1 4AP"}]}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mpi.db'}"
    name = request.node.originalname[-30:]
    return request.getfixturevalue("postgres_database")(f"r_{name}")


def linked(url, folder, **feeds):
    folder.mkdir(exist_ok=True)
    for source, patients in feeds.items():
        written(folder / f"{source}.patients.ndjson", *patients)
    return link(folder, MODEL, url, options=LATER)


def findings(index, key):
    (person,) = (each.person for each in index.holdings([index.holder(key)]))
    return person.findings


def test_linked_or_taken_in_one_restricted_record_makes_the_person_so(url, tmp_path):
    linked(url, tmp_path / "feeds", police_custody=[OTHER])
    with Index.open(url) as index:
        index.put(AT_HOME)
        assert findings(index, AT_HOME.key) == ()
        index.put(ZELDA)
        assert index.holder(AT_HOME.key) == index.holder(ZELDA.key)
        assert findings(index, AT_HOME.key) == ("restricted",)
        assert findings(index, RecordKey("police_custody", "h2")) == ()
    # computed again by the path that links whole feeds
    assert verify(url).clean
    linked(url, tmp_path / "none", police_custody=[OTHER])
    with Index.open(url) as index:
        assert findings(index, AT_HOME.key) == ("restricted",)
        index.put(replace(ZELDA, version="2", restricted=False))
        assert findings(index, AT_HOME.key) == ()
    assert verify(url).clean


def test_a_feed_of_patients_says_it_with_a_label(url, tmp_path):
    zelda = patient("p1", "9990000018", meta=FLAGGED, **HOME)
    summary = linked(
        url, tmp_path / "feeds", pds=[zelda], hjis=[patient("h1", "9990000018", **HOME), OTHER]
    )
    assert summary.findings == {"restricted": 1}
    with Index.open(url) as index:
        assert findings(index, AT_HOME.key) == ("restricted",)
        assert findings(index, RecordKey("hjis", "h2")) == ()
        index.delete(ZELDA.key, version="9")
        assert findings(index, AT_HOME.key) == ()
    assert verify(url).clean


def test_a_record_as_json_says_it_with_a_field():
    assert record_from_json(b'{"source": "pds", "restricted": true}').restricted
    assert not record_from_json(b'{"source": "pds", "restricted": null}').restricted
    with pytest.raises(InvalidRecord):
        record_from_json(b'{"restricted": "true"}')


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("restricted")
    url = f"sqlite:///{folder / 'mpi.db'}"
    linked(url, folder / "feeds", police_custody=[OTHER])
    with Index.open(url) as index:
        index.put(ZELDA)
        yield index


def asked(record, **others):
    return replace(record, source="", source_id="", version="", restricted=False, **others)


ALONE = {"identifiers": ()}
BY_PLACE = {"names": (Name("Zelda", ""),), "birth_dates": ()}


def test_a_restricted_person_is_not_found_by_where_they_are(index):
    found = index.match(asked(ZELDA, **BY_PLACE, **ALONE), everyone=True)
    assert found.keys
    assert (found.candidates, found.persons) == (0, ())


def test_but_by_who_they_are_and_as_surely_as_without_the_place(index):
    (found,) = index.match(asked(ZELDA, **ALONE)).persons
    bare = asked(ZELDA, postcodes=(), addresses=(), **ALONE)
    assert [found] == list(index.match(bare).persons)
    assert found.weight == index.match(asked(bare, postcodes=("M1 1AE",))).persons[0].weight


def test_without_the_flag_the_place_counts(index):
    other = Record(
        "pds",
        "p7",
        names=(Name("Zelda", "Winterbourne"),),
        birth_dates=("1977-03-08",),
        postcodes=("HG1 2AB",),
        addresses=("9 Plain Street",),
    )
    index.put(other)
    (near,) = index.match(asked(other)).persons
    (bare,) = index.match(asked(other, postcodes=(), addresses=())).persons
    assert near.weight > bare.weight
    assert index.match(asked(other, **BY_PLACE), everyone=True).candidates == 1


def test_what_explains_a_link_to_others_does_not_compare_where_they_are(index):
    index.put(AT_HOME)
    keys = ("pds|p1", "hjis|h1")
    whole = {each.comparison: each.level.code for each in index.explain(*keys).comparisons}
    told = index.explain(*keys, withhold=True)
    assert told.weight < index.explain(*keys).weight
    assert {
        each.comparison for each in told.comparisons if whole[each.comparison] != each.level.code
    }
    assert index.explain("hjis|h1", "police_custody|h2", withhold=True).weight < told.weight
