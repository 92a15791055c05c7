"""Tells what each statement of a run cost: tables rewritten and read whole, log, temporary files.

Surprising: the migration's own session is asked, between two of its statements, because nobody else sees what an open
transaction did. It is never asked in a transaction in which nothing has read yet: SET TRANSACTION must come before.
Looks have a budget, so that thousands of tiny statements are not slowed down; what lies between two looks is told of
one statement only if it is the only one, or if nothing happened at all.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import psycopg
from psycopg.pq import TransactionStatus

from stagecopy.model.costs import Scan, StatementCosts
from stagecopy.model.migration import StatementRun
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.costs import Look, TableCosts, counts, look, temp_bytes

_NOTHING = StatementCosts((), (), 0, 0)
# They read no row, write no log and need no snapshot.
_IDLE_TAGS = frozenset(
    ("BEGIN", "START TRANSACTION", "SET", "RESET", "SHOW", "SAVEPOINT", "RELEASE", "LISTEN", "UNLISTEN", "NOTIFY",
     "DEALLOCATE", "CLOSE CURSOR", "DISCARD ALL")
)  # fmt: skip
_SNAPSHOTLESS = frozenset(("LOCK TABLE", "ROLLBACK"))  # those that need none, but may do something
_LIGHT = re.compile(r"(?:INSERT|UPDATE|DELETE|SELECT|MERGE|COPY|COMMIT|ROLLBACK|LOCK)\b")
_REWRITES = re.compile(r"(?:ALTER|CLUSTER|VACUUM|REINDEX|REFRESH|CREATE|COMMENT|ANALYZE)\b")
_EMPTIES, _UNDOES = "TRUNCATE TABLE", "ROLLBACK"
_SHARE, _GRANTED = 0.02, 0.1  # of the run's time, and seconds, for looks after what is light
_SHARE_HEAVY, _GRANTED_HEAVY = 0.1, 2.0
_FIRST_WORD = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)


@dataclass(slots=True)
class CostWatch:
    """``ready`` before a statement, ``ran`` after it, ``committed`` after a COMMIT of ours; then ``told``."""

    own: Connection
    observer: Connection
    _begun: float = field(default_factory=time.perf_counter)
    _asking: float = 0.0
    _base: Look | None = None
    _counts: bool = False
    _temp: int | None = None
    _reads: bool = False  # whether the open transaction has read something
    _gap: list[tuple[int, str]] = field(default_factory=list)  # statements since the last look, with their tags
    _untold: list[int] = field(default_factory=list)  # statements since temporary files were last asked for
    _costs: dict[int, StatementCosts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self._counts = counts(self.own, self.observer)
        except psycopg.Error:
            return
        self._base = look(self.own)
        self._temp = temp_bytes(self.own, self.observer)
        self._begun, self._asking = time.perf_counter(), 0.0

    def ready(self, text: str) -> None:
        """Look before a statement that may rewrite a table, if what came before was not looked at."""
        if self._gap and self._may_ask() and not _LIGHT.match(_first_word(text)) and self._affords(heavy=True):
            self._look()

    def ran(self, n: int, tag: str) -> None:
        """Statement *n* has ended, with that command tag."""
        if tag in _IDLE_TAGS:
            self._costs[n] = _NOTHING
            return
        self._gap.append((n, tag))
        self._untold.append(n)
        self._reads = self._status == TransactionStatus.INTRANS and (self._reads or tag not in _SNAPSHOTLESS)
        if self._may_ask() and self._affords(heavy=not _LIGHT.match(tag)):
            self._look()

    def committed(self) -> None:
        """A tool's COMMIT, which is no statement of the file, has ended."""
        self._reads = False
        if self._affords(heavy=False):
            self._look()

    def told(self, statements: Iterable[StatementRun]) -> tuple[StatementRun, ...]:
        """*statements* with what they cost. The session must be outside a transaction, if it is still there."""
        if self._status == TransactionStatus.IDLE:
            self._look()
        return tuple(replace(each, costs=self._costs.get(each.n, StatementCosts())) for each in statements)

    @property
    def _status(self) -> TransactionStatus:
        return TransactionStatus(self.own.pgconn.transaction_status)

    def _may_ask(self) -> bool:
        return self._status == TransactionStatus.IDLE or (self._status == TransactionStatus.INTRANS and self._reads)

    def _affords(self, *, heavy: bool) -> bool:
        share, granted = (_SHARE_HEAVY, _GRANTED_HEAVY) if heavy else (_SHARE, _GRANTED)
        return self._asking < granted + share * (time.perf_counter() - self._begun)

    def _look(self) -> None:
        start = time.perf_counter()
        found = look(self.own)
        if found and self._base:
            for n, costs in _between(self._base, found, self._gap, counted=self._counts).items():
                self._costs[n] = costs
        self._base, self._gap = found, []
        if self._status == TransactionStatus.IDLE:
            self._ask_for_temp()
        self._asking += time.perf_counter() - start

    def _ask_for_temp(self) -> None:
        now = temp_bytes(self.own, self.observer)
        if now is not None and self._temp is not None and (now == self._temp or len(self._untold) == 1):
            for n in self._untold:
                known = self._costs.get(n, StatementCosts())
                self._costs[n] = replace(known, temp_bytes=now - self._temp)
        self._temp, self._untold = now, []


def _between(base: Look, now: Look, gap: Sequence[tuple[int, str]], *, counted: bool) -> dict[int, StatementCosts]:
    """What each statement of *gap* cost, as far as it can be told from the others."""
    alone = len(gap) == 1
    undone = any(tag == _UNDOES for _, tag in gap)
    scans = tuple(sorted(_scans(base, now), key=lambda each: each.relation)) if counted else None
    wal = now.wal - base.wal
    moved = [(was, table) for oid, table in now.tables.items() if (was := base.tables.get(oid)) and _moved(was, table)]
    costs = {}
    for n, tag in gap:
        rewrites = _rewrites(moved, tag, counted=counted)
        unsure = not alone and (bool(rewrites) or rewrites is None or (undone and tag != _UNDOES))
        costs[n] = StatementCosts(
            rewrites=None if unsure else rewrites,
            scans=scans if alone or not scans else None,
            wal_bytes=wal if alone or not wal else None,
        )
    return costs


def _scans(base: Look, now: Look) -> Iterator[Scan]:
    for oid, table in now.tables.items():
        was = base.tables.get(oid)
        rows = table.rows - (was.rows if was else 0)
        if rows > 0 and table.scans > (was.scans if was else 0):
            yield Scan(table.name, rows)


def _moved(was: TableCosts, table: TableCosts) -> bool:
    return was.filenode != table.filenode


def _rewrites(moved: Iterable[tuple[TableCosts, TableCosts]], tag: str, *, counted: bool) -> tuple[str, ...] | None:
    """Tables with another file than before. TRUNCATE gives them one too; code that may do both reads what it copies."""
    if tag in (_EMPTIES, _UNDOES):
        return ()
    found = []
    for was, table in moved:
        if not (_REWRITES.match(tag) or table.derived):
            if not counted:
                return None
            if table.rows == was.rows:  # its indexes are built anew, from no row
                continue
        found.append(table.name)
    return tuple(sorted(found))


def _first_word(text: str) -> str:
    found = _FIRST_WORD.match(text)
    return found[1].upper() if found else ""
