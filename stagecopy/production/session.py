"""One guarded session on production: tables locked first, then the snapshot, then the catalog.

Surprising: LOCK TABLE takes no snapshot, so a REPEATABLE READ transaction that locks first sees, in its snapshot,
exactly the columns that stay until it ends. A snapshot exported before the locks would not pin the catalog: an
``ADD COLUMN … DEFAULT`` committed in between is visible to a later COPY. The list of tables comes from outside that
transaction; if a table appeared between the list and the snapshot, the whole is done again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg import sql

from stagecopy.errors import ProductionError, StagecopyError, StagingError
from stagecopy.model.catalog import Catalog, Table
from stagecopy.model.preflight import Survey
from stagecopy.postgres import preflight as facts
from stagecopy.postgres.catalog import read_catalog
from stagecopy.postgres.connect import (
    Connection,
    connect_production,
    connection_lost,
    production_errors,
    production_failure,
    standby_conflict,
)
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.sqlfile import statement
from stagecopy.process import ProcessError
from stagecopy.production.endpoint import look, same_server
from stagecopy.production.preflight import Wanted, refusal, survey
from stagecopy.production.watcher import Patience, YieldWatcher

HANDSHAKE_CLASS = 0x5C09  # first key of the advisory lock by which a staging target would recognise production
_LOCKS_PER_STATEMENT = 200
_ATTEMPTS = 5
_LOCK_TIMEOUT = "55P03"
_DISK_FULL = "No space left on device"  # the tool's own disk, so ours
_LOST = re.compile("connection lost|closed the connection|connection to (the )?server was lost|could not receive data")
_NO_SNAPSHOT = re.compile('invalid snapshot identifier|snapshot ".*" does not exist')  # before PostgreSQL 17, and since
_MOVED = ("42P01", "3F000", "42809")  # a table, a schema went away or changed its kind between list and lock


@dataclass(frozen=True, slots=True)
class Scope:
    """What of production is read. ``skipped`` says which tables (by OID) the rules leave out altogether."""

    schemas: tuple[str, ...]
    exclude: tuple[str, ...]
    lock_timeout: float
    skipped: Callable[[Catalog], frozenset[int]]
    direct: bool = False  # no rows in the dump
    large_objects: bool = False  # they come along


Inspect = Callable[[Dsn, Catalog, Survey], None]  # raises if something stands in the way


def refuse(_dsn: Dsn, _catalog: Catalog, survey: Survey) -> None:
    """What production alone shows. Raises ProductionError ``preflight``."""
    if survey.obstacles:
        raise refusal(survey.obstacles)


class ProductionSession:
    """An open read of production. Use ``open_production``; attributes are plain facts of the snapshot."""

    def __init__(self, dsn: Dsn, application_name: str, patience: Patience, *, inspect: Inspect = refuse) -> None:
        self.dsn = dsn
        self._inspect = inspect
        self.application_name = application_name
        self.handshake = secrets.randbelow(2**31)
        self.catalog: Catalog  # without what production.exclude names
        self.left_out: tuple[Table, ...]  # excluded or skipped: neither locked nor dumped
        self.survey: Survey
        self.snapshot: str
        self.taken_at: datetime
        self._watcher = YieldWatcher(application_name, patience)
        self._holder: Connection | None = None

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Translate failures inside the block; if the watcher gave up, that is the reason, whatever broke after it."""
        try:
            yield
        except psycopg.Error as failure:
            known = failure.sqlstate in (None, "40001")  # anything else may come of a snapshot that has gone
            cause = None if known else self._lost_holder(doing)
            raise self._watcher.why_failed() or cause or production_failure(failure, doing) from None
        except ProcessError as failure:
            cause = None if _DISK_FULL in failure.message else self._lost_holder(doing)
            raise self._watcher.why_failed() or cause or _tool_failure(failure, doing) from failure
        except StagecopyError as failure:
            if self._watcher.reason is not None:
                raise self._watcher.reason from failure
            raise
        if self._watcher.reason is not None:
            raise self._watcher.reason

    def begin(self, scope: Scope) -> None:
        """Connect, look for what stands in the way, lock, take the snapshot, read the catalog.

        Raises ProductionError; StagingError if *inspect* finds only our own side wanting.
        """
        looked = look(self.dsn, self.application_name)
        if looked.obstacles:
            raise refusal(looked.obstacles)
        self._holder = connect_production(looked.dsn, application_name=self.application_name)
        self.dsn = Dsn.pinned(self._holder.info)
        with production_errors("looking at the server"):
            same_server(looked.here or facts.endpoint_facts(self._holder), self._holder, self.dsn)
            self._watcher.start(self.dsn, facts.endpoint_facts(self._holder))
        with self.errors("reading production's catalog"):
            self._holder.execute(sql.SQL("SET lock_timeout = {}").format(int(scope.lock_timeout * 1000)))
            self._holder.execute("SELECT pg_catalog.pg_advisory_lock_shared(%s, %s)", (HANDSHAKE_CLASS, self.handshake))
            for _ in range(_ATTEMPTS):
                if self._lock_and_look(self._holder, scope):
                    return
        raise ProductionError(
            "catalog-moving",
            f"production's tables changed {_ATTEMPTS} times while they were being locked",
            hint="run refresh again when the deploy is through",
        )

    def _lock_and_look(self, holder: Connection, scope: Scope) -> bool:
        try:
            # not in the transaction below, whose snapshot must come after its locks
            before = read_catalog(holder, schemas=scope.schemas)
            listed, out = _parted(before, scope)
            self._look_around(before, scope, (listed, out))
            holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            _lock(holder, listed)
        except psycopg.Error as failure:
            if failure.sqlstate not in (_LOCK_TIMEOUT, *_MOVED):
                raise
            holder.execute("ROLLBACK")
            if failure.sqlstate == _LOCK_TIMEOUT:  # sizes and sequences wait for locks too
                raise _locked_out(holder, scope.lock_timeout) from None
            return False
        seen = read_catalog(holder, schemas=scope.schemas)
        wanted, self.left_out = _parted(seen, scope)
        if {table.oid for table in wanted} - {table.oid for table in listed}:
            holder.execute("ROLLBACK")
            return False
        self.catalog = replace(seen, tables=tuple(each for each in seen.tables if each.qualified not in scope.exclude))
        row = holder.execute("SELECT pg_catalog.pg_export_snapshot(), pg_catalog.clock_timestamp()").fetchone()
        if row is not None:
            self.snapshot, self.taken_at = row
        return True

    def _look_around(self, catalog: Catalog, scope: Scope, parted: tuple[list[Table], tuple[Table, ...]]) -> None:
        wanted, left_out = ([table.oid for table in tables] for tables in parted)
        holder = self._holder
        assert holder is not None  # noqa: S101 - begin has just opened it
        self.survey = survey(holder, catalog, _wanted(wanted, left_out, scope))
        self._inspect(self.dsn, catalog, self.survey)

    def _lost_holder(self, doing: str) -> StagecopyError | None:
        """Why the session that holds locks and snapshot is no more, if so: whatever failed then failed for that."""
        if self._holder is None:
            return None
        try:
            self._holder.execute("SELECT 1")
        except psycopg.Error as failure:
            return production_failure(failure, doing)
        return None

    @property
    def longest_transaction(self) -> float | None:
        """Seconds of the oldest transaction of others that was seen since ``begin``; None: they are not to be seen."""
        return self._watcher.longest_transaction

    @property
    def text_encoding(self) -> str:
        """UTF8; of a database that never checked its text the bytes as they are: what is no text is then found."""
        return "SQL_ASCII" if self.catalog.database.encoding == "SQL_ASCII" else "UTF8"

    def reader(self) -> Connection:
        """Another connection in the same snapshot. The caller closes it."""
        connection = connect_production(self.dsn, application_name=self.application_name)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(self.snapshot)))
        return connection

    def close(self) -> None:
        """Give production back: locks and snapshot end here."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None
        self._watcher.stop()


def _wanted(tables: list[int], left_out: list[int], scope: Scope) -> Wanted:
    return Wanted(tables, left_out, scope.schemas, scope.direct, scope.large_objects)


def _parted(catalog: Catalog, scope: Scope) -> tuple[list[Table], tuple[Table, ...]]:
    """Tables to lock and read, and relations of any kind to leave out."""
    skipped = scope.skipped(catalog)
    out = tuple(each for each in catalog.tables if each.oid in skipped or each.qualified in scope.exclude)
    gone = {each.oid for each in out}
    return [each for each in catalog.tables if each.kind in ("r", "p") and each.oid not in gone], out


def _locked_out(holder: Connection, waited: float) -> ProductionError:
    """Says who holds the lock, if they still do."""
    found = holder.execute(statement("lock_holders")).fetchone()
    where, whose = None, "somebody's stronger lock"
    if found is not None:
        where, pid, user, application, mode = found
        whose = f"the {mode} that pid {pid} ({user}{', ' + application if application else ''}) holds"
    return ProductionError(
        "lock-timeout",
        f"waited {waited:g} s (production.lock_timeout) behind {whose}",
        hint="run `stagecopy refresh` again when it is through, or raise production.lock_timeout",
        where=where,
    )


def _tool_failure(failure: ProcessError, doing: str) -> StagecopyError:
    if _DISK_FULL in failure.message:
        hint = "free some space, or set STAGECOPY_HOME to a larger disk"
        return StagingError("disk-full", f"{doing}: {failure.message}", hint=hint)
    said = failure.message + (failure.finished.stderr if failure.finished else "")  # looked at, never shown
    if "(40001)" in said or "conflict with recovery" in said:
        return standby_conflict(doing)
    if _LOST.search(said):
        return connection_lost(f"{doing}: {failure.message}")
    if _NO_SNAPSHOT.search(said):
        hint = "name one server in production.url, not a load-balanced or reader endpoint"
        message = f"{doing}: another server answered than the one that holds the snapshot"
        return ProductionError("balanced-endpoint", message, hint=hint)
    return ProductionError("production-failed", f"{doing}: {failure.message}")


def _lock(holder: Connection, tables: list[Table]) -> None:
    for start in range(0, len(tables), _LOCKS_PER_STATEMENT):
        names = [sql.Identifier(each.schema, each.name) for each in tables[start : start + _LOCKS_PER_STATEMENT]]
        holder.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(names)))


@contextmanager
def open_production(
    dsn: Dsn, application_name: str, *, patience: Patience, scope: Scope, inspect: Inspect = refuse
) -> Iterator[ProductionSession]:
    """A guarded session, given back at the end whatever happens. Raises ProductionError.

    *inspect* sees catalog and survey before anything is locked.
    """
    session = ProductionSession(dsn, application_name, patience, inspect=inspect)
    try:
        session.begin(scope)
        yield session
    finally:
        session.close()


def glance(dsn: Dsn, application_name: str, scope: Scope) -> tuple[Dsn, Catalog | None, Survey]:
    """The same look around as a refresh takes, without locking a table: address, catalog, what stands in the way.

    No catalog when the address itself is wrong. Raises ProductionError.
    """
    looked = look(dsn, application_name)
    if looked.obstacles:
        return looked.dsn, None, Survey(looked.dsn.get("user") or "", looked.obstacles)
    with (
        connect_production(looked.dsn, application_name=application_name) as connection,
        production_errors("reading production's catalog"),
    ):
        connection.execute(sql.SQL("SET lock_timeout = {}").format(int(scope.lock_timeout * 1000)))
        catalog = read_catalog(connection, schemas=scope.schemas)
        tables, out = _parted(catalog, scope)
        wanted = _wanted([each.oid for each in tables], [each.oid for each in out], scope)
        return Dsn.pinned(connection.info), catalog, survey(connection, catalog, wanted)
