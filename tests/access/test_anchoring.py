"""The audit is anchored in the index too, so that who holds its files cannot cut it unseen."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from mpi.access.anchoring import Anchoring
from mpi.access.anchors import Several
from mpi.access.reading import Kept
from mpi.access.verification import verify
from mpi.api.app import create_app
from mpi.errors import IndexBusy
from mpi.index.index import Index
from tests.access.policies import Issuer, access_of

HERE = "http://127.0.0.1:8000"
NHS = "/v1/cross-references/nhs-number/9990000018"
TREAT = Issuer().headers(purpose="TREAT")


@pytest.fixture
def url(index_url, tmp_path):
    return f"sqlite:///{shutil.copy(index_url.removeprefix('sqlite:///'), tmp_path / 'mpi.db')}"


def served(url, folder, times):
    """Serve some questions; returns the audit as it is then kept."""
    access = access_of(folder)
    with TestClient(create_app(url, access=access), base_url=HERE) as client:
        for _ in range(times):
            assert client.get(NHS, headers=TREAT).status_code == 200
    return Kept.of(access.policy)


def problems(kept, url):
    with Index.open(url) as index:
        anchors = Several((kept.anchors, index.audit_anchors(kept.keyed.audit)))
        return [each for one in verify(replace(kept, anchors=anchors)) for each in one.problems]


def test_a_service_that_ends_has_anchored_its_chain_in_the_index(url, tmp_path):
    kept = served(url, tmp_path, 3)
    with Index.open(url) as index:
        ((_, head),) = index.audit_anchors(kept.keyed.audit).noted()
    assert head.number == 4
    assert problems(kept, url) == []


def test_who_cuts_a_chain_and_its_file_of_anchors_is_found_out(url, tmp_path):
    kept = served(url, tmp_path, 3)
    (chain,) = kept.chains().values()
    chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:2]))
    file = tmp_path / "audit.anchors.jsonl"
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    assert [each.problems for each in verify(kept)] == [[]]
    assert problems(kept, url) == ["entries up to 4 were anchored, and some are missing"]


class Busy:
    """A place that cannot be written to, the first few times."""

    def __init__(self, times):
        self.times = times
        self.heads = []

    def note(self, chain, head, at):
        self.times -= 1
        if self.times >= 0:
            raise IndexBusy
        self.heads.append((chain, head))

    def noted(self):
        return iter(self.heads)


def test_what_cannot_be_noted_now_is_noted_later_and_once(tmp_path):
    access = access_of(tmp_path)
    place = Busy(2)
    anchoring = Anchoring(access.audit, place, seconds=3600)
    anchoring.note()
    assert place.times == 2
    access.audit.write({"class": "service"})
    for _ in range(5):
        anchoring.note()
    assert [head.number for _, head in place.heads] == [2]
    access.audit.write({"class": "service"})
    anchoring.start()
    anchoring.stop()
    assert [head.number for _, head in place.heads] == [2, 3]
    access.close()


def test_notes_are_taken_at_intervals(tmp_path):
    access = access_of(tmp_path)
    place = Busy(0)
    access.audit.write({"class": "service"})
    anchoring = Anchoring(access.audit, place, seconds=0.01)
    anchoring.start()
    for _ in range(500):
        if place.heads:
            break
        anchoring._stopped.wait(0.01)
    anchoring.stop()
    assert [head.number for _, head in place.heads] == [2]
    access.close()
