"""How one table is read on both sides: which columns, spelled how, told apart by which key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from psycopg import sql

from stagecopy.diff.matching import ColumnMatch, ColumnPair, RelationPair, choose_key
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import ComparedColumn, ComparedRelation
from stagecopy.postgres.diffrows import RowSide, source_of
from stagecopy.postgres.valueforms import Form, common_form, digest, key_form, present, sent_form, text_form

S = TypeVar("S")
T = TypeVar("T")
Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Servers:
    """Both connections, read at the same time, and the seeds of this run's digests (chance, so not to be aimed at)."""

    before: Connection
    after: Connection
    pool: ThreadPoolExecutor
    seeds: tuple[int, int, int, int] = field(
        default_factory=lambda: (secrets.randbits(62), secrets.randbits(62), secrets.randbits(62), secrets.randbits(62))
    )

    def both(self, work: Callable[[S], T], before: S, after: S) -> tuple[T, T]:
        """Do *work* on both sides at once."""
        other = self.pool.submit(work, after)
        try:
            mine = work(before)
        finally:
            other.exception()  # a connection is never left to a running thread
        return mine, other.result()


@dataclass(frozen=True, slots=True)
class TablePlan:
    """``values``: one digest per paired column and side; ``signature``: equal where key digests may be compared."""

    pair: RelationPair
    match: ColumnMatch
    key: tuple[ColumnPair, ...] | None
    before: RowSide | None
    after: RowSide | None
    values: tuple[tuple[sql.Composable, ...], tuple[sql.Composable, ...]]
    signature: Signature

    @property
    def settled(self) -> bool:
        """Whether no side can hold a key twice, in the spelling in which keys are compared."""
        if self.key is None or self.pair.after is None:
            return False
        columns = {each.after.attnum for each in self.key}
        numbers = all(common_form(each.after, each.before).number is not None for each in self.key if each.retyped)
        return numbers and any(set(each) == columns for each in self.pair.after.keys)

    @property
    def kinds(self) -> tuple[int, ...]:
        """A number per paired column: only columns of one kind may have traded their values."""
        return tuple(each.after.type_oid for each in self.match.pairs)


def _spelled(pair: ColumnPair, *, after: bool, plain: bool) -> Form:
    mine, other = (pair.after, pair.before) if after else (pair.before, pair.after)
    if not pair.retyped:
        return sent_form(mine) if mine.sendable and other.sendable else text_form(mine)
    return text_form(mine) if plain else common_form(mine, other)


def _spelled_key(pair: ColumnPair, *, after: bool, plain: bool) -> Form:
    if plain and pair.retyped:
        return _spelled(pair, after=after, plain=True)
    return key_form(pair.after, pair.before) if after else key_form(pair.before, pair.after)


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes plans for the tables of one run. ``plain``: no casts, type's own text only (casts may refuse a value)."""

    servers: Servers
    plain: bool = False

    def plan(self, pair: RelationPair, match: ColumnMatch) -> TablePlan:
        """The plan for one table."""
        key = choose_key(pair.before, match) if pair.before else None
        return TablePlan(
            pair,
            match,
            key,
            self._side(pair.before, match, key, after=False) if pair.before else None,
            self._side(pair.after, match, key, after=True) if pair.after else None,
            (self._values(match, after=False), self._values(match, after=True)),
            tuple(
                (key is None, each.before.name, each.after.name, each.before.type_oid, each.after.type_oid)
                for each in key or match.pairs
            ),
        )

    def one_sided(self, relation: ComparedRelation, *, after: bool) -> TablePlan:
        """The plan for a relation of one side, read with the key it has there."""
        match = ColumnMatch(
            tuple(ColumnPair(each, each) for each in sorted(relation.columns, key=lambda column: column.name)), (), ()
        )
        pair = RelationPair(relation, relation)
        plan = self.plan(pair, match)
        return TablePlan(
            RelationPair(None, relation) if after else RelationPair(relation, None),
            match,
            plan.key,
            None if after else plan.before,
            plan.after if after else None,
            plan.values,
            plan.signature,
        )

    def narrowed(self, plan: TablePlan, columns: Sequence[ColumnPair]) -> tuple[RowSide, RowSide]:
        """Both sides with row digests of *columns* alone."""
        assert plan.before is not None and plan.after is not None  # noqa: S101, PT018 - the caller's contract
        seed = self.servers.seeds[2]
        before, after = (
            replace(side, row=digest([_spelled(each, after=after, plain=self.plain) for each in columns], seed))
            for side, after in ((plan.before, False), (plan.after, True))
        )
        return before, after

    def _side(
        self, relation: ComparedRelation, match: ColumnMatch, key: Sequence[ColumnPair] | None, *, after: bool
    ) -> RowSide:
        high, low, row, _ = self.servers.seeds
        whole = [_spelled(each, after=after, plain=self.plain) for each in match.pairs]
        forms = whole if key is None else [_spelled_key(each, after=after, plain=self.plain) for each in key]
        number = forms[0].number if key is not None and len(forms) == 1 else None
        nothing = ~high
        return RowSide(
            self.servers.after if after else self.servers.before,
            relation.oid,
            source_of(relation.schema, relation.name, with_partitions=relation.kind == "p"),
            high=digest(forms, high) if number is None else None,
            low=digest(forms, low) if number is None else _never_null(number, nothing),
            row=None if key is None else digest(whole, row),
            nothing=nothing,
        )

    def _values(self, match: ColumnMatch, *, after: bool) -> tuple[sql.Composable, ...]:
        """One digest per column; NULL stays NULL."""
        return tuple(
            value_digest(
                each.after if after else each.before,
                _spelled(each, after=after, plain=self.plain),
                self.servers.seeds[3],
            )
            for each in match.pairs
        )


def _never_null(number: sql.Composable, nothing: int) -> sql.Composed:
    """A key may have lost its NOT NULL on the after side."""
    return sql.SQL("coalesce({}, {})").format(number, sql.Literal(nothing))


def value_digest(column: ComparedColumn, form: Form, seed: int) -> sql.Composable:
    """The digest of one value, or the value itself where it is a number; NULL where there is none."""
    if form.number is not None:
        return form.number
    if form.base in ("text", "varchar"):
        return text_digest(form.value, seed)
    return sql.SQL("CASE WHEN {} THEN {} END").format(present(column), digest([form], seed))


def text_digest(text: sql.Composable, seed: int) -> sql.Composed:
    """The digest of one text, NULL where there is none."""
    return sql.SQL('pg_catalog.hashtextextended({} COLLATE pg_catalog."C", {})').format(text, sql.Literal(seed))
