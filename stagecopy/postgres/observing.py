"""What a superuser's connection reads beside a migration: an ordinary role may not ask for these."""

from __future__ import annotations

from stagecopy.postgres.connect import Connection


def wal_position(observer: Connection) -> str:
    """Where the server's WAL ends now, as ``pg_lsn`` text."""
    row = observer.execute("SELECT pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text").fetchone()
    return str(row[0]) if row else "0/0"


def wal_bytes_since(observer: Connection, position: str) -> int:
    """How many bytes of WAL the whole server wrote since *position*."""
    row = observer.execute(
        "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), %s::pg_catalog.pg_lsn)",
        (position,),
    ).fetchone()
    return int(row[0]) if row else 0


def prepared_transactions(observer: Connection, database: str) -> frozenset[str]:
    """Names of the prepared transactions that wait in *database*."""
    rows = observer.execute("SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = %s", (database,))
    return frozenset(str(gid) for (gid,) in rows)
