"""Fills any schema with rows: values by type, keys from the tables referred to, the rest by trial and error.

Surprising: what a CHECK wants is not understood. Its literals are tried, then fewer columns; a table that takes no row
stays empty, and the next round may find its parents filled.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from stagecopy.postgres.connect import Connection

_TABLES = """
SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_' ORDER BY c.oid
"""
_COLUMNS = """
SELECT a.attnum, a.attname, b.typname, b.typcategory, b.typtype, a.attnotnull, a.atthasdef OR a.attidentity <> '',
       CASE WHEN b.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
       ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = b.oid ORDER BY enumsortorder)
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
 WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'
 ORDER BY a.attnum
"""
_KEYS = """
SELECT k.conkey, n.nspname, c.relname, ARRAY(
         SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i) JOIN pg_attribute a
             ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'f' AND k.conrelid = %s
"""
_CHECKS = "SELECT conkey, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = %s"


@dataclass(slots=True)
class _Column:
    number: int
    name: str
    type: str
    category: str
    kind: str
    required: bool
    given: bool  # by a default
    width: int | None
    labels: list[str]
    literals: list[str] = field(default_factory=list)


class Filler:
    """Rows for every table of a database, the same ones each time."""

    def __init__(self, connection: Connection, seed: int = 1) -> None:
        self._connection = connection
        self._random = random.Random(seed)  # noqa: S311 - nothing secret
        self._number = seed * 100_000

    def fill(self, rows: int = 20) -> dict[str, int]:
        """Up to *rows* rows for each table that has none; how many there came to be, by schema.table."""
        made: dict[str, int] = {}
        for _ in range(4):
            tables = self._connection.execute(_TABLES).fetchall()
            for oid, schema, table in tables:
                name = sql.Identifier(schema, table)
                if f"{schema}.{table}" not in made and not self._has_rows(name):
                    count = sum(self._insert(oid, name) for _ in range(rows))
                    made |= {f"{schema}.{table}": count} if count else {}
        return made

    def _has_rows(self, name: sql.Identifier) -> bool:
        return self._connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name)).fetchone() is not None

    def _insert(self, oid: int, name: sql.Identifier) -> bool:
        columns = self._columns(oid)
        keys = self._keys(oid, columns)
        for chosen in self._choices(columns):
            values = {each.name: self._value(each) for each in chosen} | keys
            names = sql.SQL(", ").join(map(sql.Identifier, values))
            marks = sql.SQL(", ").join(sql.Placeholder() * len(values))
            query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(name, names, marks)
            try:
                with self._connection.transaction():
                    self._connection.execute(query, list(values.values()))
            except psycopg.Error:
                continue
            return True
        return False

    def _choices(self, columns: Sequence[_Column]) -> Iterator[list[_Column]]:
        """All columns, a few times with other values; then fewer of them."""
        without_defaults = [each for each in columns if not each.given]
        yield from (without_defaults for _ in range(4))
        yield [each for each in without_defaults if each.required]
        yield list(columns)

    def _columns(self, oid: int) -> list[_Column]:
        columns = [_Column(*row) for row in self._connection.execute(_COLUMNS, (oid,))]
        for numbers, text in self._connection.execute(_CHECKS, (oid,)):
            for each in columns:
                if each.number in (numbers or ()):
                    each.literals += re.findall(r"'((?:[^']|'')*)'", text)
        return columns

    def _keys(self, oid: int, columns: list[_Column]) -> dict[str, Any]:
        """Values of a row that is there, for each foreign key; columns that they fill are taken out."""
        found: dict[str, Any] = {}
        for numbers, schema, table, names in self._connection.execute(_KEYS, (oid,)).fetchall():
            wanted = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(each)) for each in names)
            query = sql.SQL("SELECT {} FROM {} ORDER BY random() LIMIT 1").format(wanted, sql.Identifier(schema, table))
            row = self._connection.execute(query).fetchone() or [None] * len(numbers)
            mine = {each.number: each.name for each in columns}
            found |= {mine[number]: value for number, value in zip(numbers, row, strict=True) if number in mine}
        columns[:] = [each for each in columns if each.name not in found]
        return found

    def _value(self, column: _Column) -> Any:
        self._number += 1
        n = self._number
        if not column.required and self._random.random() < 0.2:
            return None
        if column.labels:
            return self._random.choice(column.labels)
        if column.literals and column.category == "S" and self._random.random() < 0.8:
            return self._random.choice(column.literals)
        if column.type in ("json", "jsonb"):
            return f'{{"n": {n}}}'
        if column.type == "uuid":
            return f"00000000-0000-4000-8000-{n:012d}"
        if column.type == "bytea":
            return b"\x00x"
        by_category = {"N": n % 30_000, "B": n % 2 == 0, "D": f"2024-0{n % 9 + 1}-1{n % 9} 10:{n % 60:02d}:00",
                       "A": "{}", "T": "1 day", "I": f"10.0.{n // 250 % 250}.{n % 250}", "R": "empty"}  # fmt: skip
        if column.category in by_category:
            return by_category[column.category]
        return f"value {n}" if column.width is None else f"{n}"[-column.width :]
