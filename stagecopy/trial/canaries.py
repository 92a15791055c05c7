"""Visits the tables that a migration locks, all the time while it runs, and tells how long a visitor had to wait.

Surprising: the next visit begins a few milliseconds after the last has ended. Whoever is stopped came just after the
lock was asked for, so waits the longest that anybody would; it need not be many who come.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Literal

import psycopg

from stagecopy.model.impact import Canary, Wait
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.postgres.impact import VisitedTable, visited_tables, waiting_sessions
from stagecopy.postgres.sessions import end_sessions

MOST_TABLES = 8  # two sessions each
_PAUSE, _LOOK = 0.005, 0.01
_GOODBYE = 2.0
_TELLING = 0.02  # seconds below which a wait is the machine's, and nobody asks for its cause


@dataclass(slots=True)
class _Visitor:
    table: VisitedTable
    visit: Callable[[Connection], None]
    kind: Literal["read", "write"]
    connection: Connection
    samples: int = 0
    worst: float = 0.0
    begun: float = 0.0  # of the worst
    refused: bool = False  # not let in at all, so that it knows nothing
    waits: list[tuple[float, float, bool]] = field(default_factory=list)  # from, to, in a queue

    @property
    def process(self) -> int:
        return self.connection.info.backend_pid

    def once(self) -> None:
        """One visit. Raises psycopg.Error; what it waited until then counts."""
        start = time.monotonic()
        try:
            self.visit(self.connection)
        finally:
            self.samples += 1
            if (seconds := time.monotonic() - start) > self.worst:
                self.worst, self.begun = seconds, start

    def seen_waiting(self, before: float, now: float, *, queued: bool) -> None:
        """Between two looks, of which the later found it waiting."""
        last = self.waits[-1] if self.waits else None
        if last and last[1] == before and last[2] == queued:
            self.waits[-1] = (last[0], now, queued)
        else:
            self.waits.append((before, now, queued))

    def told(self) -> Wait:
        """The worst wait, and what most of it was for."""
        if self.worst < _TELLING:
            return Wait(self.worst)
        end = self.begun + self.worst
        spent = {True: 0.0, False: 0.0}
        for first, last, queued in self.waits:
            spent[queued] += max(0.0, min(last, end) - max(first, self.begun))
        if not any(spent.values()):
            return Wait(self.worst)
        return Wait(self.worst, "queue" if spent[True] >= spent[False] else "lock")


class Canaries:
    """``with Canaries(address, tables) as canaries``: visits until the block is left, then tells."""

    def __init__(self, address: Address, tables: Sequence[VisitedTable]) -> None:
        self._address = address
        self._tables = list(tables)
        self._stack = ExitStack()
        self._visitors: list[_Visitor] = []
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def __enter__(self) -> Canaries:
        try:
            self._observer = self._connect()
            for table in self._tables[:MOST_TABLES]:
                self._begin(table)
        except BaseException:
            self._stop.set()
            self._stack.close()
            raise
        self._start(self._look_on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        patience = time.monotonic() + _GOODBYE
        for each in self._threads:
            each.join(max(0.0, patience - time.monotonic()))
        if any(each.is_alive() for each in self._threads):  # what the migration left behind still holds its locks
            with suppress(psycopg.Error), closing(connect_staging(self._address)) as observer:
                end_sessions(observer, [each.process for each in self._visitors])
        for each in self._threads:
            each.join(_GOODBYE)
        self._stack.close()

    def told(self) -> tuple[Canary, ...]:
        """By table, the longest wait first."""
        by_kind = {(each.table.relation, each.kind): each for each in self._visitors if not each.refused}
        found = []
        for (relation, kind), visitor in by_kind.items():
            if kind == "read":
                writer = by_kind.get((relation, "write"))
                samples = visitor.samples + (writer.samples if writer else 0)
                found.append(Canary(relation, samples, visitor.told(), writer.told() if writer else None))
        return tuple(sorted(found, key=_worst, reverse=True))

    def join(self, relations: Iterable[str]) -> None:
        """Visit these too from now on: nobody knew that they are locked. Raises psycopg.Error, StagingError."""
        known = {each.relation for each in self._tables}
        new = visited_tables(self._observer, set(relations) - known)
        self._tables += new
        for table in new[: max(0, MOST_TABLES - len(known))]:
            self._begin(table)

    @property
    def unwatched(self) -> tuple[str, ...]:
        """Tables beyond those that can be visited at once, and those that let nobody in."""
        watched = {each.table.relation for each in self._visitors if not each.refused}
        return tuple(each.relation for each in self._tables if each.relation not in watched)

    def _connect(self) -> Connection:
        return self._stack.enter_context(closing(connect_staging(self._address, application_name="stagecopy-canary")))

    def _begin(self, table: VisitedTable) -> None:
        visitors = [_Visitor(table, table.read, "read", self._connect())]
        if table.written:
            visitors.append(_Visitor(table, table.write, "write", self._connect()))
        self._visitors += visitors
        for each in visitors:
            self._start(partial(self._visit, each))

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="canary", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _visit(self, visitor: _Visitor) -> None:
        try:
            while not self._stop.is_set():
                visitor.once()
                self._stop.wait(_PAUSE)
        except psycopg.Error:  # the table, or the server, is gone: what was seen until then stands
            visitor.refused = visitor.samples == 1 and visitor.worst < _TELLING

    def _look_on(self) -> None:
        before = time.monotonic()
        with suppress(psycopg.Error):
            while not self._stop.wait(_LOOK):
                by_process = {each.process: each for each in list(self._visitors)}
                waiting = waiting_sessions(self._observer, by_process)
                now = time.monotonic()
                for process, queued in waiting.items():
                    by_process[process].seen_waiting(before, now, queued=queued)
                before = now


def _worst(canary: Canary) -> float:
    return max(canary.read.seconds, canary.write.seconds if canary.write else 0.0)
