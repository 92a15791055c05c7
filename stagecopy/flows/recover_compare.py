"""Compares a restored backup with production's present rows, table by table, told apart by name.

Surprising: OIDs differ between the two sides, so tables and columns are matched by name, and types that are the
database's own are compared by the text of their values. A partitioned table is one table, wherever its rows are now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from psycopg import sql

from stagecopy.diff.matching import ColumnPair, RelationPair, choose_key, match_columns
from stagecopy.diff.plan import Planner, Servers, TablePlan
from stagecopy.model.recovery import TableLoss
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import LARGE_OBJECTS, ComparedColumn, ComparedRelation, read_relations
from stagecopy.postgres.diffrows import source_of
from stagecopy.postgres.recovery import (
    INSERT,
    UPDATE,
    ColumnFact,
    KeyFact,
    SequenceState,
    WorkTables,
    clear,
    column_facts,
    firing_triggers,
    foreign_keys,
    pour,
    rows_at,
    sequences,
)

_TIMES = re.compile(r"(creat|updat|insert|modif|chang|regist)\w*", re.IGNORECASE)
_TIMED = ("date", "timestamp", "timestamptz")
Relations = Mapping[int, ComparedRelation]
Errors = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Side:
    """One side's catalog."""

    connection: Connection
    relations: Relations
    columns: Mapping[int, Mapping[str, ColumnFact]]
    keys: list[KeyFact]
    sequences: Mapping[tuple[str, str], SequenceState]

    @classmethod
    def of(cls, connection: Connection) -> Side:
        """Read it."""
        found = {oid: each for oid, each in read_relations(connection).items() if oid not in LARGE_OBJECTS}
        tables = {oid: each for oid, each in found.items() if each.kind != "m"}
        return cls(connection, tables, column_facts(connection), foreign_keys(connection), sequences(connection))

    def named(self, name: str) -> ComparedRelation | None:
        """The table called ``schema.table``."""
        return next((each for each in self.relations.values() if each.qualified == name), None)

    def whole(self, oid: int) -> int:
        """The OID of the table that the partition *oid* is a part of, or itself."""
        found = self.relations.get(oid)
        return found.root if found is not None and found.root is not None else oid


