"""Plans what happens to every column before a row moves, and refuses what cannot end well.

Fails closed: a copied column that no rule covers stops everything. All problems are found in one go. Surprising: the
plan is made against the very catalog that was read under the locks, so a column added since the rules were written is
one more uncovered column, never a copied one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from stagecopy.masking.decisions import Mistakes
from stagecopy.masking.equality import EqualityClass, Node, equality_classes, settle
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.maskers import MASKS, Masker, Setting
from stagecopy.masking.matching import Chosen, Fate, Matcher
from stagecopy.masking.rules import KEEP, RuleSet
from stagecopy.masking.unclassified import unclassified
from stagecopy.masking.uniqueness import check_unique
from stagecopy.masking.vocabulary import vocabulary
from stagecopy.model.catalog import Catalog, Column, Table

# Below all domains these hold text of a fixed size; name is 63 bytes, and a character may take three.
_FIXED_LENGTHS = {"name": 21, "char": 1}


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One copied column. ``rule`` is ``keep`` or the mask's name; ``masker`` is None for keep."""

    column: Column
    rule: str
    where: str
    masker: Masker | None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table: its rows are copied, left behind (``empty``), or the whole relation is left out (``skip``)."""

    table: Table
    action: Literal["copy", "empty", "skip"]
    reason: str | None
    columns: tuple[ColumnPlan, ...]

    @property
    def masked(self) -> tuple[str, ...]:
        """The names of the masked columns."""
        return tuple(each.column.name for each in self.columns if each.masker is not None)


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """All tables with rows by OID, plus relations of other kinds that a rule skips."""

    tables: Mapping[int, TablePlan]
    key_id: str
    locale: str


def plan(catalog: Catalog, rules: RuleSet, *, key: MaskKey, locale: str) -> MaskPlan:
    """The plan for *catalog*.

    Raises UsageError ``bad-rules`` with all problems of the rules, UnclassifiedError for columns without one.
    """
    vocabulary(locale)  # an unknown locale is said first
    mistakes = Mistakes()
    matcher = Matcher(catalog, rules, mistakes)
    matcher.idle()
    fates = {table.oid: matcher.fate(table) for table in catalog.tables}
    classes = equality_classes(catalog)
    chosen = _choose(matcher, fates, classes)
    maskers = _Maskers(key, locale, _class_of(classes), mistakes)
    tables = {
        table.oid: _table_plan(table, fates[table.oid], chosen, maskers)
        for table in catalog.tables
        if table.has_rows or fates[table.oid].action == "skip"
    }
    mistakes.raise_any()
    missing = list(_missing(tables.values(), chosen, classes))
    if missing:
        raise unclassified(missing)
    return MaskPlan(tables, key.id, locale)


def _choose(matcher: Matcher, fates: Mapping[int, Fate], classes: tuple[EqualityClass, ...]) -> dict[Node, Chosen]:
    chosen: dict[Node, Chosen] = {}
    for table in matcher.catalog.tables:
        for column in table.copied_columns:
            found = matcher.decision(table, column)
            if found is not None:
                chosen[table.oid, column.attnum] = found
    copied = {oid: fate.action == "copy" for oid, fate in fates.items()}
    for group in classes:
        settle(group, chosen, copied, matcher.mistakes)
    return chosen


def _class_of(classes: tuple[EqualityClass, ...]) -> dict[Node, EqualityClass]:
    return {member.node: group for group in classes for member in group.members}


@dataclass(frozen=True, slots=True)
class _Maskers:
    """Makes the masker of a column and notes why it cannot be."""

    key: MaskKey
    locale: str
    classes: Mapping[Node, EqualityClass]
    mistakes: Mistakes

    def column_plan(self, table: Table, column: Column, chosen: Chosen) -> ColumnPlan:
        decision = chosen.decision
        if decision.mask == KEEP:
            return ColumnPlan(column, KEEP, decision.where, None)
        masker = MASKS[decision.mask](self._setting(table, column, decision.options))
        problem = masker.accepts(column)
        if problem:
            self.mistakes.add(
                decision.where,
                f"mask {decision.mask} on {table.qualified}.{column.name}: {problem}",
                f"see masking-rules/README.md for masks that fit {column.type}",
            )
        return ColumnPlan(column, decision.mask, decision.where, masker)

    def _setting(self, table: Table, column: Column, options: Mapping[str, str]) -> Setting:
        group = self.classes.get((table.oid, column.attnum))
        members = [each.column for each in group.members] if group else [column]
        lengths = [each.length or _FIXED_LENGTHS.get(each.base_type) for each in members]
        return Setting(
            key=self.key,
            locale=self.locale,
            options=options,
            length=min((length for length in lengths if length is not None), default=None),
            unique=any(column.attnum in unique.attnums for unique in table.unique_keys),
            nullable=not column.not_null,
            caseless=group.caseless if group else column.base_type == "citext",
            padded=column.base_type == "bpchar" or bool(group and group.padded),
            rows=max(0, table.estimated_rows),
        )


def _table_plan(table: Table, fate: Fate, chosen: Mapping[Node, Chosen], maskers: _Maskers) -> TablePlan:
    if fate.action != "copy":
        return TablePlan(table, fate.action, fate.reason, ())
    columns = tuple(
        maskers.column_plan(table, column, found)
        for column in table.copied_columns
        if (found := chosen.get((table.oid, column.attnum))) is not None
    )
    by_number = {each.column.attnum: (each.masker, each.where) for each in columns}
    check_unique(table, by_number, maskers.mistakes)
    return TablePlan(table, "copy", None, columns)


def _missing(
    tables: Iterable[TablePlan], chosen: Mapping[Node, Chosen], classes: tuple[EqualityClass, ...]
) -> Iterator[tuple[Table, Column]]:
    """Uncovered columns; of an equality class only the keys, the others inherit. Partitions answer by their parent."""
    copied = [each.table for each in tables if each.action == "copy"]
    nodes = {
        (table.oid, column.attnum): (table, column)
        for table in copied
        for column in table.copied_columns
        if (table.oid, column.attnum) not in chosen
    }
    for group in classes:
        if any(key.node in nodes for key in group.keys):
            keys = {key.node for key in group.keys}
            for member in group.members:
                if member.node not in keys:
                    nodes.pop(member.node, None)
    yield from nodes.values()
