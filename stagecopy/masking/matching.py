"""Chooses the rule of a table and of a column.

Precedence: exact table and column; globs (two matches that differ are a mistake); the same for the partitioned parent,
then its parent; packs in the order named, each in the same way; patterns from top to bottom, those of packs last.
Surprising: patterns see a partition also under its parents' names, so that all partitions of a table are treated alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from stagecopy.masking.identifiers import glob_matches
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import ColumnRule, Decision, PatternRule, RuleSet, Subset, TableRule
from stagecopy.model.catalog import Catalog, Column, Table

Entries = Mapping[int, list[TableRule]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rule of a column. ``pattern``: it comes from ``patterns:``, not from a table's entry."""

    decision: Decision
    pattern: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a table as a whole. ``whole``: a rule says ``rows: all``; *where* that rule stands."""

    action: Literal["copy", "empty", "skip"]
    reason: str | None = None
    subset: Subset | None = None
    whole: bool = False
    where: str = ""

    @property
    def text(self) -> str:
        """For messages."""
        return "copy some rows of" if self.subset else self.action


@dataclass(slots=True)
class Matcher:
    """The rules against one catalog."""

    catalog: Catalog
    rules: RuleSet
    mistakes: Mistakes
    _tables: dict[int, Table] = field(default_factory=dict)
    _layers: list[Entries] = field(default_factory=list)  # by table OID: the user's own, then each pack's

    def __post_init__(self) -> None:
        """Index both sides: with thousands of tables and entries, comparing each with each takes minutes."""
        self._tables = {table.oid: table for table in self.catalog.tables}
        rules = [self.rules.tables, *(pack.tables for pack in self.rules.packs)]
        self._layers = [_entries_of(self.catalog, each) for each in rules]

    @property
    def own(self) -> Entries:
        """The user's own entries by table OID, exact names before globs."""
        return self._layers[0]

    def lineage(self, table: Table) -> Iterator[Table]:
        """The table, then the partitioned tables above it."""
        current: Table | None = table
        while current is not None:
            yield current
            current = self._tables.get(current.parent_oid) if current.parent_oid is not None else None

    def fate(self, table: Table) -> Fate:
        """The table's action: the nearest entry that says something about its rows."""
        for entries in self._layers:
            for each in self.lineage(table):
                for glob in (False, True):
                    said = [rule for rule in entries[each.oid] if rule.name.glob is glob and (rule.rows or rule.skip)]
                    if said:
                        return self._agreed(each, said)
        return Fate("copy")

    def _agreed(self, table: Table, said: list[TableRule]) -> Fate:
        first, fates = said[0], [_fate(rule) for rule in said]
        for rule, fate in zip(said[1:], fates[1:], strict=True):
            if (fate.action, fate.subset) != (fates[0].action, fates[0].subset):
                self.mistakes.add(
                    rule.rows_where,
                    f"{table.qualified} is said to {fate.text} here and to {fates[0].text} at {first.rows_where}",
                    "keep one of them",
                )
        return fates[0]

    def decision(self, table: Table, column: Column) -> Chosen | None:
        """The column's rule, or None when nothing covers it."""
        for entries in self._layers:
            for each in self.lineage(table):
                for glob in (False, True):
                    found = list(_matching(entries[each.oid], column.name, glob=glob))
                    if found:
                        self._one_meaning(table, column, found)
                        return Chosen(found[0].decision, pattern=False)
        for pattern in (*self.rules.patterns, *(each for pack in self.rules.packs for each in pack.patterns)):
            if any(_pattern_matches(pattern, each, column) for each in self.lineage(table)):
                return Chosen(pattern.decision, pattern=True)
        return None

    def _one_meaning(self, table: Table, column: Column, found: list[ColumnRule]) -> None:
        first, name = found[0].decision, f"{table.qualified}.{column.name}"
        for entry in found[1:]:
            if not entry.decision.agrees(first):
                self.mistakes.add(
                    entry.decision.where,
                    f"{name} is `{entry.decision.text}` here and `{first.text}` at {first.where}",
                    "keep one of them, or name table and column exactly",
                )


def _entries_of(catalog: Catalog, rules: Iterable[TableRule]) -> Entries:
    """The entries of each table of *catalog*, exact names before globs."""
    exact: dict[tuple[str, str], list[TableRule]] = defaultdict(list)
    globs: list[TableRule] = []
    for rule in rules:
        if rule.name.glob:
            globs.append(rule)
        else:
            exact[rule.name.schema.text, rule.name.table.text].append(rule)
    return {
        table.oid: [
            *exact.get((table.schema, table.name), ()),
            *(rule for rule in globs if rule.name.matches(table.schema, table.name)),
        ]
        for table in catalog.tables
    }


def _matching(entries: Iterable[TableRule], column: str, *, glob: bool) -> Iterator[ColumnRule]:
    for rule in entries:
        for entry in rule.columns:
            if (rule.name.glob or entry.column.glob) is glob and entry.column.matches(column):
                yield entry


def _fate(rule: TableRule) -> Fate:
    if rule.skip is not None:
        return Fate("skip", rule.skip, where=rule.rows_where)
    if rule.rows == "none":
        return Fate("empty", "rows: none", where=rule.rows_where)
    subset = rule.rows if isinstance(rule.rows, Subset) else None
    return Fate("copy", subset=subset, whole=rule.rows == "all", where=rule.rows_where)


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
