"""Rules about the application that still runs while the migration rolls out: its queries, and the indexes it lives on.

Surprising: a query is told as an error only where a program runs it now, as far as one can tell: a file names it, it
was called since the snapshot before, or, where that is not known, ten times at least. What was asked once, by hand,
weeks ago, is a warning; else no column could ever be dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

from stagecopy.model.application import BrokenQuery, FlippedQuery, Query
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence, local_name
from stagecopy.safety.schema_rules import dropped_alone, often_used

_MOST = 20  # findings of one rule; the document has all queries
_SHOWN = 160  # characters of a query
_IN_STEPS = (
    "deploy in steps: add first, let the application use the new, take the old away when no program asks for it any"
    " more; a waiver tells that this one is gone"
)
_NEVER_TOLD = 2**63  # calls of a query that a file names
_Told = TypeVar("_Told", BrokenQuery, FlippedQuery)


def query_broken(evidence: Evidence) -> Iterator[Finding]:
    """``query-broken``: it worked before the migration and fails afterwards, while the application still sends it."""
    found = _weightiest(evidence.application.broken if evidence.application else ())
    for each in found[:_MOST]:
        severity: Severity = "error" if each.query.running else "warn"
        message = f"{_called(each.query)} fails afterwards: {each.message} ({each.sqlstate}): {_shown(each.query)}"
        yield Finding("query-broken", severity, _subject(each.query), message, _IN_STEPS)
    if rest := found[_MOST:]:
        severity = "error" if any(each.query.running for each in rest) else "warn"
        message = f"{counted(len(rest), 'more query')} that worked before would fail".replace("querys", "queries")
        yield Finding("query-broken", severity, "migration", message, _IN_STEPS)


def plan_flipped(evidence: Evidence) -> Iterator[Finding]:
    """``plan-flipped``: the planner goes another way, which it takes for far dearer, or which reads a whole table."""
    found = _weightiest(evidence.application.flipped if evidence.application else ())
    for each in found[:_MOST]:
        message = f"{_called(each.query)} {_worse(each)}: {_shown(each.query)}"
        remedy = "keep the index, or build its successor first (CONCURRENTLY)"
        if each.blind:
            names = ", ".join(quoted(*name.split(".", 1)) for name in each.blind)
            message += f"; the planner's statistics of {names} are gone, so this may pass"
            remedy = f"end the migration with ANALYZE {names}"
        yield Finding("plan-flipped", "warn", _subject(each.query), message, remedy)


def used_index_dropped(evidence: Evidence) -> Iterator[Finding]:
    """``used-index-dropped``: production's own counters say that queries use it."""
    usage = evidence.application.usage if evidence.application else None
    for change in dropped_alone(evidence, "index"):
        scans = often_used(evidence, change)
        if usage and scans:
            name = quoted((change.table or "").split(".", 1)[0], local_name(change))
            since = f" since {usage.since[:16]}" if usage.since else ""
            message = f"index {name} is dropped, which production used {scans:,} times{since}"
            remedy = "find the queries (pg_stat_statements, --queries); build a successor first (CONCURRENTLY)"
            yield Finding("used-index-dropped", "warn", change.name, message, remedy)


def _weightiest(found: Sequence[_Told]) -> list[_Told]:
    """Those that run now first, of these those of files, then the most called."""
    return sorted(found, key=lambda each: (not each.query.running, _NEVER_TOLD - (each.query.calls or _NEVER_TOLD)))


def _called(query: Query) -> str:
    if query.calls is None:
        return "a query of --queries"
    recently = "" if query.recent is None else f" ({query.recent:,} since the snapshot before)"
    return f"a query that production ran {counted(query.calls, 'time')}{recently}"


def _worse(flip: FlippedQuery) -> str:
    cost = f"(estimated cost {flip.cost_before:,.0f} before, {flip.cost_after:,.0f} after)"
    if flip.table is None:
        return f"is planned another way {cost}"
    index = f", found by index {quoted(*flip.lost_index.split('.', 1))} before" if flip.lost_index else ""
    return f"reads all {flip.rows or 0:,} rows of {quoted(*flip.table.split('.', 1))}{index} {cost}"


def _shown(query: Query) -> str:
    return query.shown if len(query.shown) <= _SHOWN else query.shown[: _SHOWN - 1] + "…"


def _subject(query: Query) -> str:
    """By its text, so that a waiver holds from one trial to the next."""
    return f"query {hashlib.sha256(query.shown.encode()).hexdigest()[:8]}"
