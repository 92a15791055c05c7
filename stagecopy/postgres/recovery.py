"""The SQL by which a restored backup is compared with production's present rows.

Surprising: production is asked for digests only, in one plain scan of each table, and later for the rows that differ.
All joining and sorting is done by the server that holds the backup, in tables of a schema of its own: it has the disk
for them, production is not to work, and no row ever waits in our memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.catalog import sequence_states
from stagecopy.postgres.connect import Connection, staging_errors
from stagecopy.postgres.diffrows import RowSide
from stagecopy.postgres.sqlfile import statement

WORK = "stagecopy_recover"
_PLACES_AT_ONCE = 5_000
_COLUMNS = """
SELECT a.attrelid::bigint, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> ''
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
 WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
_FOREIGN_KEYS = """
SELECT k.conname, k.conrelid::bigint, k.confrelid::bigint, pg_catalog.pg_get_constraintdef(k.oid)
  FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
 ORDER BY k.conrelid, k.conname
"""
_TRIGGERS = """
SELECT t.tgrelid::bigint, t.tgname FROM pg_catalog.pg_trigger t
 WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgrelid = ANY (%s::pg_catalog.oid[])
   AND t.tgtype::int & %s > 0
 ORDER BY t.tgrelid, t.tgname
"""
INSERT, UPDATE = 4, 16  # bits of tgtype


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column as a script must know it."""

    name: str
    type: str
    generated: bool


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A foreign key, by OIDs."""

    name: str
    table: int
    target: int
    definition: str


@dataclass(frozen=True, slots=True)
class SequenceState:
    """Where a sequence stands."""

    oid: int
    schema: str
    name: str
    increment: int
    last: int
    called: bool

    @property
    def next(self) -> int:
        """The number it gives next."""
        return self.last + self.increment if self.called else self.last

    def behind(self, other: SequenceState) -> bool:
        """Whether it gives numbers again that *other* has given."""
        return self.next < other.next if self.increment > 0 else self.next > other.next


def column_facts(connection: Connection) -> dict[int, dict[str, ColumnFact]]:
    """Columns by name, by the OID of the table."""
    found: dict[int, dict[str, ColumnFact]] = {}
    for oid, name, type_, generated in connection.execute(_COLUMNS):
        found.setdefault(oid, {})[name] = ColumnFact(name, type_, generated)
    return found


def foreign_keys(connection: Connection) -> list[KeyFact]:
    """All that are declared, those made for partitions not among them."""
    return [KeyFact(*row) for row in connection.execute(_FOREIGN_KEYS)]


def firing_triggers(connection: Connection, oids: Sequence[int], event: int) -> dict[int, list[str]]:
    """Users' own triggers that fire on *event*, by table."""
    found: dict[int, list[str]] = {}
    for oid, name in connection.execute(_TRIGGERS, (list(oids), event)):
        found.setdefault(oid, []).append(name)
    return found


def sequences(connection: Connection) -> dict[tuple[str, str], SequenceState]:
    """Where every sequence stands, by schema and name."""
    rows = connection.execute(statement("diff_sequences")).fetchall()
    states = sequence_states(connection, [(oid, schema, name) for oid, schema, name, *_ in rows])
    return {
        (schema, name): SequenceState(oid, schema, name, increment, *states[oid])
        for oid, schema, name, increment, *_ in rows
    }


def clock(connection: Connection) -> object:
    """The server's time."""
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    return row[0] if row else None


def clear(ours: Connection) -> None:
    """Make the schema of the work tables, empty."""
    with staging_errors("comparing the backup"):
        ours.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(WORK)))
        ours.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(WORK)))


def pour(source: Connection, query: sql.Composable, target: Connection, table: sql.Composable) -> None:
    """COPY what *query* gives into *table* of another server."""
    out = sql.SQL("COPY ({}) TO STDOUT").format(query)
    into = sql.SQL("COPY {} FROM STDIN").format(table)
    with source.cursor() as reading, target.cursor() as writing, reading.copy(out) as rows, writing.copy(into) as sink:
        for piece in rows:
            sink.write(piece)


def _digests(side: RowSide) -> sql.Composed:
    row = side.row if side.row is not None else sql.SQL("0::pg_catalog.int8")
    query = "SELECT r.tableoid AS part, r.ctid AS place, {} AS k1, {} AS k2, {} AS digest FROM {} AS r"
    return sql.SQL(query).format(*side.key, row, side.source)


def cells(columns: Sequence[str]) -> sql.Composed:
    """Columns of the table r."""
    return sql.SQL(", ").join([sql.SQL("r.{}").format(sql.Identifier(each)) for each in columns])


def _there(column: str) -> sql.Composed:
    return sql.SQL("pg_catalog.num_nulls(r.{}) = 0").format(sql.Identifier(column))


