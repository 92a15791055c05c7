"""Asks, four times a second, who waits behind us on production, and gives way.

Surprising: our own ACCESS SHARE lock hurts nobody until somebody's ALTER TABLE queues behind it; from then on every
query on that table queues behind the ALTER. No lock_timeout of ours changes that. So after ``yield_after`` seconds
the watcher ends our own sessions (pg_terminate_backend on them, which also ends pg_dump), and the run reports whom it
gave way to. The same thread enforces ``max_time``, the greatest age of the snapshot.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from stagecopy.errors import ProductionError
from stagecopy.postgres.connect import Connection, connect_production, connection_lost
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.impact import longest_transaction
from stagecopy.postgres.preflight import Endpoint
from stagecopy.postgres.sqlfile import statement
from stagecopy.production.endpoint import same_server

_LOOK_AROUND = 10.0  # seconds between two looks at how long others' transactions are
_PERIOD = 0.25  # seconds; with yield_after = 2 s the waiter is free after at most 2.25 s and the time of one look
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long production may wait for us. Seconds."""

    yield_after: float
    max_time: float


@dataclass(frozen=True, slots=True)
class _Waiter:
    """A session of somebody else that waits for a lock of ours."""

    who: str
    wants: str
    seconds: float


class YieldWatcher:
    """Runs beside a production session; ``reason`` is set once it has given up for it."""

    def __init__(self, application_name: str, patience: Patience) -> None:
        self._name = application_name
        self._patience = patience
        self._stop = threading.Event()
        self._first_seen: dict[int, float] = {}
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._watch, name="yield-watcher", daemon=True)
        self.reason: ProductionError | None = None
        self.longest_transaction: float | None = None  # of others, that was seen
        self._looked_around = -_LOOK_AROUND

    def start(self, dsn: Dsn, here: Endpoint) -> None:
        """Open the watcher's own connection to the server *here* (fails here, not in the thread) and begin."""
        self._dsn = dsn
        self._here = here
        self._connection = self._connect()
        self._thread.start()

    def stop(self) -> None:
        """End the watch, what of ours still reads (a killed pg_dump leaves its workers), and the connection."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)
            with suppress(psycopg.Error):
                self._end_ours()
            self._connection.close()

    def why_failed(self) -> ProductionError | None:
        """After a failure of ours: whether somebody waits behind us, however short a time.

        pg_dump's workers take their locks with NOWAIT: they fail at once when somebody queues for a stronger one.
        """
        if self.reason is None and self._thread.ident is not None:
            try:
                self._give_way(self._waiting(time.monotonic()), after=0.0)
            except psycopg.Error:
                _log.warning("whether somebody waited behind us could not be asked any more")
        return self.reason

    def _connect(self) -> Connection:
        connection = connect_production(self._dsn, application_name=f"{self._name}/watcher"[:63])
        try:
            same_server(self._here, connection, self._dsn)  # on another one it would see nobody waiting
        except BaseException:
            connection.close()
            raise
        return connection

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
            self.reason = connection_lost(f"the connection to production was lost; {failure.message}")

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
        self._give_way(self._waiting(now), after=self._patience.yield_after)
        if now - self._looked_around > _LOOK_AROUND:
            self._look_around(now)

    def _look_around(self, now: float) -> None:
        self._looked_around = now
        seen = longest_transaction(self._connection, self._name)
        if seen is not None:
            self.longest_transaction = max(seen, self.longest_transaction or 0.0)

    def _waiting(self, now: float) -> list[_Waiter]:
        rows = self._connection.execute(statement("waiting_behind"), {"name": self._name}).fetchall()
        self._first_seen = {row[0]: self._first_seen.get(row[0], now) for row in rows}
        return [
            _Waiter(
                who=f"pid {pid} ({user}{', ' + application if application else ''})",
                wants=f"{mode} on {relation or 'a lock'}",
                seconds=max(seconds or 0.0, now - self._first_seen[pid]),
            )
            for pid, mode, relation, user, application, seconds in rows
        ]

    def _give_way(self, waiting: list[_Waiter], *, after: float) -> None:
        longest = max(waiting, key=lambda each: each.seconds, default=None)
        if longest is None or longest.seconds < after:
            return
        self._give_up(
            ProductionError(
                "yielded",
                f"gave way to {longest.who}, who waited {longest.seconds:.1f} s for {longest.wants} behind us",
                hint="run `stagecopy refresh` again when the deploy is through, or use --retry",
            )
        )

    def _give_up(self, reason: ProductionError) -> None:
        self.reason = reason
        self._end_ours()

    def _end_ours(self) -> None:
        self._connection.execute(
            "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
            " WHERE application_name = %s AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()",
            (self._name,),
        )
