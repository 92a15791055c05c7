"""Makes the mask of each column: its settings, the leaves of documents, the cases of polymorphic keys, whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from stagecopy.masking.equality import EqualityClass
from stagecopy.masking.jsonpath import parse_path
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.links import Links, Node
from stagecopy.masking.maskers import MASKS, Masker, Setting
from stagecopy.masking.matching import Chosen
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.room import room_of
from stagecopy.masking.rules import KEEP, Decision
from stagecopy.masking.subjects import Subjects
from stagecopy.model.catalog import Column, Table


@dataclass(frozen=True, slots=True)
class CaseMask:
    """In rows where the column *when* (by attribute number) has *value*, this mask; None keeps.

    ``compares``: how the type of *when* does that.
    """

    when: int
    value: str
    masker: Masker | None
    compares: Setting

    def rows(self, raw: pl.Series) -> pl.Series:
        """Which rows it is about; *raw* are the values of *when*."""
        value = self.compares.normal(pl.Series([self.value]))[0]
        rows: pl.Series = self.compares.normal(raw) == value
        return rows.fill_null(value=False)


@dataclass(frozen=True, slots=True)
class Who:
    """The column (by attribute number) whose raw value tells whose value it is, and how its type compares."""

    attnum: int
    setting: Setting


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One copied column. ``rule`` is ``keep`` or the mask's name; ``masker`` is None for keep.

    ``cases``: masks that depend on the value of another column.
    """

    column: Column
    rule: str
    where: str
    masker: Masker | None
    who: Who | None = None
    cases: tuple[CaseMask, ...] = ()
    joined: bool = False  # of an equality class: its values stand elsewhere as well

    @property
    def masked(self) -> bool:
        """Whether any row's value may change."""
        return self.masker is not None or any(case.masker is not None for case in self.cases)


