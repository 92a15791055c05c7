"""A trial of the size nobody reads, and one whose every text is hostile, for the tests of reports."""

from __future__ import annotations

from dataclasses import replace

from stagecopy.model.change import ColumnChange, Difference, Sample, SchemaChange, TableChange
from stagecopy.model.findings import Fidelity, Finding
from stagecopy.model.migration import HeldLock, StatementRun
from stagecopy.model.rescue import RescueKit
from stagecopy.model.trial import TrialResult
from tests.unit.report_samples import judged, made

TABLES, COLUMNS, ROWS = 10_000, 2_000, 1_000_000


def large() -> TrialResult:
    """10,000 tables that lose rows, one of 2,000 columns of which all change, 1,000,000 changed rows."""
    wide = "x" * 200
    row: dict[str, str | None] = {f"column_{number}": wide for number in range(COLUMNS)}
    samples = tuple(Sample({"id": str(n)}, row, dict.fromkeys(row, "y")) for n in range(5))
    columns = {name: ColumnChange(changed=ROWS, value_to_value=ROWS) for name in row}
    widest = TableChange("public", "wide", ROWS, ROWS, changed=ROWS, columns=columns, samples=samples)
    gone = Sample({"id": "1"}, {"note": wide}, None)
    tables = tuple(TableChange("public", f"t{n:05}", 9, 4, removed=5, samples=(gone,) * 5) for n in range(TABLES))
    schema = tuple(
        SchemaChange("index", "dropped", f"public.i{n}", wide * 3, None, "public.wide") for n in range(TABLES)
    )
    statements = tuple(
        StatementRun(n, n, f"DELETE FROM t{n} -- {wide * 9}", 0.1, 5, "DELETE 5", started=n / 10) for n in range(100)
    )
    locks = tuple(HeldLock(f"public.t{n:05}", "AccessExclusiveLock", 0.5, n % 100, n / 10) for n in range(500))
    run = replace(made(*statements), locks=locks)
    kit = RescueKit(
        "rescue", tuple(each.name for each in tables), 10**12, proved=False, missing=tuple(each.name for each in tables)
    )
    return replace(judged(Difference((widest, *tables), schema), run), rescue=kit)


def hostile(text: str) -> TrialResult:
    """*text* wherever a database or a file can put it."""
    sample = Sample({text: text}, {text: text, "other": text}, {text: text[::-1]})
    column = ColumnChange(changed=1, value_to_value=1, lost=1, value_to_null=1, type_from=text, type_to="text")
    table = TableChange(text, text, 2, 1, text, removed=1, columns={text: column}, samples=(sample,))
    change = SchemaChange("comment", "changed", text, text, text, table.name)
    run = replace(
        made(StatementRun(1, 1, text, 1.0, 1, "UPDATE", started=1.0)),
        locks=(HeldLock(f"{text}.{text}", "AccessExclusiveLock", 0.5, 1, 1.0),),
    )
    kit = RescueKit(text, (text,), 9, proved=False, missing=(text,))
    result = judged(Difference((table,), (change,)), run)
    finding = Finding("rows-lost", "error", text, text, text)
    return replace(result, rescue=kit, fidelity=(Fidelity("x", text),), findings=(finding, *result.findings))
