"""Which tables of a difference lost something that only a copy from before could bring back."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, TableChange


def losers(difference: Difference) -> Iterator[TableChange]:
    """Tables that lost rows or values; what can be made again, and migration tools' own lists, are not among them."""
    for table in difference.tables:
        lost = table.removed or any(column.lost for column in table.columns.values())
        if lost and not table.derived and not is_bookkeeping(table.schema, table.table):
            yield table


def still_lost(difference: Difference) -> tuple[str, ...]:
    """The same in words, for a difference that should have none."""
    return tuple(said for table in losers(difference) for said in _said(table))


def _said(table: TableChange) -> Iterator[str]:
    if table.removed:
        yield f"{table.removed:,} rows of {table.renamed_from or table.name}"
    for name, column in table.columns.items():
        if column.lost and table.change != "dropped":
            yield f"{column.lost:,} values of {table.renamed_from or table.name}.{name}"
