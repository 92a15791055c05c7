"""How a value is spelled for comparing: its send form where the type stayed, a common text where it did not.

Surprising: text is made with concat(), which calls the type's output function. A cast to text would strip char(n),
spell booleans differently and run a cast that the migration itself may have created, with our rights. And a value is
asked for with num_nulls(), because a composite of nulls IS NULL although a value is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from stagecopy.postgres.diffcatalog import ComparedColumn

_FAMILIES = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "money", "oid"), "exact"),
    **dict.fromkeys(("float4", "float8"), "float"),
    **dict.fromkeys(("json", "jsonb"), "json"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "time"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "char", "citext", "enum"), "text"),
    "bool": "bool",
}
_NUMBER = "pg_catalog.trim_scale({}::pg_catalog.numeric)"
_COMMON: dict[frozenset[str], str] = {
    frozenset({"exact"}): _NUMBER,
    frozenset({"float"}): "{}::pg_catalog.float8",
    frozenset({"json"}): "pg_catalog.concat({})::pg_catalog.jsonb",
    frozenset({"json", "text"}): "pg_catalog.concat({})::pg_catalog.jsonb",
}


def family(column: ComparedColumn) -> str:
    """The kind of value: exact, float, json, time, text, bool, or the type's own name."""
    return _FAMILIES.get(column.base, column.base)


def reference(column: ComparedColumn) -> sql.Composed:
    """The column, in a query whose only table is called r."""
    return sql.SQL("r.{}").format(sql.Identifier(column.name))


def present(column: ComparedColumn) -> sql.Composed:
    """Whether the row has a value there."""
    return sql.SQL("pg_catalog.num_nulls({}) = 0").format(reference(column))


def _where_present(column: ComparedColumn, form: sql.Composable) -> sql.Composed:
    return sql.SQL("CASE WHEN {} THEN {} END").format(present(column), form)


def text_form(column: ComparedColumn) -> sql.Composed:
    """The value as its type prints it."""
    return _where_present(column, sql.SQL("pg_catalog.concat({})").format(reference(column)))


def sent_form(column: ComparedColumn) -> sql.Composed:
    """The value itself for record_send, or its text where the type cannot be sent."""
    return reference(column) if column.sendable else text_form(column)


def _template(mine: ComparedColumn, other: ComparedColumn) -> str:
    families = frozenset({family(mine), family(other)})
    if families == {"exact", "float"}:  # through the shortest text, so that 2^53 + 1 is not called equal
        return _NUMBER if family(mine) == "exact" else _NUMBER.format("pg_catalog.concat({})")
    if families == {"exact", "bool"}:
        return _NUMBER if family(mine) == "exact" else _NUMBER.format("{}::pg_catalog.int4")
    if families <= {"time", "text"} and "time" in families:
        zoned = "timestamptz" in (mine.base, other.base)
        return "pg_catalog.concat({})::pg_catalog." + ("timestamptz" if zoned else "timestamp")
    if mine.base == "bpchar":
        return "pg_catalog.rtrim(pg_catalog.concat({}), ' ')"
    return _COMMON.get(families, "{}")


def common_form(mine: ComparedColumn, other: ComparedColumn) -> sql.Composed:
    """The value in a spelling both types share: equal text means equal value (0.50 = 0.5, 1 = 1::bigint)."""
    value = reference(mine)
    if mine.base == "oid":  # which is cast to no other number
        value += sql.SQL("::pg_catalog.int8")
    form = sql.SQL(_template(mine, other)).format(value)
    return _where_present(mine, sql.SQL("pg_catalog.concat({})").format(form))


def key_form(mine: ComparedColumn, other: ComparedColumn) -> sql.Composed:
    """The spelling of a key value: what the key's own equality calls equal is the same row (1 and 1.00)."""
    if mine.base == "citext" or other.base == "citext":
        return sql.SQL("pg_catalog.lower({})").format(text_form(mine))
    if mine.base in ("float4", "float8") and mine.type_oid == other.type_oid:  # adding 0 makes -0 a 0
        return sql.SQL("{} + 0").format(reference(mine))
    if mine.base in ("numeric", "bpchar"):
        return common_form(mine, other)
    return sent_form(mine) if mine.type_oid == other.type_oid else common_form(mine, other)


def digest(forms: Sequence[sql.Composable], seed: int) -> sql.Composed:
    """64 bits of the forms together. hash_record is no choice: it calls 1 and 1.00 equal."""
    return sql.SQL(
        'pg_catalog.hashtextextended(pg_catalog.record_send(ROW({}))::pg_catalog.text COLLATE pg_catalog."C", {})'
    ).format(sql.SQL(", ").join(forms), sql.Literal(seed))