@dataclass(frozen=True, slots=True)
class WorkTables:
    """The tables in which one comparison of one table is worked out, beside the restored backup."""

    ours: Connection
    number: int

    def name(self, letter: str) -> sql.Identifier:
        """b, p: digests of both sides; m: missing rows; c: changed ones; q: these as production has them."""
        return sql.Identifier(WORK, f"{letter}{self.number}")

    def run(self, query: str, **parts: sql.Composable) -> list[tuple[object, ...]]:
        """A statement on our side, which may name the tables by letter."""
        names = {letter: self.name(letter) for letter in "bpmcq"}
        with staging_errors("comparing the backup"):
            cursor = self.ours.execute(sql.SQL(query).format(**names, **parts))
            return cursor.fetchall() if cursor.description else []

    def load(self, before: RowSide, after: RowSide | None) -> None:
        """Digests of all rows of both sides."""
        self.run("CREATE UNLOGGED TABLE {b} AS {rows}", rows=_digests(before))
        self.run("CREATE UNLOGGED TABLE {p} (LIKE {b})")
        if after is not None:
            pour(after.connection, _digests(after), self.ours, self.name("p"))
        self.run("ANALYZE {b}")
        self.run("ANALYZE {p}")

    def meet(self, source: sql.Composable, *, keyless: bool, gone: Sequence[str]) -> tuple[int, int, int]:
        """Find rows that are missing and rows that differ. How many there are, missing and newer."""
        if keyless:
            self.run(_MISSING_COPIES)
            self.run("CREATE UNLOGGED TABLE {c} AS SELECT part, place, part AS ppart, place AS pplace FROM {b} LIMIT 0")
        else:
            self.run(_MISSING)
            here: list[sql.Composable] = [_there(each) for each in gone] or [sql.SQL("false")]
            self.run(_DIFFERING, source=source, gone=sql.SQL(" OR ").join(here))
        self.run("ANALYZE {m}")
        self.run("ANALYZE {c}")
        [[rows, other, missing]] = self.run(_COUNTS)
        assert isinstance(rows, int) and isinstance(other, int) and isinstance(missing, int)  # noqa: S101, PT018
        shared = rows - missing
        return rows, missing, other - shared

    def places(self) -> Iterator[tuple[int, list[str]]]:
        """Where the rows that differ are on production, table by table, some at once."""
        name = f"places{self.number}"
        with self.ours.transaction(), self.ours.cursor(name=name) as cursor:
            cursor.itersize = _PLACES_AT_ONCE
            query = "SELECT ppart::pg_catalog.int8, pplace::pg_catalog.text FROM {} ORDER BY ppart, pplace"
            cursor.execute(sql.SQL(query).format(self.name("c")))
            part, some = 0, list[str]()
            for here, place in cursor:
                if some and (here != part or len(some) == _PLACES_AT_ONCE):
                    yield part, some
                    some = []
                part = here
                some.append(place)
            if some:
                yield part, some


_MISSING = """
CREATE UNLOGGED TABLE {m} AS SELECT b.part, b.place, 0::pg_catalog.int8 AS there FROM {b} b
 WHERE NOT EXISTS (SELECT FROM {p} p WHERE p.k1 = b.k1 AND p.k2 = b.k2)
"""
_MISSING_COPIES = """
CREATE UNLOGGED TABLE {m} AS SELECT b.part, b.place, coalesce(p.copies, 0) AS there
  FROM (SELECT part, place, k1, k2, row_number() OVER (PARTITION BY k1, k2) AS number FROM {b}) b
  LEFT JOIN (SELECT k1, k2, count(*) AS copies FROM {p} GROUP BY k1, k2) p ON p.k1 = b.k1 AND p.k2 = b.k2
 WHERE b.number > coalesce(p.copies, 0)
"""
_DIFFERING = """
CREATE UNLOGGED TABLE {c} AS SELECT b.part, b.place, p.part AS ppart, p.place AS pplace
  FROM {b} b JOIN {p} p ON p.k1 = b.k1 AND p.k2 = b.k2 JOIN {source} AS r ON r.tableoid = b.part AND r.ctid = b.place
 WHERE b.digest <> p.digest OR {gone}
"""
_COUNTS = "SELECT (SELECT count(*) FROM {b}), (SELECT count(*) FROM {p}), (SELECT count(*) FROM {m})"


def rows_at(source: sql.Composable, columns: Sequence[str], places: Sequence[str]) -> sql.Composed:
    """Production's rows at these places, each with where it is."""
    listed = sql.Literal("{" + ",".join(f'"{each}"' for each in places) + "}")
    some = sql.SQL(", ") + cells(columns) if columns else sql.SQL("")
    query = "SELECT r.tableoid, r.ctid{} FROM {} AS r WHERE r.ctid = ANY ({}::pg_catalog.tid[])"
    return sql.SQL(query).format(some, source, listed)


def read_out(connection: Connection, query: sql.Composable) -> Iterator[bytes]:
    """COPY text of what *query* gives."""
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(query)) as rows:
        for piece in rows:
            yield bytes(piece)