@dataclass(frozen=True, slots=True)
class ColumnPlans:
    """Makes the plan of a column and notes why it cannot be."""

    key: MaskKey
    locale: str
    classes: Mapping[Node, EqualityClass]
    chosen: Mapping[Node, Chosen]
    leaves: Mapping[tuple[int, int], Mapping[str, Decision]]  # of documents: what is decided for their leaves
    links: Links
    subjects: Subjects
    mistakes: Mistakes

    def plan(self, table: Table, column: Column) -> ColumnPlan | None:
        """The plan, or None where no rule covers the column."""
        node = (table.oid, column.attnum, "")
        found = self.chosen.get(node)
        if found is None:
            return None
        decision = self._with_leaves(table, column, found.decision)
        cases = self._cases(table, column, decision)
        joined = node in self.classes
        if decision.mask == KEEP:
            return ColumnPlan(column, KEEP, decision.where, None, cases=cases, joined=joined)
        masker = self._masker(table, column, decision)
        who = self._who(table, decision)
        return ColumnPlan(column, decision.mask, decision.where, masker, who=who, cases=cases, joined=joined)

    def _who(self, table: Table, decision: Decision) -> Who | None:
        told = [(each, self.subjects.column(table, each)) for each in decision.personal]
        columns = {column.attnum: column for _, column in told if column is not None}
        if not columns:
            return None
        column, *others = columns.values()
        if others:
            names = " and ".join(each.name for each in columns.values())
            self.mistakes.add(told[-1][0].where, f"parts of one value go by two columns, {names}", "name one of them")
        return Who(column.attnum, self._setting(table, column, Decision(KEEP, decision.where)))

    def _masker(self, table: Table, column: Column, decision: Decision) -> Masker:
        masker = MASKS[decision.mask](self._setting(table, column, decision))
        problem = masker.accepts(column)
        if problem:
            self.mistakes.add(
                decision.where,
                f"mask {decision.mask} on {table.qualified}.{column.name}: {problem}",
                f"see masking-rules/README.md for masks that fit {column.type}",
            )
        return masker

    def _setting(self, table: Table, column: Column, decision: Decision, path: str = "") -> Setting:
        group = self.classes.get((table.oid, column.attnum, path))
        own = column if not path else None
        room = group.room if group else room_of([own] if own else [])
        return Setting(
            key=self.key,
            locale=self.locale,
            options=decision.options,
            length=room.length,
            unique=not path and any(column.attnum in unique.attnums for unique in table.unique_keys),
            nullable=bool(path) or not column.not_null,
            caseless=group.caseless if group else bool(own and own.base_type == "citext"),
            padded=bool(own and own.base_type == "bpchar") or bool(group and group.padded),
            scaled=bool(own and own.base_type == "numeric") or bool(group and group.scaled),
            collation=group.collation if group else (own.collation if own else None),
            rows=max(0, table.estimated_rows),
            subject=decision.subject.name if decision.subject else None,
            on_bad=decision.on_bad,
            leaves=self._part_masks(table, column, decision),
            rest=decision.rest,
            labels=column.labels if not path else (),
            fields=tuple(each.name for each in column.parts),
            delimiter=column.delimiter,
            where=decision.where,
            limit=room.numbers.limit,
            scale=room.numbers.scale,
        )

    def _part_masks(self, table: Table, column: Column, decision: Decision) -> dict[str, Masker]:
        """The masks inside a mask: of leaves by path, of an element or fields with the facts of their own types."""
        unique = any(column.attnum in each.attnums for each in table.unique_keys)
        whole = MASKS[decision.mask].parts
        inside = {"each" if whole == "each" else each.name: each for each in column.parts}
        made = {}
        for name, each in decision.paths.items():
            part = inside.get(name) if whole in ("each", "fields") else None
            if part is None:
                made[name] = MASKS[each.mask](self._setting(table, column, each, name))
            else:
                made[name] = MASKS[each.mask](replace(self._setting(table, part, each), unique=unique))
        return made

    def _with_leaves(self, table: Table, column: Column, decision: Decision) -> Decision:
        """The decision with what the classes of its leaves say."""
        leaves = self.leaves.get((table.oid, column.attnum), {})
        if decision.mask == KEEP:
            for path, leaf in leaves.items():
                if leaf.mask != KEEP:
                    self.mistakes.add(
                        decision.where,
                        f"{table.qualified}.{column.name} is kept, but {path} in it refers to a key that is "
                        f"`{leaf.text}` at {leaf.where}",
                        "mask the document: {mask: json, rest: keep}",
                    )
            return decision
        if not leaves or not MASKS[decision.mask].documents:
            return decision
        paths = {**decision.paths, **leaves}
        # The first path that fits a leaf decides: those that are keys, then those that name it, then globs.
        first = sorted(paths, key=lambda each: ((table.oid, column.attnum, each) not in self.classes, _globs(each)))
        return replace(decision, paths={path: paths[path] for path in first})

    def _cases(self, table: Table, column: Column, decision: Decision) -> tuple[CaseMask, ...]:
        """How rows are masked whose key is another one; none where all targets have the column's own rule."""
        listed = self.links.cases.get((table.oid, column.attnum, ""), [])
        ruled = [(case, self.chosen[case.target].decision) for case in listed if case.target in self.chosen]
        if all(rule.agrees(decision) for _, rule in ruled):
            return ()
        cases = []
        for case, rule in ruled:
            when = table.column(case.when)
            masker = None if rule.mask == KEEP else self._case_masker(table, column, (rule, case.target))
            if when is not None:
                compares = self._setting(table, when, Decision(KEEP, case.where))
                cases.append(CaseMask(when.attnum, case.value, masker, compares))
        return tuple(cases)

    def _case_masker(self, table: Table, column: Column, key: tuple[Decision, Node]) -> Masker:
        """The mask as the key's class has it, on this column."""
        rule, target = key
        as_key = replace(self, classes={**self.classes, (table.oid, column.attnum, ""): self._class_of(target)})
        return as_key._masker(table, column, rule)  # noqa: SLF001 - a copy of itself

    def _class_of(self, node: Node) -> EqualityClass:
        group = self.classes.get(node)
        return group if group is not None else EqualityClass((), ())


def _globs(path: str) -> int:
    """How many steps of *path* fit every member."""
    return sum(step.kind == "any" for step in parse_path(path))
