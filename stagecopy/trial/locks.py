"""Watches from a second session which relations a migration locks, in which mode and for how long.

Surprising: it looks every few milliseconds and sees what is held at that moment, so a lock that comes and goes between
two looks is missed, and one that is seen may seem longer by as much as two pauses. Pauses grow with the
run, to a fiftieth of a second: what they miss then is nothing beside what is held.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType

import psycopg

from stagecopy.model.migration import HeldLock, StatementRun
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.locks import Held, held_locks, lockable_relations
from stagecopy.postgres.storage import database_oid

_MOST_LOOKS = 1_000  # asked for from outside, each about a millisecond
_SHORTEST, _LONGEST, _SHARE = 0.002, 0.02, 0.005  # pauses in seconds; the last as a part of the time gone by


@dataclass(slots=True)
class _Seen:
    """One lock: the look before its first sighting, that sighting, and the first look without it, as time.time()."""

    lock: Held
    begin: float
    first: float
    end: float


class LockWatch:
    """``with LockWatch(address, besides=pids) as watch``: looks on until the block is left, then tells.

    *besides* are processes of ours. When the server goes, the watch ends; what it saw until then stands.
    """

    def __init__(self, address: Address, *, besides: Iterable[int]) -> None:
        self._connection = connect_staging(address, application_name="stagecopy-locks")
        self._besides = [self._connection.info.backend_pid, *besides]
        self._database = database_oid(self._connection)
        self._names = lockable_relations(self._connection)
        self._now: dict[Held, _Seen] = {}
        self._over: list[_Seen] = []
        self._looking = threading.Lock()
        self._latest = time.time()
        self._asked = 0
        self.most = 0  # locks of one transaction at a time, on whatever relation
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lock-watch", daemon=True)

    def __enter__(self) -> LockWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def told(self, statements: Sequence[StatementRun]) -> tuple[HeldLock, ...]:
        """Locks on what was there before the run, by the statement that took them; the longest first.

        Of indexes only those that stop everybody, where their table stays open: REINDEX is such a case.
        """
        tables: list[HeldLock] = []
        indexes: list[HeldLock] = []
        for seen in (*self._over, *self._now.values()):
            transaction, oid, mode = seen.lock
            name, is_index = self._names.get(oid, ("", False))
            if not name or (is_index and mode != "AccessExclusiveLock"):
                continue
            taker = _taker(statements, seen, name)
            begin = max(seen.begin, taker.started or 0.0) if taker else seen.begin
            held = HeldLock(name, mode, max(0.0, seen.end - begin), taker.n if taker else None, begin, transaction)
            (indexes if is_index else tables).append(held)
        closed = {each.statement for each in tables if each.blocks == "reads"}
        found = [*tables, *(each for each in indexes if each.statement not in closed)]
        return tuple(sorted(found, key=lambda each: (-each.seconds, each.relation, each.mode)))

    def look(self) -> None:
        """Look now, so that what comes is told from what is there; for the pauses between statements."""
        self._asked += 1
        if self._asked <= _MOST_LOOKS:
            self._look()

    def _watch(self) -> None:
        start, pause = self._latest, 0.0
        while not self._stop.wait(pause) and self._look():
            pause = min(_LONGEST, max(_SHORTEST, _SHARE * (self._latest - start)))

    def _look(self) -> bool:
        """Whether it could be asked."""
        with self._looking:
            asked = time.time()
            try:
                held, most = held_locks(self._connection, self._database, self._besides)
            except psycopg.Error:
                return False
            now = time.time()
            self.most = max(self.most, most)
            for lock in held:
                self._now.setdefault(lock, _Seen(lock, self._latest, now, now))
            for seen in self._now.values():
                seen.end = now
            for lock in self._now.keys() - held:
                self._over.append(self._now.pop(lock))
            self._latest = asked
            return True


def _taker(statements: Sequence[StatementRun], seen: _Seen, name: str) -> StatementRun | None:
    """The last that had begun when the lock was first seen, if it did not end before the look without it.

    Of several that had begun and ended between two looks, it is one that says the relation's name.
    """
    ran = [each for each in statements if each.started is not None and each.started <= seen.first]
    between = [each for each in ran if (each.started or 0.0) + each.seconds >= seen.begin]
    bare = name.partition(".")[2].lower()
    said = [each for each in between if bare in each.sql.lower()]
    return next(reversed(said or between), None)
