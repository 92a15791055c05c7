"""Rules about values of rows that stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from stagecopy.model.change import ColumnChange, ColumnDetail, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence, local_name
from stagecopy.safety.mentions import spellings, text_names, word_in

# Types between which a rename is still likely. The first word or two of format_type's spelling decide.
_FAMILIES = (
    ("text", ("text", "character", "varchar", "citext", "char", "bpchar")),
    ("number", ("smallint", "integer", "bigint", "numeric", "real", "double", "money")),
    ("moment", ("timestamp", "date")),
    ("json", ("jsonb", "json")),
)
_NOTES = 4
_DROP = re.compile(r'(?i)\bdrop\s+(?:column\s+)?(?:if\s+exists\s+)?(?:"(?:[^"]|"")+"|[\w$]+)')
_COLLATE = re.compile(r"COLLATE \S+")


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
            message = f"{_kinds(column.lost, table.details.get(name))} of {full} {_be(column.lost)} lost: {how}"
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
                f"all NULL: looks like a rename, 100 % of the values lost ({column.lost:,})"
            )
            rename = f"ALTER TABLE {quoted(table.schema, table.table)} RENAME COLUMN {quoted(name)} TO {quoted(target)}"
            yield Finding("likely-rename", "warn", f"{table.name}.{name}", message, f"to keep the values: {rename}")


def made_anew(evidence: Evidence) -> Iterator[Finding]:
    """``likely-rename`` too: a column goes and comes again under its own name, as generators widen one."""
    dropping = [each.sql for each in evidence.run.statements if _DROP.search(each.sql)]
    for table in evidence.standing() if dropping else ():
        for name, column in table.columns.items():
            if not column.lost or column.value_to_value:
                continue
            texts = (text for text in dropping if any(text_names(text, each) for each in spellings(table)))
            if not any(_drops(text, name) for text in texts):
                continue
            if any(name == gone for gone, _, _ in evidence.dropped_columns(table)):
                continue
            full = quoted(table.schema, table.table, name)
            message = (
                f"{full} is dropped and added again, all NULL: looks like another type for it, 100 % of the values "
                f"lost ({column.lost:,})"
            )
            change = f"ALTER TABLE {quoted(table.schema, table.table)} ALTER COLUMN {quoted(name)} TYPE …"
            yield Finding("likely-rename", "warn", f"{table.name}.{name}", message, f"to keep the values: {change}")


def _drops(text: str, column: str) -> bool:
    return any(word_in(found[0], column) for found in _DROP.finditer(text))


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
    """``values-changed``: how many rows differ, and in which columns; filled and replaced values apart."""
    for table in evidence.standing():
        rows = max([table.changed, *(column.changed for column in table.columns.values())])
        names = [quoted(name) for name, column in table.columns.items() if column.changed]
        if rows:
            where = f" in {_some(names)}" if names else ""
            verb = "changes" if rows == 1 else "change"
            notes = [*_mixed(table), *_generated(evidence, table)]
            apart = f" ({'; '.join(notes[:_NOTES])})" if notes else ""
            message = f"{counted(rows, 'row')} of {quoted(table.schema, table.table)} {verb}{where}{apart}"
            yield Finding("values-changed", "info", table.name, message, "compare the samples with what is meant")


def _mixed(table: TableChange) -> Iterator[str]:
    for name, column in table.columns.items():
        if column.null_to_value and column.value_to_value:
            yield f"{quoted(name)}: {column.null_to_value:,} NULL filled, {column.value_to_value:,} replaced"


def _generated(evidence: Evidence, table: TableChange) -> Iterator[str]:
    columns = evidence.effects.columns.get(table.renamed_from or table.name, {})
    for name, column in table.columns.items():
        if column.changed and columns.get(name):
            yield f"{quoted(name)} is generated: it follows the columns it is made of"


def type_changed(evidence: Evidence) -> Iterator[Finding]:
    """``type-changed``: a new type altered values, which the server does without a word."""
    for table in evidence.standing():
        for name, column in table.columns.items():
            if column.type_from == column.type_to or None in (column.type_from, column.type_to):
                continue
            if column.value_to_value:
                message = (
                    f"{quoted(table.schema, table.table, name)} goes from {column.type_from} to {column.type_to}, "
                    f"which {_altered(column, table.details.get(name))}"
                )
                remedy = "look for cut or rounded values in the samples; choose a type that holds them, or USING"
                yield Finding("type-changed", "warn", f"{table.name}.{name}", message, remedy)


def _altered(column: ColumnChange, detail: ColumnDetail | None) -> str:
    values = counted(column.value_to_value, "value")
    if detail is None or detail.largest is None:
        return f"alters {values}"
    by = f"by up to {detail.largest}" + (", each by the same" if detail.uniform else "")
    if not detail.shortened:
        return f"alters {values} {by}"
    cut = f"cuts {counted(detail.shortened, 'value')} short {by}"
    return cut if detail.shortened == column.value_to_value else f"alters {values}: it {cut}"


def collation_changed(evidence: Evidence) -> Iterator[Finding]:
    """``collation-changed``: no value differs, yet the column sorts and compares another way."""
    for change in evidence.schema("column", "changed"):
        before, after = (
            found[0] if (found := _COLLATE.search(text or "")) else "" for text in (change.before, change.after)
        )
        if before != after:
            name = quoted(*(change.table or "").split(".", 1), local_name(change))
            message = f"{name} sorts another way: {before or 'the usual collation'} becomes {after or 'the usual one'}"
            remedy = "check ORDER BY, range conditions and unique keys on it; its indexes are built anew meanwhile"
            yield Finding("collation-changed", "warn", change.name, message, remedy)


def json_keys_lost(evidence: Evidence) -> Iterator[Finding]:
    """``json-keys-lost``: json holds equal keys side by side, jsonb the last of them."""
    for table, name, detail in _details(evidence):
        if detail.keys_lost:
            rows = f"{counted(detail.keys_lost, 'value')} of {quoted(table.schema, table.table, name)}"
            verb = "holds a key" if detail.keys_lost == 1 else "hold keys"
            message = f"{rows} {verb} more than once: jsonb keeps the last, what stood before it is gone"
            remedy = "look at these documents first; write what must stay under keys of its own"
            yield Finding("json-keys-lost", "warn", f"{table.name}.{name}", message, remedy)


def values_collide(evidence: Evidence) -> Iterator[Finding]:
    """``values-collide``: values that were all different, and are no longer, as lower() and trim() make them."""
    for table, name, detail in _details(evidence):
        if not detail.collided:
            continue
        rows = counted(detail.collided, "row")
        where = f" ({'; '.join(detail.collisions)})" if detail.collisions else ""
        masked = name in evidence.effects.masked.get(table.renamed_from or table.name, ())
        doubt = "; the column is masked here, production's own values may differ" if masked else ""
        message = (
            f"the values of {quoted(table.schema, table.table, name)} were all different; now {rows} share theirs "
            f"with another{where}{doubt}"
        )
        remedy = "decide which of them stays before they look alike; a unique index would have refused them"
        yield Finding("values-collide", "warn", f"{table.name}.{name}", message, remedy)


def columns_swapped(evidence: Evidence) -> Iterator[Finding]:
    """``columns-swapped``: two columns trade their values, which counts alone do not show."""
    for table in evidence.standing():
        for one, other, rows in table.swapped:
            where = f"{quoted(one)} and {quoted(other)} of {quoted(table.schema, table.table)}"
            message = f"{where} trade their values in {counted(rows, 'row')}: swapped"
            remedy = "nothing to do if they stood the wrong way round; else check the order in the statement"
            yield Finding("columns-swapped", "warn", table.name, message, remedy)


def column_added(evidence: Evidence) -> Iterator[Finding]:
    """``column-added``: a new column, and what it holds: nothing, its default, one value, or values of their own."""
    for table in evidence.standing():
        for change in evidence.schema("column", "added", table=table.name):
            name = local_name(change)
            held = _filling(evidence, table, name)
            message = f"{quoted(table.schema, table.table, name)} is new{held}"
            remedy = "nothing to do if this is meant"
            yield Finding("column-added", "info", f"{table.name}.{name}", message, remedy)


def _filling(evidence: Evidence, table: TableChange, name: str) -> str:
    detail, count = table.details.get(name), table.columns.get(name, ColumnChange()).null_to_value
    filled = "every row has" if count == table.rows_after else f"{counted(count, 'row')} {_have(count)}"
    if evidence.effects.columns.get(table.name, {}).get(name):
        return f"; {filled} a value, computed by the server"
    if detail is None or detail.filling is None:
        return f"; {filled} a value" if count else ""
    if detail.filling == "null":
        return ", all NULL"
    has_default = any(local_name(each) == name for each in evidence.schema("default", "added", table=table.name))
    same = "its default" if has_default else "one and the same value"
    return f"; {filled} {same if detail.filling == 'same' else 'values of their own'}"


def _details(evidence: Evidence) -> Iterator[tuple[TableChange, str, ColumnDetail]]:
    return ((table, name, detail) for table in evidence.standing() for name, detail in table.details.items())


def _kinds(lost: int, detail: ColumnDetail | None) -> str:
    """``700 values (350 different)``, ``40 empty strings``, ``50 values, 40 of them empty strings,``."""
    if detail is not None and detail.emptied:
        empty = counted(detail.emptied, "empty string")
        return empty if detail.emptied == lost else f"{counted(lost, 'value')}, {empty} among them,"
    if detail is not None and detail.distinct is not None and detail.distinct <= lost:  # rows that are gone count there
        return f"{counted(lost, 'value')} ({detail.distinct:,} different)"
    return counted(lost, "value")


def _some(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"
