"""Some rows of some tables: which come along, found on production's snapshot before anything is written.

Surprising: both ways of reading, the dump and ``--direct``, hand out whole tables, and the same filter lets the chosen
rows through. The backup is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import polars as pl
import psycopg

from stagecopy.flows.subset_keys import KeyReader, LeafKeys, links_of
from stagecopy.masking.links import resolve
from stagecopy.masking.matching import Fate, Matcher
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.plan import MaskPlan
from stagecopy.masking.rules import RuleSet
from stagecopy.masking.subset import FOLLOWS, LEFT, OUT, Kept, Link, closure
from stagecopy.masking.subset_plan import Edge, Family, SubsetPlan, plan_subset
from stagecopy.masking.subset_rows import Lines, RowFilter, Wanted
from stagecopy.model.catalog import Table
from stagecopy.model.findings import Fidelity
from stagecopy.model.progress import Progress
from stagecopy.model.refresh import TableSubset
from stagecopy.model.staging import Binaries
from stagecopy.model.wording import counted
from stagecopy.postgres.keyforms import refers
from stagecopy.production.conditions import Condition, at_fault, check, complaint
from stagecopy.production.readers import DirectReader, Reader
from stagecopy.production.session import ProductionSession

_NAMED = 12  # tables in one message


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """What comes along: nothing is left out of a table that has no filter."""

    filters: Mapping[int, RowFilter] = field(default_factory=dict)
    tables: Mapping[str, TableSubset] = field(default_factory=dict)
    fidelity: tuple[Fidelity, ...] = ()

    def out_of(self, reader: Reader) -> Reader:
        """*reader*, that gives the rows which come along."""
        return _ChosenReader(self.filters, reader) if self.filters else reader


@dataclass(frozen=True, slots=True)
class _ChosenReader:
    """Whole tables in, chosen rows out."""

    filters: Mapping[int, RowFilter]
    reader: Reader

    def rows(self, table: Table) -> Iterator[bytes]:
        chosen = self.filters.get(table.oid)
        return chosen.run(self.reader.rows(table)) if chosen else self.reader.rows(table)


def choose_rows(
    session: ProductionSession, plan: MaskPlan, rules: RuleSet, *, tools: Binaries, progress: Progress
) -> ChosenRows:
    """Read what is needed to know which rows come. Raises UsageError ``bad-rules``, ProductionError."""
    mistakes = Mistakes()
    matcher = Matcher(session.catalog, rules, mistakes)
    fates = {table.oid: matcher.fate(table) for table in session.catalog.tables}
    planned = plan_subset(session.catalog, fates, plan, resolve(session.catalog, rules, mistakes))
    if planned is None:
        return ChosenRows()
    with session.errors("choosing rows"), closing(session.reader()) as connection:
        conditions = _conditions(session, matcher, fates)
        for oid, condition in conditions.items():
            problem = check(connection, condition)
            if problem:
                mistakes.add(fates[oid].where, f"`where` of {condition.table.qualified}: {problem}", _CONDITION_HINT)
        for each in planned.emptied:
            if connection.execute(refers(each.leaf, each.edge.columns, each.edge.when)).fetchone():
                mistakes.add(fates[each.target.oid].where, *_left_behind(each.edge, each.leaf))
        mistakes.raise_any()
        if not any(family.restricted for family in planned.families.values()):
            return ChosenRows()
        progress.stage("choose")
        raw = session.catalog.database.encoding == "SQL_ASCII"
        keys = KeyReader(planned, fates, DirectReader(session, tools), connection, conditions, raw)
        return _chosen(_Reading(planned, fates, _read(keys, planned), raw))


_CONDITION_HINT = "one SQL condition on columns of this table; other tables and functions with their schema"


def _conditions(session: ProductionSession, matcher: Matcher, fates: Mapping[int, Fate]) -> dict[int, Condition]:
    """What is asked of each table. A rule on a parent is over its partitions, under the parent's name."""
    found = {}
    for table in session.catalog.row_tables:
        subset = fates[table.oid].subset
        if subset and subset.where is not None:
            same = [each for each in matcher.lineage(table) if fates[each.oid].where == fates[table.oid].where]
            found[table.oid] = Condition(table, same[-1].name, subset.where)
    return found


def _left_behind(edge: Edge, leaf: Table) -> tuple[str, str]:
    """What to say where rows refer to such as never come."""
    column = ", ".join(edge.columns)
    remedy = (
        f'write `rows: none` for {leaf.qualified} as well, or `rows: {{where: "false"}}` for'
        f" {edge.target.qualified}: then rows that refer to it stay behind too"
    )
    if any(not here.not_null for here, _ in edge.pairs):
        remedy += "; or let them come without it: {mask: null}"
    return (
        f"{leaf.qualified} ({column}) refers to rows of {edge.target.qualified} that `rows: none` leaves behind",
        remedy,
    )


