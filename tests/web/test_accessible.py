"""Every page is checked by axe, the engine of most accessibility checkers, in the browser."""

from __future__ import annotations

import pytest

from mpi.index.review.rules import Kind, Stream
from tests.web.conftest import press, start

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""What is checked; anything serious or critical fails."""


@pytest.fixture
def violations():
    from axe_playwright_python.sync_playwright import Axe

    def found(page):
        options = {"runOnly": {"type": "tag", "values": RULES}}
        answer = Axe().run(page, options=options).response
        return [
            (each["id"], node["html"][:160])
            for each in answer["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    return found


@pytest.mark.parametrize("path", ["", "search", "quality", "keys", "task/none"])
def test_plain_pages_have_no_serious_violation(visit, site, violations, path):
    page = visit("Ann A")
    page.goto(f"{site}/{path}")
    assert violations(page) == []


def test_the_sign_in_has_none(chrome, site, violations, screenshots):
    page = chrome.new_page()
    page.goto(f"{site}/")
    screenshots(page, "sign-in")
    assert violations(page) == []
    page.fill("#name", "4")
    press(page, "Enter")
    assert page.get_by_role("alert").is_visible()
    screenshots(page, "sign-in-refused")
    assert violations(page) == []
    page.close()


def test_tasks_have_none_before_and_after_the_answer(visit, violations):
    page = visit("Ben A")
    start(page, "evaluation")
    page.keyboard.press("c")
    assert violations(page) == []
    page.keyboard.press("Escape")
    press(page, "m")
    assert violations(page) == []
    press(page, "k")
    assert violations(page) == []


def test_pairs_and_persons_of_the_index_have_none(visit, site, room, violations):
    page = visit("Cas A")
    for kind in (Kind.PAIR, Kind.PERSON):
        task = next(each for each in room.urgent(limit=200) if each.kind == kind)
        page.goto(f"{site}/task/{task.task_id}?within=operational")
        assert violations(page) == []
    page.goto(f"{site}/person/{room.person_of(task.left)}")
    assert violations(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Search for further records").click()
    assert violations(page) == []


def test_a_search_has_none_before_and_after_the_answer(visit, site, room, violations):
    page = visit("Dot A")
    room.draw_searches(size=1)
    with room.store.reviews() as reviews:
        (name,) = reviews.samples(Stream.EVALUATION, Kind.SEARCH)
        (task,) = reviews.of_sample(Stream.EVALUATION, name)
    page.goto(f"{site}/task/{task.task_id}?within=evaluation")
    assert violations(page) == []
    press(page, "m")
    assert page.get_by_role("alert").is_visible()
    assert violations(page) == []
    page.locator("input[name=record]").first.check()
    press(page, "m")
    page.goto(f"{site}/task/{task.task_id}")
    assert violations(page) == []
