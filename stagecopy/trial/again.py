"""Holds the effects of two runs of one migration against each other: deployed once, and again after its rollback.

Surprising: that the down made a table anew is no difference here, nor where a sequence stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, SchemaChange, TableChange
from stagecopy.model.wording import quoted

Lines = dict[tuple[str, str, str], SchemaChange]


def unlike(first: Difference, second: Difference) -> tuple[str, ...]:
    """In what the second state differs from the first, in words; both are differences from the same start."""
    return (*_schema(first, second), *_tables(first, second))


def _schema(first: Difference, second: Difference) -> Iterator[str]:
    mine, other = _lines(first), _lines(second)
    for key in mine.keys() | other.keys():
        was, now = mine.get(key), other.get(key)
        kind, _, name = key
        if was is None and now is not None:
            yield f"{kind} {name} is {now.change} only the second time"
        elif now is None and was is not None:
            yield f"{kind} {name} is {was.change} only the first time"
        elif was is not None and now is not None and was.after != now.after:
            yield f"{kind} {name} comes out as another one the second time"


def _lines(difference: Difference) -> Lines:
    return {(each.kind, each.change, each.name): each for each in difference.schema}


def _tables(first: Difference, second: Difference) -> Iterator[str]:
    mine, other = _effects(first), _effects(second)
    for name in sorted(mine.keys() | other.keys()):
        was, now = mine.get(name, {}), other.get(name, {})
        for what in sorted(was.keys() | now.keys()):
            if was.get(what, 0) != now.get(what, 0):
                yield f"{name}: {what} {was.get(what, 0):,} the first time, {now.get(what, 0):,} the second"


def _effects(difference: Difference) -> dict[str, dict[str, int]]:
    tables = (each for each in difference.tables if not is_bookkeeping(each.schema, each.table) and not each.derived)
    return {quoted(each.schema, each.table): counts for each in tables if (counts := dict(_counts(each)))}


def _counts(table: TableChange) -> Iterator[tuple[str, int]]:
    if table.rows_before != table.rows_after:
        yield "rows", table.rows_after or 0
    for what, count in (("removed", table.removed), ("added", table.added), ("changed", table.changed)):
        yield f"rows {what}", count
    for name, column in table.columns.items():
        for what, count in (
            ("lost", column.lost),
            ("filled", column.null_to_value),
            ("changed", column.value_to_value),
        ):
            yield f"values of {quoted(name)} {what}", count
