"""Chooses the rule of a table and of a column, and finds rules that mean nothing.

Precedence: exact table and column; globs (two matches that differ are a mistake); the same for the partitioned parent,
then its parent; patterns from top to bottom. Surprising: patterns see a partition also under its parents' names, so
that all partitions of a table are treated alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from stagecopy.masking.decisions import Mistakes
from stagecopy.masking.identifiers import glob_matches, table_key
from stagecopy.masking.rules import ColumnRule, Decision, PatternRule, RuleSet, TableRule
from stagecopy.model.catalog import Catalog, Column, Table
from stagecopy.yamlfile import nearest

_KINDS = {"r", "p"}
_KIND_NAMES = {"m": "a materialized view", "f": "a foreign table", "v": "a view"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rule of a column. ``pattern``: it comes from ``patterns:``, not from a table's entry."""

    decision: Decision
    pattern: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a table as a whole."""

    action: Literal["copy", "empty", "skip"]
    reason: str | None = None


@dataclass(slots=True)
class Matcher:
    """The rules against one catalog."""

    catalog: Catalog
    rules: RuleSet
    mistakes: Mistakes
    _tables: dict[int, Table] = field(default_factory=dict)
    _exact: dict[tuple[str, str], list[TableRule]] = field(default_factory=lambda: defaultdict(list))
    _globs: list[TableRule] = field(default_factory=list)
    _entries_of: dict[int, list[TableRule]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index both sides: with thousands of tables and entries, comparing each with each takes minutes."""
        self._tables = {table.oid: table for table in self.catalog.tables}
        for rule in self.rules.tables:
            if rule.name.glob:
                self._globs.append(rule)
            else:
                self._exact[rule.name.schema.text, rule.name.table.text].append(rule)
        for table in self.catalog.tables:
            exact = self._exact.get((table.schema, table.name), [])
            globs = [rule for rule in self._globs if rule.name.matches(table.schema, table.name)]
            self._entries_of[table.oid] = exact + globs

    def lineage(self, table: Table) -> Iterator[Table]:
        """The table, then the partitioned tables above it."""
        current: Table | None = table
        while current is not None:
            yield current
            current = self._tables.get(current.parent_oid) if current.parent_oid is not None else None

    def fate(self, table: Table) -> Fate:
        """The table's action: the nearest entry that says something about its rows."""
        for each in self.lineage(table):
            for glob in (False, True):
                said = [
                    rule for rule in self._entries_of[each.oid] if rule.name.glob is glob and (rule.rows or rule.skip)
                ]
                if said:
                    return self._agreed(each, said)
        return Fate("copy")

    def _agreed(self, table: Table, said: list[TableRule]) -> Fate:
        first, fates = said[0], [_fate(rule) for rule in said]
        for rule, fate in zip(said[1:], fates[1:], strict=True):
            if fate.action != fates[0].action:
                self.mistakes.add(
                    rule.rows_where,
                    f"{table.qualified} is said to {fate.action} here and to {fates[0].action} at {first.rows_where}",
                    "keep one of them",
                )
        return fates[0]

    def decision(self, table: Table, column: Column) -> Chosen | None:
        """The column's rule, or None when nothing covers it."""
        for each in self.lineage(table):
            for glob in (False, True):
                found = list(self._entries(each, column.name, glob=glob))
                if found:
                    self._one_meaning(table, column, found)
                    return Chosen(found[0].decision, pattern=False)
        for pattern in self.rules.patterns:
            if any(_pattern_matches(pattern, each, column) for each in self.lineage(table)):
                return Chosen(pattern.decision, pattern=True)
        return None

    def _entries(self, table: Table, column: str, *, glob: bool) -> Iterator[ColumnRule]:
        for rule in self._entries_of[table.oid]:
            for entry in rule.columns:
                if (rule.name.glob or entry.column.glob) is glob and entry.column.matches(column):
                    yield entry

    def _one_meaning(self, table: Table, column: Column, found: list[ColumnRule]) -> None:
        first, name = found[0].decision, f"{table.qualified}.{column.name}"
        for entry in found[1:]:
            if not entry.decision.agrees(first):
                self.mistakes.add(
                    entry.decision.where,
                    f"{name} is `{entry.decision.text}` here and `{first.text}` at {first.where}",
                    "keep one of them, or name table and column exactly",
                )

    def idle(self) -> None:
        """Note every entry that names a table or column the catalog does not have."""
        meant: dict[str, list[Table]] = defaultdict(list)
        for table in self.catalog.tables:
            for rule in self._entries_of[table.oid]:
                meant[rule.where].append(table)
        for rule in self.rules.tables:
            tables = meant[rule.where]
            if not tables:
                self._no_table(rule)
            elif not rule.skip and not any(table.kind in _KINDS for table in tables):
                kind = _KIND_NAMES.get(tables[0].kind, "no table")
                self.mistakes.add(rule.where, f"{rule.text} is {kind}, no rows of it are copied", "take the entry out")
            else:
                for entry in rule.columns:
                    self._idle_column(rule, entry, tables)

    def _no_table(self, rule: TableRule) -> None:
        if rule.name.glob:
            self.mistakes.add(rule.where, f"{rule.text} matches nothing", "take it out or mend the name")
            return
        names = [table_key(table.schema, table.name) for table in self.catalog.tables if table.kind in _KINDS]
        wanted = table_key(rule.name.schema.text, rule.name.table.text)
        close = nearest(wanted, names)
        hint = f"did you mean {close!r}?" if close else "names are case-sensitive, without a schema public is meant"
        self.mistakes.add(rule.where, f"there is no table {wanted}", hint)

    def _idle_column(self, rule: TableRule, entry: ColumnRule, tables: list[Table]) -> None:
        columns = [column for table in tables for column in table.columns if entry.column.matches(column.name)]
        where, name = entry.decision.where, entry.column.text
        if any(column.copied for column in columns):
            return
        if columns:
            if entry.decision.mask != "keep":
                self.mistakes.add(
                    where,
                    f"{rule.text}: column {name} is generated, it is computed anew from the masked columns",
                    "take it out",
                )
        elif rule.name.glob or entry.column.glob:
            self.mistakes.add(where, f"{rule.text}: column {name} matches nothing", "take it out or mend the name")
        else:
            close = nearest(name, [column.name for table in tables for column in table.columns])
            hint = f"did you mean {close!r}?" if close else "names are case-sensitive"
            self.mistakes.add(where, f"{rule.text} has no column {name}", hint)


def _fate(rule: TableRule) -> Fate:
    if rule.skip is not None:
        return Fate("skip", rule.skip)
    return Fate("empty", "rows: none") if rule.rows == "none" else Fate("copy")


def _pattern_matches(pattern: PatternRule, table: Table, column: Column) -> bool:
    return all(
        any(text is not None and glob_matches(glob, text) for text in _facts(key, table, column))
        for key, glob in pattern.globs.items()
    )


def _facts(key: str, table: Table, column: Column) -> tuple[str | None, ...]:
    return {
        "schema": (table.schema,),
        "table": (table.name,),
        "column": (column.name,),
        "type": (column.type, column.base_type),
        "comment": (column.comment,),
    }[key]
