"""Rules about rows that vanish or appear."""

from __future__ import annotations

import math
from collections.abc import Iterator

from stagecopy.model.change import TableChange
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.wording import counted, quoted, share
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.mentions import mentioning, spellings


def rows_lost(evidence: Evidence) -> Iterator[Finding]:
    """``rows-lost``, one finding a table. Rows put back under other keys do not make up for those removed.

    An emptied table is said in the same finding; only where the policy tolerates the loss as such does it become an
    error of its own, ``table-emptied``: no limit means "nothing left".
    """
    for table in evidence.tables():
        if not table.removed:
            continue
        tolerated = evidence.policy.tolerates_rows(table)
        emptied = table.change != "dropped" and table.rows_after == 0
        rule = "table-emptied" if tolerated and emptied else "rows-lost"
        severity: Severity = "info" if tolerated and not emptied else "error"
        message = _loss(table, emptied=emptied) + _unnamed(evidence, table) + _left_behind(evidence, table)
        yield Finding(rule, severity, table.name, message, _loss_remedy(table, severity))


def _unnamed(evidence: Evidence, table: TableChange) -> str:
    """Said where a loss comes about without a word about the table, or the one whose partition it is."""
    effects = evidence.effects
    root = effects.roots.get(table.renamed_from or table.name)
    names = [*spellings(table), *([(root.partition(".")[0], root.partition(".")[2])] if root else [])]
    if not effects.observed or any(mentioning(evidence.run, *names)):
        return ""
    return "; the migration does not name it"


def _left_behind(evidence: Evidence, table: TableChange) -> str:
    """Said where the old table goes on under another name: its rows are there, and no program looks for them."""
    if table.change != "replaced":
        return ""
    old = next((each for each in evidence.tables() if each.renamed_from == table.name and each.rows_after), None)
    if old is None:
        return ""
    return (
        f"; the old table is {quoted(old.schema, old.table)} now, and still holds {counted(old.rows_after or 0, 'row')}"
    )


def _loss(table: TableChange, *, emptied: bool) -> str:
    name, before = quoted(table.schema, table.table), table.rows_before or table.removed
    if table.change == "dropped":
        return f"{name} is dropped with all its {counted(before, 'row')}"
    if emptied and before == 1:
        return f"the only row of {name} is removed: the table is empty afterwards"
    if emptied:
        return f"all {counted(before, 'row')} of {name} are removed: the table is empty afterwards"
    removed = f"{table.removed:,} of {counted(before, 'row')} ({share(table.removed, before)}) of {name}"
    message = f"{removed} {'is' if table.removed == 1 else 'are'} removed"
    if table.keyless and table.added:
        return f"{message} and {table.added:,} added: without a key a changed row counts as one removed and one added"
    if table.added == table.removed and (retyped := _retyped_key(table)):
        return f"{message} and as many added: the type of its key changed ({retyped}), so that rows cannot be paired"
    if table.added == table.removed:
        return f"{message} and {table.added:,} other added: the count is the same, the rows are not"
    return f"{message} and {table.added:,} other added" if table.added else message


def _retyped_key(table: TableChange) -> str:
    keys = next((sample.key for sample in table.samples if sample.key), {})
    columns = ((name, table.columns.get(name)) for name in keys)
    return ", ".join(f"{quoted(name)}: {each.type_from} to {each.type_to}" for name, each in columns
                     if each and each.type_from and each.type_to)  # fmt: skip


def _loss_remedy(table: TableChange, severity: Severity) -> str:
    if severity == "info":
        return "nothing to do: the policy allows this loss"
    before = table.rows_before or table.removed
    limit = f"{{rows: {table.removed}, percent: {math.ceil(100 * table.removed / before)}}}"
    if table.change != "dropped" and table.rows_after == 0:
        return "keep the rows: narrow the statement, or copy them away first; no policy allows an empty table"
    return f"keep the rows, or allow the loss in stagecopy.yaml: policy.tables, {table.name}: {{rows_lost: {limit}}}"


def table_dropped(evidence: Evidence) -> Iterator[Finding]:
    """``table-dropped``: a table goes that held no row, or whose rows the policy lets go."""
    for table in evidence.tables():
        if table.change != "dropped" or (table.removed and not evidence.policy.tolerates_rows(table)):
            continue
        held = counted(table.removed, "row") if table.removed else "no row"
        message = f"{quoted(table.schema, table.table)} is dropped; it held {held}"
        yield Finding("table-dropped", "warn", table.name, message, "check that no program reads or writes it any more")


def rows_added(evidence: Evidence) -> Iterator[Finding]:
    """``rows-added``: for information."""
    for table in evidence.tables():
        if table.added:
            verb = "is" if table.added == 1 else "are"
            message = f"{counted(table.added, 'row')} {verb} added to {quoted(table.schema, table.table)}"
            yield Finding("rows-added", "info", table.name, message, "nothing to do if these rows are meant")
