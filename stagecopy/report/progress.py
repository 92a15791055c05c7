"""Shows how far a refresh is: live bars on a terminal, plain lines elsewhere, or nothing.

Surprising: every sink is a context manager, so that a live display has ended before anybody prints an error.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from stagecopy.model.wording import counted
from stagecopy.report.durations import spoken_bytes, spoken_seconds
from stagecopy.report.page import Page, cut

_LINE_EVERY = 10.0  # seconds between two lines about one long table
_NAME_WIDTH = 32


class Silent:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def stage(self, name: str) -> None:
        """See model.progress.Progress."""

    def table(self, name: str, *, bytes_total: int) -> None:
        """See model.progress.Progress."""

    def advance(self, name: str, *, rows: int, bytes_done: int) -> None:
        """See model.progress.Progress."""

    def finished(self, name: str, rows: int) -> None:
        """See model.progress.Progress."""

    def note(self, text: str) -> None:
        """See model.progress.Progress."""


@dataclass(slots=True)
class _Load:
    """One table on its way."""

    begun: float
    said: float
    bytes_total: int
    rows: int = 0
    bytes_done: int = 0


class Lines(Silent):
    """A line for each stage and each finished table, and every ten seconds one for a long one."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._page = Page(console)
        self._clock = clock
        self._lock = threading.Lock()
        self._loads: dict[str, _Load] = {}

    def stage(self, name: str) -> None:
        """One line."""
        self._say(name)

    def table(self, name: str, *, bytes_total: int) -> None:
        """No line yet: most tables are done at once."""
        with self._lock:
            now = self._clock()
            self._loads.setdefault(name, _Load(now, now, bytes_total))

    def advance(self, name: str, *, rows: int, bytes_done: int) -> None:
        """A line when the last one about this table is ten seconds old."""
        with self._lock:
            now = self._clock()
            load = self._loads.setdefault(name, _Load(now, now, 0))
            load.rows += rows
            load.bytes_done += bytes_done
            if now - load.said < _LINE_EVERY:
                return
            load.said = now
            text = _on_the_way(name, load, now - load.begun)
        self._say(text)

    def finished(self, name: str, rows: int) -> None:
        """One line."""
        with self._lock:
            load = self._loads.pop(name, None)
            took = f" in {spoken_seconds(self._clock() - load.begun)}" if load else ""
        self._say(f"  {name}: {counted(rows, 'row')}{took}")

    def note(self, text: str) -> None:
        """One line."""
        self._say(text)

    def _say(self, text: str) -> None:
        with self._lock:
            self._page.line(self._page.text(text))


def _on_the_way(name: str, load: _Load, seconds: float) -> str:
    of_total = f" of {spoken_bytes(load.bytes_total)}" if load.bytes_total else ""
    text = f"  {name}: {counted(load.rows, 'row')}, {spoken_bytes(load.bytes_done)}{of_total}"
    if seconds > 0:
        text += f", {load.rows / seconds:,.0f} rows/s"
    if load.bytes_done and load.bytes_total > load.bytes_done:
        left = seconds * (load.bytes_total - load.bytes_done) / load.bytes_done
        text += f", about {spoken_seconds(left)} left"
    return text


class _Volume(ProgressColumn):
    """Bytes and rows per second of one table."""

    def render(self, task: Task) -> Text:
        """For the line of a stage: nothing."""
        rows = task.fields.get("rows")
        if rows is None:
            return Text("")
        rate = f"{rows / task.elapsed:,.0f} rows/s" if task.elapsed else ""
        return Text(f"{spoken_bytes(task.completed):>9} {rate:>15}", style="cyan")


class Live(Silent):
    """Bars of the tables that load right now below the stage, with bytes, rows per second and time left."""

    def __init__(self, console: Console) -> None:
        self._page = Page(console)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            _Volume(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
        )
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._stage: TaskID | None = None
        self._stage_name = ""
        self._done_tables = self._done_rows = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if error is None:
                self._leave_stage()
        self._bars.stop()

    def stage(self, name: str) -> None:
        """The stage before leaves one line above the bars."""
        with self._lock:
            self._leave_stage()
            self._stage_name, self._done_tables, self._done_rows = name, 0, 0
            self._stage = self._bars.add_task(self._shown(name), total=None)

    def table(self, name: str, *, bytes_total: int) -> None:
        """A bar; a second worker on the same table shares it."""
        with self._lock:
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(self._shown(name), total=bytes_total or None, rows=0)

    def advance(self, name: str, *, rows: int, bytes_done: int) -> None:
        """Moves the table's bar."""
        with self._lock:
            task = self._tasks.get(name)
            if task is None:
                return
            so_far = next(each.fields["rows"] for each in self._bars.tasks if each.id == task)
            self._bars.update(task, advance=bytes_done, rows=so_far + rows)

    def finished(self, name: str, rows: int) -> None:
        """The bar goes; the stage's line counts the table."""
        with self._lock:
            task = self._tasks.pop(name, None)
            if task is not None:
                self._bars.remove_task(task)
            self._done_tables += 1
            self._done_rows += rows
            if self._stage is not None:
                self._bars.update(self._stage, description=self._shown(self._stage_line()))

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._page.line(self._page.text(text))

    def _leave_stage(self) -> None:
        if self._stage is not None:
            self._bars.remove_task(self._stage)
            self._page.line(self._page.text(f"{self._stage_line()}", "dim"))
            self._stage = None

    def _stage_line(self) -> str:
        if not self._done_tables:
            return self._stage_name
        return f"{self._stage_name}: {counted(self._done_rows, 'row')} of {counted(self._done_tables, 'table')}"

    def _shown(self, text: str) -> str:
        return cut(self._page.text(text).plain, _NAME_WIDTH)


def progress_on(console: Console, *, quiet: bool = False) -> Silent:
    """The sink that suits the console (stderr), to be used in a ``with`` statement."""
    if quiet:
        return Silent()
    live = console.is_terminal and console.encoding.startswith("utf")
    return Live(console) if live else Lines(console)
