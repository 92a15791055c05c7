"""Reads what a migration costs: in its own session what only that one knows before COMMIT, the rest from outside.

Surprising: a session tells the server what it counted when it likes to, once a second at most; what it has not told it
yet only itself can see. Since 15 the sum of both is exact, and it can be made to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psycopg
from psycopg.pq import TransactionStatus

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_COUNTS_SINCE = 150000
_SAVEPOINT = "SAVEPOINT stagecopy_costs"
_RELEASE = "RELEASE SAVEPOINT stagecopy_costs"
_BACK = "ROLLBACK TO SAVEPOINT stagecopy_costs"
_TELL = "SELECT pg_catalog.pg_stat_force_next_flush()"
_TRACKS = "SELECT pg_catalog.current_setting('track_counts')::pg_catalog.bool"
_TEMP = "SELECT pg_catalog.pg_stat_get_db_temp_bytes(oid) FROM pg_catalog.pg_database WHERE datname = %s"
_SIZES = """
    SELECT pg_catalog.concat(n.nspname, '.', c.relname), pg_catalog.pg_total_relation_size(c.oid)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE pg_catalog.concat(n.nspname, '.', c.relname) = ANY (%s) AND c.relkind IN ('r', 'm')"""
_SIZE = "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"
# of the whole server; but it is a clone, on which nobody else works
_TEMP_FILES = "SELECT coalesce(pg_catalog.sum(size), 0)::bigint FROM pg_catalog.pg_ls_tmpdir()"


@dataclass(frozen=True, slots=True)
class TableCosts:
    """One table at one moment; ``scans`` and ``rows`` only grow."""

    name: str
    derived: bool  # a materialised view
    filenode: int
    scans: int
    rows: int


@dataclass(frozen=True, slots=True)
class Look:
    """All tables by OID, and how much WAL the server has written."""

    wal: int
    tables: Mapping[int, TableCosts]


def counts(own: Connection, observer: Connection) -> bool:
    """Whether what a session read can be told exactly."""
    return own.info.server_version >= _COUNTS_SINCE and bool(observer.execute(_TRACKS).fetchall()[0][0])


def look(own: Connection) -> Look | None:
    """What the migration's own session sees now, inside its transaction if one is open; None where it may not ask.

    The session stays as it was: a look that fails (a statement_timeout may be the migration's own) is taken back.
    """
    within = own.pgconn.transaction_status == TransactionStatus.INTRANS
    try:
        if within:
            own.execute(_SAVEPOINT, prepare=False)
        rows = own.execute(statement("costs_look"), prepare=False).fetchall()
        if within:
            own.execute(_RELEASE, prepare=False)
    except psycopg.Error:
        if own.pgconn.transaction_status == TransactionStatus.INERROR:
            own.execute(_BACK, prepare=False)
            own.execute(_RELEASE, prepare=False)
        return None
    tables = {oid: TableCosts(f"{schema}.{name}", *facts) for _, oid, schema, name, *facts in rows if oid is not None}
    return Look(rows[0][0], tables)


def temp_bytes(own: Connection, observer: Connection) -> int | None:
    """Bytes of temporary files that *own* and all before it wrote; None before 15, which tells it too late."""
    if own.info.server_version < _COUNTS_SINCE:
        return None
    try:
        own.execute(_TELL, prepare=False)
        return temp_bytes_of(observer)
    except psycopg.Error:
        return None


def temp_bytes_of(observer: Connection) -> int:
    """Bytes of temporary files, of all sessions that have told theirs."""
    return int(observer.execute(_TEMP, (observer.info.dbname,)).fetchall()[0][0])


def table_sizes(observer: Connection, names: Collection[str]) -> dict[str, int]:
    """Bytes of those tables, named schema.table, with their indexes and what lies beside them."""
    return dict(observer.execute(_SIZES, (list(names),)).fetchall())


def disk_taken(observer: Connection) -> tuple[int, int]:
    """Bytes of the database's files, old and new ones of what is being rewritten, and of temporary files if we may."""
    size = int(observer.execute(_SIZE).fetchall()[0][0])
    try:
        return size, int(observer.execute(_TEMP_FILES).fetchall()[0][0])
    except psycopg.errors.InsufficientPrivilege:
        return size, 0
