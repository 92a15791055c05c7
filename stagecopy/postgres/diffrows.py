"""Reads the rows of one side for the diff: digests with their places, values at places.

A place is ctid as one number: block * 65536 + offset. Surprising: the server packs thousands of rows into one line, a
string of fixed width for each number of a row. A line per row would cost more on its way than the row's digests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Runs = Sequence[tuple[int, int]]  # of blocks: the first, and the one past the last
Pack = tuple[bytes | None, ...]  # places of six bytes, then strings of eight bytes a row; None: no row
_ROWS_PER_STEP = 4096  # as in diff_digests


@dataclass(frozen=True, slots=True)
class RowSide:
    """One side of a table: where to read, and the digests of key (128 bit) and row (64 bit).

    ``high``: None where ``low`` is the key itself. ``row``: None without a key, whose digest is then that of the whole
    row. ``runs``: the blocks to look through, where that is not the whole table. ``nothing``: stands for NULL.
    """

    connection: Connection
    relation: int
    source: sql.Composable
    high: sql.Composable | None
    low: sql.Composable
    row: sql.Composable | None
    nothing: int
    runs: tuple[tuple[int, int], ...] | None = None

    @property
    def keyless(self) -> bool:
        """Whether equal rows cannot be told apart."""
        return self.row is None

    @property
    def key(self) -> tuple[sql.Composable, sql.Composable]:
        """Both halves of the key digest."""
        return (self.high if self.high is not None else sql.SQL("0::pg_catalog.int8"), self.low)


def source_of(schema: str, name: str, *, with_partitions: bool) -> sql.Composed:
    """The FROM item: the table alone, or a partitioned table with what is below it."""
    only = sql.SQL("" if with_partitions else "ONLY ")
    return only + sql.Identifier(schema, name)


def _numbers(values: Sequence[int]) -> sql.Literal:
    return sql.Literal("{" + ",".join(map(str, values)) + "}")


def part_of(source: sql.Composable, runs: Runs) -> sql.Composed:
    """The FROM item of runs of blocks, each from its first to before its second number."""
    return sql.SQL(statement("diff_runs")).format(
        first=_numbers([first for first, _ in runs]), past=_numbers([past for _, past in runs]), source=source
    )


def extent(side: RowSide) -> tuple[int, bool]:
    """How many blocks there are, and whether rows can be read by runs of them."""
    query = sql.SQL(statement("diff_extent")).format(relation=sql.Literal(side.relation))
    blocks, by_runs = side.connection.execute(query).fetchone() or (0, False)
    return int(blocks), bool(by_runs)


def _packed(numbers: Sequence[sql.Composable], *, places: bool) -> dict[str, sql.Composable]:
    """The parts of a query that packs *numbers* (not NULL) of rows of r."""
    names = [sql.Identifier(f"n{index}") for index in range(len(numbers))]
    inner: list[sql.Composable] = [
        sql.SQL("{} AS {}").format(number, name) for number, name in zip(numbers, names, strict=True)
    ]
    outer: list[sql.Composable] = [
        sql.SQL("pg_catalog.string_agg(pg_catalog.int8send(held.{}), '')").format(name) for name in names
    ]
    if places:
        inner.insert(0, sql.SQL("r.ctid AS place"))
        outer.insert(0, sql.SQL("pg_catalog.string_agg(pg_catalog.tidsend(held.place), '')"))
    return {"numbers": sql.SQL(", ").join(inner), "packed": sql.SQL(", ").join(outer)}


def _of_rows(side: RowSide) -> dict[str, sql.Composable]:
    numbers = [each for each in (side.high, side.low, side.row) if each is not None]
    return {"source": side.source, **_packed(numbers, places=True)}


def packs(side: RowSide, steps: Sequence[Runs]) -> list[Pack]:
    """One pack per step, which is some runs of blocks: places, then high, low and row, those that there are."""
    runs = [run for step in steps for run in step]
    ends, end = [], 0
    for step in steps:
        end += len(step)
        ends.append(end)
    query = sql.SQL(statement("diff_packs")).format(
        begin=_numbers([end - len(step) + 1 for end, step in zip(ends, steps, strict=True)]),
        until=_numbers(ends),
        first=_numbers([first for first, _ in runs]),
        past=_numbers([past for _, past in runs]),
        **_of_rows(side),
    )
    return _lines(side, query)


def packs_of_share(side: RowSide, share: int, shares: int) -> list[Pack]:
    """The rows whose key digest is in *share* of *shares*, for relations that cannot be read by blocks."""
    query = sql.SQL(statement("diff_packs_share")).format(
        low=side.low, share=sql.Literal(share), shares=sql.Literal(shares), **_of_rows(side)
    )
    return _lines(side, query)


def _lines(side: RowSide, query: sql.Composed) -> list[Pack]:
    with side.connection.cursor(binary=True) as cursor:
        return cursor.execute(query).fetchall()


def digests_at(side: RowSide, values: Sequence[sql.Composable], places: Sequence[int]) -> list[Pack]:
    """Packs of the key digest (two numbers) and *values*, which must be numbers or NULL, of the rows at *places*."""
    nothing = sql.Literal(side.nothing)
    numbers = [*side.key, *(sql.SQL("coalesce({}, {})").format(value, nothing) for value in values)]
    query = sql.SQL(statement("diff_digests")).format(
        steps=sql.Literal((len(places) - 1) // _ROWS_PER_STEP),
        places=_array_of(places),
        source=side.source,
        **_packed(numbers, places=False),
    )
    return _lines(side, query)


def _array_of(places: Sequence[int]) -> sql.Literal:
    return sql.Literal("{" + ",".join(f'"({place >> 16},{place & 65535})"' for place in places) + "}")


def _at(side: RowSide, name: str, values: Sequence[sql.Composable], places: Sequence[int]) -> sql.Composed:
    template = "diff_samples" if name == "samples" else "diff_values"
    return sql.SQL(statement(template)).format(
        high=side.key[0],
        low=side.key[1],
        values=sql.SQL(", ").join(values),
        source=side.source,
        places=_array_of(places),
    )


def values_at(side: RowSide, values: Sequence[sql.Composable], places: Sequence[int]) -> bytes:
    """COPY text: key digest (two columns) and *values*, which must be numbers or NULL, of the rows at *places*."""
    with side.connection.cursor() as cursor, cursor.copy(_at(side, "values", values, places)) as copy:
        return b"".join(copy)


def texts_at(
    side: RowSide, values: Sequence[sql.Composable], places: Sequence[int]
) -> dict[tuple[int, int], tuple[str | None, ...]]:
    """Texts of *values* at *places* by key digest. Bytes that are no UTF-8 (SQL_ASCII databases) are replaced."""
    with side.connection.cursor() as cursor:
        cursor.execute(_at(side, "samples", values, places))
        result = cursor.pgresult
        if result is None:
            return {}
        cells = [[result.get_value(line, column) for column in range(result.nfields)] for line in range(result.ntuples)]
    texts = [[None if cell is None else cell.decode("utf-8", "replace") for cell in line] for line in cells]
    return {(int(line[0] or 0), int(line[1] or 0)): tuple(line[2:]) for line in texts}


def filled(connection: Connection, source: sql.Composable, columns: Sequence[sql.Composable]) -> list[int]:
    """Number of rows, then of values in each column."""
    counts = sql.SQL(", ").join([sql.SQL("pg_catalog.count({})").format(column) for column in columns])
    query = sql.SQL(statement("diff_filled")).format(counts=counts, source=source)
    row = connection.execute(query if columns else sql.SQL("SELECT pg_catalog.count(*) FROM {} AS r").format(source))
    return [int(count) for count in row.fetchone() or ()]
