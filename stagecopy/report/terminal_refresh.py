"""A refresh's last words on a terminal. The served password is not among them: ``staging psql`` needs none typed."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from stagecopy.model.refresh import RefreshedTable, RefreshResult, TableSubset
from stagecopy.model.wording import counted
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.page import Page


def refresh_summary(console: Console, result: RefreshResult) -> None:
    """A few lines: what was copied and masked, where it is served, in what it differs from production."""
    page = Page(console)
    if result.snapshot is not None:
        page.line(
            page.text("snapshot ", "bold green"),
            page.text(result.snapshot, "bold green"),
            page.text(f" made in {spoken_seconds(result.seconds)}"),
        )
        page.grid(((page.text(name, "dim"), page.text(said)) for name, said in _facts(result)), fold_last=True)
    chosen = [(table, table.subset) for table in result.tables if table.subset is not None]
    if chosen:
        page.heading("not all rows came along")
        page.grid([_chosen(page, table, subset) for table, subset in chosen], fold_last=True)
    if result.fidelity:
        page.heading("staging differs from production")
        page.grid([(page.text(each.code), page.text(each.message)) for each in result.fidelity], fold_last=True)


def _chosen(page: Page, table: RefreshedTable, subset: TableSubset) -> tuple[Text, Text, Text]:
    pulled = f" ({subset.pulled:,} pulled)" if subset.pulled else ""
    rows = f"{table.rows:,} of {counted(subset.rows_in_production, 'row')}{pulled}"
    return page.text(table.name), page.text(rows), page.text(subset.reason)


def _facts(result: RefreshResult) -> list[tuple[str, str]]:
    rows = sum(table.rows for table in result.tables)
    columns = sum(len(table.masked) for table in result.tables)
    masked_tables = sum(bool(table.masked) for table in result.tables)
    facts = [
        ("copied", f"{counted(rows, 'row')} of {counted(len(result.tables), 'table')}"),
        ("masked", f"{counted(columns, 'column')} in {counted(masked_tables, 'table')}"),
        ("backup", result.backup or "none kept (--direct)"),
    ]
    if result.personal_kept:
        kept = counted(len(result.personal_kept), "column")
        facts.append(("kept", f"{kept} that read as personal, by a catch-all: stagecopy masks check lists them"))
    if result.audit_checked:
        facts.append(("audit", f"{counted(result.audit_checked, 'value')} looked for, {result.audit_leaks:,} found"))
    if result.staging is not None:
        facts.append(("served", f"by {result.staging.engine}; look inside: stagecopy staging psql"))
    return facts
