"""Which rule each column has, without judging whether it can work: for looking at rules, not for copying by them.

Surprising: nothing is raised here. What the rules leave open or contradict is what those who ask want to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from stagecopy.masking.choosing import choose
from stagecopy.masking.classify import ruled_tables
from stagecopy.masking.equality import EqualityClass
from stagecopy.masking.links import Node
from stagecopy.masking.matching import Chosen, Fate, Matcher
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import KEEP, Decision, Pack, RuleSet, TableRule
from stagecopy.model.catalog import Catalog, Column, Table

Place = tuple[int, int]  # OID of the table, number of the column


@dataclass(frozen=True, slots=True)
class Origin:
    """The entry that a decision comes from. ``pack`` is its name, None for the user's own rules."""

    kind: Literal["exact", "glob", "pattern"]
    text: str
    pack: str | None = None

    @property
    def catch_all(self) -> bool:
        """Whether it speaks of columns that its writer may not have seen."""
        return self.kind != "exact" and self.pack is None


@dataclass(frozen=True)
class Coverage:
    """The rules on one catalog. ``own``: what rules say of a column itself; ``chosen``: with what its keys say."""

    catalog: Catalog
    rules: RuleSet
    fates: Mapping[int, Fate]
    own: Mapping[Place, Chosen]
    chosen: Mapping[Place, Chosen]
    classes: Mapping[Place, EqualityClass]

    @cached_property
    def _origins(self) -> dict[int, Origin]:
        """By identity: two entries may say the same."""
        found: dict[int, Origin] = {}
        layers: list[tuple[str | None, RuleSet | Pack]] = [(None, self.rules)]
        layers += [(pack.name, pack) for pack in self.rules.packs]
        for name, layer in layers:
            for rule in layer.tables:
                found.update({id(each): Origin(kind, text, name) for kind, text, each in _entries(rule)})
            for pattern in layer.patterns:
                globs = ", ".join(f"{key}: {glob}" for key, glob in pattern.globs.items())
                found[id(pattern.decision)] = Origin("pattern", globs, name)
        return found

    def origin(self, decision: Decision) -> Origin | None:
        """Where *decision* comes from; None for one that was put together from several."""
        return self._origins.get(id(decision))

    def copied(self, table: Table) -> bool:
        """Whether its rows go to staging."""
        return self.fates[table.oid].action == "copy"

    def action(self, table: Table) -> str:
        """What happens to its rows: copy, subset, empty, skip."""
        fate = self.fates[table.oid]
        return "subset" if fate.subset else fate.action

    def columns(self) -> Iterator[tuple[Table, Column]]:
        """The columns that need a rule: of copied tables, partitions aside."""
        for table in ruled_tables(self.catalog):
            for column in table.copied_columns if self.copied(table) else ():
                yield table, column

    def uncovered(self) -> list[tuple[Table, Column]]:
        """The columns without a rule. A partitioned table's column has one when all its partitions have."""
        return [(table, column) for table, column in self.columns() if not self._covered(table, column)]

    def _covered(self, table: Table, column: Column) -> bool:
        if (table.oid, column.attnum) in self.chosen:
            return True
        below = self._partitions.get(table.oid, [])
        inner = [(each, each.column(column.name)) for each in below if self.copied(each)]
        return bool(inner) and all(found is not None and self._covered(each, found) for each, found in inner)

    @cached_property
    def _partitions(self) -> dict[int, list[Table]]:
        below: dict[int, list[Table]] = {}
        for table in self.catalog.tables:
            if table.parent_oid is not None:
                below.setdefault(table.parent_oid, []).append(table)
        return below

    def kept_by_catch_all(self) -> Iterator[tuple[Table, Column, Decision]]:
        """Columns that go to staging as they are because of a pattern or a glob."""
        for table, column in self.columns():
            found = self.chosen.get((table.oid, column.attnum))
            if found is not None and found.decision.mask == KEEP:
                origin = self.origin(found.decision)
                if origin is not None and origin.catch_all:
                    yield table, column, found.decision


def _entries(rule: TableRule) -> Iterator[tuple[Literal["exact", "glob"], str, Decision]]:
    for entry in rule.columns:
        kind: Literal["exact", "glob"] = "glob" if rule.name.glob or entry.column.glob else "exact"
        yield kind, f"{rule.text}: {entry.column.text}", entry.decision


def cover(catalog: Catalog, rules: RuleSet) -> Coverage:
    """The rules of all columns."""
    choices = choose(Matcher(catalog, rules, Mistakes()))
    return Coverage(
        catalog,
        rules,
        choices.fates,
        _whole(choices.own),
        _whole(choices.chosen),
        {member.node[:2]: group for group in choices.classes for member in group.members if not member.path},
    )


def _whole(found: Mapping[Node, Chosen]) -> dict[Place, Chosen]:
    """Without the leaves of documents."""
    return {node[:2]: each for node, each in found.items() if not node[2]}
