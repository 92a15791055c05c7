"""Ends a migration that takes too long.

Surprising: one cancel request is not enough. It may arrive between two statements and hit nothing, or code in the
database may catch it; so it is repeated until the run is over.
"""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType

import psycopg

from stagecopy.postgres.connect import Connection

_AGAIN = 0.5
_CANCEL_TIMEOUT = 5.0


class Budget:
    """``with Budget(connection, seconds) as budget``: after that time whatever runs is cancelled, and goes on being so.

    When the block is left no cancel request is under way any more.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self.seconds = seconds
        self._over = threading.Event()
        self._expired = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="time-budget", daemon=True)

    @property
    def expired(self) -> bool:
        """Whether the time is used up."""
        return self._expired.is_set()

    def __enter__(self) -> Budget:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = self.seconds
        while not self._over.wait(pause):
            self._expired.set()
            with contextlib.suppress(psycopg.Error):  # the server may be gone, or have no slot free
                self._connection.cancel_safe(timeout=_CANCEL_TIMEOUT)
            pause = _AGAIN
