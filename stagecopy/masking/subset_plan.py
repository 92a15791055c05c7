"""Which tables a choice of rows concerns, and which references have to be read to find the rows that come along.

Pure, on the catalog. A partitioned table is one *family* with its leaves: keys are declared on any level of it, and a
rule on the parent is over all leaves. Surprising: a reference whose column a ``null`` mask empties is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stagecopy.masking.links import Links, Node
from stagecopy.masking.matching import Fate
from stagecopy.masking.plan import MaskPlan
from stagecopy.masking.subset import CHOSEN, FOLLOWS, LEFT, OUT
from stagecopy.model.catalog import Catalog, Column, Table

_EMPTYING = "null"  # the mask that leaves no reference


@dataclass(frozen=True, slots=True)
class Edge:
    """A reference as declared or listed. ``pairs``: columns here and there; ``must``: staging refuses a broken one.

    ``leaves`` are the OIDs of the tables with rows that it holds for, ``targets`` those it leads to.
    """

    name: str
    source: Table
    target: Table
    pairs: tuple[tuple[Column, Column], ...]
    must: bool = False
    every: bool = False
    when: tuple[str, str] | None = None
    leaves: frozenset[int] = frozenset()
    targets: frozenset[int] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the referring columns."""
        return tuple(here.name for here, _ in self.pairs)


@dataclass(frozen=True, slots=True)
class Emptied:
    """A reference of a copied table to one whose rows stay behind: it must not be used by any row."""

    leaf: Table
    edge: Edge
    target: Table


@dataclass(slots=True)
class Family:
    """A table, or a partitioned one with its leaves; ``starts``: how the rows of each leaf begin, by its OID."""

    root: Table
    leaves: list[Table] = field(default_factory=list)
    starts: dict[int, int] = field(default_factory=dict)
    follows: set[int] = field(default_factory=set)  # roots of the families that it follows
    restricted: bool = False

    @property
    def emptied(self) -> bool:
        """Whether no row of it comes, whatever refers to it."""
        return all(start == LEFT for start in self.starts.values())


@dataclass(frozen=True, slots=True)
class SubsetPlan:
    """Families by root OID, the edges to those of which not all rows come, and what must not be referred to."""

    families: Mapping[int, Family]
    edges: tuple[Edge, ...]
    emptied: tuple[Emptied, ...]
    roots: Mapping[int, int]  # of every table

    @property
    def concerned(self) -> list[Family]:
        """Families whose keys have to be read: restricted ones, and those that refer to one."""
        referring = {self.roots[edge.source.oid] for edge in self.edges}
        return [each for oid, each in self.families.items() if each.restricted or oid in referring]


def plan_subset(catalog: Catalog, fates: Mapping[int, Fate], plan: MaskPlan, links: Links) -> SubsetPlan | None:
    """What to read; None where no rule chooses rows or leaves them behind."""
    if not any(fate.subset or fate.action == "empty" for fate in fates.values()):
        return None
    known = {table.oid: table for table in catalog.tables}
    roots = {table.oid: catalog.root_of(table).oid for table in catalog.tables}
    leaves = [table for table in catalog.tables if table.has_rows and fates[table.oid].action != "skip"]
    families = _families(leaves, fates, {oid: known[root] for oid, root in roots.items()})
    edges = [edge for edge in _placed(_edges(catalog, links, known), leaves, known, plan) if edge.leaves]
    _spread(edges, families, roots)
    emptied = [
        Emptied(leaf, edge, known[min(edge.targets)])
        for edge in edges
        if edge.must and families[roots[edge.target.oid]].emptied
        for leaf in families[roots[edge.source.oid]].leaves
        if leaf.oid in edge.leaves and families[roots[leaf.oid]].starts[leaf.oid] != LEFT
    ]
    wanted = tuple(edge for edge in edges if families[roots[edge.target.oid]].restricted)
    return SubsetPlan(families, wanted, tuple(emptied), roots)


def _families(leaves: Iterable[Table], fates: Mapping[int, Fate], roots: Mapping[int, Table]) -> dict[int, Family]:
    families: dict[int, Family] = {}
    for leaf in leaves:
        root = roots[leaf.oid]
        family = families.setdefault(root.oid, Family(root))
        family.leaves.append(leaf)
        family.starts[leaf.oid] = _start(fates[leaf.oid])
    for family in families.values():
        family.restricted = not family.emptied and bool(set(family.starts.values()) & {OUT, LEFT})
    return families


