"""An application that locks two of the migration's tables in the opposite order: is there a deadlock, and who dies?

Surprising: nothing is left to chance. The application has the second table before the migration begins, and asks for
the first when the migration waits for the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg

from stagecopy.model.migration import HeldLock
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.impact import VisitedTable
from stagecopy.trial.bystander import Bystander

_SAME_LOOK = 0.03  # seconds: locks seen so close together may have come in either order


class Opposite(Bystander):
    """``with Opposite(address, first, second) as application``: tables in the migration's order."""

    def __init__(self, address: Address, first: VisitedTable, second: VisitedTable) -> None:
        super().__init__(address, "opposite")
        self._first, self._second = first, second
        self.killed = False

    def _take(self, session: Connection) -> None:
        session.execute("BEGIN")
        self._second.lock(session)

    def _met(self, session: Connection, observer: Connection) -> None:  # noqa: ARG002 - it knows whom it waits for
        try:
            self._first.lock(session)
        except psycopg.errors.DeadlockDetected:
            self.killed = True
        session.execute("ROLLBACK")


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
