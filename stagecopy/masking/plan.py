"""Plans what happens to every column before a row moves, and refuses what cannot end well.

Fails closed: a copied column that no rule covers stops everything. All problems are found in one go. Surprising: the
plan is made against the very catalog that was read under the locks, so a column added since the rules were written is
one more uncovered column, never a copied one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from stagecopy.masking.choosing import choose
from stagecopy.masking.columns import ColumnPlan, ColumnPlans
from stagecopy.masking.equality import EqualityClass
from stagecopy.masking.foreign import check_keys
from stagecopy.masking.idle import note_idle
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.links import Node
from stagecopy.masking.matching import Chosen, Fate, Matcher
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import Decision, RuleSet
from stagecopy.masking.subjects import Subjects
from stagecopy.masking.unclassified import unclassified
from stagecopy.masking.uniqueness import check_unique
from stagecopy.masking.vocabulary import vocabulary
from stagecopy.model.catalog import Catalog, Column, Table


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
        return tuple(each.column.name for each in self.columns if each.masked)


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """All tables with rows by OID, plus relations of other kinds that a rule skips."""

    tables: Mapping[int, TablePlan]
    key_id: str
    locale: str

    def masked_numbers(self, catalog: Catalog) -> set[tuple[str, str, str]]:
        """Masked columns that a sequence may feed, by schema, table and name; those of a leaf stand in its root too."""
        return {
            (table.schema, table.name, each.column.name)
            for plan in self.tables.values()
            for each in plan.columns
            if each.masked and each.column.category == "N"
            for table in (plan.table, catalog.root_of(plan.table))
        }


def plan(catalog: Catalog, rules: RuleSet, *, key: MaskKey, locale: str) -> MaskPlan:
    """The plan for *catalog*.

    Raises UsageError ``bad-rules`` with all problems of the rules, UnclassifiedError for columns without one.
    """
    vocabulary(locale)  # an unknown locale is said first
    mistakes = Mistakes()
    matcher = Matcher(catalog, rules, mistakes)
    note_idle(matcher)
    choices = choose(matcher)
    fates, classes, chosen = choices.fates, choices.classes, choices.chosen
    by_node = {member.node: group for group in classes for member in group.members}
    subjects = Subjects(catalog, rules, by_node, mistakes)
    subjects.check()
    columns = ColumnPlans(key, locale, by_node, chosen, _leaves(chosen), choices.links, subjects, mistakes)
    tables = {
        table.oid: _table_plan(table, fates[table.oid], columns)
        for table in catalog.tables
        if table.has_rows or fates[table.oid].action == "skip"
    }
    check_keys(catalog, {oid: each.columns for oid, each in tables.items()}, fates, mistakes)
    mistakes.raise_any()
    missing = list(_missing(tables.values(), chosen, classes))
    if missing:
        raise unclassified(missing)
    return MaskPlan(tables, key.id, locale)


def _leaves(chosen: Mapping[Node, Chosen]) -> dict[tuple[int, int], dict[str, Decision]]:
    leaves: dict[tuple[int, int], dict[str, Decision]] = defaultdict(dict)
    for (oid, attnum, path), found in chosen.items():
        if path:
            leaves[oid, attnum][path] = found.decision
    return leaves


def _table_plan(table: Table, fate: Fate, plans: ColumnPlans) -> TablePlan:
    if fate.action != "copy":
        return TablePlan(table, fate.action, fate.reason, ())
    columns = tuple(found for column in table.copied_columns if (found := plans.plan(table, column)) is not None)
    check_unique(table, columns, plans.mistakes)
    return TablePlan(table, "copy", None, columns)


def _missing(
    tables: Iterable[TablePlan], chosen: Mapping[Node, Chosen], classes: tuple[EqualityClass, ...]
) -> Iterator[tuple[Table, Column]]:
    """Uncovered columns; of an equality class only the keys, the others inherit. Partitions answer by their parent."""
    copied = [each.table for each in tables if each.action == "copy"]
    nodes = {
        (table.oid, column.attnum, ""): (table, column)
        for table in copied
        for column in table.copied_columns
        if (table.oid, column.attnum, "") not in chosen
    }
    for group in classes:
        if any(key.node in nodes for key in group.keys):
            keys = {key.node for key in group.keys}
            for member in group.members:
                if member.node not in keys:
                    nodes.pop(member.node, None)
    yield from nodes.values()