def _start(fate: Fate) -> int:
    if fate.action == "empty":
        return LEFT
    if fate.subset:
        return OUT  # until its condition or its share says otherwise
    return CHOSEN if fate.whole else FOLLOWS  # that is, if there is anything to follow


def _placed(
    edges: Iterable[Edge], leaves: Iterable[Table], known: Mapping[int, Table], plan: MaskPlan
) -> Iterator[Edge]:
    """The edges with the leaves at both ends."""
    below: dict[int, set[int]] = defaultdict(set)
    for leaf in leaves:
        for level in _levels(leaf, known):
            below[level].add(leaf.oid)
    for edge in edges:
        holding = {oid for oid in below[edge.source.oid] if not _nulled(plan, oid) & set(edge.columns)}
        if below[edge.target.oid]:
            yield replace(edge, leaves=frozenset(holding), targets=frozenset(below[edge.target.oid]))


def _nulled(plan: MaskPlan, oid: int) -> set[str]:
    return {each.column.name for each in plan.tables[oid].columns if each.rule == _EMPTYING}


def _spread(edges: list[Edge], families: Mapping[int, Family], roots: Mapping[int, int]) -> None:
    """What follows is restricted as well, and what follows that; what then follows nothing comes whole."""
    spreading = True
    while spreading:
        spreading = False
        for edge in edges:
            family, target = families[roots[edge.source.oid]], families[roots[edge.target.oid]]
            if family is target or not target.restricted or target.root.oid in family.follows:
                continue
            if any(family.starts[oid] == FOLLOWS for oid in edge.leaves):
                family.follows.add(target.root.oid)
                family.restricted = spreading = True
    for family in families.values():
        if not family.follows:
            family.starts = {oid: CHOSEN if start == FOLLOWS else start for oid, start in family.starts.items()}


def _levels(table: Table, known: Mapping[int, Table]) -> Iterator[int]:
    current: Table | None = table
    while current is not None:
        yield current.oid
        current = known.get(current.parent_oid) if current.parent_oid is not None else None


def _edges(catalog: Catalog, links: Links, known: Mapping[int, Table]) -> Iterator[Edge]:
    for table in catalog.tables:
        columns = {column.attnum: column for column in table.columns}
        for key in table.foreign_keys:
            target = known.get(key.target_oid)
            if key.inherited or target is None:
                continue
            there = {column.attnum: column for column in target.columns}
            pairs = [(columns[one], there[other]) for one, other in zip(key.attnums, key.target_attnums, strict=True)]
            shown = tuple(pairs[:-1] if key.temporal else pairs)
            yield Edge(key.name, table, target, shown, must=key.valid, every=key.temporal)
    for source, target_node in links.edges:
        yield from _listed(source, target_node, known, None)
    for source, cases in links.cases.items():
        for case in cases:
            yield from _listed(source, case.target, known, (case.when, case.value))


def _listed(source: Node, target: Node, known: Mapping[int, Table], when: tuple[str, str] | None) -> Iterator[Edge]:
    """A key that only the rules know; what lies inside documents is not read."""
    if source[2] or target[2]:
        return
    here, there = known[source[0]], known[target[0]]
    one = next(column for column in here.columns if column.attnum == source[1])
    other = next(column for column in there.columns if column.attnum == target[1])
    yield Edge(f"references: {one.name}", here, there, ((one, other),), when=when)


def least_shares(catalog: Catalog, fates: Mapping[int, Fate]) -> dict[int, float]:
    """How much of each table comes along at the least, by what the rules say alone: 0 where a condition decides."""
    shares = {oid: _share(fate) for oid, fate in fates.items()}
    free = [table for table in catalog.tables if not fates[table.oid].subset and not fates[table.oid].whole]
    changing = True
    while changing:
        changing = False
        for table in free:
            least = min((shares.get(key.target_oid, 1.0) for key in table.foreign_keys), default=1.0)
            if least < shares[table.oid]:
                shares[table.oid], changing = least, True
    return shares


def _share(fate: Fate) -> float:
    if fate.subset is None:
        return 1.0
    return 0.0 if fate.subset.percent is None else fate.subset.percent / 100