@dataclass(slots=True)
class Unit:
    """A table of the backup beside production's. ``gone``: columns that production has no more."""

    plan: TablePlan
    work: WorkTables
    facts: Mapping[str, ColumnFact]
    pairs: tuple[ColumnPair, ...]
    gone: tuple[ComparedColumn, ...]
    loss: TableLoss

    @property
    def before(self) -> ComparedRelation:
        """As it was."""
        assert self.plan.pair.before is not None  # noqa: S101 - units begin with the backup's side
        return self.plan.pair.before

    @property
    def after(self) -> ComparedRelation | None:
        """As it is, if it is."""
        return None if self.loss.dropped else self.plan.pair.after

    @property
    def key(self) -> tuple[str, ...]:
        """The key's columns; none where rows are told apart by all they hold."""
        return tuple(each.before.name for each in self.plan.key or ())

    @property
    def source(self) -> sql.Composed:
        """Its rows in the backup."""
        return source_of(self.before.schema, self.before.name, with_partitions=self.before.kind == "p")

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that rows are brought back with."""
        return (*(each.before.name for each in self.pairs), *(each.name for each in self.gone))

    @property
    def repaired(self) -> tuple[str, ...]:
        """The columns in which rows that are still there differ."""
        return tuple(name for name in self.carried if name in self.loss.columns)


@dataclass(slots=True)
class Comparison:
    """Both sides, and every table that was compared."""

    ours: Side
    theirs: Side
    units: list[Unit]

    @property
    def hurt(self) -> list[Unit]:
        """Those of which something is lost."""
        return [each for each in self.units if each.loss.lost]


def compare(ours: Side, theirs: Side, names: Collection[str], errors: Errors) -> Comparison:
    """Compare the tables *names* of the backup. *errors* tells failures of the other side."""
    units = []
    clear(ours.connection)
    with ThreadPoolExecutor(1) as pool:
        planner = Planner(Servers(ours.connection, theirs.connection, pool))
        wanted = [each for each in ours.relations.values() if each.qualified in names]
        for number, before in enumerate(wanted, 1):
            unit = _unit(planner, (ours, theirs), before, number)
            with errors(f"comparing {before.qualified}"):
                _compared(unit, theirs)
            units.append(unit)
    with errors("reading what belongs to the tables"):
        _note_triggers(units, theirs.connection)
    return Comparison(ours, theirs, units)


def _unit(planner: Planner, sides: tuple[Side, Side], before: ComparedRelation, number: int) -> Unit:
    ours, theirs = sides
    after = theirs.named(before.qualified)
    loss = TableLoss(name=before.qualified, dropped=after is None, partitions=_lost_parts(before, after, sides))
    pair = RelationPair(before, after or before, replaced=True)
    match = match_columns(pair)
    facts = ours.columns[before.oid]
    other = theirs.columns.get(after.oid, {}) if after else facts
    pairs = tuple(
        each for each in match.pairs if not facts[each.before.name].generated and not other[each.after.name].generated
    )
    gone = tuple(each for each in match.dropped if not facts[each.name].generated)
    narrowed = type(match)(pairs, gone, match.added)
    plan = planner.plan(pair, narrowed)
    assert plan.key == choose_key(before, narrowed)  # noqa: S101 - the key that both halves go by
    return Unit(plan, WorkTables(ours.connection, number), facts, pairs, gone, loss)


def _lost_parts(before: ComparedRelation, after: ComparedRelation | None, sides: tuple[Side, Side]) -> tuple[str, ...]:
    ours, theirs = sides
    parts = [each.qualified for each in ours.relations.values() if each.root == before.oid]
    return tuple(name for name in parts if theirs.named(name) is None) if after else ()


def _compared(unit: Unit, theirs: Side) -> None:
    loss, work, plan = unit.loss, unit.work, unit.plan
    assert plan.before is not None  # noqa: S101 - it has a before side
    work.load(plan.before, None if loss.dropped else plan.after)
    gone = [each.name for each in unit.gone]
    loss.rows, loss.missing, loss.newer = work.meet(unit.source, keyless=plan.key is None, gone=gone)
    if loss.missing:
        loss.times = _times(unit)
    if plan.key is not None and not loss.dropped:
        _fetch_changed(unit, theirs)
        _judge_columns(unit)


def _times(unit: Unit) -> dict[str, tuple[str, str]]:
    """From when to when the missing rows are."""
    found = {}
    for column in unit.before.columns:
        if column.base in _TIMED and _TIMES.match(column.name):
            name = sql.Identifier(column.name)
            query = (
                "SELECT pg_catalog.concat(min(r.{name})), pg_catalog.concat(max(r.{name}))"
                " FROM {m} m JOIN {source} AS r ON r.tableoid = m.part AND r.ctid = m.place"
            )
            [[first, last]] = unit.work.run(query, name=name, source=unit.source)
            if first:
                found[column.name] = (str(first), str(last))
    return found


def _fetch_changed(unit: Unit, theirs: Side) -> None:
    """Rows that differ, as they are on production now: their values as text."""
    names = [each.after.name for each in unit.pairs]
    cells = [sql.SQL("{} pg_catalog.text").format(sql.Identifier(f"v{at}")) for at in range(len(names))]
    columns = sql.SQL(", ").join([sql.SQL("part pg_catalog.oid, place pg_catalog.tid"), *cells])
    unit.work.run("CREATE UNLOGGED TABLE {q} ({columns})", columns=columns)
    for part, places in unit.work.places():
        holder = theirs.relations[part]
        source = source_of(holder.schema, holder.name, with_partitions=False)
        pour(theirs.connection, rows_at(source, names, places), unit.work.ours, unit.work.name("q"))
    unit.work.run("ANALYZE {q}")


def now_of(unit: Unit, column: str) -> sql.Composable:
    """What production has in *column*, as text; q is what was fetched."""
    names = [each.before.name for each in unit.pairs]
    return sql.SQL("q.{}").format(sql.Identifier(f"v{names.index(column)}")) if column in names else sql.SQL("NULL")


def was_of(column: str) -> sql.Composed:
    """What the backup has there, as text; NULL where it has nothing."""
    template = "CASE WHEN pg_catalog.num_nulls(r.{0}) = 0 THEN pg_catalog.concat(r.{0}) END"
    return sql.SQL(template).format(sql.Identifier(column))


CHANGED_ROWS = sql.SQL(
    "{c} c JOIN {q} q ON q.part = c.ppart AND q.place = c.pplace"
    " JOIN {source} AS r ON r.tableoid = c.part AND r.ctid = c.place"
)


def _judge_columns(unit: Unit) -> None:
    columns = [name for name in unit.carried if name not in unit.key]
    if not columns:
        return
    counts: list[sql.Composable] = []
    for name in columns:
        was, now = was_of(name), now_of(unit, name)
        nulled = sql.SQL("count(*) FILTER (WHERE {was} IS NOT NULL AND {now}::text IS NULL)")
        changed = sql.SQL("count(*) FILTER (WHERE {now}::text IS NOT NULL AND {was} IS DISTINCT FROM {now}::text)")
        counts += [each.format(was=was, now=now) for each in (nulled, changed)]
    rows = changed_rows(unit)
    [found] = unit.work.run("SELECT {counts} FROM {rows}", counts=sql.SQL(", ").join(counts), rows=rows)
    for at, name in enumerate(columns):
        nulled_here, changed_here = int(str(found[2 * at])), int(str(found[2 * at + 1]))
        if nulled_here or changed_here:
            unit.loss.columns[name] = {"nulled": nulled_here, "changed": changed_here}
            unit.loss.nulled += nulled_here
            unit.loss.changed += changed_here


def changed_rows(unit: Unit) -> sql.Composed:
    """FROM item: rows of both sides that differ, r the backup's and q production's."""
    work = unit.work
    return CHANGED_ROWS.format(c=work.name("c"), q=work.name("q"), source=unit.source)


def _note_triggers(units: list[Unit], connection: Connection) -> None:
    there = {each.after.oid: each for each in units if each.after is not None and each.loss.lost}
    for event in (INSERT, UPDATE):
        touched = [oid for oid, each in there.items() if (each.loss.missing if event == INSERT else each.loss.nulled)]
        for oid, names in firing_triggers(connection, touched, event).items():
            loss = there[oid].loss
            loss.triggers = tuple(dict.fromkeys((*loss.triggers, *names)))
