"""Compares staging with production by SQL of its own: rows as text, definitions as PostgreSQL prints them.

Nothing of stagecopy is used here, so that a mistake in its catalog queries cannot hide itself. Rows are paired by the
primary key when it is not masked, by the order they are stored in when columns of a keyless table are masked, and
taken as a bag otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]
Row = tuple[str | None, ...]
STAND_IN = "stagecopy_owner"
_PINNED = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "search_path": "",
    "quote_all_identifiers": "off",
    "statement_timeout": "0",
}
_QUERIES = Path(__file__).with_name("database_equality.sql")


@dataclass(frozen=True)
class Relation:
    """A table with rows of its own: live columns that are not generated, primary key, topmost partitioned parent."""

    schema: str
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    root: str

    @property
    def qualified(self) -> str:
        """As personal.yaml names it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Differences:
    """What an honest look found: values that differ, and values of masked columns that do not."""

    other: tuple[str, ...]
    raw: tuple[str, ...]


def look(url: str) -> Connection:
    """A connection whose text output depends on nothing that the databases set."""
    options = " ".join(f"-c {name}={value}" for name, value in _PINNED.items())
    connection = psycopg.connect(url, options=options, client_encoding="UTF8", autocommit=True)
    if connection.info.server_version >= 140000:
        connection.execute("SET idle_session_timeout = 0")
    return connection


def queries() -> dict[str, str]:
    """The named queries about definitions: each gives (name of the object, all that defines it)."""
    parts = _QUERIES.read_text(encoding="utf-8").split("-- name: ")[1:]
    return {name: body for name, _, body in (part.partition("\n") for part in parts)}


def definitions(connection: Connection, *, superusers: Iterable[str]) -> dict[str, Counter[tuple[str, str]]]:
    """Every definition by kind. What a superuser owns in production belongs to the stand-in in staging."""
    owners = set(superusers)
    found = {}
    for kind, query in queries().items():
        rows = connection.execute(query.encode(), {"superusers": list(owners), "stand_in": STAND_IN}).fetchall()
        found[kind] = Counter((str(row[0]), str(row[1])) for row in rows)
    return found


_RELATIONS = """
SELECT n.nspname, c.relname,
       ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
                AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum)::text[],
       ARRAY(SELECT a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
                ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
              WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY a.attnum)::text[],
       (SELECT format('%s.%s', rn.nspname, r.relname)
          FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
         WHERE r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid))
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_'
 ORDER BY 1, 2
"""


def relations(connection: Connection) -> list[Relation]:
    """Every table that stores rows."""
    rows = connection.execute(_RELATIONS).fetchall()
    return [Relation(row[0], row[1], tuple(row[2]), tuple(row[3]), row[4]) for row in rows]


def compare_rows(
    production: Connection, staging: Connection, masked: Mapping[str, Iterable[str]], *, routed: Iterable[str] = ()
) -> Differences:
    """Every row of every table. *masked* names the columns that must differ, by table or by its partitioned root.

    *routed* names roots whose rows a mask moves to other partitions: those are the caller's to compare.
    """
    other: list[str] = []
    raw: list[str] = []
    for relation in [each for each in relations(production) if each.root not in set(routed)]:
        hidden = {*masked.get(relation.qualified, ()), *masked.get(relation.root, ())}
        before, after = _rows(production, relation), _rows(staging, relation)
        for pair in _pairs(relation, hidden, before, after, other):
            _compare(relation, hidden, pair, other, raw)
    return Differences(tuple(dict.fromkeys(other)), tuple(dict.fromkeys(raw)))


def _rows(connection: Connection, relation: Relation) -> list[Row]:
    columns = sql.SQL(", ").join(
        [sql.SQL("{}::pg_catalog.text").format(sql.Identifier(name)) for name in relation.columns]
    )
    table = sql.Identifier(relation.schema, relation.name)
    return connection.execute(sql.SQL("SELECT {} FROM ONLY {} ORDER BY ctid").format(columns, table)).fetchall()


