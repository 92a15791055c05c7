"""Rules about what came about beside the statements: triggers, dependants, partitions, row security, storage."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from stagecopy.model.change import TableChange
from stagecopy.model.effects import Traffic, Trigger
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.cascades import steps
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.mentions import mentioning, spellings, text_names, text_qualifies, word_in

_DEPENDANTS = ("view", "matview", "function")


def by_trigger(evidence: Evidence) -> Iterator[Finding]:
    """``by-trigger``: rows of a table, or values of a column, that no statement names and a trigger's code does."""
    explained = {step.child.name for step in steps(evidence)}
    told = set()
    for table in evidence.difference.tables:
        for trigger in _fired(evidence, table):
            for subject, message in (*_columns(evidence, table, trigger), *_others(evidence, table, trigger)):
                if subject in explained or subject in told:
                    continue
                told.add(subject)
                remedy = f"check that {quoted(*trigger.function.split('.', 1))} is meant to run for this migration"
                yield Finding("by-trigger", "info", subject, message, remedy)


def _fired(evidence: Evidence, table: TableChange) -> Iterator[Trigger]:
    before = table.renamed_from or table.name
    traffic = evidence.effects.traffic.get(before, Traffic())
    counts = {"INSERT": traffic.inserted, "UPDATE": traffic.updated, "DELETE": traffic.deleted}
    happened = {event for event, count in counts.items() if count}
    if before in evidence.effects.rewritten and table.removed and not traffic.deleted:
        happened.add("TRUNCATE")
    return (
        each
        for each in evidence.effects.triggers
        if each.table in (table.name, table.renamed_from) and each.events & happened
    )


def _columns(evidence: Evidence, table: TableChange, trigger: Trigger) -> Iterator[tuple[str, str]]:
    """Columns of the trigger's own table that only the trigger writes."""
    if not trigger.before:
        return
    texts = [each.sql for each in mentioning(evidence.run, *spellings(table))]
    for name, column in table.columns.items():
        filled = max(column.changed, column.null_to_value)
        if not filled or any(word_in(text, name) for text in texts):
            continue
        if re.search(rf'(?i)\bnew\s*\.\s*"?{re.escape(name)}"?(?![\w$])', trigger.source):
            full = quoted(table.schema, table.table, name)
            message = f"{counted(filled, 'value')} of {full} {_differ(filled)} by trigger {quoted(trigger.name)}"
            yield f"{table.name}.{name}", f"{message}; no statement names the column"


def _others(evidence: Evidence, table: TableChange, trigger: Trigger) -> Iterator[tuple[str, str]]:
    for other in evidence.difference.tables:
        rows = other.added + other.removed + other.changed
        if not rows or other.name == table.name or any(mentioning(evidence.run, *spellings(other))):
            continue
        if text_names(trigger.source, (other.schema, other.table)):
            message = (
                f"{counted(rows, 'row')} of {quoted(other.schema, other.table)} {_happened(other, rows)} "
                f"by trigger {quoted(trigger.name)} on {quoted(table.schema, table.table)}"
            )
            yield other.name, f"{message}; no statement names the table"


def _happened(table: TableChange, rows: int) -> str:
    be = "is" if rows == 1 else "are"
    if rows in (table.added, table.removed):
        return f"{be} {'added' if table.added else 'removed'}"
    return _differ(rows)


def _differ(count: int) -> str:
    return "differs" if count == 1 else "differ"


def taken_by_cascade(evidence: Evidence) -> Iterator[Finding]:
    """``taken-by-cascade``: a view or function is gone that the migration does not name."""
    for change in evidence.difference.schema if evidence.effects.observed else ():
        if change.change != "dropped" or change.kind not in _DEPENDANTS:
            continue
        schema, _, name = change.name.split("(", 1)[0].rpartition(".")
        if not any(mentioning(evidence.run, (schema, name))):
            message = f"{change.kind} {quoted(schema, name)} is dropped along with what it used; "
            message += "the migration does not name it"
            remedy = "make it again at the end of the migration, or drop it by name if nobody needs it"
            yield Finding("taken-by-cascade", "warn", change.name, message, remedy)


