"""Kills a session in the middle of a statement that runs CONCURRENTLY, where half of its work is done and stays.

Surprising: such a statement commits in between and then waits for everybody who might still see the old state. A
session that reads in an old snapshot, and holds the weakest lock on the tables named, makes it wait just there.
"""

from __future__ import annotations

import re
import threading
from contextlib import closing, suppress

import psycopg

from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.sessions import end_sessions, hold_back, waits_for_transactions

_CONCURRENT = re.compile(r"(?is)^\s*(?:create|drop|reindex|alter)\b[^;]*\bconcurrently\b")
_PATIENCE = 20.0
_PAUSE = 0.02


def is_concurrent(statement: str) -> bool:
    """Whether the statement works in several transactions of its own."""
    return _CONCURRENT.match(statement) is not None


class Ambush:
    """``with Ambush(address, process) as ambush``: after ``lie_in_wait`` the process is killed when it waits."""

    def __init__(self, address: Address, process: int) -> None:
        self._address = address
        self._process = process
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.struck = False

    def __enter__(self) -> Ambush:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def lie_in_wait(self) -> None:
        """The statement that begins next is the one to be killed. Raises psycopg.Error."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(_PATIENCE)

    def _watch(self, ready: threading.Event) -> None:
        with suppress(psycopg.Error), closing(connect_staging(self._address)) as holder:
            hold_back(holder)
            with closing(connect_staging(self._address)) as observer:
                ready.set()
                left = _PATIENCE
                while left > 0 and not self._over.wait(_PAUSE):
                    left -= _PAUSE
                    if waits_for_transactions(observer, self._process):
                        end_sessions(observer, [self._process])
                        self.struck = True
                        return
        ready.set()
