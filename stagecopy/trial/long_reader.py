"""Stands in the migration's way as production's long transactions do: it has read every table and has not ended.

Surprising: its time is counted from the moment somebody waits for it. Whatever the migration does before that, what is
measured is the worst there is: a transaction that began when the migration asked for its lock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.impact import wanted_by_waiters
from stagecopy.postgres.sessions import hold_back
from stagecopy.trial.bystander import LOOK, Bystander

_LOCK_TIMEOUT = re.compile(
    r"(?i)\block_timeout\b'?\s*(?:=|\bto\b|,)\s*'?\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?(?![a-z0-9])"
)
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class LongReader(Bystander):
    """``with LongReader(address, seconds) as reader``: in the way until somebody has waited so long, or the end.

    *meet* hears which relations somebody wants who has to wait, and what he has already; only then time counts.
    """

    def __init__(self, address: Address, seconds: float, *, meet: Callable[[Iterable[str]], None]) -> None:
        super().__init__(address, "long-reader")
        self._seconds = seconds
        self._meet = meet
        self.waited = False
        self.wanted: tuple[tuple[str, str], ...] = ()  # schema.name and mode

    def _take(self, session: Connection) -> None:
        hold_back(session)

    def _met(self, session: Connection, observer: Connection) -> None:
        self.waited = True
        self.wanted = tuple(wanted_by_waiters(observer, session.info.backend_pid))
        self._meet([relation for relation, _ in self.wanted])
        self._over.wait(self._seconds - LOOK / 2)
        session.execute("COMMIT")


def lock_timeout_in(statements: Iterable[str]) -> float | None:
    """The longest lock_timeout that *statements* set, in seconds; None where they set none but 0."""
    found = [
        float(number) * _UNITS[(unit or "ms").lower()]
        for each in statements
        for number, unit in _LOCK_TIMEOUT.findall(each)
    ]
    return max((each for each in found if each), default=None)
