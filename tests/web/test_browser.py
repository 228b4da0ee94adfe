"""The review pages in a real browser: by keyboard, by several reviewers, without a script."""

from __future__ import annotations

import re
import time

import pytest
from sqlalchemy import select

from mpi.index.review.rules import Kind, Stream
from mpi.index.verify import verify
from mpi.store.schema import decision
from tests.web.browsing import SCREENSHOTS
from tests.web.conftest import HOSTILE, LONG, MANY, press, start, task_of


def in_force(room):
    asked = select(decision).where(decision.c.undone.is_(None))
    with room.store.reviews() as reviews:
        return reviews.connection.execute(asked).all()


def test_ten_pairs_are_decided_by_keyboard_and_the_last_undone(visit, room, screenshots):
    page = visit("Ann")
    screenshots(page, "work-list")
    start(page, "evaluation")
    screenshots(page, "evaluation-task")
    done = []
    for key in "mnmnm?nmnm":
        done.append(task_of(page))
        press(page, key)
    said = {task.task_id: answer.verdict for task, answer in room.lately("Ann", limit=20)}
    words = {"m": "same", "n": "different", "?": "unsure"}
    assert [said[each] for each in done] == [words[key] for key in "mnmnm?nmnm"]
    screenshots(page, "kept")
    press(page, "u")
    assert task_of(page) == done[-1]
    assert page.get_by_text("Your answer is taken back.").is_visible()
    assert room.look(done[-1], "Ann").mine is None
    press(page, "n")
    press(page, "k")
    assert task_of(page) == done[-1]
    assert page.get_by_text("You said: Different people").is_visible()
    screenshots(page, "answered-with-waterfall")
    assert page.get_by_role("heading", name="Why the index thinks what it does").is_visible()


def test_of_a_blind_task_nothing_is_shown_of_what_the_index_thinks(visit):
    page = visit("Bea")
    start(page, "evaluation")
    text = page.locator("main").inner_text()
    assert not re.search(r"bits|Whole person|confidence", text)


def test_who_disagree_are_adjudicated_by_somebody_else(visit, site, room, screenshots):
    ann, ben, cas = visit("Ann D"), visit("Ben D"), visit("Cas D")
    start(ann, "evaluation")
    while room.answers(task_of(ann)):
        press(ann, "j")
    task = task_of(ann)
    press(ann, "m")
    ben.goto(f"{site}/task/{task}?within=evaluation")
    ben.get_by_text("Reasons and comment").click()
    ben.get_by_label("Perhaps twins").check()
    ben.fill("#comment", "born on one day")
    with ben.expect_navigation():
        ben.get_by_role("button", name="Different people").click()
    for page in (ann, ben):
        page.goto(f"{site}/")
        assert page.get_by_text("not for those who answered").is_visible()
    cas.reload()
    start(cas, "adjudication")
    while task_of(cas) != task:
        press(cas, "j")
    screenshots(cas, "adjudication")
    assert cas.get_by_text("born on one day").is_visible()
    press(cas, "n")
    found = room.look(task, "Cas D").task
    assert (found.state, found.verdict) == ("done", "different")


def test_an_operational_decision_is_the_indexes_and_can_be_undone(visit, room, screenshots):
    page = visit("Dan")
    start(page, "operational")
    while room.look(task_of(page), "Dan").task.kind != Kind.PAIR:
        press(page, "j")
    screenshots(page, "operational-pair")
    task = room.look(task_of(page), "Dan").task
    press(page, "n")
    assert [each.by for each in in_force(room)] == ["Dan"]
    assert room.person_of(task.left) != room.person_of(task.right)
    page.goto(page.url.split("/task/")[0] + f"/task/{task.task_id}")
    screenshots(page, "operational-decided")
    press(page, "u")
    assert in_force(room) == []


def test_two_reviewers_at_one_task_do_not_overwrite_each_other(visit, room):
    first, second = visit("Eve"), visit("Fay")
    task = next(each for each in room.urgent(limit=200) if each.kind == Kind.PAIR)
    for page in (first, second):
        page.goto(page.url + f"task/{task.task_id}?within=operational")
    press(first, "n")
    press(second, "m")
    assert second.get_by_role("heading", name=re.compile("not open to this answer")).is_visible()
    assert room.look(task.task_id, "Fay").task.verdict == "different"
    assert room.look(task.task_id, "Fay").mine is None


def test_a_person_is_split(visit, url, room, screenshots):
    page = visit("Gus")
    case = next(
        case
        for task in room.urgent(limit=200)
        if 3 < len((case := room.person(room.person_of(task.left))).rows) < 40
    )
    page.goto(page.url + f"person/{case.person_id}")
    screenshots(page, "person")
    for row in case.rows[2:]:
        page.select_option(f"select[name=group-{row.number}]", "2")
    with page.expect_navigation():
        page.get_by_role("button", name="Split into these individuals").click()
    assert page.get_by_text("The split is kept").is_visible()
    first, second = room.person_of(case.rows[0].key), room.person_of(case.rows[2].key)
    assert first != second
    assert {room.person_of(row.key) for row in case.rows[:2]} == {first}
    assert {room.person_of(row.key) for row in case.rows[2:]} == {second}
    assert verify(url).clean
    press(page, "u")
    assert page.get_by_text("The split is taken back.").is_visible()
    assert {room.person_of(row.key) for row in case.rows} == {case.person_id}


