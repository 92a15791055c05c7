"""Asks what stood in a statement's way: rows that are there twice, views that read what it wanted to drop.

Only counts and names are asked for, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Reader = tuple[str, str, str, str, str, bool]  # schema, table, column or '', schema and name of the view, is it kept


def table_columns(observer: Connection, name: Sequence[str]) -> tuple[str, str, frozenset[str]] | None:
    """Schema, name and columns of the one table that *name* (with or without its schema) can mean."""
    rows = observer.execute(statement("columns_of_name"), {"name": name[-1], "schema": name[0] if name[1:] else None})
    found: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in rows:
        found.setdefault((schema, table), set()).add(column)
    return next(((*key, frozenset(columns)) for key, columns in found.items()), None) if len(found) == 1 else None


def repeated(observer: Connection, table: tuple[str, str], columns: Sequence[str]) -> tuple[int, int]:
    """How many keys stand in more than one row, and in how many rows: those without NULL, which a key lets pass."""
    names = [sql.Identifier(each) for each in columns]
    query = sql.SQL(
        "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(n), 0)::bigint FROM (SELECT pg_catalog.count(*) AS n"
        " FROM {} WHERE {} GROUP BY {} HAVING pg_catalog.count(*) > 1) doubled"
    ).format(
        sql.Identifier(*table),
        sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(name) for name in names),
        sql.SQL(", ").join(names),
    )
    row = observer.execute(query).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def readers(observer: Connection) -> tuple[Reader, ...]:
    """Every view with the tables and columns it reads."""
    return tuple((s, t, c, vs, v, kept) for s, t, c, vs, v, kept in observer.execute(statement("readers_of_columns")))
