"""Why one column becomes what it becomes: every rule that speaks of it, in the order in which they win."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stagecopy.errors import UsageError
from stagecopy.masking.coverage import Coverage
from stagecopy.masking.identifiers import TableName, glob_matches, parse_column_of, parse_table, table_key
from stagecopy.masking.rules import Decision, PatternRule, TableRule
from stagecopy.model.catalog import Catalog, Column, Table
from stagecopy.yamlfile import nearest

_LISTED = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """One rule that speaks of the column. ``step`` is the rung of precedence it stands on."""

    step: str
    entry: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Explained:
    """One column: the rules that speak of it, best first, and the one that serves it in the end."""

    table: Table
    column: Column
    candidates: tuple[Candidate, ...]
    rule: Decision | None
    key: str | None  # the key column whose rule it is, where it is not its own
    members: tuple[str, ...]  # of its equality class, itself aside
    unique: tuple[str, ...]  # indexes
    action: str  # what happens to the rows of the table: copy, subset, empty, skip

    @property
    def name(self) -> str:
        """``schema.table.column``."""
        return f"{self.table.qualified}.{self.column.name}"


def find_column(catalog: Catalog, text: str) -> tuple[Table, Column]:
    """The column that *text* names. Raises UsageError ``no-such-column`` or ``no-such-table`` with the nearest."""
    try:
        name, wanted = parse_column_of(text)
    except ValueError as failure:
        raise UsageError("no-such-column", str(failure), hint="write schema.table.column") from None
    table = _table(catalog, name)
    column = table.column(wanted)
    if column is None:
        close = nearest(wanted, [each.name for each in table.columns])
        listed = ", ".join(each.name for each in table.columns[:_LISTED])
        hint = f"did you mean {table.qualified}.{close}?" if close else f"its columns are {listed}"
        raise UsageError("no-such-column", f"{table.qualified} has no column {wanted}", hint=hint)
    return table, column


def find_table(catalog: Catalog, text: str) -> Table:
    """The table that *text* names. Raises UsageError ``no-such-table`` with the nearest one."""
    try:
        name = parse_table(text)
    except ValueError as failure:
        raise UsageError("no-such-table", str(failure), hint="write schema.table") from None
    return _table(catalog, name)


def _table(catalog: Catalog, name: TableName) -> Table:
    schema, table = name.schema.text, name.table.text
    found = next((each for each in catalog.tables if (each.schema, each.name) == (schema, table)), None)
    if found is None:
        close = nearest(f"{schema}.{table}", [each.qualified for each in catalog.tables])
        hint = f"did you mean {close}?" if close else "names are case-sensitive; without a schema public is meant"
        raise UsageError("no-such-table", f"production has no table {schema}.{table}", hint=hint)
    return found


def explain(coverage: Coverage, table: Table, column: Column) -> Explained:
    """What is known about one column."""
    place = (table.oid, column.attnum)
    chosen = coverage.chosen.get(place)
    group = coverage.classes.get(place)
    own = coverage.own.get(place)
    key = None
    if group and chosen is not None and (own is None or own.decision is not chosen.decision):
        serving = (each for each in group.keys if coverage.own.get(each.node[:2]) is chosen)
        key = next((each.text for each in serving), None)
    return Explained(
        table,
        column,
        tuple(_candidates(coverage, table, column)),
        chosen.decision if chosen else None,
        key,
        tuple(each.text for each in group.members if each.node[:2] != place or each.path) if group else (),
        tuple(each.name for each in table.unique_keys if column.attnum in each.attnums),
        coverage.action(table),
    )


def _candidates(coverage: Coverage, table: Table, column: Column) -> Iterator[Candidate]:
    """In the order of precedence: exact, glob, the same for each parent, packs in turn, patterns."""
    lineage = list(_lineage(coverage.catalog, table))
    layers = [("", coverage.rules.tables), *((f"pack {pack.name}, ", pack.tables) for pack in coverage.rules.packs)]
    for prefix, rules in layers:
        for each in lineage:
            whose = "" if each is table else f" of the parent {table_key(each.schema, each.name)}"
            for glob in (False, True):
                for entry in _entries(rules, each, column, glob=glob):
                    yield Candidate(f"{prefix}{'glob' if glob else 'exact'}{whose}", *entry)
    patterns = [("", coverage.rules.patterns), *((f"pack {p.name}, ", p.patterns) for p in coverage.rules.packs)]
    for prefix, listed in patterns:
        for pattern in listed:
            if any(_matches(pattern, each, column) for each in lineage):
                globs = ", ".join(f"{key}: {glob}" for key, glob in pattern.globs.items())
                yield Candidate(f"{prefix}pattern", globs, pattern.decision)


def _lineage(catalog: Catalog, table: Table) -> Iterator[Table]:
    current: Table | None = table
    while current is not None:
        yield current
        current = catalog.table(current.parent_oid) if current.parent_oid is not None else None


def _entries(
    rules: tuple[TableRule, ...], table: Table, column: Column, *, glob: bool
) -> Iterator[tuple[str, Decision]]:
    for rule in rules:
        for entry in rule.columns if rule.name.matches(table.schema, table.name) else ():
            if (rule.name.glob or entry.column.glob) is glob and entry.column.matches(column.name):
                yield f"{rule.text}: {entry.column.text}", entry.decision


def _matches(pattern: PatternRule, table: Table, column: Column) -> bool:
    facts: dict[str, tuple[str | None, ...]] = {
        "schema": (table.schema,),
        "table": (table.name,),
        "column": (column.name,),
        "type": (column.type, column.base_type),
        "comment": (column.comment,),
    }
    return all(any(text and glob_matches(glob, text) for text in facts[key]) for key, glob in pattern.globs.items())
