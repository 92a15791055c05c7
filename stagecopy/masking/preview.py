"""A few rows of a table and what staging would get for them, masked by the very stream a refresh uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from stagecopy.masking import copytext
from stagecopy.masking.plan import TablePlan
from stagecopy.masking.stream import MaskedStream
from stagecopy.model.catalog import Table
from stagecopy.postgres.connect import Connection, production_errors


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. ``hidden``: staging would get the raw value itself."""

    raw: str | None
    masked: str | None

    @property
    def hidden(self) -> bool:
        """Whether the masked value tells the raw one; NULL and '' stay what they are, and say nothing."""
        return bool(self.masked) and self.masked == self.raw


Row = tuple[Cell, ...]


def preview_rows(connection: Connection, plan: TablePlan, count: int) -> tuple[Row, ...]:
    """Up to *count* rows of the plan's table, in the order of its columns.

    Raises ProductionError, StagingError ``mask-failed`` as a refresh would.
    """
    if not plan.columns:
        return ()
    with production_errors(f"looking at rows of {plan.table.qualified}"):
        raw = b"".join(_copied(connection, plan.table, count))
    masked = b"".join(MaskedStream(plan).run([raw]))
    width = len(plan.columns)
    return tuple(
        tuple(Cell(*pair) for pair in zip(before, after, strict=True))
        for before, after in zip(_values(raw, width), _values(masked, width), strict=True)
    )


def _copied(connection: Connection, table: Table, count: int) -> Iterator[bytes]:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.copied_columns)
    statement = sql.SQL("COPY (SELECT {} FROM ONLY {} LIMIT {}) TO STDOUT").format(
        names, sql.Identifier(table.schema, table.name), sql.Literal(count)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        yield from (bytes(piece) for piece in rows)


def _values(text: bytes, width: int) -> list[tuple[str | None, ...]]:
    if not text:
        return []
    frame = copytext.read(text, width)
    return list(
        zip(*(copytext.unescape(frame.to_series(position)).to_list() for position in range(width)), strict=True)
    )
