"""From where to where a server's write-ahead log tells what a migration wrote.

Surprising: the end is the place up to which the log is flushed after a transaction of our own committed there. The
current place would not do: a commit with synchronous_commit = off may not be on disk yet, and a reader of the files
would miss it without a word.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.sqlfile import statement


@dataclass(frozen=True, slots=True)
class WalStart:
    """Where the log begins that tells all, and in which file; ``certain`` is false when that cannot be said."""

    lsn: str
    timeline: int
    file: str
    certain: bool
    major: int


@dataclass(frozen=True, slots=True)
class WalEnd:
    """Up to where it is on disk, and how many bytes that is. ``xid``: of the last transaction within."""

    lsn: str
    file: str
    timeline: int
    size: int
    xid: int


def wal_start(address: Address) -> WalStart:
    """The start of a server that came up on a cleanly stopped directory and to which nobody has written yet."""
    with connect_staging(address) as connection, staging_errors("looking at the log's start"):
        row = connection.execute(statement("wal_start")).fetchone()
    assert row is not None  # noqa: S101 - a function's one row
    lsn, timeline, file, certain, major = row
    return WalStart(str(lsn), timeline, file, certain=certain and int(file[:8], 16) == timeline, major=major)


def wal_end(address: Address, start: WalStart) -> WalEnd:
    """The end of what is visible now, flushed. Take the reading snapshot first."""
    with connect_staging(address, application_name="stagecopy/diff") as connection, staging_errors("ending the log"):
        with connection.transaction():
            connection.execute("SET TRANSACTION READ WRITE")
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute("SELECT pg_catalog.pg_logical_emit_message(true, 'stagecopy', '')")
            row = connection.execute("SELECT pg_catalog.pg_current_xact_id()::text").fetchone()
        xid = int(row[0]) & 0xFFFFFFFF if row else 0
        query = sql.SQL(statement("wal_end")).format(start=sql.Literal(start.lsn))
        lsn, file, size = connection.execute(query).fetchone() or ("", "0", 0)
    return WalEnd(lsn, file, int(file[:8], 16), size=int(size), xid=xid)


def unfinished(connection: Connection) -> tuple[int, int]:
    """How many transactions are prepared, and how many of other sessions are open and may have written."""
    row = connection.execute(statement("unfinished")).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
