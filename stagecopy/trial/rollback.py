"""Tells in words what a rollback does not bring back, from the difference between before and after up and down.

Surprising: not every difference takes something away. A sequence that stands further on, a materialised view with
other rows and a migration tool's own list are notes. A sequence that would give numbers of its column again is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, SequenceChange, TableChange
from stagecopy.model.rollback import Unrestored
from stagecopy.model.wording import counted, quoted

_LONGEST = 200
_LEFT, _OTHER = "left behind", "are other values"


def unrestored(difference: Difference) -> tuple[Unrestored, ...]:
    """Everything that is not as it was before: losses first."""
    own = {each.name for each in difference.tables if is_bookkeeping(each.schema, each.table)}
    tables = [each for each in difference.tables if each.name not in own and not each.derived]
    found = [left for table in tables for left in (*_rows(table), *_values(table))]
    found += [_schema(each) for each in difference.schema if (each.table or each.name) not in own]
    found += [_behind(each) for each in difference.sequences if each.behind and not each.was_behind]
    return tuple(sorted(found, key=lambda left: not left.lost))


def notes(difference: Difference) -> tuple[str, ...]:
    """Differences that take nothing from anybody."""
    return (
        *(f"sequence {each.name}: next {each.before}, now {each.after}" for each in _advanced(difference)),
        *(text for table in difference.tables for text in _noted(table)),
    )


def _advanced(difference: Difference) -> Iterator[SequenceChange]:
    told = set()
    for each in difference.sequences:
        moved = None not in (each.before, each.after) and each.before != each.after
        if moved and not (each.behind and not each.was_behind) and each.name not in told:
            told.add(each.name)
            yield each


def _noted(table: TableChange) -> Iterator[str]:
    name = quoted(table.schema, table.table)
    if is_bookkeeping(table.schema, table.table):
        if table.touched:
            yield f"{name}, a migration tool's own list, is not as it was"
    elif table.derived and (table.added or table.removed or table.changed):
        yield f"rows of materialised view {name} differ; they can be made again"
    elif table.change == "replaced":
        yield f"{name} is made anew and compared by name"
    if table.moved:
        yield f"{counted(table.moved, 'row')} of {name} in another partition than before"


def _rows(table: TableChange) -> Iterator[Unrestored]:
    name = quoted(table.schema, table.table)
    if table.removed:
        part = table.rows_before not in (None, table.removed)
        rows = f"{table.removed:,} of {table.rows_before:,} rows" if part else counted(table.removed, "row")
        yield Unrestored("rows", table.name, f"{rows} of {name} lost", table.removed, lost=True)
    if table.added:
        message = f"{counted(table.added, 'row')} of {name} left behind"
        yield Unrestored("rows", table.name, message, table.added)


def _values(table: TableChange) -> Iterator[Unrestored]:
    if table.change in ("created", "dropped"):
        return
    for column, change in table.columns.items():
        name = quoted(table.schema, table.table, column)
        for count, fate in _column(change):
            message = f"{counted(count, 'value')} of {name} {fate}"
            yield Unrestored("values", f"{table.name}.{column}", message, count, lost=fate != _LEFT)
    if table.changed and not table.columns:
        message = f"{counted(table.changed, 'row')} of {quoted(table.schema, table.table)} {_OTHER}"
        yield Unrestored("values", table.name, message, table.changed, lost=True)


def _column(change: ColumnChange) -> Iterator[tuple[int, str]]:
    counts = ((change.lost, "lost"), (change.value_to_value, _OTHER), (change.null_to_value, _LEFT))
    return ((count, fate) for count, fate in counts if count)


def _schema(change: SchemaChange) -> Unrestored:
    name = f"{change.kind} {change.name}"
    if change.change == "dropped":
        return Unrestored("schema", change.name, f"{name} is missing", lost=True)
    if change.change == "added":
        return Unrestored("schema", change.name, f"{name} left behind")
    if change.change == "renamed":
        return Unrestored("schema", change.name, f"{name} was called {change.before}")
    was, now = (_short(text) for text in (change.before, change.after))
    return Unrestored("schema", change.name, f"{name} was {was}, is {now}")


def _behind(sequence: SequenceChange) -> Unrestored:
    message = f"sequence {sequence.name} would give numbers again that stand in {sequence.column}"
    return Unrestored("sequence", sequence.name, message)


def _short(text: str | None) -> str:
    flat = " ".join((text or "nothing").split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
