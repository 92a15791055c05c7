"""Ends sessions, those that their client has left behind among them, and makes others wait."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.effects import wait_for_counters
from stagecopy.postgres.sqlfile import statement


def end_sessions(observer: Connection, processes: Sequence[int]) -> None:
    """End what still runs in *processes* (a killed client's statement goes on), and wait until it is gone.

    Without the right to do so, or without a server, nothing happens.
    """
    try:
        observer.execute(
            "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = ANY(%s)",
            (list(processes),),
        )
        for each in processes:
            wait_for_counters(observer, each)
    except psycopg.Error:
        return


def hold_back(holder: Connection) -> None:
    """From now on, until it ends, everybody who works CONCURRENTLY waits for *holder*: it reads in an old snapshot."""
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    tables = holder.execute(statement("lockable_tables")).fetchall()
    for schema, table in tables:
        holder.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE").format(sql.Identifier(schema, table)))


def waits_for_transactions(observer: Connection, process: int) -> bool:
    """Whether the session waits for others' transactions to end, not for a row or a table."""
    row = observer.execute(
        "SELECT wait_event_type = 'Lock' AND wait_event = 'virtualxid' FROM pg_catalog.pg_stat_activity WHERE pid = %s",
        (process,),
    ).fetchone()
    return bool(row and row[0])
