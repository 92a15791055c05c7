"""Key values as text that is equal exactly where the foreign key's comparison says so.

Equality is the type's, not the text's: citext ignores case, char(n) its padding, numeric its scale; 24 hours are a day.
Read on both sides of a reference in the same form, keys can be compared outside of the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from psycopg import sql

from stagecopy.model.catalog import Column, Table

_FLOATS = {"float4", "float8"}
_FORMS: dict[str, LiteralString] = {
    # Hashes of the sort key: the only view on such a collation's equality that SQL gives.
    "collated": "(pg_catalog.hashtextextended({0}::pg_catalog.text, 0)::pg_catalog.text || '.'"
    " || pg_catalog.hashtextextended({0}::pg_catalog.text, 1)::pg_catalog.text)",
    "caseless": "pg_catalog.lower({}::pg_catalog.text)",
    "unpadded": "{}::pg_catalog.text",
    "float": "({}::pg_catalog.float8 + 0)",  # -0 is 0
    "number": "pg_catalog.trim_scale({}::pg_catalog.numeric)",
    "moment": "{}::pg_catalog.timestamptz",
    "interval": "pg_catalog.justify_interval({})",
    "raw": "{}",
}


def _form(column: Column, other: Column) -> str:
    bases = {column.base_type, other.base_type}
    if column.collation is not None or other.collation is not None:
        return "collated"
    if "citext" in bases:
        return "caseless"
    if "bpchar" in bases:
        return "unpadded"
    if bases & _FLOATS:
        return "float"
    if "numeric" in bases:
        return "number"
    if len(bases) > 1 and column.category == "D":
        return "moment"
    return "interval" if "interval" in bases else "raw"


def comparable(column: Column, other: Column) -> sql.Composed:
    """*column* in the form in which it is compared with *other*, which stands at the reference's other end."""
    return sql.SQL(_FORMS[_form(column, other)]).format(sql.Identifier(column.name))


def only_where(column: str, value: str, expression: sql.Composable) -> sql.Composed:
    """*expression* in rows where *column* has *value*, else NULL."""
    return sql.SQL("CASE WHEN {}::pg_catalog.text = {} THEN {} END").format(
        sql.Identifier(column), sql.Literal(value), expression
    )


def select_keys(table: Table, expressions: Sequence[sql.Composable]) -> sql.Composed:
    """Those of every row of *table* itself, without what inherits from it."""
    return sql.SQL("SELECT {} FROM ONLY {}").format(
        sql.SQL(", ").join(expressions), sql.Identifier(table.schema, table.name)
    )


def refers(table: Table, columns: Sequence[str], when: tuple[str, str] | None) -> sql.Composed:
    """Finds a row of *table* in which none of *columns* is NULL."""
    tests = [sql.SQL("{} IS NOT NULL").format(sql.Identifier(column)) for column in columns]
    if when is not None:
        tests.append(sql.SQL("{} IS NOT NULL").format(only_where(*when, sql.SQL("1"))))
    return sql.SQL("SELECT 1 FROM ONLY {} WHERE {} LIMIT 1").format(
        sql.Identifier(table.schema, table.name), sql.SQL(" AND ").join(tests)
    )
