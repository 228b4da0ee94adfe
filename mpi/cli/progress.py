"""Progress of a long command on stderr: live on a terminal, one line per step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mpi.cli.rendering import stderr
from mpi.index.progress import SilentProgress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Live
    from rich.progress import TaskID


@contextmanager
def shown_progress() -> Iterator[SilentProgress]:
    """Progress that is shown while the context lasts, and tidied away when it ends."""
    console = stderr()
    if not console.is_terminal:
        yield LineProgress(console)
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as live:
        yield LiveProgress(live)


class LineProgress(SilentProgress):
    """A line when a step has ended: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def ended(self, name: str, taken: float) -> None:
        """Print the step and its time."""
        self._console.print(f"{name}: {taken:.1f} s")


class LiveProgress(SilentProgress):
    """A line per step that spins until the step has ended: for a terminal.

    Steps that read one feed each share a line.
    """

    def __init__(self, live: Live) -> None:
        super().__init__()
        self._live = live
        self._tasks: dict[str, TaskID] = {}

    def begun(self, name: str) -> None:
        """Start the step's line, or the same one again."""
        line = _line_of(name)
        if line not in self._tasks:
            self._tasks[line] = self._live.add_task(name, total=1)
        elif line == name:
            self._live.reset(self._tasks[line])
        else:
            # goes on where the step before it ended, so that the line's time is that of all of them
            self._live.tasks[self._tasks[line]].finished_time = None
            self._live.update(self._tasks[line], description=name, completed=0)

    def ended(self, name: str, taken: float) -> None:
        """Tick the step's line."""
        line = _line_of(name)
        self._live.update(self._tasks[line], description=line, completed=1)


def _line_of(name: str) -> str:
    """The line a step is shown on: one for all the feeds that are read one after another."""
    return "read the feeds" if name.startswith("read ") else name
