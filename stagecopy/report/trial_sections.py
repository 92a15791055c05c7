"""The sections of a trial's terminal report. Each is silent when it has nothing to say, and limited in length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from rich.table import Table
from rich.text import Text

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.model.trial import TrialResult
from stagecopy.model.wording import counted, one_line, quoted, retyped
from stagecopy.report.durations import spoken_bytes, spoken_seconds
from stagecopy.report.page import Page, cut
from stagecopy.report.papers import work
from stagecopy.report.trial_run import partial
from stagecopy.report.trial_samples import sample_rows

_MOST_TABLES = 20
_MOST_COLUMNS = 30
_MOST_SAMPLED = 5
_MOST_SCHEMA = 25
_MOST_FINDINGS = 40
_MOST_STATEMENTS = 12
_LONGEST_TEXT = 1000
_AS_MEANT = "nothing to do if this is meant"  # what goes without saying
_NAME_WIDTH = 140  # three names of 63 bytes need more, but nobody reads them
_SEVERITY_STYLES = {"error": "bold red", "warn": "yellow", "info": "dim"}
_MARKS = {"added": ("+", "green"), "dropped": ("-", "red"), "changed": ("~", "yellow"), "renamed": ("→", "cyan")}


def failure(page: Page, result: TrialResult) -> None:
    """Why the migration stopped, or why there was no trial."""
    error = result.run.error if result.run else None
    if result.run and error is not None and result.run.tool and not result.run.files and not error.sqlstate:
        page.heading(result.run.failure or "")
        page.block(page.text(cut(error.message, _LONGEST_TEXT), "red"))
    elif error is not None:
        line = f", line {error.line}" if error.line is not None else ""
        page.heading(f"the migration failed at statement {error.statement}{_of(result.run)}{line}")
        state = f" (sqlstate {error.sqlstate})" if error.sqlstate else ""  # psql's own errors have none
        page.block(page.text(f"{cut(error.message, _LONGEST_TEXT)}{state}", "red"))
        if result.run and (rest := partial(result.run)):
            page.block(page.text(rest))
        if result.effects.denied:
            page.block(page.text(f"next: {result.effects.denied}"))
    elif result.error is not None:
        page.heading("the trial failed" if result.run is None else "refused")
        page.block(page.text(f"{result.error.message} ({result.error.code})", "red"))
        if result.error.hint:
            page.block(page.text(f"next: {result.error.hint}"))


def _of(run: MigrationRun | None) -> str:
    return f" of {run.planned}" if run and run.planned is not None and run.planned > 1 else ""


def tables(page: Page, difference: Difference, *, all_tables: bool) -> None:
    """Rows before and after. Counts that are zero in every table get no column."""
    own = [each for each in difference.tables if is_bookkeeping(each.schema, each.table)]
    touched = [each for each in difference.tables if all_tables or (each.touched and each not in own)]
    if not touched:
        return
    page.heading("tables")
    counts = [name for name in ("added", "removed", "changed", "moved") if any(getattr(t, name) for t in touched)]
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    grid.add_column("", overflow="fold")
    for name in ("before", "after", *counts):
        grid.add_column(name, justify="right", no_wrap=True)
    shown = touched if all_tables else sorted(touched, key=_weight)[:_MOST_TABLES]
    for table in shown:
        cells = [_number(page, table.rows_before), _number(page, table.rows_after)]
        cells += [_number(page, getattr(table, name), "red" if name == "removed" else "") for name in counts]
        grid.add_row(page.text(_table_name(table)), *cells)
    page.block(grid)
    _rest(page, len(touched) - len(shown), "table")


def _weight(table: TableChange) -> tuple[int, int, str]:
    lost = table.removed + sum(column.lost for column in table.columns.values())
    return -lost, -(table.added + table.changed + table.moved), table.name


def _table_name(table: TableChange) -> str:
    name = quoted(table.schema, table.table)
    if table.renamed_from is not None:
        name += f" (was {table.renamed_from})"
    return cut(f"{name} ({table.change})" if table.change else name, _NAME_WIDTH)


def _number(page: Page, count: int | None, style: str = "") -> Text:
    return page.text("–" if count is None else f"{count:,}", style if count else "dim")


def columns(page: Page, difference: Difference) -> None:
    """Columns whose values were lost or changed."""
    rows = [
        (page.text(cut(quoted(table.schema, table.table, name), _NAME_WIDTH)), page.text(said, style))
        for table in sorted(difference.tables, key=_weight)
        if table.change not in ("created", "dropped")
        for name, column in table.columns.items()
        for said, style in _column_effect(column)
    ]
    if rows:
        page.heading("columns")
        page.grid(rows[:_MOST_COLUMNS], fold_last=True)
        _rest(page, len(rows) - _MOST_COLUMNS, "column")


def _column_effect(column: ColumnChange) -> Iterator[tuple[str, str]]:
    parts = []
    dropped = column.lost - column.value_to_null
    if dropped > 0:
        parts.append(f"{counted(dropped, 'value')} lost with the column")
    if column.value_to_null:
        parts.append(f"{counted(column.value_to_null, 'value')} lost to NULL")
    if column.value_to_value:
        parts.append(f"{counted(column.value_to_value, 'value')} changed")
    if column.null_to_value:
        parts.append(f"{column.null_to_value:,} NULL filled")
    if column.type_from and column.type_to and column.type_from != column.type_to:
        parts.append(f"{column.type_from} → {column.type_to}")
    if parts:
        yield ", ".join(parts), "red" if column.lost else ""


def samples(page: Page, difference: Difference, masked: Mapping[str, Sequence[str]]) -> None:
    """At most five rows of each table, as the clone holds them: what was masked stays masked."""
    sampled = [table for table in sorted(difference.tables, key=_weight) if table.samples]
    for table in sampled[:_MOST_SAMPLED]:
        hidden = masked.get(table.renamed_from or table.name) or masked.get(table.name) or ()
        note = f" (masked: {', '.join(hidden)})" if hidden else ""
        page.heading(f"samples of {quoted(table.schema, table.table)}{note}")
        page.grid(sample_rows(page, table.samples[:5]))
    _rest(page, len(sampled) - _MOST_SAMPLED, "sampled table")


def schema(page: Page, difference: Difference, *, everything: bool) -> None:
    """What the schema gained, lost and has otherwise."""
    if not difference.schema:
        return
    page.heading("schema")
    shown = difference.schema if everything else difference.schema[:_MOST_SCHEMA]
    page.grid([_schema_row(page, change) for change in shown], fold_last=True)
    _rest(page, len(difference.schema) - len(shown), "schema change")


def _schema_row(page: Page, change: SchemaChange) -> tuple[Text, ...]:
    mark, style = _MARKS[change.change]
    name = cut(retyped(change.kind, change.name), _NAME_WIDTH)
    if change.change == "renamed" and change.before:
        text = f"{cut(retyped(change.kind, change.before), _NAME_WIDTH)} → {name}"
        return page.text(mark, style), page.text(change.kind), page.text(text)
    known = [cut(one_line(text), 160) for text in (change.before, change.after) if text]
    detail = f": {' → '.join(known)}" if known else ""
    return page.text(mark, style), page.text(change.kind), page.text(f"{name}{detail}")


def findings(page: Page, result: TrialResult) -> None:
    """What the migration did, each with its remedy, if there is one."""
    told = [each for each in result.findings if not each.advises]
    if not told:
        return
    page.heading("findings")
    rows = []
    for each in told[:_MOST_FINDINGS]:
        style = _SEVERITY_STYLES[each.severity]
        rows.append((page.text(each.severity, style), page.text(f"{cut(each.message, _LONGEST_TEXT)} [{each.rule}]")))
        if each.remedy != _AS_MEANT:
            rows.append((page.text(""), page.text(f"next: {cut(each.remedy, _LONGEST_TEXT)}", "dim")))
    page.grid(rows, fold_last=True)
    _rest(page, len(told) - _MOST_FINDINGS, "finding")


def advice(page: Page, result: TrialResult) -> None:
    """How it could be written better: nothing that anybody must read before they know what it did."""
    told = [each for each in result.findings if each.advises]
    if not told:
        return
    page.heading("advice")
    rows = [
        (page.text(each.rule, "dim"), page.text(cut(f"{each.message}; {each.remedy}", _LONGEST_TEXT)))
        for each in told[:_MOST_FINDINGS]
    ]
    page.grid(rows, fold_last=True)
    _rest(page, len(told) - _MOST_FINDINGS, "suggestion")


def statements(page: Page, run: MigrationRun, *, everything: bool) -> None:
    """How long each statement took; of many, the first ones."""
    if not run.statements:
        return
    wal = f", {spoken_bytes(run.wal_bytes)} of WAL" if run.wal_bytes is not None else ""
    page.heading(f"{counted(len(run.statements), 'statement')} in {spoken_seconds(run.seconds)}{wal}")
    told = run.statements if everything else run.doing  # a tool asks a lot before it does something
    shown = told if everything else told[:_MOST_STATEMENTS]
    page.grid(row for each in shown for row in _statement_rows(page, each))
    _rest(page, len(run.statements) - len(shown), "statement")


def _statement_rows(page: Page, each: StatementRun) -> Iterator[tuple[Text, ...]]:
    """The statement; below it what it cost beside its time, where that is more than WAL."""
    yield (
        page.text(f"{each.n}", "dim"),
        page.text(spoken_seconds(each.seconds)),
        page.text("" if each.rows is None else counted(each.rows, "row")),
        page.text(cut(" ".join(each.sql[:_LONGEST_TEXT].split()), 300)),
    )
    if each.costs.rewrites or each.costs.temp_bytes:
        for part in wrap(work(each.costs.document()), max(40, page.console.width - 30)):  # a cut name says nothing
            yield page.text(""), page.text(""), page.text(""), page.text(part, "yellow")


def fidelity(page: Page, items: Sequence[Fidelity]) -> None:
    """In what the clone differs from production."""
    if items:
        page.heading("the clone differs from production")
        shown = items[:_MOST_FINDINGS]
        page.grid(
            [(page.text(each.code), page.text(cut(each.message, _LONGEST_TEXT))) for each in shown], fold_last=True
        )
        _rest(page, len(items) - len(shown), "difference")


def _rest(page: Page, count: int, noun: str) -> None:
    if count > 0:
        page.block(page.text(f"… and {counted(count, f'more {noun}')}", "dim"))
