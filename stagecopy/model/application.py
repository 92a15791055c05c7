"""What the running application asks the database, and whether it still can once a migration is through.

Surprising: texts here come from production. They hold no literal but what ``trial.harmless`` let pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

_OFTEN = 10  # calls from which on it is taken for a program's query, not for a person's who looked once


@dataclass(frozen=True, slots=True)
class Query:
    """One statement. ``shown`` stands in for ``text`` in reports; ``calls`` is None where a *file* names it.

    ``recent``: calls since the snapshot before, None where that is not known. ``id`` is the server's own
    for it, ``role`` who sends it.
    """

    text: str
    shown: str
    calls: int | None = None
    recent: int | None = None
    id: int | None = None
    file: str | None = None
    role: str | None = None

    @property
    def running(self) -> bool:
        """Whether a program that runs now sends it, as far as one can tell."""
        if self.calls is None:
            return True
        return self.calls >= _OFTEN if self.recent is None else self.recent > 0


@dataclass(frozen=True, slots=True)
class Usage:
    """How production was used up to a snapshot. ``missing`` says why nothing is known of its queries.

    ``left_out``: queries not taken along, for what their text may hold or whose they are. ``indexes``: scans by
    schema.index, of those used at all; ``since``: from when on the server counted, as it says it.
    """

    source: str | None = None
    missing: str | None = None
    queries: tuple[Query, ...] = ()
    left_out: int = 0
    indexes: Mapping[str, int] = field(default_factory=dict)
    since: str | None = None

    def since_that(self, earlier: Usage) -> Usage:
        """With ``recent``: the calls since *earlier*; itself where that one knew of no query. Counters may be reset."""
        if not earlier.queries:
            return self
        then = {each.id: each.calls or 0 for each in earlier.queries}
        new = [(each, (each.calls or 0) - then.get(each.id, 0)) for each in self.queries]
        return replace(self, queries=tuple(replace(each, recent=n if n >= 0 else each.calls) for each, n in new))

    def document(self) -> dict[str, Any]:
        """As it lies beside the snapshot."""
        return {"format": 1, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Usage:
        """Read back."""
        values = {name: value for name, value in document.items() if name != "format"}
        return cls(**{**values, "queries": tuple(Query(**each) for each in values["queries"])})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says to one query, which it does not run.

    ``indexed``: tables (schema.table) and the index they are read by; ``scanned``: tables read whole; ``unfilled``:
    columns (schema.table.column) that take no NULL and get one. Without ``cost`` there is no plan to speak of.
    """

    sqlstate: str | None = None
    message: str = ""
    cost: float | None = None
    indexed: frozenset[tuple[str, str]] = frozenset()
    scanned: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    unfilled: frozenset[str] = frozenset()

    @property
    def works(self) -> bool:
        """Whether it would run, as far as one can tell without running it."""
        return self.sqlstate is None and not self.unfilled


@dataclass(frozen=True, slots=True)
class BrokenQuery:
    """A query that worked before the migration and does not afterwards."""

    query: Query
    sqlstate: str
    message: str

    def document(self) -> dict[str, Any]:
        """The member of ``application.broken`` in trial's JSON."""
        told = {"query": self.query.shown, "calls": self.query.calls, "recent": self.query.recent}
        return {**told, "sqlstate": self.sqlstate, "message": self.message}


@dataclass(frozen=True, slots=True)
class FlippedQuery:
    """A query whose plan is worse. ``table``: now read whole, by no index; None where only the cost grew."""

    query: Query
    cost_before: float
    cost_after: float
    table: str | None = None
    rows: int | None = None
    lost_index: str | None = None  # schema.index
    blind: tuple[str, ...] = ()  # tables of it whose statistics the migration took away

    def document(self) -> dict[str, Any]:
        """The member of ``application.flipped`` in trial's JSON."""
        return {
            "query": self.query.shown,
            "calls": self.query.calls,
            "recent": self.query.recent,
            "cost_before": self.cost_before,
            "cost_after": self.cost_after,
            "table": self.table,
            "rows": self.rows,
            "lost_index": self.lost_index,
            "without_statistics": list(self.blind),
        }


@dataclass(frozen=True, slots=True)
class Application:
    """The application of yesterday against the database of tomorrow. ``queries``: how many were asked both times.

    ``sources``: where they come from; ``unaskable``: those that did not work before either; ``asked``: whether the
    server could be asked at the end.
    """

    usage: Usage = field(default_factory=Usage)
    sources: tuple[str, ...] = ()
    queries: int = 0
    unaskable: int = 0
    asked: bool = True
    broken: tuple[BrokenQuery, ...] = ()
    flipped: tuple[FlippedQuery, ...] = ()

    def document(self) -> dict[str, Any]:
        """``application`` in trial's JSON."""
        return {
            "source": ", ".join(self.sources) or None,
            "missing": self.usage.missing,
            "queries": self.queries,
            "unaskable": self.unaskable,
            "left_out": self.usage.left_out,
            "asked": self.asked,
            "broken": [each.document() for each in self.broken],
            "flipped": [each.document() for each in self.flipped],
        }
