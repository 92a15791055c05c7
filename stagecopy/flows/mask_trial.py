"""Finds masks that a CHECK, a domain or a type refuses, before rows are loaded: all of them, with the rule's line.

Surprising: it runs after production's schema stands in staging, because only PostgreSQL can say what a constraint
means, and on masked values only: no raw row is ever sent.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from typing import cast

from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.plan import MaskPlan, TablePlan
from stagecopy.masking.stream import MaskedStream
from stagecopy.model.catalog import Table
from stagecopy.model.server import Address
from stagecopy.production.readers import Reader
from stagecopy.staging.tryout import Breach, try_rows

SAMPLE_ROWS = 200
_FIRST_OWN_TYPE = 16384  # below stand PostgreSQL's own types, which refuse nothing that a mask of theirs puts
_HINT = "choose a mask whose values it allows (constant, null), or keep with a reason"
_NOT_NULL = "23502"


def try_masks(plan: MaskPlan, reader: Reader, address: Address, through: Mapping[int, Table]) -> None:
    """Mask some rows of every table that could refuse them, and show them to the empty tables.

    Raises UsageError ``bad-rules`` with every mask that was refused.
    """
    mistakes = Mistakes()
    for each in plan.tables.values():
        if each.action == "copy" and each.table.has_rows and _may_refuse(each):
            tried = try_rows(address, each.table, _sample(each, reader), through=through.get(each.table.oid))
            told = [told for breach in tried.breaches for told in _told(each, breach, tried.rows)]
            for _, where, what in sorted(told):
                mistakes.add(where, what, _HINT)
    mistakes.raise_any()


def _may_refuse(plan: TablePlan) -> bool:
    masked = [each for each in plan.columns if each.masked]
    numbers = {each.column.attnum for each in masked}
    if any(numbers & set(check.attnums) for check in plan.table.checks):
        return True
    return any(each.column.type_oid >= _FIRST_OWN_TYPE for each in masked)


def _sample(plan: TablePlan, reader: Reader) -> list[bytes]:
    """The first rows, masked."""
    rows = cast("Generator[bytes, None, None]", reader.rows(plan.table))
    with closing(rows):  # ends the child that reads them
        head = _head(rows)
    masked = b"".join(MaskedStream(plan).run([head]))
    return masked.splitlines(keepends=True)[:SAMPLE_ROWS]


def _head(rows: Iterable[bytes]) -> bytes:
    """Whole lines from the front."""
    held = b""
    for piece in rows:
        held += piece
        lines = held.split(b"\n", SAMPLE_ROWS)
        if len(lines) > SAMPLE_ROWS:
            return b"\n".join(lines[:SAMPLE_ROWS]) + b"\n"
    return held


def _told(plan: TablePlan, breach: tuple[Breach, int], tried: int) -> Iterator[tuple[int, str, str]]:
    """Attribute number, line of the rule, and what is wrong with it."""
    reason, rows = breach
    for each in _suspects(plan, reason):
        what = (
            f"mask {each.rule} on {plan.table.qualified}.{each.column.name} puts what {_named(reason, each)} refuses"
            f" ({rows} of {tried} rows tried)"
        )
        yield each.column.attnum, each.where, what


def _suspects(plan: TablePlan, breach: Breach) -> list[ColumnPlan]:
    """The masked columns that what was refused is about; all of them where PostgreSQL does not say."""
    masked = [each for each in plan.columns if each.masked]
    read = {number for check in plan.table.checks if check.name == breach.constraint for number in check.attnums}
    found = [
        each
        for each in masked
        if each.column.attnum in read
        or each.column.name == breach.column
        or (breach.datatype is not None and each.column.type.rpartition(".")[2].strip('"') == breach.datatype)
    ]
    return found or masked


def _named(breach: Breach, column: ColumnPlan) -> str:
    if breach.constraint and breach.datatype:
        return f"domain {breach.datatype} (constraint {breach.constraint})"
    if breach.constraint:
        return f"CHECK constraint {breach.constraint}"
    if breach.sqlstate == _NOT_NULL:
        return "NOT NULL"
    return f"its type {column.column.type}"
