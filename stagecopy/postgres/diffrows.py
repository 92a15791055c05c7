"""Reads the rows of one side for the diff: bucket sums, digests with their places, values at places.

A place is ctid as one number: block * 65536 + offset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

ROW_BYTES = 48  # of one streamed row: field count, then ctid and three int8, each behind its length
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
_CHUNK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class RowSide:
    """One side of a table: where to read, and the digests of key (128 bit) and row (64 bit).

    ``part``: the rows to look through, where that is not the whole table.
    """

    connection: Connection
    source: sql.Composable
    high: sql.Composable
    low: sql.Composable
    row: sql.Composable
    keyless: bool  # the key digest is that of the whole row
    part: sql.Composable | None = None

    @property
    def rows(self) -> sql.Composable:
        """The FROM item of what is looked through."""
        return self.source if self.part is None else self.part


def source_of(schema: str, name: str, *, with_partitions: bool) -> sql.Composed:
    """The FROM item: the table alone, or a partitioned table with what is below it."""
    only = sql.SQL("" if with_partitions else "ONLY ")
    return only + sql.Identifier(schema, name)


def part_of(source: sql.Composable, runs: Sequence[tuple[int, int]]) -> sql.Composed:
    """The FROM item of runs of blocks, each from its first to before its second number."""

    def numbers(values: Sequence[int]) -> sql.Literal:
        return sql.Literal("{" + ",".join(map(str, values)) + "}")

    return sql.SQL(statement("diff_runs")).format(
        first=numbers([first for first, _ in runs]), past=numbers([past for _, past in runs]), source=source
    )


def bucket_sums(side: RowSide, mask: int) -> dict[int, tuple[int, str]]:
    """Rows and sum of row digests per bucket of key digests."""
    query = sql.SQL(statement("diff_buckets")).format(
        mask=sql.Literal(mask),
        bucket=side.high,
        row=side.high if side.keyless else side.row,
        source=side.rows,
        fence=sql.SQL("OFFSET 0" if side.keyless else ""),  # the same expression twice: compute it once
    )
    return {bucket: (rows, total) for bucket, rows, total in side.connection.execute(query)}


def within(side: RowSide, buckets: Sequence[int], mask: int) -> sql.Composed:
    """The condition that a row falls into one of *buckets*: a bitmap, so that its cost does not grow with them."""
    bitmap = bytearray((mask + 1) // 8)
    for bucket in buckets:
        bitmap[bucket >> 3] |= 1 << (bucket & 7)
    return sql.SQL("pg_catalog.get_bit({}, ({} & {})::int) = 1").format(
        sql.Literal(bytes(bitmap)), side.high, sql.Literal(mask)
    )


def stream(side: RowSide, chosen: sql.Composable) -> Iterator[bytes]:
    """Chunks of whole rows of ROW_BYTES: ctid, high, low, row in COPY's binary framing."""
    query = sql.SQL(statement("diff_stream")).format(
        high=side.high, low=side.low, row=side.row, source=side.rows, chosen=chosen
    )
    pending = bytearray()
    head = _HEADER_BYTES
    with side.connection.cursor() as cursor, cursor.copy(query) as copy:
        for data in copy:
            pending += data
            if len(pending) >= _CHUNK_BYTES:
                end = head + (len(pending) - head) // ROW_BYTES * ROW_BYTES
                yield bytes(pending[head:end])
                del pending[:end]
                head = 0
    yield bytes(pending[head : len(pending) - _TRAILER_BYTES])


def _array_of(places: Sequence[int]) -> sql.Literal:
    return sql.Literal("{" + ",".join(f'"({place >> 16},{place & 65535})"' for place in places) + "}")


def _at(side: RowSide, name: str, values: Sequence[sql.Composable], places: Sequence[int]) -> sql.Composed:
    template = "diff_samples" if name == "samples" else "diff_values"
    return sql.SQL(statement(template)).format(
        high=side.high,
        low=side.low,
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
