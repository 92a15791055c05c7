"""Columns that must stay equal: joined by declared foreign keys or listed references, they end at one mask.

The key (referenced) column's rule serves all members. A member without a rule inherits it; a member whose own rule
differs is a mistake that names both lines. Two exceptions: a member that only a ``keep`` of ``patterns:`` covers gives
way to the key's mask, because masking more than asked is safe and keys are often kept by a broad pattern; and what is
set to NULL refers to nothing. Surprising: a member may be a leaf inside a document; what its mask makes of the whole
document decides whether it is one at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from stagecopy.masking.links import Links, Node, members_of
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.matching import Chosen
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.room import Room, room_of
from stagecopy.masking.rules import KEEP
from stagecopy.model.catalog import Catalog, Column, Table

_NULL = "null"


@dataclass(frozen=True, slots=True)
class Member:
    """One column of a class."""

    table: Table
    column: Column
    path: str = ""

    @property
    def node(self) -> Node:
        """How the class graph names it."""
        return self.table.oid, self.column.attnum, self.path

    @property
    def text(self) -> str:
        """For messages."""
        name = f"{self.table.qualified}.{self.column.name}"
        return f"{name} {self.path}" if self.path else name


@dataclass(frozen=True)
class EqualityClass:
    """Columns that must get equal masks; ``keys`` are those that others refer to and that refer to none.

    What is true of all is found out once: a class may have thousands of partitions in it.
    """

    members: tuple[Member, ...]
    keys: tuple[Member, ...]
    referred: tuple[Member, ...] = ()  # the keys, and those in the middle of a chain of keys

    @cached_property
    def room(self) -> Room:
        """What fits into every member."""
        return room_of([each.column for each in self.members if not each.path])

    @cached_property
    def caseless(self) -> bool:
        """Whether the key's type compares without case."""
        return any(each.column.base_type == "citext" for each in (*self.keys, *self.referred))

    @cached_property
    def padded(self) -> bool:
        """Whether the key's type ignores trailing spaces."""
        return any(each.column.base_type == "bpchar" for each in (*self.keys, *self.referred))

    @cached_property
    def scaled(self) -> bool:
        """Whether the key's type ignores zeros at the end: 1.5 = 1.50."""
        return any(each.column.base_type == "numeric" for each in (*self.keys, *self.referred))

    @cached_property
    def collation(self) -> str | None:
        """The locale of the key's nondeterministic collation."""
        told = (each.column.collation for each in (*self.keys, *self.referred))
        return next((collation for collation in told if collation is not None), None)


@dataclass(slots=True)
class _Groups:
    """Union-find over columns."""

    above: dict[Node, Node] = field(default_factory=dict)

    def top(self, node: Node) -> Node:
        while (parent := self.above.setdefault(node, node)) != node:
            self.above[node] = self.above[parent] = self.above.setdefault(parent, parent)
            node = self.above[node]
        return node

    def join(self, one: Node, other: Node) -> None:
        self.above[self.top(one)] = self.top(other)


def equality_classes(catalog: Catalog, links: Links | None = None) -> tuple[EqualityClass, ...]:
    """The classes of all declared foreign keys and of *links*; partitions belong to their parent's class."""
    links = links or Links()
    members = {member.node: member for member in (Member(*each) for each in members_of(catalog, links))}
    edges = [
        edge for edge in (*_references(catalog), *links.edges) if members.keys() >= set(edge) and edge[0] != edge[1]
    ]
    groups = _Groups()
    for one, other in (*edges, *_partition_links(catalog)):
        groups.join(one, other)
    referring, referred = {one for one, _ in edges}, {other for _, other in edges}
    gathered: dict[Node, list[Member]] = defaultdict(list)
    for node, member in members.items():
        if node in groups.above:
            gathered[groups.top(node)].append(member)
    return tuple(
        _equality_class(found, referring, referred)
        for found in gathered.values()
        if any(member.node in referring or member.node in referred for member in found)
    )


def _equality_class(members: list[Member], referring: set[Node], referred: set[Node]) -> EqualityClass:
    among = [member for member in members if member.node in referred]
    # In a ring every key refers to another one; then each of them is one.
    keys = [member for member in among if member.node not in referring] or among
    return EqualityClass(tuple(members), tuple(keys), tuple(among))


def _references(catalog: Catalog) -> Iterator[tuple[Node, Node]]:
    for table in catalog.tables:
        for reference in table.foreign_keys:
            for here, there in zip(reference.attnums, reference.target_attnums, strict=True):
                yield (table.oid, here, ""), (reference.target_oid, there, "")


def _partition_links(catalog: Catalog) -> Iterator[tuple[Node, Node]]:
    tables = {table.oid: table for table in catalog.tables}
    for table in catalog.tables:
        parent = tables.get(table.parent_oid) if table.parent_oid is not None else None
        for column in table.columns if parent else ():
            above = parent.column(column.name) if parent else None
            if above and parent:
                yield (table.oid, column.attnum, ""), (parent.oid, above.attnum, "")


def settle(group: EqualityClass, chosen: dict[Node, Chosen], copied: Mapping[int, bool], mistakes: Mistakes) -> None:
    """Give the key's rule to all members of *group*; *copied* says which tables' rows are copied.

    A leaf whose document becomes something else altogether, or has no rule yet, is no member.
    """
    serving = next((each for each in group.keys if each.node in chosen), None)
    inherits = serving is not None
    serving = serving or next((each for each in group.members if each.node in chosen), None)
    if serving is None:
        return
    rule = chosen[serving.node]
    for member in group.members:
        if member.path and not _is_leaf(chosen.get((member.table.oid, member.column.attnum, ""))):
            continue
        own = chosen.get(member.node)
        if own is None:
            if inherits:
                chosen[member.node] = rule
        elif not own.decision.agrees(rule.decision) and copied.get(member.table.oid, True):
            if own.pattern and own.decision.mask == KEEP:
                chosen[member.node] = rule
            elif own.decision.mask != _NULL or member in group.keys:
                _disagree((member, own), (serving, rule), mistakes)


def _is_leaf(whole: Chosen | None) -> bool:
    return whole is not None and (whole.decision.mask == KEEP or MASKS[whole.decision.mask].documents)


def _disagree(one: tuple[Member, Chosen], key: tuple[Member, Chosen], mistakes: Mistakes) -> None:
    (member, own), (serving, rule) = one, key
    joined = "reference" if member.path else "foreign key"
    mistakes.add(
        own.decision.where,
        f"{member.text} is `{own.decision.text}` here, but it is joined by a {joined} to {serving.text}, "
        f"which is `{rule.decision.text}` at {rule.decision.where}",
        f"leave {member.text} out: the rule of {serving.text} serves both",
    )
