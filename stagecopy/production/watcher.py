"""Asks, twice a second, who waits behind us on production, and gives way.

Surprising: our own ACCESS SHARE lock hurts nobody until somebody's ALTER TABLE queues behind it; from then on every
query on that table queues behind the ALTER. No lock_timeout of ours changes that. So after ``yield_after`` seconds
the watcher ends our own sessions (pg_terminate_backend on them, which also ends pg_dump), and the run reports whom it
gave way to. The same thread enforces ``max_time``, the greatest age of the snapshot.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

import psycopg

from stagecopy.errors import ProductionError
from stagecopy.postgres.connect import Connection, connect_production
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.sqlfile import statement

_PERIOD = 0.5  # seconds; with yield_after = 2 s the waiter is free after at most 2.5 s
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long production may wait for us. Seconds."""

    yield_after: float
    max_time: float


class YieldWatcher:
    """Runs beside a production session; ``reason`` is set once it has given up for it."""

    def __init__(self, dsn: Dsn, application_name: str, patience: Patience) -> None:
        self._dsn = dsn
        self._name = application_name
        self._patience = patience
        self._stop = threading.Event()
        self._first_seen: dict[int, float] = {}
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._watch, name="yield-watcher", daemon=True)
        self.reason: ProductionError | None = None

    def start(self) -> None:
        """Open the watcher's own connection (fails here, not in the thread) and begin."""
        self._connection = self._connect()
        self._thread.start()

    def stop(self) -> None:
        """End the watch and its connection."""
        self._stop.set()
        self._thread.join(timeout=10)
        self._connection.close()

    def _connect(self) -> Connection:
        return connect_production(self._dsn, application_name=f"{self._name}/watcher"[:63])

    def _watch(self) -> None:
        while self.reason is None and not self._stop.wait(_PERIOD):
            try:
                self._look()
            except psycopg.Error as failure:
                _log.warning("the yield watcher lost its connection (%s)", type(failure).__name__)
                self._reconnect()

    def _reconnect(self) -> None:
        """Without a watcher nothing may go on: a run that cannot see whom it blocks gives up."""
        try:
            self._connection = self._connect()
        except ProductionError as failure:
            self.reason = failure

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._started > self._patience.max_time:
            self._give_up(
                ProductionError(
                    "max-time",
                    f"the snapshot on production is older than production.max_time ({self._patience.max_time:g} s)",
                    hint="raise production.max_time, or read faster with more production.jobs",
                )
            )
            return
        waiting = self._connection.execute(statement("waiting_behind"), {"name": self._name}).fetchall()
        self._first_seen = {row[0]: self._first_seen.get(row[0], now) for row in waiting}
        for pid, mode, relation, user, application, seconds in waiting:
            waited = max(seconds or 0.0, now - self._first_seen[pid])
            if waited >= self._patience.yield_after:
                who = f"pid {pid} ({user}{', ' + application if application else ''})"
                self._give_up(
                    ProductionError(
                        "yielded",
                        f"gave way to {who}, who waited {waited:.1f} s for {mode} on {relation or 'a lock'} behind us",
                        hint="run refresh again when the deploy is through, or use --retry",
                    )
                )
                return

    def _give_up(self, reason: ProductionError) -> None:
        self.reason = reason
        self._connection.execute(
            "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
            " WHERE application_name = %s AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()",
            (self._name,),
        )
