"""The review pages over an index of invented people, some of them hostile, and a browser."""

from __future__ import annotations

import csv
import shutil

import pytest

from mpi.index.index import Index
from mpi.index.link import link
from mpi.index.sample import sample
from mpi.records import Identifier, Name, Record, RecordKey
from mpi.web.local import local_pages
from tests.invented import LINKED
from tests.web.browsing import SCREENSHOTS, browser, served

SECRET = b"a secret of the tests, not of anybody else"
SCRIPT = "<script>document.title='owned'</script>"
TURNED = "\u202egro.elpmaxe\u202c"
LONG = "Long" * 1000
HOSTILE = RecordKey("nomis", "H0001HO")
MANY = 200


@pytest.fixture(scope="session")
def chrome():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def linked(invented, tmp_path_factory):
    """The file of an index of the invented people and of somebody with 200 records."""
    folder = tmp_path_factory.mktemp("pages")
    feeds = invented.copy_of_feeds(folder / "feeds")
    feed = feeds / "police_custody.csv"
    with feed.open(newline="") as file:
        columns = next(csv.reader(file))
    with feed.open("a", newline="") as file:
        csv.DictWriter(file, columns, restval="").writerows(many())
    link(feeds, invented.brief_model, f"sqlite:///{folder / 'mpi.db'}", options=LINKED)
    return folder / "mpi.db"


@pytest.fixture(scope="module")
def url(linked, tmp_path_factory):
    """A copy of it for the tests of a module."""
    return f"sqlite:///{shutil.copy(linked, tmp_path_factory.mktemp('index'))}"


@pytest.fixture(scope="module")
def index(url):
    """That index with two hostile records, and a sample on the list."""
    with Index.open(url) as index:
        for record in hostile():
            index.put(record)
        index.review_room().fill()
        sample(url, size=60)
        yield index


def hostile():
    """Two records of somebody whose every text is an attack, near enough to be compared."""
    names = (Name(SCRIPT, "'\"><img src=x onerror=alert(1)>"), Name(TURNED, LONG))
    number = Identifier("nhs-number", "9990000018", verified=True)
    for source, source_id in (HOSTILE, ("pds", "30009999")):
        yield Record(
            source,
            source_id,
            names=names,
            birth_dates=("1987-06-05",),
            addresses=(SCRIPT, LONG),
            town="{{ 7 * 7 }}",
            identifiers=(number, Identifier("custody-reference", SCRIPT)),
        )


def many():
    """Two hundred records of one person, as rows of a feed."""
    for at in range(MANY):
        yield {
            "custody_row_id": f"M{at:05d}",
            "last_modified": "02/05/2016 09:30:00",
            "row_action": "UPSERT",
            "gender": "MALE",
            "forename_1": "Many",
            "surname": "Recordsworth",
            "date_of_birth": "02/03/1979",
            "detention_dates": f"01/{at % 12 + 1:02d}/20{at % 20:02d}",
            "nhs_number": "9990000026",
        }


@pytest.fixture(scope="module")
def room(index):
    return index.review_room()


@pytest.fixture(scope="module")
def site(index):
    with served(local_pages(index, SECRET)) as address:
        yield f"{address}/review"


@pytest.fixture
def visit(chrome, site):
    """Opens pages as a reviewer who has just signed in; any number of them."""
    opened = []

    def signed_in(name, **settings):
        context = chrome.new_context(viewport={"width": 1280, "height": 900}, **settings)
        opened.append(context)
        page = context.new_page()
        page.goto(f"{site}/")
        page.fill("#name", name)
        with page.expect_navigation():
            page.press("#name", "Enter")
        return page

    yield signed_in
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def screenshots():
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def write(page, name):
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return write


def start(page, stream):
    """Begin to work through a list."""
    button = page.locator(f"form:has(input[name=within][value={stream}]) button")
    with page.expect_navigation():
        button.click()


def press(page, key):
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def task_of(page):
    """The task that a page shows."""
    return page.url.split("/task/")[1].split("?")[0]
