"""Matching one record says what linking said, on both stores, and writes nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from mpi.attributes import standardise
from mpi.errors import NotMatchable, UnknownSource
from mpi.index.index import Index
from mpi.linking.intake import record_of
from mpi.records import Identifier, MatchGrade, Name, Record
from mpi.store.database import database_at
from mpi.store.store import open_store
from tests.index.conftest import content

SOME = slice(0, None, 7)
"""Every seventh record is asked about."""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def linked_url(request, invented):
    """The URL of the linked index in a database of each kind; nothing writes to it."""
    if request.param == "sqlite":
        return f"sqlite:///{invented.index}"
    request.getfixturevalue("postgres_index")
    return request.getfixturevalue("postgres_database")("matched", template="linked")


@pytest.fixture(scope="module")
def store(linked_url):
    opened = open_store(linked_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def index(linked_url):
    with Index.open(linked_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def held(store):
    """The records of the index by number, each with its person."""
    with store.reading() as view:
        count = view.state.counts["record"]
        return {
            each.record_no: (record_of(each.payload), each.person_id)
            for each in view.records(range(count))
        }


@pytest.fixture(scope="module")
def links(store, held):
    """The blocked links of each record: the keys of the others, with their weights."""
    found = defaultdict(dict)
    with store.reading() as view:
        for link in view.links_among(sorted(held)):
            if link.blocked:
                left, right = held[link.record_l][0].key, held[link.record_r][0].key
                found[left][right] = found[right][left] = link.weight
    return found


def asked(held):
    return list(held.values())[SOME]


def test_weights_are_those_that_linking_kept(index, held, links):
    compared = 0
    for record, _ in asked(held):
        for each in index.match(record, limit=100, everyone=True).persons:
            known = links[record.key].get(each.best)
            if each.weight >= -1000:
                assert each.weight == known
                compared += 1
            else:
                assert known is None
    assert compared > 50


def test_the_best_of_a_person_has_the_highest_weight_of_their_links(index, held, links):
    person = {record.key: person_id for record, person_id in held.values()}
    for record, _ in asked(held):
        best = {}
        for key, weight in links[record.key].items():
            best[person[key]] = max(weight, best.get(person[key], weight))
        found = index.match(record, limit=100)
        assert {each.person_id: each.weight for each in found.persons} == best


def test_candidates_are_the_records_that_share_a_key_in_the_batch(index, held, store, invented):
    rows = {(r["source"], r["source_id"]): r for r in invented.rows.to_pylist()}
    release = invented.brief_release
    of_key = defaultdict(set)
    for key, row in rows.items():
        for each in row["blocking_keys"]:
            if each & 31 in release.rules and each not in set(release.suppressed.tolist()):
                of_key[each].add(key)
    for record, _ in asked(held):
        mine = [members for members in of_key.values() if tuple(record.key) in members]
        others = set().union(*mine) - {tuple(record.key)}
        assert index.match(record).candidates == len(others)


def test_a_new_record_of_somebody_known_finds_them(index, held):
    found = total = 0
    for record, person_id in asked(held):
        matched = index.match(replace(record, source_id="never-seen"))
        assert matched.held is None
        if matched.persons:
            assert matched.persons[0].person_id == person_id
            assert matched.persons[0].grade is not MatchGrade.CERTAINLY_NOT
            found += 1
        total += 1
    assert found > 0.8 * total


def test_probabilities_are_in_order_and_make_at_most_one(index, held):
    for record, _ in asked(held):
        found = index.match(record, limit=100, everyone=True)
        each = [person.probability for person in found.persons]
        assert each == sorted(each, reverse=True)
        assert sum(each) + (found.p_null or 0) == pytest.approx(1 if found.p_null else 0)


def test_the_limit_cuts_the_list_and_no_probability(index, held):
    for record, _ in asked(held):
        whole = index.match(record, limit=100, everyone=True)
        cut = index.match(record, limit=1, everyone=True)
        assert (cut.p_null, cut.candidates) == (whole.p_null, whole.candidates)
        assert [each.person_id for each in cut.persons] == [
            each.person_id for each in whole.persons[:1]
        ]


def test_the_record_itself_is_no_evidence_about_itself(index, held):
    for record, person_id in asked(held):
        found = index.match(record, limit=100)
        assert found.held == person_id
        assert record.key not in [each.best for each in found.persons]


def test_asking_twice_and_from_another_process_gives_the_same(index, held, linked_url):
    with Index.open(linked_url) as other:
        for record, _ in asked(held)[:20]:
            assert index.match(record) == index.match(record) == other.match(record)


def test_a_record_with_nothing_to_match_on_says_so(index):
    found = index.match(Record("", "", sex="F", names=(Name("UNKNOWN", "UNKNOWN"),)))
    assert (found.keys, found.candidates, found.p_null, found.persons) == (0, 0, None, ())
    assert found.as_dict()["searchable"] is False


def test_somebody_whom_nobody_resembles_is_none_of_them(index):
    stranger = Record("", "", names=(Name("Zebedee", "Quux"),), birth_dates=("1901-02-03",))
    found = index.match(stranger)
    assert found.keys > 0
    assert found.persons == ()
    assert found.p_null > 0.99


def test_where_several_persons_would_be_certain_nobody_is(index, held, invented):
    records = [replace(record, source_id="new") for record, _ in asked(held)]
    certain = [each for each in records if is_certain(index, each)]
    one, seen = certain[0], 0
    for other in certain[1:]:
        both = replace(
            one,
            names=one.names + other.names,
            birth_dates=one.birth_dates + other.birth_dates,
            identifiers=one.identifiers + other.identifiers,
        )
        found = index.match(both, limit=100).persons
        enough = invented.brief_release.thresholds.conflict
        if sum(each.weight >= enough for each in found) > 1:
            assert MatchGrade.CERTAIN not in [each.grade for each in found]
            assert index.match(both, limit=1).persons[0].grade is not MatchGrade.CERTAIN
            seen += 1
    assert seen


def is_certain(index, record):
    first = index.match(record).persons[:1]
    return bool(first) and first[0].grade is MatchGrade.CERTAIN


def test_a_verified_value_that_contradicts_takes_certainty_away(index, held):
    verified = [r for r, _ in held.values() if standardise(r)["verified_identifiers"]]
    record = next(each for each in verified if is_certain(index, replace(each, source_id="new")))
    wrong = Identifier("nhs-number", "9990000018", verified=True)
    others = tuple(i for i in record.identifiers if i.system != "nhs-number")
    found = index.match(replace(record, source_id="new", identifiers=(*others, wrong)))
    assert found.persons[0].conflicts == ("nhs-number",)
    assert found.persons[0].grade in (MatchGrade.PROBABLE, MatchGrade.POSSIBLE)


def test_a_source_that_nobody_knows_is_refused(index):
    with pytest.raises(UnknownSource):
        index.match(Record("shoe-shop", "1"))


@pytest.mark.parametrize(
    "record",
    [
        Record("", "", names=(Name("\x00", "\x00\x00"),), birth_dates=("\x00",)),
        Record("", "", names=(Name("\U0001f600", "\U0001f469\u200d\U0001f680"),)),
        Record("", "", names=(Name("محمد", "حسين"),), birth_dates=("1990-01-01",)),
        Record("", "", names=tuple(Name(f"A{n}", f"B{n}") for n in range(10_000))),
        Record("", "", birth_dates=("2999-12-31", "0000-00-00", "31/12/1980", "9" * 1000)),
        Record("", "", identifiers=(Identifier("shoe-size", "9"), Identifier("nhs-number", "9"))),
        Record("nomis", "'; DROP TABLE record_0; --", emails=("@", "a@b" * 1000)),
    ],
    ids=["nul", "emoji", "right-to-left", "aliases", "dates", "identifiers", "quotes"],
)
def test_odd_records_are_answered(index, record):
    found = index.match(record)
    assert found.as_dict()["persons"] == []


def test_an_index_linked_before_releases_were_kept_asks_to_be_linked_again(url):
    database = database_at(url)
    with database.sole_writer() as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM release_file")
    with Index.open(url) as index, pytest.raises(NotMatchable, match="link it again"):
        index.match(Record("", ""))


def test_an_index_that_was_never_linked_cannot_be_matched_against(tmp_path):
    url = f"sqlite:///{tmp_path / 'mpi.db'}"
    open_store(url, create=True).close()
    with Index.open(url) as index, pytest.raises(NotMatchable, match="mpi link"):
        index.match(Record("", ""))


def test_matching_writes_nothing(url):
    before = content(url)
    with Index.open(url) as index:
        found = index.match(Record("", "", names=(Name("Ann", "Smith"),)))
        assert found.keys > 0
    assert content(url) == before
