"""Which rows come along when only some rows of some tables are wanted, so that every reference still holds.

Pure: it sees rows as positions and keys as small numbers (*codes*), never a value. Three steps, each of which has one
answer whatever the order: rows that were chosen pull what they refer to, and that what it refers to in turn; then the
tables that follow come along, as many of their rows as can (a row comes if all it refers to came, and something of that
came on its own account rather than pulled; rows that refer to each other in a circle may hold each other up); last,
these pull what they refer to in their own table. Surprising: what was pulled brings none of its own children.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

OUT, CHOSEN, FOLLOWS, LEFT = range(4)
"""How a row starts: comes only if pulled; comes; comes if what it refers to does; never comes."""


@dataclass(frozen=True, slots=True)
class Link:
    """One reference from the rows of *source* to those of *target*.

    ``refs`` has a code below ``size`` for each row of the source, null where the row refers to nothing that is there;
    ``keys`` has the code by which each row of the target can be referred to. ``every``: all rows of a code are meant
    (the periods of a temporal key), else any of them.
    """

    source: int
    target: int
    refs: pl.Series
    keys: pl.Series
    size: int
    every: bool = False

    def referred(self, rows: pl.Series) -> pl.Series:
        """The rows of the target that the source's *rows* refer to."""
        return _at(_codes(self.refs, rows, self.size), self.keys)

    def reaching(self, rows: pl.Series) -> pl.Series:
        """The rows of the source that refer to one of the target's *rows*."""
        return _at(_codes(self.keys, rows, self.size), self.refs)

    def missing(self, came: pl.Series) -> pl.Series:
        """The rows of the source whose reference would lead nowhere if of the target only *came* were there."""
        gone = _codes(self.keys, ~came, self.size)
        if not self.every:
            gone &= ~_codes(self.keys, came, self.size)
        return _at(gone, self.refs)


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of one table that come along; ``pulled`` are those that do only because something refers to them."""

    rows: pl.Series
    pulled: pl.Series


def closure(states: Mapping[int, pl.Series], links: Sequence[Link]) -> dict[int, Kept]:
    """What comes along of each table in *states*, whose series say how each row starts."""
    chosen = {table: state == CHOSEN for table, state in states.items()}
    able = {table: state != LEFT for table, state in states.items()}
    came = _pull(chosen, able, links)
    own = _follow(states, chosen, came, links)
    came = _pull({table: came[table] | own[table] for table in states}, able, links)
    return {table: Kept(came[table], came[table] & ~own[table]) for table in states}


def _pull(start: Mapping[int, pl.Series], able: Mapping[int, pl.Series], links: Sequence[Link]) -> dict[int, pl.Series]:
    """*start* and all it refers to, and what that refers to, as far as rows are *able* to come."""
    came, fresh = dict(start), dict(start)
    while fresh:
        found: dict[int, pl.Series] = {}
        for link in links:
            if link.source in fresh:
                _merge(found, link.target, _reached(link, fresh[link.source], able[link.target]))
        new = {table: rows & able[table] & ~came[table] for table, rows in found.items()}
        fresh = {table: rows for table, rows in new.items() if rows.any()}
        for table, rows in fresh.items():
            came[table] |= rows
    return came


def _merge(found: dict[int, pl.Series], table: int, rows: pl.Series) -> None:
    found[table] = found[table] | rows if table in found else rows


def _reached(link: Link, rows: pl.Series, able: pl.Series) -> pl.Series:
    """One step; where a table refers to itself by a unique key, all steps at once: chains may be a million deep."""
    keys = link.keys.drop_nulls()
    if link.source != link.target or keys.n_unique() < len(keys):
        return link.referred(rows)
    above = _above(link, able)
    seen = rows
    while True:  # each round doubles how far up a pointer leads
        reached = _marked(above.filter(seen), len(seen))
        if not (reached & ~seen).any():
            return seen
        seen |= reached
        above = above.gather(above)


def _above(link: Link, able: pl.Series) -> pl.Series:
    """Of each row the row of the same table that it refers to, if that is able to come."""
    known = link.keys.is_not_null() & able
    row_of = pl.repeat(None, n=link.size, dtype=pl.Int64, eager=True)
    if known.any():
        row_of.scatter(link.keys.filter(known), known.arg_true().cast(pl.Int64))
    return row_of.gather(link.refs)


def _follow(
    states: Mapping[int, pl.Series],
    chosen: Mapping[int, pl.Series],
    came: Mapping[int, pl.Series],
    links: Iterable[Link],
) -> dict[int, pl.Series]:
    """Chosen rows and the most rows that can follow: begin with all, take away until nothing changes."""
    following = {table: state == FOLLOWS for table, state in states.items()}
    tied = [link for link in links if link.source != link.target and following[link.source].any()]
    own = {table: chosen[table] | following[table] for table in states}
    while True:
        changed = False
        for table in {link.source for link in tied}:
            stays = _stays([link for link in tied if link.source == table], own, came)
            left = own[table] & (chosen[table] | stays)
            changed |= left.sum() != own[table].sum()
            own[table] = left
        if not changed:
            return own


def _stays(links: Sequence[Link], own: Mapping[int, pl.Series], came: Mapping[int, pl.Series]) -> pl.Series:
    size = len(links[0].refs)
    broken, held, free = _none(size), _none(size), ~_none(size)
    for link in links:
        broken |= link.missing(came[link.target] | own[link.target])
        held |= link.reaching(own[link.target])
        free &= link.refs.is_null()
    return ~broken & (held | free)


def _none(size: int) -> pl.Series:
    return pl.repeat(value=False, n=size, dtype=pl.Boolean, eager=True)


def _marked(codes: pl.Series, size: int) -> pl.Series:
    """True at each of *codes*."""
    marks, codes = _none(size), codes.drop_nulls()
    return marks.scatter(codes, values=True) if len(codes) else marks


def _codes(codes: pl.Series, rows: pl.Series, size: int) -> pl.Series:
    """Which codes *rows* have."""
    return _marked(codes.filter(rows), size)


def _at(marks: pl.Series, codes: pl.Series) -> pl.Series:
    """Which rows have a code that is marked."""
    if not len(marks):
        return _none(len(codes))
    return marks.gather(codes).fill_null(value=False)
