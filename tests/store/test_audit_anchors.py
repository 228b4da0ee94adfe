"""Anchors of the audit are kept in the index; on both stores."""

from __future__ import annotations

from mpi.access.anchors import Several, StoreAnchors
from mpi.access.chain import Head

AT = "2026-01-01T00:00:00Z"


def test_what_is_noted_is_kept_once(store):
    anchors = StoreAnchors(store, "one")
    assert list(anchors.noted()) == []
    heads = [("b", Head(3, "x")), ("a", Head(1, "y")), ("b", Head(7, "z")), ("b", Head(3, "x"))]
    for chain, head in heads:
        anchors.note(chain, head, AT)
    assert list(anchors.noted()) == sorted({*heads}, key=lambda each: (each[0], each[1].number))


def test_a_note_is_never_replaced(store):
    anchors = StoreAnchors(store, "one")
    anchors.note("a", Head(1, "as it was"), AT)
    anchors.note("a", Head(1, "another"), AT)
    assert list(anchors.noted()) == [("a", Head(1, "as it was"))]


def test_several_places_are_noted_in_and_read(store):
    one, both = (
        StoreAnchors(store, "one"),
        Several((StoreAnchors(store, "one"), StoreAnchors(store, "one"))),
    )
    both.note("a", Head(1, "x"), AT)
    assert list(both.noted()) == [*one.noted(), *one.noted()]


def test_audits_of_several_services_are_told_apart(store):
    StoreAnchors(store, "one").note("a", Head(1, "x"), AT)
    StoreAnchors(store, "other").note("a", Head(2, "y"), AT)
    assert list(StoreAnchors(store, "one").noted()) == [("a", Head(1, "x"))]
    assert list(StoreAnchors(store, "on").noted()) == []
