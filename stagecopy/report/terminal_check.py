"""What `masks check` prints: what every table and column becomes, and what to think about before the next refresh."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from stagecopy.masking.checked import CheckedColumn, CheckedTable
from stagecopy.masking.odds import Collision
from stagecopy.masking.rules import KEEP
from stagecopy.model.wording import counted
from stagecopy.report.aligned import aligned, place
from stagecopy.report.page import Page

_WORTH_SAYING = 1e-9
_SHOWN = 20


def tables(page: Page, found: Sequence[CheckedTable], *, kept: bool) -> None:
    """Every table with its columns: rule, place, kind of entry. Without *kept*, kept columns are only counted."""
    for each in found:
        page.line(page.text(each.name, "bold"), page.text(f"  {_becomes(each)}"))
        shown = [column for column in each.columns if kept or column.mask != KEEP]
        aligned(page, [_column(page, column) for column in shown])


def _column(page: Page, column: CheckedColumn) -> tuple[Text, ...]:
    rule = page.text(column.rule) if column.rule else page.text("no rule", "bold red")
    stands = f"{place(column.where)} ({column.by})" if column.where else ""
    return page.text(column.name), page.text(column.type, "dim"), rule, page.text(stands, "dim")


def _becomes(table: CheckedTable) -> str:
    about = f"about {counted(table.rows, 'row')}" if table.rows else "no rows that ANALYZE knows of"
    if table.action in ("copy", "subset"):
        masked, kept = table.count(masked=True), table.count(masked=False)
        some = "a part of " if table.action == "subset" else ""
        return f"{some}{about}, {counted(masked, 'column')} masked, {kept} kept"
    return f"{about}, left behind" if table.action == "empty" else "left out altogether"


def odds(page: Page, found: Sequence[Collision]) -> None:
    """The odds that masks of unique columns meet, the worst first."""
    if not found:
        return
    page.heading("unique masked columns")
    worst = sorted(found, key=lambda each: -each.odds)[:_SHOWN]
    aligned(
        page,
        [
            (
                page.text(each.column),
                page.text(each.mask),
                page.text(f"{counted(each.rows, 'row')}, {each.bits} bits"),
                page.text(f"any two meet with a chance of {_chance(each.odds)}"),
            )
            for each in worst
        ],
    )


def _chance(odds: float) -> str:
    return f"{odds:.1g}" if odds >= _WORTH_SAYING else "less than one in a billion"
