"""Reads the keys and references of the tables that a choice of rows concerns, as digests, on the copy's snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import polars as pl
from psycopg import sql

from stagecopy.masking.matching import Fate
from stagecopy.masking.rules import Subset
from stagecopy.masking.subset import CHOSEN, OUT, Link
from stagecopy.masking.subset_plan import Edge, Family, SubsetPlan
from stagecopy.masking.subset_rows import HIGH, LOW, Lines, Wanted, codes, digests, joined, share
from stagecopy.model.catalog import Table
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.keyforms import comparable, only_where, select_keys
from stagecopy.production.conditions import Condition, matching_rows
from stagecopy.production.readers import DirectReader

_NO_KEYS = pl.DataFrame(schema={HIGH: pl.UInt64, LOW: pl.UInt64})
_Positions = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LeafKeys:
    """One table's rows: how each starts, what tells it apart, what it refers to and how it is referred to."""

    table: Table
    identity: _Positions  # among the copied columns
    starts: pl.Series
    known_by: pl.DataFrame
    refs: Mapping[int, pl.DataFrame]  # by number of the edge
    keys: Mapping[int, pl.DataFrame]


@dataclass(slots=True)
class _Layout:
    """What to select of one table; the same expression is read once."""

    expressions: list[sql.Composable] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    def place(self, expressions: Iterable[sql.Composable]) -> _Positions:
        """Where they stand in a row."""
        return tuple(self._place(each) for each in expressions)

    def _place(self, expression: sql.Composable) -> int:
        text = expression.as_string(None)
        if text not in self._seen:
            self._seen[text] = len(self.expressions)
            self.expressions.append(expression)
        return self._seen[text]


@dataclass(frozen=True, slots=True)
class KeyReader:
    """Reads tables one after the other. ``raw``: the database never checked its text."""

    plan: SubsetPlan
    fates: Mapping[int, Fate]
    reader: DirectReader
    connection: Connection  # in the same snapshot
    conditions: Mapping[int, Condition]
    raw: bool

    def read(self, family: Family, leaf: Table) -> LeafKeys:
        """All of *leaf* that matters. Raises ProductionError, psycopg.Error."""
        layout = _Layout()
        identity = identity_of(leaf)
        names = [leaf.copied_columns[position].name for position in identity]
        known_by = layout.place(sql.Identifier(name) for name in names) if family.restricted else ()
        edges = list(enumerate(self.plan.edges))
        refs = {number: layout.place(_here(edge)) for number, edge in edges if leaf.oid in edge.leaves}
        keys = {number: layout.place(_there(edge)) for number, edge in edges if leaf.oid in edge.targets}
        if not layout.expressions and not family.restricted:
            return LeafKeys(leaf, identity, pl.Series(dtype=pl.UInt8), _NO_KEYS, {}, {})
        start = _Start(family.starts[leaf.oid], self.fates[leaf.oid].subset, self._matching(leaf, identity, names))
        gathered = _Gathered([*refs.values(), *keys.values()])
        lines = Lines(leaf, len(layout.expressions), self.raw)
        for _, frame in lines.batches(self.reader.selected(select_keys(leaf, layout.expressions), leaf)):
            rows = frame if family.restricted else frame.unique()  # only what is referred to counts
            gathered.add(rows, known_by, start, whole=family.restricted)
        found = gathered.found
        return LeafKeys(
            leaf,
            identity,
            pl.concat(gathered.starts) if gathered.starts else pl.Series(dtype=pl.UInt8),
            pl.concat(gathered.known_by) if gathered.known_by else _NO_KEYS,
            {number: found(positions) for number, positions in refs.items()},
            {number: found(positions) for number, positions in keys.items()},
        )

    def _matching(self, leaf: Table, identity: _Positions, names: Sequence[str]) -> Wanted | None:
        condition = self.conditions.get(leaf.oid)
        if condition is None:
            return None
        rows = matching_rows(self.connection, condition, names, encoding=self.reader.session.text_encoding)
        batches = Lines(leaf, len(identity), self.raw).batches(rows)
        found = [digests(joined(frame, range(len(identity)), nulls=True)).unique() for _, frame in batches]
        return Wanted(pl.concat(found) if found else _NO_KEYS)


