"""What every written report of a trial shows, taken from its JSON document: in which order, and how much of it.

Surprising: HTML, Markdown and JUnit are made from the document that ``--json`` prints, not from the trial itself. So a
trial of last week reads like one of now, and no report can say another thing than the document does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.model.wording import counted, quoted
from stagecopy.report.durations import spoken_bytes, spoken_seconds
from stagecopy.report.page import cut, visible

Document = Mapping[str, Any]
ROW_COUNTS = ("removed", "added", "changed", "moved")
_VALUES = (
    ("lost", "{} lost"),
    ("value_to_value", "{} changed"),
    ("null_to_value", "{} NULL filled"),
)
LONGEST = 2_000  # characters of one piece of text


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table: its name as one would type it, what became of it, counts by ROW_COUNTS, columns and what they lost."""

    name: str
    note: str
    before: int | None
    after: int | None
    counts: Mapping[str, int]
    columns: Sequence[tuple[str, str, bool]]
    samples: Sequence[Mapping[str, Any]]

    @property
    def lost(self) -> int:
        """Rows that are gone."""
        return self.counts["removed"]


def told(text: object, most: int = LONGEST) -> str:
    """Any text of the document, with what steers a terminal or hides spelled out, and not without end."""
    return cut(visible(str(text)), most)


def tables(document: Document) -> list[TableRow]:
    """Those with effect on rows or values, the greatest losses first."""
    rows = [_row(each) for each in document["tables"]]
    shown = [each for each in rows if any(each.counts.values()) or each.columns or each.note]
    return sorted(shown, key=lambda each: (-each.lost, -sum(each.counts.values()), each.name))


def _row(table: Document) -> TableRow:
    note = table["change"] or ""
    if table["renamed_from"]:
        note = f"{note} was {table['renamed_from']}".strip()
    gone = table["change"] in ("created", "dropped")
    return TableRow(
        told(quoted(table["schema"], table["table"])),
        told(note),
        table["rows_before"],
        table["rows_after"],
        {name: table[name] for name in ROW_COUNTS},
        () if gone else tuple(_columns(table["columns"])),
        table["samples"],
    )


def _columns(columns: Document) -> Sequence[tuple[str, str, bool]]:
    found = []
    for name, counts in columns.items():
        parts = [text.format(f"{counts[key]:,}") for key, text in _VALUES if counts[key]]
        if counts["type_from"] and counts["type_to"] and counts["type_from"] != counts["type_to"]:
            parts.append(f"{counts['type_from']} → {counts['type_to']}")
        if parts:
            found.append((told(quoted(name)), told(", ".join(parts)), bool(counts["lost"])))
    return found


def circumstances(document: Document) -> str:
    """Who ran it, where, on which snapshot."""
    if not document["ran_as"]:
        return "nothing ran"
    where = f" on a clone ({document['engine']}) of snapshot {document['snapshot']}" if document["snapshot"] else ""
    return told(f"ran as {document['ran_as']}{where}")


def effort(document: Document) -> str:
    """How much work it was."""
    migration = document["migration"]
    if not migration:
        return ""
    parts = [f"{counted(len(migration['statements']), 'statement')} in {spoken_seconds(migration['seconds'])}"]
    impact = document["impact"]
    if impact["wal_bytes"] is not None:
        parts.append(f"{spoken_bytes(impact['wal_bytes'])} of WAL")
    if impact["longest_exclusive_lock_seconds"]:
        parts.append(f"longest exclusive lock {spoken_seconds(impact['longest_exclusive_lock_seconds'])}")
    return ", ".join(parts)


def failure(document: Document) -> str | None:
    """Why the migration stopped, or why there was no trial."""
    migration = document["migration"]
    error = migration["error"] if migration else None
    if error:
        line = f", line {error['line']}" if error["line"] is not None else ""
        state = f" (sqlstate {error['sqlstate']})" if error["sqlstate"] else ""
        return told(f"failed at statement {error['statement']}{line}: {error['message']}{state}")
    if document["error"]:
        hint = document["error"]["hint"]
        return told(document["error"]["message"] + (f"; next: {hint}" if hint else ""))
    return None


def rollback(document: Document) -> str | None:
    """What the way back brought; None where none was tried."""
    found = document["rollback"]
    if not found["tested"]:
        return None
    if found["restores"]:
        return "the way back restores everything"
    return f"the way back does not restore everything: {counted(len(found['differences']), 'difference')}"


def schema_lines(document: Document) -> list[tuple[str, str, str, str]]:
    """Change, kind, name and what it was and is."""
    found = []
    for each in document["schema"]:
        known = [str(each[side]) for side in ("from", "to") if each[side]]
        found.append((each["change"], each["kind"], told(each["name"]), told(" → ".join(known), 400)))
    return found
