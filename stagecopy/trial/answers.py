"""Holds what a server said to a query before a migration against what it says afterwards.

Surprising: a plan is compared by what it reads, not by its shape: joins change their order for little, while a table
that was found by an index and is now read whole is what users wait for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stagecopy.model.application import Answer, BrokenQuery, FlippedQuery, Query
from stagecopy.model.wording import quoted

MANY_ROWS = 1_000  # a table of fewer is read whole in no time
WORSE = 10  # times the estimated cost
_DEAR = 1_000.0  # cost below which nobody notices: about a hundred blocks read here and there
_NOT_NULL = "23502"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is known: rows of tables afterwards, their new names by the old ones, and those without statistics."""

    rows: Mapping[str, int] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    blind: frozenset[str] = frozenset()


def broken(query: Query, before: Answer, after: Answer) -> BrokenQuery | None:
    """How *query*, which worked, fails."""
    if not before.works or after.works:
        return None
    if after.sqlstate is not None:
        return BrokenQuery(query, after.sqlstate, after.message)
    columns = ", ".join(quoted(*each.split(".", 2)) for each in sorted(after.unfilled))
    return BrokenQuery(query, _NOT_NULL, f"it gives no value to {columns}, which takes no NULL and has no default")


def flipped(query: Query, before: Answer, after: Answer, around: Surroundings) -> FlippedQuery | None:
    """How the plan of *query* is worse; the largest table that lost its index where there are several."""
    if before.cost is None or after.cost is None or not after.works:
        return None
    blind = tuple(sorted(after.tables & around.blind))
    lost = {around.renamed.get(table, table): index for table, index in sorted(before.indexed)}
    stood = {around.renamed.get(table, table) for table in before.scanned}
    whole = [each for each in after.scanned - stood if each in lost and around.rows.get(each, 0) > MANY_ROWS]
    if whole:
        table = max(whole, key=lambda each: (around.rows[each], each))
        costs = (before.cost, after.cost)
        return FlippedQuery(query, *costs, table, around.rows[table], lost_index=lost[table], blind=blind)
    if after.cost >= WORSE * before.cost and after.cost >= _DEAR:
        return FlippedQuery(query, before.cost, after.cost, blind=blind)
    return None