@dataclass(frozen=True, slots=True)
class _Start:
    """How the rows of one table begin."""

    state: int
    subset: Subset | None
    matching: Wanted | None

    def of(self, text: pl.Series, known: pl.DataFrame) -> pl.Series:
        if self.matching is not None:
            chosen = self.matching.has(known)
        elif self.subset is not None and self.subset.percent is not None:
            chosen = share(text, self.subset.percent, self.subset.seed)
        else:
            return pl.repeat(self.state, n=len(text), dtype=pl.UInt8, eager=True)
        return chosen.replace_strict({True: CHOSEN, False: OUT}, return_dtype=pl.UInt8)


class _Gathered:
    """Digests batch by batch; a key that serves several ends is held once."""

    def __init__(self, wanted: Sequence[_Positions]) -> None:
        self.starts: list[pl.Series] = []
        self.known_by: list[pl.DataFrame] = []
        self._parts: dict[_Positions, list[pl.DataFrame]] = {positions: [] for positions in wanted}
        self._whole: dict[_Positions, pl.DataFrame] = {}

    def add(self, frame: pl.DataFrame, known_by: _Positions, start: _Start, *, whole: bool) -> None:
        text = joined(frame, known_by, nulls=True)
        known = digests(text)
        self.starts.append(start.of(text, known))
        if whole:
            self.known_by.append(known)
        for positions, parts in self._parts.items():
            parts.append(digests(joined(frame, positions)))

    def found(self, positions: _Positions) -> pl.DataFrame:
        if positions not in self._whole:
            parts = self._parts.pop(positions)
            self._whole[positions] = pl.concat(parts) if parts else _NO_KEYS
        return self._whole[positions]


def identity_of(table: Table) -> _Positions:
    """Where in a row of the copy its primary key stands; all of the row where there is none."""
    place = {column.attnum: position for position, column in enumerate(table.copied_columns)}
    for key in table.unique_keys:
        if key.primary and set(key.attnums) <= place.keys():
            return tuple(place[attnum] for attnum in key.attnums)
    return tuple(range(len(table.copied_columns)))


def _here(edge: Edge) -> Iterator[sql.Composable]:
    for here, there in edge.pairs:
        expression = comparable(here, there)
        yield only_where(*edge.when, expression) if edge.when else expression


def _there(edge: Edge) -> Iterator[sql.Composable]:
    return (comparable(there, here) for here, there in edge.pairs)


def links_of(plan: SubsetPlan, read: Mapping[int, Sequence[LeafKeys]]) -> list[Link]:
    """The edges between the rows of whole families, which are read in the order of their leaves."""
    return list(chain.from_iterable(_link(plan, read, number) for number in range(len(plan.edges))))


def _link(plan: SubsetPlan, read: Mapping[int, Sequence[LeafKeys]], number: int) -> Iterator[Link]:
    edge = plan.edges[number]
    source, target = plan.roots[edge.source.oid], plan.roots[edge.target.oid]
    keys = pl.concat([leaf.keys.get(number, _nothing(len(leaf.starts))) for leaf in read[target]])
    refs = pl.concat([leaf.refs.get(number, _nothing(len(leaf.starts))) for leaf in read[source]])
    key_codes, ref_codes, size = codes(keys, refs)
    yield Link(source, target, ref_codes, key_codes, size, every=edge.every)


def _nothing(rows: int) -> pl.DataFrame:
    return pl.DataFrame({name: pl.repeat(None, n=rows, dtype=pl.UInt64, eager=True) for name in (HIGH, LOW)})
