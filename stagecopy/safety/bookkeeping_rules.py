"""What a migration tool writes down about itself is listed apart, never judged as somebody's data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, TableChange
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.wording import counted, quoted


def data_only(difference: Difference) -> Difference:
    """The difference without the tables of migration tools."""
    return replace(
        difference, tables=tuple(each for each in difference.tables if not is_bookkeeping(each.schema, each.table))
    )


def bookkeeping_changed(difference: Difference) -> Iterator[Finding]:
    """``bookkeeping-changed``: a warning where the tool forgets what it ran, and would run it again."""
    for table in difference.tables:
        if table.touched and is_bookkeeping(table.schema, table.table):
            forgets = bool(table.removed) or table.change == "dropped"
            severity: Severity = "warn" if forgets else "info"
            message = f"{quoted(table.schema, table.table)}, a migration tool's own list, {_what(table)}"
            remedy = "check that the tool will not run old migrations again" if forgets else "nothing to do"
            yield Finding("bookkeeping-changed", severity, table.name, message, remedy)


def _what(table: TableChange) -> str:
    if table.change in ("dropped", "created"):
        return f"is {table.change}"
    counts = (("gains", table.added), ("loses", table.removed), ("changes", table.changed))
    return ", ".join(f"{verb} {counted(count, 'row')}" for verb, count in counts if count) or "has other columns"
