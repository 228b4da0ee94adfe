"""A real Chromium for the tests, headless, and the review pages served to it.

The browser is the one that `MPI_TEST_CHROMIUM` names, or `chromium` on the path (Debian: `apt-get
install chromium`), or the one that `playwright install chromium` fetched.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from mpi.web.local import listening

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
WAIT_SECONDS = 20


class NoBrowser(Exception):
    """There is no Chromium to start."""


def chromium(found_by_playwright: str) -> str:
    """The program of the browser. Raises NoBrowser."""
    named = os.environ.get("MPI_TEST_CHROMIUM", "")
    candidates = [named, *(shutil.which(name) or "" for name in NAMES), found_by_playwright]
    for path in candidates:
        if path and Path(path).is_file():
            return path
    raise NoBrowser("apt-get install chromium, or name one in MPI_TEST_CHROMIUM")


@contextmanager
def browser() -> Iterator[object]:
    """A headless browser; where none is installed its tests are skipped, but never in CI."""
    if not os.environ.get("CI"):
        pytest.importorskip("playwright", reason="the extra `dev` is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            program = chromium(playwright.chromium.executable_path)
        except NoBrowser as missing:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Chromium: {missing}")
        # the sandbox wants rights that containers rarely have; the pages are our own
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        opened = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of an application served on a free port of this machine."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    listener = listening(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + WAIT_SECONDS
    while not server.started:
        assert time.monotonic() < until, "the pages were not served in time"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WAIT_SECONDS)
