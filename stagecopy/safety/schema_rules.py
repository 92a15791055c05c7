"""Rules about what a schema no longer has. Objects that go with their table are not named one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagecopy.model.change import SchemaChange
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence, local_name

_WEIGHTY = ("index", "constraint")
_NOUNS = {
    "PRIMARY KEY": "primary key",
    "FOREIGN KEY": "foreign key",
    "UNIQUE": "unique constraint",
    "CHECK": "check constraint",
    "EXCLUDE": "exclusion constraint",
    "NOT NULL": "not-null constraint",
    "CREATE UNIQUE INDEX": "unique index",
}
_NAMED_AT_MOST = 8
_IDENTITY = " AS IDENTITY"
_SOMETIMES = 100  # scans of an index below which nothing lives on it


def table_replaced(evidence: Evidence) -> Iterator[Finding]:
    """``table-replaced``: another table now has the name. A warning when it lacks keys or indexes of the old one."""
    for table in evidence.difference.tables:
        if table.change != "replaced":
            continue
        lacks = [each for each in _dropped(evidence) if each.table == table.name and each.kind != "column"]
        owned = _with_constraint(evidence)
        words = [
            _described(each) for each in lacks if each.kind != "index" or (each.table, local_name(each)) not in owned
        ]
        name = quoted(table.schema, table.table)
        words += [*_identities(evidence, table.name), *_memberships(evidence, name)]
        message = f"{name} is another table than before, under the same name"
        if words:
            more = f" and {len(words) - _NAMED_AT_MOST} more" if len(words) > _NAMED_AT_MOST else ""
            message += "; it lacks " + ", ".join(words[:_NAMED_AT_MOST]) + more
        severity: Severity = "warn" if any(each.kind in _WEIGHTY for each in lacks) else "info"
        remedy = "make again what it lacks, or change the table in place"
        if not words:
            remedy = "check grants, and programs that remember the old table"
        yield Finding("table-replaced", severity, table.name, message, remedy)


def index_dropped(evidence: Evidence) -> Iterator[Finding]:
    """``index-dropped``; an index that goes with its constraint, or that production lives on, is another finding."""
    owned = _with_constraint(evidence)
    for change in dropped_alone(evidence, "index"):
        if (change.table, local_name(change)) not in owned and not often_used(evidence, change):
            message = f"{_described(change)}{_of(change)} is dropped"
            remedy = "check which queries used it; if none may slow down, build its successor first (CONCURRENTLY)"
            yield Finding("index-dropped", "warn", change.name, message, remedy)


def often_used(evidence: Evidence, index: SchemaChange) -> int:
    """How often production used *index*, by its own counters; 0 where it hardly did or nobody knows."""
    usage = evidence.application.usage if evidence.application else None
    name = f"{(index.table or '').split('.', 1)[0]}.{local_name(index)}"
    scans = usage.indexes.get(name, 0) if usage else 0
    return scans if scans >= _SOMETIMES else 0


def constraint_dropped(evidence: Evidence) -> Iterator[Finding]:
    """``constraint-dropped``: from now on the server lets pass what it refused."""
    for change in dropped_alone(evidence, "constraint"):
        definition = f": {change.before}" if change.before else ""
        message = f"{_described(change)}{_of(change)} is dropped{definition}"
        remedy = "add it again at the end of the migration, unless wrong rows are meant to be possible"
        yield Finding("constraint-dropped", "warn", change.name, message, remedy)


def invalid_index(evidence: Evidence) -> Iterator[Finding]:
    """``invalid-index``: a build that broke off leaves an index that costs writes and serves no query."""
    for change in evidence.difference.schema:
        if change.kind == "index" and change.after is not None and change.after.rstrip(" )").endswith("INVALID"):
            message = f"{_described(change)}{_of(change)} is left invalid: it slows writes and serves no query"
            remedy = "drop it and build it again; IF NOT EXISTS would take the invalid one for done"
            yield Finding("invalid-index", "error", change.name, message, remedy)


def _with_constraint(evidence: Evidence) -> set[tuple[str | None, str]]:
    """Indexes that are a constraint's, which is told in their place."""
    return {(each.table, local_name(each)) for each in evidence.schema("constraint", "dropped")}


def _identities(evidence: Evidence, table: str) -> Iterator[str]:
    """Columns of *table* that no longer number its rows."""
    for each in evidence.schema("column", "changed"):
        if each.table == table and _IDENTITY in (each.before or "") and _IDENTITY not in (each.after or ""):
            yield f"identity of {quoted(local_name(each))}"


def _memberships(evidence: Evidence, name: str) -> Iterator[str]:
    """Publications that named the table of that (quoted) *name* and no longer do."""
    named = re.compile(rf"(?: FOR TABLE |, ){re.escape(name)}(?=,| WHERE | VIA |$)")
    for each in evidence.schema("setting", "changed"):
        before, after = each.before or "", each.after or ""
        if before.startswith("publication of ") and named.search(before) and not named.search(after):
            yield f"place in publication {quoted(each.name)}"


def _dropped(evidence: Evidence) -> Iterator[SchemaChange]:
    return (change for change in evidence.difference.schema if change.change == "dropped")


def dropped_alone(evidence: Evidence, kind: str) -> Iterator[SchemaChange]:
    """Dropped objects whose table stands, and that were not made again alike under whatever name."""
    gone = {table.name for table in evidence.difference.tables if table.change in ("dropped", "replaced")}
    gone |= {change.name for change in evidence.schema("table", "dropped")}
    again = {(each.table, each.after) for each in evidence.schema(kind, "added")}
    for change in evidence.schema(kind, "dropped"):
        if change.table not in gone and (change.before is None or (change.table, change.before) not in again):
            yield change


def _described(change: SchemaChange) -> str:
    """A schema object as noun and local name: ``primary key users_pkey``."""
    text = (change.before or change.after or "").upper()
    noun = next((noun for spelling, noun in _NOUNS.items() if text.startswith(spelling)), change.kind)
    return f"{noun} {quoted(local_name(change))}"


def _of(change: SchemaChange) -> str:
    return f" of {quoted(*change.table.split('.', 1))}" if change.table else ""
