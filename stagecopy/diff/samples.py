"""Picks a few rows that tell what happened: what was lost first, then what changed, then what came."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from psycopg import sql

from stagecopy.diff.plan import TablePlan
from stagecopy.diff.tally import ColumnTally
from stagecopy.model.change import Sample
from stagecopy.postgres.diffcatalog import ComparedColumn
from stagecopy.postgres.diffrows import RowSide, texts_at
from stagecopy.postgres.valueforms import text_form

_LENGTH = 80
_COLUMNS = 40  # of a whole row; a table may have 1,600

Values = dict[str, str | None]


def _texts(
    side: RowSide, columns: Sequence[ComparedColumn], names: Sequence[str], places: Sequence[int]
) -> dict[tuple[int, int], Values]:
    forms = [
        sql.SQL("pg_catalog.left({}, {})").format(text_form(column).value, sql.Literal(_LENGTH + 1))
        for column in columns
    ]
    rows = texts_at(side, forms or [sql.SQL("NULL")], places)
    return {key: {name: _cut(text) for name, text in zip(names, texts, strict=False)} for key, texts in rows.items()}


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def _key_of(plan: TablePlan, values: Values) -> Values | None:
    return None if plan.key is None else {each.after.name: values[each.after.name] for each in plan.key}


def _whole(plan: TablePlan, rows: list[tuple[int, int, int]], *, after: bool) -> list[Sample]:
    """Samples of removed or added rows, the key's columns first."""
    side = plan.after if after else plan.before
    if not rows or side is None:
        return []
    pairs = [*(plan.key or ()), *(each for each in plan.match.pairs if each not in (plan.key or ()))][:_COLUMNS]
    columns = [each.after if after else each.before for each in pairs]
    names = [each.after.name for each in pairs]
    only = plan.match.added if after else plan.match.dropped
    columns += only[:_COLUMNS]
    names += [column.name for column in only[:_COLUMNS]]
    texts = _texts(side, columns, names, [place for *_, place in rows])
    found = [texts[high, low] for high, low, _ in rows if (high, low) in texts]
    return [Sample(_key_of(plan, row), None if after else row, row if after else None) for row in found]


def _changed(plan: TablePlan, tally: ColumnTally, wanted: int) -> list[Sample]:
    made = []
    assert plan.before is not None and plan.after is not None  # noqa: S101, PT018  # changed rows have both sides
    for high, low, place, place_after, differing in tally.telling()[:wanted]:
        shown = [plan.match.pairs[index] for index in differing[:_COLUMNS]]
        pairs = [*(plan.key or ()), *(each for each in shown if each not in (plan.key or ()))]
        names = [each.after.name for each in pairs]
        old = _texts(plan.before, [each.before for each in pairs], names, [place])
        new = _texts(plan.after, [each.after for each in pairs], names, [place_after])
        if (high, low) not in old or (high, low) not in new:
            continue
        mine, other = old[high, low], new[high, low]
        told = [each.after.name for each in shown]
        differing_before, differing_after = {name: mine[name] for name in told}, {name: other[name] for name in told}
        made.append(Sample(_key_of(plan, mine), differing_before, differing_after))
    return made


def pick(plan: TablePlan, tally: ColumnTally, rows: tuple[pl.DataFrame, pl.DataFrame], wanted: int) -> list[Sample]:
    """At most *wanted* samples; *rows* are those that vanished and those that appeared."""
    vanished, appeared = rows
    picked = _whole(plan, vanished.head(wanted).rows(), after=False)
    if len(picked) < wanted:
        picked += _changed(plan, tally, wanted - len(picked))
    return picked + _whole(plan, appeared.head(wanted - len(picked)).rows(), after=True)
