"""Facts about the values of one column of one table: how many different ones, which are shared, what jsonb drops."""

from __future__ import annotations

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement


def distinct_values(connection: Connection, source: sql.Composable, value: sql.Composable) -> int:
    """How many different values there are; *value* is a digest, NULL where there is none."""
    return _number(connection, sql.SQL(statement("value_distinct")).format(value=value, source=source))


def all_differ(connection: Connection, source: sql.Composable, value: sql.Composable) -> bool:
    """Whether no two rows share a value."""
    row = connection.execute(sql.SQL(statement("value_unique")).format(value=value, source=source)).fetchone()
    return row is not None and row[0] == row[1]


def shared_values(
    connection: Connection, source: sql.Composable, value: sql.Composable, key: sql.Composable
) -> tuple[int, tuple[str, ...]]:
    """Rows whose value another row has too, and the keys of the first such groups."""
    query = sql.SQL(statement("value_groups")).format(value=value, source=source, key=key)
    row = connection.execute(query).fetchone() or (0, ())
    return int(row[0] or 0), tuple(row[1] or ())


def documents_cut(connection: Connection, source: sql.Composable, value: sql.Composable) -> int:
    """JSON documents of which jsonb keeps less."""
    return _number(connection, sql.SQL(statement("value_json_nodes")).format(value=value, source=source))


def _number(connection: Connection, query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