def test_a_person_that_is_one_is_held_together_by_decisions(visit, room, screenshots):
    page = visit("Pam")
    task = next(
        task
        for task in room.urgent(limit=500)
        if task.kind == Kind.PERSON and 3 < len(room.person(room.person_of(task.left)).rows) < 40
    )
    page.goto(page.url + f"task/{task.task_id}?within=operational")
    screenshots(page, "person-task")
    press(page, "m")
    made = [each for each in in_force(room) if each.by == "Pam"]
    assert {each.verdict for each in made} <= {"same"}
    page.goto(page.url.split("/review/")[0] + f"/review/task/{task.task_id}")
    assert page.get_by_text("You said: One person").is_visible()
    assert room.look(task.task_id, "Pam").mine.decisions == tuple(d.sequence for d in made)
    press(page, "u")
    assert not [each for each in in_force(room) if each.by == "Pam"]


def test_further_records_of_a_person_are_found_and_compared(visit, room, screenshots):
    page = visit("Hal")
    task = next(each for each in room.urgent(limit=200) if each.kind == Kind.PAIR)
    page.goto(page.url + f"person/{room.person_of(task.left)}")
    with page.expect_navigation():
        page.get_by_role("button", name="Search for further records").click()
    screenshots(page, "further-records")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Compare")).first.click()
    assert room.look(task_of(page), "Hal").task.stream == Stream.OPERATIONAL


def test_a_search_by_key_finds_a_person(visit, screenshots):
    page = visit("Ida")
    press(page, "/")
    page.fill("#given", "Many")
    page.fill("#family", "Recordsworth")
    page.fill("#birth_date", "1979-03-02")
    press(page, "Enter")
    screenshots(page, "search")
    assert "Recordsworth" not in page.url
    assert page.locator("table a").count() >= 1


def test_hostile_values_are_inert(visit, room, screenshots):
    page = visit("Jan")
    alarms = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    page.goto(page.url + f"person/{room.person_of(HOSTILE)}")
    screenshots(page, "hostile-person")
    assert page.get_by_text("<script>document.title='owned'</script>").first.is_visible()
    other = next(row.key for row in room.person(room.person_of(HOSTILE)).rows if row.key != HOSTILE)
    task = room.compare(HOSTILE, other)
    page.goto(page.url.split("/person/")[0] + f"/task/{task.task_id}")
    screenshots(page, "hostile-pair")
    text = page.locator("main").inner_text()
    assert "⟨U+202E⟩" in text
    assert "{{ 7 * 7 }}" in text
    assert LONG not in text
    assert page.title() == "Two records – Record review"
    assert alarms == []
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_person_of_two_hundred_records_is_usable(visit, index, room, screenshots):
    page = visit("Kim")
    person = index.cross_references("nhs-number", "9990000026").persons[0]
    assert len(person.records) == MANY
    began = time.perf_counter()
    page.goto(page.url + f"person/{person.person_id}")
    assert time.perf_counter() - began < 5
    assert page.locator("table.records tbody tr").count() == MANY
    screenshots(page, "person-of-200-records")
    page.screenshot(path=SCREENSHOTS / "person-of-200-records-window.png")
    assert page.get_by_role("button", name="Split into these individuals").is_visible()
    page.get_by_label("Show only the records").check()
    odd = [row for row in room.person(person.person_id).rows if row.odd]
    assert page.locator("table.records tbody tr:visible").count() == len(odd) < MANY


def test_it_works_without_a_script(visit, room):
    page = visit("Lee", java_script_enabled=False)
    start(page, "evaluation")
    task = task_of(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Same person").click()
    assert room.look(task, "Lee").mine.verdict == "same"
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    assert room.look(task, "Lee").mine is None


def test_keys_can_be_turned_off_and_do_nothing_while_one_types(visit, screenshots):
    page = visit("Mia")
    page.goto(page.url + "keys")
    screenshots(page, "keys")
    page.get_by_role("button", name="Keys are on").click()
    page.goto(page.url.replace("keys", ""))
    before = page.url
    page.keyboard.press("/")
    assert page.url == before
    page.evaluate("localStorage.clear()")
    start(page, "evaluation")
    page.keyboard.press("c")
    page.keyboard.type("mnu")
    assert page.input_value("#comment") == "mnu"


def test_nothing_is_asked_of_another_machine(visit, site):
    page = visit("Ned")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "search", "quality", "keys"):
        page.goto(f"{site}/{path}")
    assert asked
    assert {url.split("/review")[0] for url in asked} == {site.removesuffix("/review")}


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_the_window(visit, site, width):
    page = visit("Ola")
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("", "search", "quality", "keys"):
        page.goto(f"{site}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
