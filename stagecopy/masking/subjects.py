"""Whose value a column holds: finds, in each table, the column that says which person a row is about.

In the subject's own table that is its key; elsewhere the column that refers to it, declared or listed. Where several do
(buyer and seller), the rule has to name one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stagecopy.masking.equality import EqualityClass
from stagecopy.masking.links import Node
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import Decision, RuleSet, Subject
from stagecopy.model.catalog import Catalog, Column, Table
from stagecopy.yamlfile import nearest


@dataclass(slots=True)
class Subjects:
    """The subjects of the rules on one catalog."""

    catalog: Catalog
    rules: RuleSet
    classes: Mapping[Node, EqualityClass]
    mistakes: Mistakes
    _days: dict[str, tuple[str, str]] = field(default_factory=dict)

    def check(self) -> None:
        """Note every subject of the user's own files whose table or key does not exist."""
        for subject in self.rules.subjects:
            if not any(self._keys(subject)):
                name = f"{subject.table.text}.{subject.key}"
                self.mistakes.add(subject.where, f"subject {subject.name}: there is no column {name}")

    def column(self, table: Table, decision: Decision) -> Column | None:
        """The column of *table* whose value says who; None where the rule has no subject or a mistake was noted."""
        if decision.subject is None:
            return None
        known = {each.name: each for each in (*self._packed(), *self.rules.subjects)}
        subject = known.get(decision.subject.name)
        if subject is None:
            close = nearest(decision.subject.name, list(known))
            hint = f"did you mean {close!r}?" if close else "define it under `subjects:`"
            self.mistakes.add(decision.where, f"there is no subject {decision.subject.name!r}", hint)
            return None
        self._one_offset(subject, decision)
        return self._found(table, subject, decision)

    def _packed(self) -> Iterator[Subject]:
        for pack in self.rules.packs:
            yield from pack.subjects

    def _found(self, table: Table, subject: Subject, decision: Decision) -> Column | None:
        keys = list(self._keys(subject))
        able = [column for column in table.copied_columns if any(self._tells(table, column, *key) for key in keys)]
        by = decision.subject.by if decision.subject else None
        if by is not None:
            column = table.column(by)
            if column is None or not column.copied:
                self.mistakes.add(decision.where, f"{table.qualified} has no column {by} to say which {subject.name}")
            return column
        if len(able) == 1:
            return able[0]
        names = ", ".join(column.name for column in able)
        why = f"several columns do: {names}" if able else f"none refers to {subject.table.text}.{subject.key}"
        self.mistakes.add(
            decision.where,
            f"which column of {table.qualified} says whose {subject.name}'s value it is? {why}",
            f"write subject: {{{subject.name}: COLUMN}}",
        )
        return None

    def _keys(self, subject: Subject) -> Iterator[tuple[Table, Column]]:
        for table in self.catalog.tables:
            column = table.column(subject.key) if subject.table.matches(table.schema, table.name) else None
            if column is not None:
                yield table, column

    def _tells(self, table: Table, column: Column, owner: Table, key: Column) -> bool:
        if table.oid == owner.oid:
            return column.attnum == key.attnum
        if column.name == key.name and self._partition(table, owner):
            return True
        group = self.classes.get((owner.oid, key.attnum, ""))
        return group is not None and any(each.node == (table.oid, column.attnum, "") for each in group.members)

    def _partition(self, table: Table, owner: Table) -> bool:
        """Whether *table* is a partition of *owner*, or of a partition of it."""
        above = table.parent_oid
        while above is not None and above != owner.oid:
            parent = self.catalog.table(above)
            above = parent.parent_oid if parent else None
        return above is not None

    def _one_offset(self, subject: Subject, decision: Decision) -> None:
        """All dates of a subject move by one offset, which needs one furthest shift."""
        if decision.mask != "shift_date":
            return
        days = decision.options.get("days", "")
        first, where = self._days.setdefault(subject.name, (days, decision.where))
        if first != days:
            self.mistakes.add(
                decision.where,
                f"dates of subject {subject.name} move by one offset, but `days` differs from {where}",
                "give both the same `days`",
            )