def _read(keys: KeyReader, plan: SubsetPlan) -> dict[int, list[LeafKeys]]:
    read: dict[int, list[LeafKeys]] = {}
    mistakes = Mistakes()
    for family in plan.concerned:
        for leaf in family.leaves:
            try:
                read.setdefault(family.root.oid, []).append(keys.read(family, leaf))
            except psycopg.Error as failure:
                if leaf.oid not in keys.conditions or not at_fault(failure):
                    raise
                said = complaint(failure, keys.conditions[leaf.oid].text)
                mistakes.add(keys.fates[leaf.oid].where, f"`where` of {leaf.qualified}: {said}", _CONDITION_HINT)
                mistakes.raise_any()
    return read


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that was read."""

    plan: SubsetPlan
    fates: Mapping[int, Fate]
    read: Mapping[int, Sequence[LeafKeys]]
    raw: bool


def _chosen(reading: _Reading) -> ChosenRows:
    plan, read = reading.plan, reading.read
    states = {oid: pl.concat([leaf.starts for leaf in leaves]) for oid, leaves in read.items()}
    links = links_of(plan, read)
    kept = closure(states, links)
    _refuse_lost(reading, links, kept)
    filters: dict[int, RowFilter] = {}
    tables: dict[str, TableSubset] = {}
    notes: list[str] = []
    for family in plan.concerned:
        if family.restricted:
            of_family = _parts(reading, family, (kept, links))
            rows = kept[family.root.oid].rows
            if not rows.all():
                notes.append(f"{family.root.qualified} ({rows.sum():,} of {counted(len(rows), 'row')})")
            for leaf, found, facts in of_family:
                tables[leaf.qualified] = facts
                if found is not None:
                    filters[leaf.oid] = found
    return ChosenRows(filters, tables, _fidelity(notes))


def _refuse_lost(reading: _Reading, links: Sequence[Link], kept: Mapping[int, Kept]) -> None:
    """Rows that come must not refer to partitions whose rows are left behind."""
    mistakes = Mistakes()
    for edge, link in zip(reading.plan.edges, links, strict=True):
        if edge.must and (link.missing(kept[link.target].rows) & kept[link.source].rows).any():
            family = reading.plan.families[link.target]
            left = next(leaf for leaf in family.leaves if family.starts[leaf.oid] == LEFT)
            mistakes.add(reading.fates[left.oid].where, *_left_behind(edge, edge.source))
    mistakes.raise_any()


def _parts(
    reading: _Reading, family: Family, closed: tuple[Mapping[int, Kept], Sequence[Link]]
) -> list[tuple[Table, RowFilter | None, TableSubset]]:
    """Of each table with rows in *family*: its filter, and what to report."""
    kept, links = closed
    pulled_by = _pulled_by(reading, family, links, kept) if kept[family.root.oid].pulled.any() else []
    found, first = [], 0
    for leaf in reading.read[family.root.oid]:
        size = len(leaf.starts)
        rows, pulled = (each.slice(first, size) for each in (kept[family.root.oid].rows, kept[family.root.oid].pulled))
        by = pulled_by if pulled.any() else []
        first += size
        start = family.starts[leaf.table.oid]
        if start in (OUT, FOLLOWS):
            facts = TableSubset(size, _reason(reading, family, leaf.table, by), int(pulled.sum()))
            found.append((leaf.table, None if rows.all() else _filter(reading, leaf, rows), facts))
    return found


def _filter(reading: _Reading, leaf: LeafKeys, rows: pl.Series) -> RowFilter:
    lines = Lines(leaf.table, len(leaf.table.copied_columns), reading.raw)
    return RowFilter(lines, leaf.identity, Wanted(leaf.known_by.filter(rows)), len(rows), int(rows.sum()))


def _pulled_by(reading: _Reading, family: Family, links: Sequence[Link], kept: Mapping[int, Kept]) -> list[str]:
    """The tables that refer to what was pulled here."""
    pulled = kept[family.root.oid].pulled
    found = {
        edge.source.qualified
        for edge, link in zip(reading.plan.edges, links, strict=True)
        if link.target == family.root.oid and (link.referred(kept[link.source].rows) & pulled).any()
    }
    return sorted(found)


def _reason(reading: _Reading, family: Family, leaf: Table, pulled_by: Sequence[str]) -> str:
    subset = reading.fates[leaf.oid].subset
    if subset is None:
        roots = (reading.plan.families[oid].root.qualified for oid in family.follows)
        reason = f"follows {', '.join(sorted(roots))}"
    elif subset.percent is not None:
        reason = f"{subset.percent:g} % of its rows, seed {subset.seed}"
    else:
        reason = f"those that `where` in {reading.fates[leaf.oid].where} is true for"
    return f"{reason}; pulled by {', '.join(pulled_by)}" if pulled_by else reason


def _fidelity(tables: Sequence[str]) -> tuple[Fidelity, ...]:
    named = ", ".join(tables[:_NAMED]) + (f" and {len(tables) - _NAMED} more tables" if len(tables) > _NAMED else "")
    message = (
        f"not all rows came along: {named}. What a trial shows on them proves less than on all rows:"
        " what it would do to the others, how many they are, how long it takes"
    )
    return (Fidelity("subset", message),) if tables else ()
