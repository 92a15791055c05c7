"""Random changes for the block diff: every operation on every type in every kind of storage, and an oracle.

A database holds one type in all kinds of storage. A round changes some of its tables; what happened is then asked of
three: the block diff, the diff that reads everything, and both sides' rows as text, counted in Python.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from stagecopy.model.change import Difference, TableChange
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging

ROWS = 300  # about ten blocks
_TRIES = 5
Cell = tuple[str, str, str]  # operation, type, storage
Lines = Counter[str]

# A value made of i, and what must be there before. {other} values are few, so that equal ones are common.
TYPES = {
    "int": "i % 50",
    "bigint": "i * 10000000000",
    "numeric": "round(i / 3.0, i % 4)",
    "float8": "CASE i % 3 WHEN 0 THEN '-0' WHEN 1 THEN '0' ELSE i::text END",
    "text": "repeat('t' || i, i % 7)",
    "char(6)": "'a' || i % 30",
    "boolean": "i % 2 = 0",
    "timestamp": "'2024-03-31 00:30'::timestamp + i * interval '7 minutes'",
    "timestamptz": "'2024-03-31 00:30+00'::timestamptz + i * interval '7 minutes'",
    "date": "'2024-02-28'::date + i % 3",
    "interval": "CASE i % 2 WHEN 0 THEN '1 day' ELSE '24 hours' END",
    "jsonb": "jsonb_build_object('a', round(i % 5, i % 3))",
    "json": "'{\"a\": ' || i % 3 || '}'",
    "int[]": "ARRAY[i % 4, NULL]",
    "bytea": "decode(md5(i::text), 'hex')",
    "uuid": "md5(i::text)",
    "inet": "'10.0.0.' || i % 200",
    "int4range": "'[' || i || ',' || i + 5 || ')'",
    "tsvector": "'word' || i % 9 || ' other'",
    "bit(8)": "(i % 256)::bit(8)",
    "mood": "(ARRAY['sad', 'ok', 'glad'])[1 + i % 3]",
    "mood[]": "(ARRAY['{sad}', '{ok,glad}'])[1 + i % 2]",
    "pair": "ROW(i % 5, 'p' || i % 3)::text",
    "small": "i % 90",
}
STORAGES = ("keyed", "keyless", "unlogged", "partitioned", "inherited", "toasted", "quoted", "matview")
NAMES = {"partitioned": '"p"', "quoted": '"Od d"."na""me.x"', "matview": '"base"'}

# Each line is a transaction of its own. {t} the table, {v} a value of the type, {n} and {m} numbers of rows.
_OPERATIONS = {
    "insert": "INSERT INTO {t} (id, v) SELECT 10000 + {n} * 1000 + i, {v} FROM generate_series(1, 3) i",
    "fill": "INSERT INTO {t} (id, v, w) SELECT 20000 + {n} * 1000 + i, {v}, 'new' FROM generate_series(1, 90) i",
    "delete": "DELETE FROM {t} WHERE id % 97 = {n} % 97",
    "delete_most": "DELETE FROM {t} WHERE id % 10 <> {n} % 10",
    "update": "UPDATE {t} SET v = {v_of_id} WHERE id % 50 = {n} % 50",
    "update_one": "UPDATE {t} SET v = {v_of_id} WHERE id = {n}",
    "update_all": "UPDATE {t} SET v = {v_of_id}",
    "to_null": "UPDATE {t} SET v = NULL WHERE id % 40 = {n} % 40",
    "no_change": "UPDATE {t} SET v = v WHERE id % 3 = 0",
    "other_key": "UPDATE {t} SET id = id + 100000 WHERE id = {n}",
    "same_again": "WITH gone AS (DELETE FROM {t} WHERE id = {n} RETURNING *) INSERT INTO {t} SELECT * FROM gone",
    "wide": "UPDATE {t} SET w = repeat(md5(id::text), 300) WHERE id % 60 = {n} % 60",
    "lock": "SELECT count(*) FROM (SELECT 1 FROM {t} WHERE id % 5 = 0 FOR UPDATE) s",
    "truncate": "TRUNCATE {t}",
    "truncate_and_fill": "TRUNCATE {t}; INSERT INTO {t} (id, v) SELECT i, {v} FROM generate_series(1, 40) i",
    "truncate_undone": "BEGIN;; TRUNCATE {t};; ROLLBACK;; INSERT INTO {t} (id, x) VALUES (70000 + {n}, 1)",
    "undone": "BEGIN;; UPDATE {t} SET v = NULL;; ROLLBACK",
    "half_undone": "BEGIN;; DELETE FROM {t} WHERE id = {n};; SAVEPOINT s;; DELETE FROM {t};; ROLLBACK TO s;; COMMIT",
    "prepared": "BEGIN;; DELETE FROM {t} WHERE id = {n};; PREPARE TRANSACTION 'x';; COMMIT PREPARED 'x'",
    "prepared_undone": "BEGIN;; DELETE FROM {t};; PREPARE TRANSACTION 'x';; ROLLBACK PREPARED 'x'",
    "vacuum": "DELETE FROM {t} WHERE id = {n};; VACUUM {t}",
    "freeze": "VACUUM (FREEZE) {t}",
    "vacuum_full": "UPDATE {t} SET w = 'moved' WHERE id = {n};; VACUUM FULL {t}",
    "checkpoint": "UPDATE {t} SET w = 'ck' WHERE id = {n};; CHECKPOINT;; UPDATE {t} SET w = 'ck2' WHERE id = {n}",
    "hints": "DELETE FROM {t} WHERE id = {n};; SELECT count(*) FROM {t};; SELECT count(v) FROM {t}",
    "index": "CREATE INDEX ON {t} (id)",
    "new_segment": "UPDATE {t} SET w = 'seg' WHERE id = {n};; SELECT pg_switch_wal()",
    "add_constant": "ALTER TABLE {t} ADD IF NOT EXISTS n{n} int DEFAULT 7",
    "add_nothing": "ALTER TABLE {t} ADD IF NOT EXISTS o{n} text;; UPDATE {t} SET o{n} = 'x' WHERE id % 70 = 0",
    "drop_column": "ALTER TABLE {t} DROP IF EXISTS x",
    "rename_column": "ALTER TABLE {t} RENAME w TO w_{n};; ALTER TABLE {t} RENAME w_{n} TO w",
    "not_null": "ALTER TABLE {t} ALTER id SET NOT NULL",
    "to_text": "ALTER TABLE {t} ALTER y TYPE text",
    "to_numeric": "ALTER TABLE {t} ALTER z TYPE numeric",
    "synchronous_off": "SET synchronous_commit = off;; DELETE FROM {t} WHERE id = {n}",
}
_OF_TYPE = {
    "mood": {
        "rename_label": "ALTER TYPE mood RENAME VALUE 'sad' TO 'sad{n}'",
        "add_label": "ALTER TYPE mood ADD VALUE 'm{n}' BEFORE 'ok'",
    },
    "mood[]": {"rename_label": "ALTER TYPE mood RENAME VALUE 'sad' TO 'sad{n}'"},
    "pair": {
        "add_attribute": "ALTER TYPE pair ADD ATTRIBUTE c{n} int",
        "drop_attribute": "ALTER TYPE pair DROP ATTRIBUTE b",
    },
    "small": {"domain_check": "ALTER DOMAIN small ADD CHECK (VALUE < 5000 + {n})"},
    "timestamp": {"zone": "SET timezone TO 'UTC'; ALTER TABLE {t} ALTER v TYPE timestamptz"},
    "text": {"collation": 'ALTER TABLE {t} ALTER v TYPE text COLLATE "C"'},
}
_SINCE = {
    "virtual": (18, "ALTER TABLE {t} ADD IF NOT EXISTS g{n} int GENERATED ALWAYS AS (id * 2) VIRTUAL"),
    "stored": (14, "ALTER TABLE {t} ADD IF NOT EXISTS s{n} int GENERATED ALWAYS AS (id * 2) STORED"),
    "merge": (
        15,
        (
            "MERGE INTO {t} AS held USING (SELECT {n} AS k UNION SELECT 80000 + {n}) s ON held.id = s.k"
            " WHEN MATCHED THEN UPDATE SET w = 'merged' WHEN NOT MATCHED THEN INSERT (id, w) VALUES (s.k, 'come')"
        ),
    ),
}
_NOT_INHERITED = ("drop_column", "to_text", "to_numeric", "rename_column", "zone", "collation", "not_null")


def database_of(kind: str) -> str:
    """The name of the database of one type."""
    return "d_" + "".join(letter if letter.isalnum() else "_" for letter in kind)


def before(kind: str) -> str:
    """What is in the database of one type at first."""
    columns = f"(id int {{key}}, v {kind}, w text, x int, y varchar(20), z int)"
    rows = (
        f"SELECT i, ({TYPES[kind]})::{kind}, repeat('w', 180), i % 3, 'y' || i % 9, i FROM generate_series(1, {ROWS}) i"
    )
    keyed, keyless = columns.format(key="PRIMARY KEY"), columns.format(key="")
    made = [
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad'); CREATE TYPE pair AS (a int, b text)",
        "CREATE DOMAIN small AS int",
        f'CREATE TABLE keyed {keyed}; CREATE TABLE keyless {keyless}; CREATE UNLOGGED TABLE unlogged {keyed}',
        f'CREATE TABLE p {keyed} PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (150)',
        'CREATE TABLE p2 PARTITION OF p DEFAULT',
        f'CREATE TABLE parent {keyless}; CREATE TABLE inherited (PRIMARY KEY (id)) INHERITS (parent)',
        f'CREATE TABLE toasted {keyed}; ALTER TABLE toasted ALTER w SET STORAGE EXTERNAL',
        f'CREATE SCHEMA "Od d"; CREATE TABLE "Od d"."na""me.x" {keyed}; CREATE TABLE base {keyed}',
    ]  # fmt: skip
    made += [f"INSERT INTO {NAMES.get(each, each)} {rows}" for each in STORAGES]
    made += ["UPDATE toasted SET w = repeat(md5(id::text), 200) WHERE id % 4 = 0"]
    made += ["CREATE MATERIALIZED VIEW matview AS SELECT id, v, w FROM base; CREATE UNIQUE INDEX ON matview (id)"]
    return "; ".join(made)


def operations(kind: str, major: int) -> dict[str, str]:
    """All of one type, on one major."""
    later = {name: text for name, (since, text) in _SINCE.items() if major >= since}
    persistence = {"unlogged": "ALTER TABLE {t} SET UNLOGGED", "logged": "ALTER TABLE {t} SET LOGGED"}
    return {**_OPERATIONS, **later, **persistence, **_OF_TYPE.get(kind, {})}


def cells(kinds: Sequence[str], major: int) -> list[Cell]:
    """Every operation on every type in every storage that takes it."""
    return [
        (name, kind, storage)
        for kind in kinds
        for name, text in operations(kind, major).items()
        for storage in STORAGES
        if not (storage == "partitioned" and "LOGGED" in text)
        and not (storage == "inherited" and name in _NOT_INHERITED)
        and not (storage == "matview" and "ALTER v" in text)
        and not (kind == "pair" and storage == "matview" and "ATTRIBUTE" in text)
    ]


@dataclass
class Rounds:
    """Deals out cells so that each comes once before any comes twice, and counts what was done."""

    dice: random.Random
    major: int
    kinds: Sequence[str]
    done: Counter[Cell] = field(default_factory=Counter)
    refused: Counter[Cell] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    _decks: dict[str, list[Cell]] = field(default_factory=dict)

    def deal(self, kind: str, count: int) -> list[Cell]:
        """The next cells of one type."""
        deck = self._decks.setdefault(kind, [])
        while len(deck) < count:
            fresh = cells([kind], self.major)
            self.dice.shuffle(fresh)
            deck[:0] = fresh
        return [deck.pop() for _ in range(count)]

    def change(self, after: Address, dealt: Sequence[Cell]) -> None:
        """Do it. What the server refuses is undone by it, which is a case too."""
        for cell in dealt:
            try:
                self._do(after, cell)
            except psycopg.Error:
                self.refused[cell] += 1
                if self.refused[cell] <= _TRIES:  # once more later, perhaps on a new database
                    self._decks[cell[1]].insert(0, cell)
            else:
                self.done[cell] += 1

    def _do(self, after: Address, cell: Cell) -> None:
        name, kind, storage = cell
        number = self.dice.randint(1, ROWS)
        value = f"({TYPES[kind]})::{kind}" if self.dice.random() < 0.8 else f"NULL::{kind}"
        of_id = f"(SELECT {value} FROM (SELECT id + {number} AS i) s)"
        script = operations(kind, self.major)[name].format(
            t=NAMES.get(storage, storage), v=value, v_of_id=of_id, n=number
        )
        with connect_staging(after) as session:
            session.execute("SET search_path TO public")
            try:
                for part in script.split(";;"):
                    session.execute(part.encode())
                if storage == "matview":
                    how = self.dice.choice(["", "CONCURRENTLY "])
                    session.execute(f"REFRESH MATERIALIZED VIEW {how}matview".encode())
            except psycopg.Error:
                session.execute("ROLLBACK")
                raise

    def insist(self, wanted: Sequence[Cell]) -> Counter[str]:
        """The next cells dealt are these; how many of each type."""
        for cell in wanted:
            self._decks.setdefault(cell[1], []).append(cell)
        return Counter(cell[1] for cell in wanted)

    def missing(self) -> list[Cell]:
        """Cells that nobody was in."""
        return [cell for cell in cells(self.kinds, self.major) if not self.done[cell]]

    def told(self) -> str:
        """How often each operation was done on each type, in each storage, and how tables were compared."""
        lines = [f"methods: {dict(self.methods)}"]
        for part, title in ((1, "type"), (2, "storage")):
            for name in sorted({cell[0] for cell in self.done}):
                counts = Counter({cell[part]: 0 for cell in self.done})
                for cell, count in self.done.items():
                    counts[cell[part]] += count if cell[0] == name else 0
                lines.append(f"{name} by {title}: " + ", ".join(f"{key} {n}" for key, n in sorted(counts.items()) if n))
        return "\n".join(lines)


_COLUMNS = """
SELECT c.oid::bigint, n.nspname, c.relname, a.attnum, a.attname,
       a.atttypid::text || ' ' || a.atttypmod || ' ' || a.attcollation
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'm') AND n.nspname IN ('public', 'Od d') AND c.relispopulated ORDER BY 1, 4
"""
Columns = dict[int, tuple[str, str]]


def _relations(connection: Connection) -> dict[int, tuple[str, str, Columns]]:
    found: dict[int, tuple[str, str, Columns]] = {}
    for oid, schema, name, attnum, column, kind in connection.execute(_COLUMNS):
        found.setdefault(oid, (schema, name, {}))[2][attnum] = (column, kind)
    return found


def _rows(connection: Connection, relation: tuple[str, str, Columns], attnums: Sequence[int]) -> Lines:
    schema, name, columns = relation
    names = sql.SQL(", ").join(sql.Identifier(columns[attnum][0]) for attnum in attnums)
    query = sql.SQL("SELECT ROW({})::text FROM ONLY {}").format(names, sql.Identifier(schema, name))
    return Counter(text for (text,) in connection.execute(query))


def oracle(sides: tuple[Address, Address]) -> Iterator[tuple[str, int, int, bool]]:
    """Of each relation on both sides: its name, rows gone and come as text, and whether that is all that can be said.

    Columns of another type than before are left out, so there may be more changes than these.
    """
    with connect_staging(sides[0]) as mine, connect_staging(sides[1]) as other:
        before, after = _relations(mine), _relations(other)
        for oid in before.keys() & after.keys():
            old, new = before[oid][2], after[oid][2]
            both = [attnum for attnum in old if attnum in new and old[attnum][1] == new[attnum][1]]
            whole = all(attnum not in new or attnum in both for attnum in old)
            left, right = _rows(mine, before[oid], both), _rows(other, after[oid], both)
            yield f"{after[oid][0]}.{after[oid][1]}", (left - right).total(), (right - left).total(), whole


def contradictions(found: Difference, sides: tuple[Address, Address]) -> list[str]:
    """Where the diff and the oracle do not fit together."""
    changes = {each.name: each for each in found.tables}
    wrong = []
    for name, gone, come, whole in oracle(sides):
        change = changes[name]
        told = change.removed + change.added + 2 * change.changed + change.moved
        fits = told == gone + come if whole else told >= gone + come or bool(change.keyless)
        if not fits or (change.rows_after or 0) - (change.rows_before or 0) != come - gone:
            wrong.append(f"{name}: {gone} gone and {come} come, told {_short(change)}")
    return wrong


def _short(change: TableChange) -> str:
    counts = {name: getattr(change, name) for name in ("removed", "added", "changed", "moved", "method")}
    return f"{counts}"
