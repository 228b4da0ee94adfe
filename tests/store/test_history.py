from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.records import RecordKey
from mpi.store.rows import LoggedEvent, Residence
from mpi.store.store import open_store

ALL = ("nomis/1", "nomis/2", "pds/1", "pds/2")
ONE = RecordKey("nomis", "1")


def membership(table):
    return {f"{row['source']}/{row['source_id']}": row["person_id"] for row in table.to_pylist()}


def test_a_link_keeps_release_counts_log_and_membership(linked):
    state = linked.state()
    assert (state.sequence, state.release.name, state.release.document) == (1, "base", {"tau": 4})
    assert state.provisional
    assert state.counts == {
        "record": 4,
        "identifier": 8,
        "blocking_key": 20,
        "link": 2,
        "confidence": 2,
        "person": 2,
        "possible": 0,
    }
    assert (state.records, state.persons, state.last_at) == (4, 2, "2026-01-02T03:04:05Z")
    with linked.reading() as view:
        (logged,) = view.events()
        assert view.previous_membership()["first_sequence"].to_pylist() == [1, 1, 1, 1]
        assert membership(view.previous_membership())["pds/2"] == "p-two"
    assert isinstance(logged, LoggedEvent)
    assert (logged.sequence, logged.event.kind, logged.event.detail) == (1, "link", {"feeds": 2})


def test_linking_the_same_again_changes_no_history(linked, link):
    assert link(linked) == 2
    with linked.reading() as view:
        assert view.residences(ONE) == [Residence("p-one", 1, None)]
        assert view.retired_persons().num_rows == 0
        assert set(view.previous_membership()["first_sequence"].to_pylist()) == {1}


def test_a_merged_id_resolves_to_the_person_who_has_its_members(linked, link):
    link(linked, {"p-one": ALL})
    with linked.reading() as view:
        retired = view.resolve_retired("p-two")
        assert view.resolve_retired("p-one") is None
        assert view.residences(RecordKey("pds", "2")) == [
            Residence("p-two", 1, 2),
            Residence("p-one", 2, None),
        ]
    assert (retired.how, retired.successors, retired.retired_sequence) == ("merged", ("p-one",), 2)
    assert retired.members == (RecordKey("nomis", "2"), RecordKey("pds", "2"))
    assert retired.current == {"p-one": 2}


def test_an_id_whose_members_part_is_split(linked, link):
    link(linked, {"p-new": ("nomis/1", "nomis/2"), "p-other": ("pds/1", "pds/2")})
    with linked.reading() as view:
        retired = view.resolve_retired("p-one")
    assert (retired.how, retired.successors) == ("split", ("p-new", "p-other"))
    assert retired.current == {"p-new": 1, "p-other": 1}


def test_an_id_whose_records_left_is_deleted(linked, link):
    link(linked, {"p-two": ("nomis/2", "pds/2")})
    with linked.reading() as view:
        retired = view.resolve_retired("p-one")
        assert view.residences(ONE) == [Residence("p-one", 1, 2)]
    assert (retired.how, retired.successors, retired.current) == ("deleted", (), {})


def test_a_retired_id_resolves_through_its_members_not_its_successor(linked, link):
    link(linked, {"p-one": ALL})
    link(linked, {"p-one": ("nomis/1", "pds/1"), "p-late": ("nomis/2", "pds/2")})
    with linked.reading() as view:
        retired = view.resolve_retired("p-two")
    assert retired.successors == ("p-one",)
    assert retired.current == {"p-late": 2}


def test_a_revived_id_is_in_use_and_keeps_its_first_sequence(linked, link):
    link(linked, {"p-one": ALL})
    link(linked)
    with linked.reading() as view:
        assert view.resolve_retired("p-two") is None
        assert view.retired_persons().num_rows == 0
        assert set(view.previous_membership()["first_sequence"].to_pylist()) == {1}
        assert view.residences(RecordKey("pds", "2")) == [
            Residence("p-two", 1, 2),
            Residence("p-one", 2, 3),
            Residence("p-two", 3, None),
        ]


def test_retired_persons_come_with_their_last_members(linked, link):
    link(linked, {"p-one": ALL})
    with linked.reading() as view:
        (row,) = view.retired_persons().to_pylist()
    assert row == {
        "person_id": "p-two",
        "first_sequence": 1,
        "retired_sequence": 2,
        "how": "merged",
        "successors": ["p-one"],
        "members": [
            {"source": "nomis", "source_id": "2"},
            {"source": "pds", "source_id": "2"},
        ],
    }


partitions = st.dictionaries(
    st.sampled_from(ALL), st.sampled_from(["p-1", "p-2", "p-3"]), min_size=1
).map(lambda of: {p: tuple(sorted(r for r in of if of[r] == p)) for p in sorted(set(of.values()))})


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(runs=st.lists(partitions, min_size=1, max_size=4))
def test_as_of_is_what_was_kept_and_every_id_ever_minted_resolves(new_url, link, runs):
    store = open_store(new_url(), create=True)
    for persons in runs:
        link(store, persons)
    with store.reading() as view:
        for sequence, persons in enumerate(runs, start=1):
            kept = {name: person for person, names in persons.items() for name in names}
            assert membership(view.membership_as_of(sequence)) == kept
        for person_id in {person for persons in runs for person in persons}:
            active = view.person_of(person_id) is not None
            assert active == (person_id in runs[-1])
            assert active == (view.resolve_retired(person_id) is None)
    store.close()