def _pairs(
    relation: Relation, hidden: set[str], before: list[Row], after: list[Row], other: list[str]
) -> list[tuple[Row, Row]]:
    if len(before) != len(after):
        other.append(f"{relation.qualified}: {len(before)} rows became {len(after)}")
        return []
    if not hidden:
        if Counter(before) != Counter(after):
            other.append(f"{relation.qualified}: other rows")
        return []
    if relation.key and set(relation.key) <= set(relation.columns) - hidden:
        where = [relation.columns.index(name) for name in relation.key]
        found = {tuple(row[each] for each in where): row for row in after}
        wanted = [(row, found.get(tuple(row[each] for each in where))) for row in before]
        if any(row is None for _, row in wanted):
            other.append(f"{relation.qualified}: other keys")
        return [(row, match) for row, match in wanted if match is not None]
    return list(zip(before, after, strict=True))


def _compare(relation: Relation, hidden: set[str], pair: tuple[Row, Row], other: list[str], raw: list[str]) -> None:
    for name, old, new in zip(relation.columns, *pair, strict=True):
        if name not in hidden:
            if old != new:
                other.append(f"{relation.qualified}.{name}: another value")
        elif not old:  # NULL and '' stay, so that joins and checks on them stay
            if old != new:
                other.append(f"{relation.qualified}.{name}: nothing became something")
        elif old == new:
            raw.append(f"{relation.qualified}.{name}")


_GENERATED = """
SELECT n.nspname, c.relname, a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attgenerated = 's' AND NOT a.attisdropped AND c.relkind = 'r'
"""


def stale_generated(staging: Connection) -> list[str]:
    """Stored generated columns that are not what their expression gives."""
    stale = []
    for schema, table, column, expression in staging.execute(_GENERATED).fetchall():
        query = sql.SQL("SELECT count(*) FROM ONLY {} WHERE {} IS DISTINCT FROM ({})").format(
            sql.Identifier(schema, table), sql.Identifier(column), sql.SQL(expression)
        )
        row = staging.execute(query).fetchone()
        if row != (0,):
            stale.append(f"{schema}.{table}.{column}")
    return stale


def sequence_states(connection: Connection) -> dict[str, tuple[int, bool]]:
    """Where every sequence stands."""
    query = (
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'S'"
    )
    states = {}
    for schema, name in connection.execute(query).fetchall():
        state = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name))
        row = connection.execute(state).fetchone()
        assert row is not None
        states[f"{schema}.{name}"] = (row[0], row[1])
    return states


def superusers(*connections: Connection) -> set[str]:
    """Who may do anything on any of these servers."""
    query = "SELECT rolname FROM pg_roles WHERE rolsuper"
    return {str(name) for connection in connections for (name,) in connection.execute(query)}


def changed_definitions(production: Connection, staging: Connection) -> list[str]:
    """What is defined otherwise in staging; owners and grants are compared with the stand-in for superusers."""
    known = superusers(production, staging)
    before, after = (definitions(each, superusers=known) for each in (production, staging))
    return [
        f"{kind}: {sign} {name}: {definition}"
        for kind in before
        for sign, lines in (("-", before[kind] - after[kind]), ("+", after[kind] - before[kind]))
        for name, definition in sorted(lines)
    ]


def row_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Rows stored in each table itself."""
    counts = {}
    for relation in relations(connection):
        query = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(relation.schema, relation.name))
        row = connection.execute(query).fetchone()
        assert row is not None
        counts[relation.schema, relation.name] = int(row[0])
    return counts


def filled_matviews(connection: Connection) -> dict[tuple[str, str], Counter[Row]]:
    """The rows of every materialized view that is populated."""
    found = {}
    for name in connection.execute("SELECT schemaname, matviewname FROM pg_matviews WHERE ispopulated").fetchall():
        rows = connection.execute(sql.SQL("SELECT r::pg_catalog.text FROM {} r").format(sql.Identifier(*name)))
        found[name[0], name[1]] = Counter(rows.fetchall())
    return found
