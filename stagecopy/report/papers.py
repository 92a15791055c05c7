"""What every written report of a trial shows, taken from its JSON document: in which order, and how much of it.

Surprising: HTML, Markdown and JUnit are made from the document that ``--json`` prints, not from the trial itself. So a
trial of last week reads like one of now, and no report can say another thing than the document does.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.model.wording import counted, one_line, quoted, retyped
from stagecopy.report.durations import spoken_bytes, spoken_seconds
from stagecopy.report.page import cut, visible

Document = Mapping[str, Any]
ROW_COUNTS = ("removed", "added", "changed", "moved")
_VALUES = (
    ("lost", "{} lost"),
    ("value_to_value", "{} changed"),
    ("null_to_value", "{} NULL filled"),
)
_SEVERITIES = (("error", "error"), ("warn", "warning"), ("info", "note"))
_MOST_NAMES = 5
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
    masked: Sequence[str] = ()

    @property
    def lost(self) -> int:
        """Rows that are gone."""
        return self.counts["removed"]


def told(text: object, most: int = LONGEST) -> str:
    """Any text of the document, with what steers a terminal or hides spelled out, and not without end."""
    return cut(visible(str(text)[: most + 1]), most)


def told_lines(text: object, most: int = LONGEST) -> str:
    """The same for SQL, which keeps its lines."""
    lines = str(text)[:most].replace("\r\n", "\n").strip("\n").expandtabs(4).split("\n")
    return cut("\n".join(map(visible, lines)), most)


def tally(document: Document) -> str:
    """Findings by severity: ``1 error, 4 warnings, 2 notes``; every form says it in these words."""
    found = [each["severity"] for each in document["findings"]]
    counts = [(found.count(severity), noun) for severity, noun in _SEVERITIES]
    return ", ".join(counted(count, noun) for count, noun in counts if count) or "no findings"


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
        table.get("masked") or (),
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


def effort(document: Document) -> list[tuple[str, str]]:
    """How much work it was: figures, and what they are."""
    migration = document["migration"]
    if not migration:
        return []
    count = len(migration["statements"])
    facts = [(spoken_seconds(migration["seconds"]), f"in {counted(count, 'statement')}")]
    impact = document["impact"]
    if impact["longest_exclusive_lock_seconds"]:
        facts.append((spoken_seconds(impact["longest_exclusive_lock_seconds"]), "longest exclusive lock"))
    for key, what in (("wal_bytes", "of WAL"), ("peak_disk_bytes", "of disk at its peak")):
        if impact.get(key) is not None:
            facts.append((spoken_bytes(impact[key]), what))
    return facts


def work(statement: Document) -> str:
    """What one statement did beside its rows, as far as that was measured."""
    parts = [f"rewrites {_listed(statement['rewrites'])}"] if statement.get("rewrites") else []
    if statement.get("scans"):
        parts.append(f"reads all of {_listed(statement['scans'])}")
    for key, what in (("wal_bytes", "WAL"), ("temp_bytes", "temporary files")):
        if statement.get(key):
            parts.append(f"{spoken_bytes(statement[key])} of {what}")
    return told(", ".join(parts))


def _listed(relations: Sequence[Any]) -> str:
    return ", ".join(typed(each["relation"] if isinstance(each, Mapping) else str(each)) for each in relations)


def typed(name: str) -> str:
    """``schema.table`` as one would type it."""
    return quoted(*name.split(".", 1))


def about(document: Document) -> str:
    """What was tried: the files, or the command."""
    migration = document["migration"] or {}
    if command := migration.get("command"):
        return told(shlex.join(command["argv"]), 300)
    names = [each["name"] for each in migration.get("files", ())]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return told(", ".join(names[:_MOST_NAMES]) + more, 300)


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


def schema_lines(document: Document, most: int) -> list[tuple[str, str, str, str]]:
    """Change, kind, name and what it was and is; the first *most*."""
    found = []
    for each in document["schema"][:most]:
        known = [one_line(str(each[side])[:400]) for side in ("from", "to") if each[side]]
        detail = f"was {known[0]}" if each["change"] == "renamed" and known else " → ".join(known)
        found.append((each["change"], each["kind"], told(retyped(each["kind"], each["name"]), 400), told(detail, 400)))
    return found
