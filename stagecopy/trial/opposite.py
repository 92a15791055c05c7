"""An application that locks two of the migration's tables in the opposite order: is there a deadlock, and who dies?

Surprising: nothing is left to chance. The application has the second table before the migration begins, and asks for
the first when the migration waits for the second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from types import TracebackType

import psycopg

from stagecopy.model.migration import HeldLock
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.impact import VisitedTable, somebody_waits_for

_LOOK = 0.01
_SAME_LOOK = 0.03  # seconds: locks seen so close together may have come in either order


class Opposite:
    """``with Opposite(address, first, second) as application``: tables in the migration's order."""

    def __init__(self, address: Address, first: VisitedTable, second: VisitedTable) -> None:
        self._address = address
        self._first, self._second = first, second
        self._stack = ExitStack()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="opposite", daemon=True)
        self.killed = False

    def __enter__(self) -> Opposite:
        try:
            self._session = self._stack.enter_context(closing(connect_staging(self._address)))
            self._observer = self._stack.enter_context(closing(connect_staging(self._address)))
            self._session.execute("BEGIN")
            self._second.lock(self._session)
        except BaseException:
            self._stack.close()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._stack.close()

    def _wait(self) -> None:
        process = self._session.info.backend_pid
        with closing(self._session), suppress(psycopg.Error):  # it must not stand in the way for good
            while not self._over.wait(_LOOK):
                if somebody_waits_for(self._observer, process):
                    break
            else:
                return
            try:
                self._first.lock(self._session)
            except psycopg.errors.DeadlockDetected:
                self.killed = True
            self._session.execute("ROLLBACK")


def held_together(locks: Sequence[HeldLock]) -> tuple[tuple[str, str], ...]:
    """Two relations that a transaction holds at once, each against writers, in its order; both where that is unknown.

    A pair whose order is known comes before one that came within one look.
    """
    order: dict[tuple[str, str], bool] = {}
    for first, second in _pairs([each for each in locks if each.blocks and each.began is not None]):
        known = first.statement != second.statement or (second.began or 0) - (first.began or 0) > _SAME_LOOK
        order.setdefault((first.relation, second.relation), known)
    for pair, known in order.items():
        if known:
            return (pair,)
    return tuple(each for pair in list(order)[:1] for each in (pair, (pair[1], pair[0])))


def _pairs(locks: Sequence[HeldLock]) -> Iterator[tuple[HeldLock, HeldLock]]:
    for first in locks:
        for second in locks:
            if first.relation == second.relation or first.began is None or second.began is None:
                continue
            if first.began <= second.began < first.began + first.seconds:
                yield first, second
