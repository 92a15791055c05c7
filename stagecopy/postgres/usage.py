"""Reads how a database is used: which queries it is asked, how often which index serves.

Surprising: what comes back are raw texts of production. Whoever asks for them makes them harmless before they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.failures import sqlstate_of
from stagecopy.postgres.sqlfile import statement

_SECONDS = 30
_LONGEST = 20_001  # one more than anybody keeps
_NO_ANSWER = {
    "42501": "production.url's role may not read pg_stat_statements",
    "55000": "pg_stat_statements is installed, but not loaded (shared_preload_libraries)",
    "57014": f"pg_stat_statements did not answer within {_SECONDS} s",
}
_STATEMENTS = sql.SQL("""
SELECT r.queryid, r.calls, r.query, r.role
  FROM (SELECT s.queryid, pg_catalog.sum(s.calls)::bigint AS calls, pg_catalog.min(pg_catalog.left(s.query, %(longest)s)) AS query,
               pg_catalog.min(pg_catalog.pg_get_userbyid(s.userid)) AS role,
               pg_catalog.row_number() OVER (ORDER BY pg_catalog.sum(s.calls) DESC) AS by_calls,
               pg_catalog.row_number() OVER (ORDER BY pg_catalog.sum(s.{time}) DESC) AS by_time
          FROM {view} s
         WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
         GROUP BY s.queryid) r
 WHERE r.by_calls <= %(most)s OR r.by_time <= %(most)s
 ORDER BY least(r.by_calls, r.by_time), r.queryid
""")  # noqa: E501 - as the server gets it


@dataclass(frozen=True, slots=True)
class RawStatements:
    """``rows``: id, calls, text as the server keeps it and a role, the weightiest first; those of others have no id.

    ``missing`` says why there are none.
    """

    version: str | None = None
    missing: str | None = None
    rows: tuple[tuple[int | None, int, str, str], ...] = ()


def index_scans(connection: Connection) -> tuple[dict[str, int], str | None]:
    """Scans by schema.index, and since when they are counted."""
    rows = connection.execute(statement("usage_indexes")).fetchall()
    return {name: scans for name, scans, _ in rows}, next((since for *_, since in rows), None)


def known_names(connection: Connection) -> frozenset[str]:
    """All names that a query may quote."""
    return frozenset(name for (name,) in connection.execute(statement("usage_names")))


def raw_statements(connection: Connection, *, most: int) -> RawStatements:
    """The *most* by calls and the most by time. A refusal spoils the transaction of *connection*; it is told."""
    found = connection.execute(statement("usage_view")).fetchone()
    if found is None:
        return RawStatements(missing="the extension pg_stat_statements is not installed in production's database")
    schema, version, columns = found
    time = "total_exec_time" if "total_exec_time" in columns else "total_time"
    query = _STATEMENTS.format(time=sql.Identifier(time), view=sql.Identifier(schema, "pg_stat_statements"))
    try:
        connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(_SECONDS * 1000))
        rows = connection.execute(query, {"most": most, "longest": _LONGEST}).fetchall()
    except psycopg.Error as failure:
        missing = _NO_ANSWER.get(sqlstate_of(failure))
        if missing is None:
            raise
        return RawStatements(version, missing)
    return RawStatements(version, rows=tuple(rows))
