"""All rows of a database as one number, where its files cannot be read."""

from __future__ import annotations

import hashlib

from psycopg import sql

from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors

_TABLES = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1, 2
"""
_ROWS = """
SELECT pg_catalog.count(*)::text || ' ' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(t::text, 0)), 0)::text
  FROM ONLY {} t
"""


def rows_digest(address: Address) -> str:
    """sha256 over the tables' names, the counts of their rows, and hashes of these in any order."""
    total = hashlib.sha256()
    with connect_staging(address) as connection, staging_errors("reading all rows"):
        for schema, table in connection.execute(_TABLES).fetchall():
            row = connection.execute(sql.SQL(_ROWS).format(sql.Identifier(schema, table))).fetchone()
            total.update(f"{schema}\0{table}\0{row[0] if row else ''}\n".encode())
    return total.hexdigest()
