"""Asks the extension amcheck whether indexes and tables are sound."""

from __future__ import annotations

import psycopg
from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_SCHEMA = "stagecopy_amcheck"


def amcheck(connection: Connection) -> tuple[int, list[str]] | None:
    """How many indexes were looked at, and the names of those that are not sound; None without the extension."""
    query = "SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'amcheck'"
    if connection.execute(query).fetchone() is None:
        return None
    schema = sql.Identifier(_SCHEMA)
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
    connection.execute(sql.SQL("CREATE EXTENSION amcheck SCHEMA {}").format(schema))
    check = sql.SQL("SELECT {}.bt_index_check(%s::pg_catalog.oid::pg_catalog.regclass, true)").format(schema)
    wrong = []
    indexes = connection.execute(statement("amcheck_indexes")).fetchall()
    for oid, name in indexes:
        try:
            connection.execute(check, (oid,))
        except psycopg.errors.IndexCorrupted:
            wrong.append(str(name))
    return len(indexes), wrong