def partition_detached(evidence: Evidence) -> Iterator[Finding]:
    """``partition-detached``: rows are still there, but queries of the parent do not see them any more."""
    changes = {table.renamed_from or table.name: table for table in evidence.difference.tables}
    for name, parent in evidence.effects.detached.items():
        table = changes.get(name)
        rows = table.rows_after if table else None
        held = f"with its {counted(rows, 'row')}" if rows else "without a row"
        message = f"{quoted(*name.split('.', 1))} is no partition of {quoted(*parent.split('.', 1))} any more: "
        message += f"it stands alone, {held}"
        remedy = "check that nobody reads these rows through the parent, and that backups and retention know the table"
        severity: Severity = "info" if rows == 0 else "warn"
        yield Finding("partition-detached", severity, table.name if table else name, message, remedy)


def rows_moved(evidence: Evidence) -> Iterator[Finding]:
    """``rows-moved``: rows that went from one partition to another of the same table, told at its top."""
    moved: Counter[str] = Counter()
    for table in evidence.difference.tables:
        root = evidence.effects.roots.get(table.name) or evidence.effects.roots.get(table.renamed_from or "")
        moved[root or table.name] += table.moved
    for name, count in moved.items():
        if count:
            rows = (count + 1) // 2  # each left one partition and came to another
            message = f"{counted(rows, 'row')} of {quoted(*name.split('.', 1))} move to another partition; none is lost"
            yield Finding("rows-moved", "info", name, message, "nothing to do if the partitions are meant to change")


def matview_refreshed(evidence: Evidence) -> Iterator[Finding]:
    """``matview-refreshed``: its rows differ, which is no loss: they are made of those of tables."""
    for table in evidence.difference.tables:
        if table.derived and table.change is None and (table.added or table.removed or table.changed):
            counts = [f"{count:,} {verb}" for count, verb in (
                (table.removed, "removed"), (table.added, "added"), (table.changed, "changed")
            ) if count]  # fmt: skip
            message = f"rows of materialised view {quoted(table.schema, table.table)}: {', '.join(counts)}"
            yield Finding("matview-refreshed", "info", table.name, message, "nothing to do if the refresh is meant")


def rows_hidden(evidence: Evidence) -> Iterator[Finding]:
    """``rows-hidden``: the deploying role does not see all rows, and statements pass over the others in silence."""
    role = quoted(evidence.effects.role)
    for each in evidence.effects.hidden:
        name = (each.schema, each.table)
        namesakes = sum(known.endswith(f".{each.table}") for known in evidence.effects.columns)
        named = text_names if namesakes == 1 else text_qualifies  # a bare name may mean any of several tables
        if not any(named(statement.sql, name) for statement in evidence.run.statements):
            continue
        rows = f"{each.rows - each.seen:,} of {counted(each.rows, 'row')}"
        message = f"row security hides {rows} of {quoted(each.schema, each.table)} from {role}, who ran the migration"
        remedy = "deploy as a role with BYPASSRLS, or as the owner of a table without FORCE ROW LEVEL SECURITY"
        yield Finding("rows-hidden", "warn", f"{each.schema}.{each.table}", message, remedy)


def table_rewritten(evidence: Evidence) -> Iterator[Finding]:
    """``table-rewritten``: a new file for the same rows, as VACUUM FULL, CLUSTER and some ALTER TABLE make it."""
    for table in evidence.difference.tables:
        same = not (table.added or table.removed or table.changed or table.moved)
        if (
            (table.renamed_from or table.name) in evidence.effects.rewritten
            and same
            and table.rows_after
            and not table.derived
        ):
            message = f"{quoted(table.schema, table.table)} is written anew, all {counted(table.rows_after, 'row')}: "
            message += "no row differs, but nobody can use the table meanwhile, and it takes its room twice"
            yield Finding("table-rewritten", "info", table.name, message, "do it when nobody waits for the table")
