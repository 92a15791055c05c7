"""How a value is spelled for comparing: its send form where the type stayed, a common text where it did not.

Surprising: text is made with concat(), which calls the type's output function. A cast to text would strip char(n),
spell booleans differently and run a cast that the migration itself may have created, with our rights. And a value is
asked for with num_nulls(), because a composite of nulls IS NULL although a value is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
_WHOLE_NUMBERS = ("int2", "int4", "int8", "oid")
# What record_send would call for a value of the type; called by itself it takes half the time.
_SENDS = {
    **dict.fromkeys(("int2", "int4", "int8", "oid", "float4", "float8", "text", "varchar", "bpchar", "bool"), "{}send"),
    **dict.fromkeys(("name", "bytea"), "{}send"),
    **dict.fromkeys(("numeric", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid"), "{}_send"),
    **dict.fromkeys(("json", "jsonb", "enum", "inet", "cidr", "macaddr", "bit", "varbit"), "{}_send"),
}
_COMMON: dict[frozenset[str], str] = {
    frozenset({"exact"}): _NUMBER,
    frozenset({"float"}): "{}::pg_catalog.float8",
    frozenset({"json"}): "pg_catalog.concat({})::pg_catalog.jsonb",
    frozenset({"json", "text"}): "pg_catalog.concat({})::pg_catalog.jsonb",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A value in a query whose only table is called r. ``base``: as of a column; '' is any other type."""

    value: sql.Composable
    base: str = ""

    @property
    def sent(self) -> sql.Composable | None:
        """Its bytes (NULL where there is no value), None where only record_send knows how to send it."""
        if self.base not in _SENDS:
            return None
        return sql.SQL("pg_catalog.{}({})").format(sql.Identifier(_SENDS[self.base].format(self.base)), self.value)

    @property
    def number(self) -> sql.Composable | None:
        """The value itself as a number of 64 bits, where it is one."""
        if self.base not in _WHOLE_NUMBERS:
            return None
        return sql.SQL("{}::pg_catalog.int8").format(self.value)


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


def text_form(column: ComparedColumn) -> Form:
    """The value as its type prints it."""
    return Form(_where_present(column, sql.SQL("pg_catalog.concat({})").format(reference(column))), "text")


def sent_form(column: ComparedColumn) -> Form:
    """The value itself, or its text where the type cannot be sent."""
    return Form(reference(column), column.base) if column.sendable else text_form(column)


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


def common_form(mine: ComparedColumn, other: ComparedColumn) -> Form:
    """The value in a spelling both types share: equal text means equal value (0.50 = 0.5, 1 = 1::bigint)."""
    value = reference(mine)
    if {mine.base, other.base} <= {*_WHOLE_NUMBERS}:
        return Form(sql.SQL("{}::pg_catalog.int8").format(value), "int8")
    if mine.base == "oid":  # which is cast to no other number
        value += sql.SQL("::pg_catalog.int8")
    form = sql.SQL(_template(mine, other)).format(value)
    return Form(_where_present(mine, sql.SQL("pg_catalog.concat({})").format(form)), "text")


def key_form(mine: ComparedColumn, other: ComparedColumn) -> Form:
    """The spelling of a key value: what the key's own equality calls equal is the same row (1 and 1.00)."""
    if mine.base == "citext" or other.base == "citext":
        return Form(sql.SQL("pg_catalog.lower({})").format(text_form(mine).value), "text")
    if mine.base in ("float4", "float8") and mine.type_oid == other.type_oid:  # adding 0 makes -0 a 0
        return Form(sql.SQL("{} + 0").format(reference(mine)))
    if mine.base in ("numeric", "bpchar"):
        return common_form(mine, other)
    return sent_form(mine) if mine.type_oid == other.type_oid else common_form(mine, other)


def digest(forms: Sequence[Form], seed: int) -> sql.Composed:
    """64 bits of the bytes of all forms, never NULL. hash_record of the values is no choice: it calls 1 and 1.00 equal.

    Where only one text is there, its own hash: under the collation "C" that is one of its bytes.
    """
    if len(forms) == 1 and forms[0].base == "text":
        template = 'coalesce(pg_catalog.hashtextextended({} COLLATE pg_catalog."C", {}), {})'
        return sql.SQL(template).format(forms[0].value, sql.Literal(seed), sql.Literal(~seed))
    sent = [each.sent for each in forms]
    parts = [each for each in sent if each is not None]
    others = [each.value for each, bytes_ in zip(forms, sent, strict=True) if bytes_ is None]
    if others:
        parts.append(sql.SQL("pg_catalog.record_send(ROW({}))").format(sql.SQL(", ").join(others)))
    template = "pg_catalog.hash_array_extended(ARRAY[{}]::pg_catalog.bytea[], {})"
    return sql.SQL(template).format(sql.SQL(", ").join(parts), sql.Literal(seed))
