"""Rules about values of rows that stay."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from stagecopy.model.change import TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence, local_name

# Types between which a rename is still likely. The first word or two of format_type's spelling decide.
_FAMILIES = (
    ("text", ("text", "character", "varchar", "citext", "char", "bpchar")),
    ("number", ("smallint", "integer", "bigint", "numeric", "real", "double", "money")),
    ("moment", ("timestamp", "date")),
    ("json", ("jsonb", "json")),
)


def values_lost(evidence: Evidence) -> Iterator[Finding]:
    """``values-lost``: values before, NULL or no column after. Rows that vanish are ``rows-lost``'s alone."""
    for table in evidence.standing():
        gone = {name for name, _, _ in evidence.dropped_columns(table)}
        for name, column in table.columns.items():
            if not column.lost:
                continue
            how = "the column is dropped" if name in gone else "they become NULL"
            tolerated = evidence.policy.tolerates_values(table, column.lost)
            full = quoted(table.schema, table.table, name)
            message = f"{counted(column.lost, 'value')} of {full} {_be(column.lost)} lost: {how}"
            allow = f"policy.tables, {table.name}: {{values_lost: {{rows: {column.lost}}}}}"
            remedy = f"copy the values to where they are wanted first, or allow the loss in stagecopy.yaml: {allow}"
            if tolerated:
                remedy = "nothing to do: the policy allows this loss"
            yield Finding("values-lost", "info" if tolerated else "error", f"{table.name}.{name}", message, remedy)


def column_dropped(evidence: Evidence) -> Iterator[Finding]:
    """``column-dropped``: a column goes that held nothing but NULL."""
    for table in evidence.standing():
        for name, column, _ in evidence.dropped_columns(table):
            if not column.lost:
                message = f"{quoted(table.schema, table.table, name)} is dropped; it held no value"
                remedy = "check that no program names the column any more"
                yield Finding("column-dropped", "info", f"{table.name}.{name}", message, remedy)


def likely_rename(evidence: Evidence) -> Iterator[Finding]:
    """``likely-rename``: one column goes with its values while one of like type comes, all NULL."""
    for table in evidence.standing():
        for name, column, change in evidence.dropped_columns(table):
            fresh = _all_null_additions(evidence, table, _family(column.type_from or change.before or ""))
            if not column.lost or not fresh:
                continue
            target = max(fresh, key=lambda candidate: SequenceMatcher(None, name, candidate).ratio())
            message = (
                f"{quoted(table.schema, table.table, name)} is dropped and {quoted(target)} of like type is added, "
                f"all NULL: looks like a rename, {counted(column.lost, 'value')} lost"
            )
            rename = f"ALTER TABLE {quoted(table.schema, table.table)} RENAME COLUMN {quoted(name)} TO {quoted(target)}"
            yield Finding("likely-rename", "warn", f"{table.name}.{name}", message, f"to keep the values: {rename}")


def _all_null_additions(evidence: Evidence, table: TableChange, family: str) -> list[str]:
    found = []
    for change in evidence.schema("column", "added", table=table.name):
        counts = table.columns.get(local_name(change))
        if counts is None or not counts.null_to_value:
            kind = (counts.type_to if counts else None) or change.after or ""
            if _family(kind) == family:
                found.append(local_name(change))
    return found


def _family(spelling: str) -> str:
    """The kind of a type, for likeness only: its family, else its first word without length."""
    words = spelling.lower().replace("(", " ").split()
    first = words[0] if words else ""
    return next((family for family, members in _FAMILIES if first in members), first)


def values_changed(evidence: Evidence) -> Iterator[Finding]:
    """``values-changed``: how many rows differ, and in which columns."""
    for table in evidence.standing():
        rows = max([table.changed, *(column.changed for column in table.columns.values())])
        names = [quoted(name) for name, column in table.columns.items() if column.changed]
        if rows:
            where = f" in {_some(names)}" if names else ""
            verb = "changes" if rows == 1 else "change"
            message = f"{counted(rows, 'row')} of {quoted(table.schema, table.table)} {verb}{where}"
            yield Finding("values-changed", "info", table.name, message, "compare the samples with what is meant")


def type_changed(evidence: Evidence) -> Iterator[Finding]:
    """``type-changed``: a new type altered values, which the server does without a word."""
    for table in evidence.standing():
        for name, column in table.columns.items():
            if column.type_from == column.type_to or None in (column.type_from, column.type_to):
                continue
            if column.value_to_value:
                message = (
                    f"{quoted(table.schema, table.table, name)} goes from {column.type_from} to {column.type_to}, "
                    f"which alters {counted(column.value_to_value, 'value')}"
                )
                remedy = "look for cut or rounded values in the samples; choose a type that holds them, or USING"
                yield Finding("type-changed", "warn", f"{table.name}.{name}", message, remedy)


def _some(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _be(count: int) -> str:
    return "is" if count == 1 else "are"
