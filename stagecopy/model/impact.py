"""What others feel while the migration runs: waits, deadlocks, two runners at once, a workload. No row's value here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from stagecopy.model.migration import RunError

# In the queue behind the migration, which waits itself; or for a lock that the migration has.
Cause = Literal["queue", "lock"]
Victim = Literal["migration", "application"]


@dataclass(frozen=True, slots=True)
class Wait:
    """The longest that one kind of visit took, and what it mostly waited for (None: for no lock)."""

    seconds: float = 0.0
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Canary:
    """Small visits to one table, every few milliseconds. ``write``: None where nobody can write."""

    relation: str
    samples: int
    read: Wait
    write: Wait | None

    def document(self) -> dict[str, Any]:
        """The member of ``impact.canaries`` in trial's JSON."""
        return {
            "relation": self.relation,
            "read_wait_seconds": _seconds(self.read.seconds),
            "write_wait_seconds": _seconds(self.write.seconds) if self.write else None,
            "read_cause": self.read.cause,
            "write_cause": self.write.cause if self.write else None,
            "samples": self.samples,
        }


@dataclass(frozen=True, slots=True)
class Forecast:
    """The worst wait in production: for the longest transaction there (or lock_timeout), then for the lock itself.

    ``reads``: whether readers wait too, else only writers do.
    """

    longest_transaction: float
    source: Literal["production", "assumed"]
    hold: float
    relation: str
    reads: bool
    lock_timeout: float | None = None

    @property
    def worst(self) -> float:
        """Seconds."""
        behind = self.longest_transaction
        return (behind if self.lock_timeout is None else min(behind, self.lock_timeout)) + self.hold

    def document(self) -> dict[str, Any]:
        """``impact.forecast`` in trial's JSON."""
        return {
            "longest_transaction_seconds": _seconds(self.longest_transaction),
            "source": self.source,
            "hold_seconds": _seconds(self.hold),
            "lock_timeout_seconds": self.lock_timeout,
            "worst_wait_seconds": _seconds(self.worst),
            "relation": self.relation,
            "reads": self.reads,
        }


@dataclass(frozen=True, slots=True)
class Behind:
    """The migration behind a transaction of ours that had read all tables, and let it wait for *seconds*.

    ``waited``: whether it had to; ``error``: what it ended with; ``invalid``: indexes it left so. Where it gave up:
    what a second run said with nobody in the way, and which indexes are invalid even then.
    """

    seconds: float
    waited: bool
    error: RunError | None = None
    gave_up_after: float | None = None
    invalid: tuple[str, ...] = ()
    rerun: Literal["works", "fails"] | None = None
    rerun_error: RunError | None = None
    still_invalid: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """``impact.long_reader`` in trial's JSON."""
        return {
            "seconds": _seconds(self.seconds),
            "waited": self.waited,
            "error": _error(self.error),
            "gave_up_after_seconds": None if self.gave_up_after is None else _seconds(self.gave_up_after),
            "invalid_indexes": list(self.invalid),
            "rerun": self.rerun,
            "rerun_error": _error(self.rerun_error),
            "still_invalid": list(self.still_invalid),
        }


@dataclass(frozen=True, slots=True)
class Deadlock:
    """The migration against a transaction that locks two of its tables in the opposite order."""

    relations: tuple[str, str]  # in the migration's order
    victim: Victim | None  # None: there was none

    def document(self) -> dict[str, Any]:
        """``impact.deadlock`` in trial's JSON."""
        return {"relations": list(self.relations), "occurred": self.victim is not None, "victim": self.victim}


@dataclass(frozen=True, slots=True)
class Race:
    """Two runners of the migration, started at once. ``differences``: from what one of them does, in words.

    ``seconds``: of the one that ended last; ``error``: of the one that failed, or of the first of both.
    """

    outcome: Literal["one-fails", "both-fail", "harmless", "applied-twice"]
    seconds: float
    error: RunError | None = None
    differences: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """``impact.race`` in trial's JSON."""
        return {
            "outcome": self.outcome,
            "seconds": _seconds(self.seconds),
            "error": _error(self.error),
            "differences": list(self.differences),
        }


@dataclass(frozen=True, slots=True)
class Latencies:
    """Transactions of a workload within one period. ``failed``: with those that ended their client."""

    transactions: int
    failed: int
    deadlocks: int
    median: float | None
    p95: float | None
    longest: float | None

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "transactions": self.transactions,
            "failed": self.failed,
            "deadlocks": self.deadlocks,
            "median_seconds": _maybe(self.median),
            "p95_seconds": _maybe(self.p95),
            "max_seconds": _maybe(self.longest),
        }


@dataclass(frozen=True, slots=True)
class Workload:
    """A script of the application's own, before the migration and during it."""

    before: Latencies
    during: Latencies

    def document(self) -> dict[str, Any]:
        """``impact.workload`` in trial's JSON."""
        return {"before": self.before.document(), "during": self.during.document()}


@dataclass(frozen=True, slots=True)
class Impact:
    """All of it; None is what was not asked for or does not arise. ``cut_short``: why there is not more of it."""

    canaries: tuple[Canary, ...] = ()
    unwatched: tuple[str, ...] = ()  # locked tables without a canary
    forecast: Forecast | None = None
    behind: Behind | None = None
    deadlock: Deadlock | None = None
    race: Race | None = None
    workload: Workload | None = None
    cut_short: str | None = None

    def document(self) -> dict[str, Any]:
        """What joins ``impact`` in trial's JSON."""
        parts = {
            "forecast": self.forecast,
            "long_reader": self.behind,
            "deadlock": self.deadlock,
            "race": self.race,
            "workload": self.workload,
        }
        return {
            "canaries": [each.document() for each in self.canaries],
            "unwatched": list(self.unwatched),
            **{name: part.document() if part else None for name, part in parts.items()},
            "cut_short": self.cut_short,
        }


def _seconds(seconds: float) -> float:
    return round(seconds, 6)


def _maybe(seconds: float | None) -> float | None:
    return None if seconds is None else _seconds(seconds)


def _error(error: RunError | None) -> dict[str, Any] | None:
    return error.document() if error else None
