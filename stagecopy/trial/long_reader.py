"""Stands in the migration's way as production's long transactions do: it has read every table and has not ended.

Surprising: its time is counted from the moment somebody waits for it. Whatever the migration does before that, what is
measured is the worst there is: a transaction that began when the migration asked for its lock.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing, suppress
from types import TracebackType

import psycopg

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.impact import somebody_waits_for, wanted_by_waiters
from stagecopy.postgres.sessions import hold_back

_LOOK = 0.01
_LOCK_TIMEOUT = re.compile(
    r"(?i)\block_timeout\b'?\s*(?:=|\bto\b|,)\s*'?\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?(?![a-z0-9])"
)
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class LongReader:
    """``with LongReader(address, seconds) as reader``: in the way until somebody has waited so long, or the end.

    *meet* hears which relations somebody wants who has to wait, and what he has already; only then time counts.
    """

    def __init__(self, address: Address, seconds: float, *, meet: Callable[[Iterable[str]], None]) -> None:
        self._address = address
        self._seconds = seconds
        self._meet = meet
        self._stack = ExitStack()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._stand, name="long-reader", daemon=True)
        self.waited = False
        self.wanted: tuple[tuple[str, str], ...] = ()  # schema.name and mode

    def __enter__(self) -> LongReader:
        try:
            self._holder = self._stack.enter_context(closing(connect_staging(self._address)))
            self._observer = self._stack.enter_context(closing(connect_staging(self._address)))
            hold_back(self._holder)
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

    def _stand(self) -> None:
        process = self._holder.info.backend_pid
        # closed whatever happens: what went wrong here must not stand in the migration's way for good
        with closing(self._holder), suppress(psycopg.Error, StagingError):
            while not self._over.wait(_LOOK):
                if somebody_waits_for(self._observer, process):
                    break
            else:
                return
            self.waited = True
            self.wanted = tuple(wanted_by_waiters(self._observer, process))
            self._meet([relation for relation, _ in self.wanted])
            self._over.wait(self._seconds - _LOOK / 2)
            self._holder.execute("COMMIT")


def lock_timeout_in(statements: Iterable[str]) -> float | None:
    """The longest lock_timeout that *statements* set, in seconds; None where they set none but 0."""
    found = [
        float(number) * _UNITS[(unit or "ms").lower()]
        for each in statements
        for number, unit in _LOCK_TIMEOUT.findall(each)
    ]
    return max((each for each in found if each), default=None)
