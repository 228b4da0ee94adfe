"""Where a folder is built before it takes its place: beside it, hidden, and by one at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mpi.errors import UnwritableOutput


@contextmanager
def alone(to: Path) -> Iterator[None]:
    """Nobody else works on a folder meanwhile. Raises UnwritableOutput while somebody does."""
    lock = to.parent / f".{to.name}.lock"
    with ExitStack() as tidied:
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            tidied.callback(_let_go, lock, _held(lock))
        except BlockingIOError as error:
            raise UnwritableOutput("Another process is writing it.", folder=to) from error
        except OSError as error:
            raise UnwritableOutput(folder=to) from error
        yield


@contextmanager
def staging(to: Path) -> Iterator[Path]:
    """An empty folder beside `to`, which nobody else builds in; gone at the end if still there.

    One process at a time has it. What a process that was killed left there, the next one clears
    away. Raises UnwritableOutput, also while another process builds the same folder.
    """
    folder = to.parent / f".{to.name}.partial"
    with alone(to), ExitStack() as tidied:
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        except OSError as error:
            raise UnwritableOutput(folder=to) from error
        tidied.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _let_go(path: Path, descriptor: int) -> None:
    path.unlink(missing_ok=True)
    os.close(descriptor)


def _held(path: Path) -> int:
    """The descriptor of a lock file that nobody else holds. Raises BlockingIOError."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # whoever held it has removed the file since we opened it
        os.close(descriptor)


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
