"""The first line of a trial's report: what happens to the data, in plain words. Loss comes first and is shouted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, TableChange
from stagecopy.model.migration import MigrationRun
from stagecopy.model.wording import counted, quoted

UNCHANGED = "no data changed"


class _Part(NamedTuple):
    """One table's or column's share of a clause: how much, how it reads alone."""

    total: int
    alone: str


def headline(difference: Difference | None, run: MigrationRun | None) -> str:
    """``LOSES 565 of 565 rows of public.users; adds …``, or ``no data changed`` and why."""
    if run is None or difference is None:
        return "nothing was tried: what the migration does to the data is not known"
    counted_ones = (each for each in difference.tables if not each.derived)  # what can be made again is not lost
    tables = [each for each in counted_ones if not is_bookkeeping(each.schema, each.table)]
    losses = [_clause(_rows_lost(tables), "row", "tables"), _clause(_values_lost(tables), "value", "columns")]
    clauses = [
        _said("LOSES", ", ".join(filter(None, losses))),
        _said("changes", _clause(_changed(tables), "row", "tables")),
        _said("adds", _clause(_added(tables), "row", "tables", preposition="to")),
        _said("moves", _clause(_moved(tables), "row", "tables")),
    ]
    effect = "; ".join(filter(None, clauses))
    return f"{effect}{_after_effect(run)}" if effect else f"{UNCHANGED}{_reason(difference, run)}"


def _said(verb: str, what: str) -> str:
    return f"{verb} {what}" if what else ""


def _clause(parts: Iterable[_Part], noun: str, places: str, *, preposition: str = "of") -> str:
    """The largest part in full, a second one too, more of them as a sum."""
    ordered = sorted((part for part in parts if part.total), key=lambda part: -part.total)
    if len(ordered) <= 2:
        return ", ".join(part.alone for part in ordered)
    rest = ordered[1:]
    return (
        f"{ordered[0].alone}, {counted(sum(part.total for part in rest), noun)} {preposition} {len(rest)} more {places}"
    )


def _rows_lost(tables: Iterable[TableChange]) -> Iterable[_Part]:
    for table in tables:
        before = table.rows_before if table.rows_before is not None else table.removed
        yield _Part(table.removed, f"{table.removed:,} of {counted(before, 'row')} of {_name(table)}")


def _values_lost(tables: Iterable[TableChange]) -> Iterable[_Part]:
    for table in tables:
        for name, column in table.columns.items():
            if table.change != "dropped":
                yield _Part(column.lost, f"{counted(column.lost, 'value')} of {_name(table, name)}")


def _changed(tables: Iterable[TableChange]) -> Iterable[_Part]:
    for table in tables:
        counts = {name: each.null_to_value + each.value_to_value for name, each in table.columns.items()}
        names = [name for name, count in counts.items() if count]
        if table.change in ("created", "dropped"):
            continue
        if len(names) == 1:
            count = counts[names[0]]
            yield _Part(count, f"{counted(count, 'value')} in {_name(table, names[0])}")
        elif names:
            rows = max(table.changed, *counts.values())
            columns = ", ".join(quoted(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
            yield _Part(rows, f"{counted(rows, 'row')} of {_name(table)} ({columns})")
        elif not table.columns:
            yield _Part(table.changed, f"{counted(table.changed, 'row')} of {_name(table)}")


def _added(tables: Iterable[TableChange]) -> Iterable[_Part]:
    return (_Part(table.added, f"{counted(table.added, 'row')} to {_name(table)}") for table in tables)


def _moved(tables: Iterable[TableChange]) -> Iterable[_Part]:
    return (_Part(table.moved, f"{counted(table.moved, 'row')} of {_name(table)}") for table in tables)


def _name(table: TableChange, *column: str) -> str:
    return quoted(table.schema, table.table, *column)


def _after_effect(run: MigrationRun) -> str:
    if run.error is None:
        return ""
    if run.tool and not run.files and run.failure and not run.error.sqlstate:
        return f"; {run.failure}"
    if run.error.statement < len(run.statements):
        return f"; statement {run.error.statement} failed"
    return f" before it failed at statement {run.error.statement}"


def _reason(difference: Difference, run: MigrationRun) -> str:
    if run.error:
        return f": the migration failed at statement {run.error.statement}"
    if run.left_open:
        return ": the migration ended inside a transaction"
    if not run.statements:
        return ": the migration holds no statement"
    return f"; {counted(len(difference.schema), 'schema change')}" if difference.schema else ""
