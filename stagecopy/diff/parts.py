"""Which rows of a table are looked through: all of them, or those in touched blocks and, of all others, few columns.

Surprising: the parts can be compared one by one. Blocks that nothing touched hold the same rows on both sides, so a
key in them is in them on both sides, or one side would hold it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stagecopy.diff.matching import ColumnPair
from stagecopy.diff.plan import Planner, TablePlan
from stagecopy.diff.proof import Decision
from stagecopy.diff.runs import Runs
from stagecopy.postgres.diffrows import RowSide


@dataclass(frozen=True, slots=True)
class Part:
    """Rows to compare with each other."""

    before: RowSide
    after: RowSide


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read. ``rows``: how many the before side has, where not all are counted on the way."""

    decision: Decision
    parts: tuple[Part, ...]
    rows: int | None = None


def parts_of(planner: Planner, plan: TablePlan, decision: Decision, doubtful: Sequence[ColumnPair]) -> tuple[Part, ...]:
    """The parts: touched blocks with all columns first, then the rest with *doubtful* ones."""
    if plan.before is None or plan.after is None:
        return ()
    whole = Part(plan.before, plan.after)
    if decision.method == "full":
        return (whole,)
    parts = []
    if decision.runs.runs:
        parts.append(_within(whole, decision.runs))
    if doubtful:
        narrow = Part(*planner.narrowed(plan, doubtful))
        parts.append(_within(narrow, decision.runs.between(decision.size)) if decision.runs.runs else narrow)
    return tuple(parts)


def _within(part: Part, runs: Runs) -> Part:
    before, after = (replace(each, runs=runs.runs) for each in (part.before, part.after))
    return replace(part, before=before, after=after)
