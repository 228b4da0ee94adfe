"""A search for all records of an individual, in a real browser: ticked, found, adjudicated."""

from __future__ import annotations

import re

import pytest

from mpi.index.review.rules import Kind, Stream
from tests.web.conftest import press


@pytest.fixture(scope="module")
def searches(room):
    """Searches of individuals with several records, that of most first."""
    room.draw_searches(size=40)
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    found = [task for task in tasks if task.kind == Kind.SEARCH]
    several = [task for task in found if 3 < len(room.search(task).rows) < 30]
    assert len(several) > 3
    return several


def members(room, task):
    """The other records of the person, as they are named on the page."""
    rows = room.person(room.person_of(task.left)).rows
    return [f"{row.key.source}|{row.key.source_id}" for row in rows if row.key != task.left]


def opened(visit, site, name, task):
    page = visit(name)
    page.goto(f"{site}/task/{task.task_id}?within=evaluation")
    return page


def tick(page, values):
    for value in values:
        page.locator(f'input[name=record][value="{value}"]').check()


def test_ticks_are_kept_while_more_is_looked_for_and_become_the_answer(
    visit, site, room, searches, screenshots
):
    task, other = searches[:2]
    page = opened(visit, site, "Ada", task)
    screenshots(page, "search-task")
    assert not re.search(r"bits|golden|Whole person", page.locator("main").inner_text())
    mine = members(room, task)
    tick(page, mine)
    record = room.search(other).drawn
    given, _, family = record.cells[0].values[0].rpartition(" ")
    press_into = {"given": given, "family": family, "birth_date": record.cells[1].values[0]}
    page.keyboard.press("/")
    for name, value in press_into.items():
        page.fill(f"#{name}", value)
    press(page, "Enter")
    assert "/search" in page.url
    assert page.get_by_text("records fit what you typed").is_visible()
    found = f"{other.left.source}|{other.left.source_id}"
    assert page.locator(f'input[name=record][value="{found}"]').count() == 1
    assert page.locator("input[name=record]:checked").count() == len(mine)
    screenshots(page, "search-task-more")
    page.locator("h1").click()
    press(page, "m")
    answer = room.look(task.task_id, "Ada").mine
    assert answer.verdict == "same"
    assert {"|".join(key) for key in answer.records} == set(mine)
    page.goto(f"{site}/task/{task.task_id}")
    assert page.get_by_text("You said: These are all").is_visible()


@pytest.mark.parametrize(
    ("ticks", "key", "wrong"), [(0, "m", "Tick the records"), (1, "n", "You have ticked records")]
)
def test_an_answer_that_contradicts_the_ticks_is_asked_again(
    visit, site, room, searches, ticks, key, wrong
):
    task = searches[2]
    page = opened(visit, site, "Bob", task)
    tick(page, members(room, task)[:ticks])
    press(page, key)
    assert page.get_by_text(wrong).is_visible()
    assert page.locator("input[name=record]:checked").count() == ticks
    assert room.look(task.task_id, "Bob").mine is None


def test_who_found_other_records_are_adjudicated_without_a_script(visit, site, room, searches):
    task = searches[3]
    mine = members(room, task)
    for name, found in (("Cal", mine), ("Dot", mine[:1])):
        page = visit(name, java_script_enabled=False)
        page.goto(f"{site}/task/{task.task_id}?within=evaluation")
        tick(page, found)
        with page.expect_navigation():
            page.get_by_role("button", name="These are all").click()
    third = opened(visit, site, "Eli", task)
    assert third.get_by_text("said 2 of the reviewers").count() == 1
    assert third.get_by_text("said 1 of the reviewers").count() == len(mine) - 1
    press(third, "n")
    looked = room.look(task.task_id, "Eli")
    assert (looked.task.state, looked.task.verdict) == ("done", "different")
    assert room.judge_searches().done == 1
