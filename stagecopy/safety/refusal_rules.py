"""Rules about a statement that production's own rows or views refused: what stands in its way, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.findings import Finding
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence

_MOST = 5


def duplicate_rows(evidence: Evidence) -> Iterator[Finding]:
    """``duplicate-rows``: a unique index or key that cannot be made, and how many rows stand in its way."""
    refusal = evidence.effects.refusal
    if refusal is None or not refusal.keys:
        return
    table = quoted(*refusal.table.split(".", 1))
    key = ", ".join(quoted(each) for each in refusal.columns)
    values = (
        counted(refusal.keys, "value") if len(refusal.columns) == 1 else counted(refusal.keys, "set") + " of values"
    )
    message = (
        f"{values} of {key} {'stands' if refusal.keys == 1 else 'stand'} in more than one row of {table}, in "
        f"{counted(refusal.rows, 'row')} altogether: they cannot be unique"
    )
    query = f"SELECT {key}, count(*) FROM {table} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608 - for people to read
    remedy = f"settle in a step before it which of them stay; {query} lists them"
    yield Finding("duplicate-rows", "error", refusal.table, message, remedy)


def depended_on(evidence: Evidence) -> Iterator[Finding]:
    """``depended-on``: a column or table that cannot go, or change its type, for views read it."""
    refusal = evidence.effects.refusal
    if refusal is None or not refusal.views:
        return
    table = quoted(*refusal.table.split(".", 1))
    named = ", ".join(quoted(*each.split(".", 1)) for each in refusal.views[:_MOST])
    more = f" and {len(refusal.views) - _MOST} more" if len(refusal.views) > _MOST else ""
    several = "s" if len(refusal.views) > 1 else ""
    what = f" ({', '.join(quoted(each) for each in refusal.columns)})" if refusal.columns else ""
    message = f"view{several} {named}{more} {'read' if several else 'reads'} {table}{what}, which stands in the way"
    remedy = "drop the view before and make it again after, with its grants; it may be none of the migrations' own"
    yield Finding("depended-on", "error", refusal.table, message, remedy)
