"""Rules about what others would feel: waits, deadlocks, a second runner, a workload.

Surprising: nearly all of them rest on time, so their severity is the policy's ``timing``. A clone is not production:
what is found here happens there too, but what is not found may happen all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.findings import Finding, Severity
from stagecopy.model.impact import Behind, Forecast, Impact, Race
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence

_WHOLE = "migration"
_MOST = 3  # differences that a message names; the report lists all
_GAVE_UP = "55P03"


def long_wait(evidence: Evidence) -> Iterator[Finding]:
    """``long-wait``: behind production's longest transaction others would wait longer than the policy allows."""
    impact, severity = _asked(evidence)
    forecast = impact.forecast if impact else None
    if severity is None or forecast is None or forecast.worst <= evidence.policy.longest_lock(forecast.relation):
        return
    who = "everybody who reads or writes" if forecast.reads else "everybody who writes"
    message = f"{who} {_named(forecast.relation)} may wait {forecast.worst:.1f} s: {_made_of(forecast)}"
    yield Finding("long-wait", severity, forecast.relation, message, _remedy(forecast))


def _made_of(forecast: Forecast) -> str:
    behind, longest = forecast.longest_transaction, forecast.longest_transaction
    if forecast.lock_timeout is not None and forecast.lock_timeout < behind:
        before = f"{forecast.lock_timeout:.1f} s until lock_timeout ends the migration's wait"
    elif forecast.source == "production":
        before = f"{longest:.1f} s, as long as production's longest transaction at the last refresh"
    else:
        before = f"{longest:.1f} s behind a transaction of that length (assumed: production's own are not known)"
    which = "" if forecast.reads else ", if it has written to the table"
    return f"{before}{which}, then {forecast.hold:.1f} s while the lock is held"


def _remedy(forecast: Forecast) -> str:
    if forecast.lock_timeout is not None:
        return "set a shorter lock_timeout and try again often, or shorten what runs under the lock"
    return "set lock_timeout before it, and try again until it gets through; end long transactions first"


def gives_up(evidence: Evidence) -> Iterator[Finding]:
    """``gives-up``, ``timeout-leftover``: what lock_timeout does behind a long transaction, and what is left then."""
    impact, severity = _asked(evidence)
    behind = impact.behind if impact else None
    if behind is None or behind.error is None or behind.error.sqlstate != _GAVE_UP:
        return
    after = f" after {behind.gave_up_after:.1f} s" if behind.gave_up_after is not None else ""
    gave_up = f"behind a long transaction statement {behind.error.statement} gives up{after} (55P03)"
    if behind.invalid or behind.rerun == "fails":
        if severity is not None:
            yield Finding("timeout-leftover", severity, _subject(behind), f"{gave_up}, {_left(behind)}", _clean(behind))
        return
    message = f"{gave_up} and leaves nothing behind; a second run gets through"
    yield Finding("gives-up", "info", _WHOLE, message, "have the deployment try again")


def _subject(behind: Behind) -> str:
    return (*behind.still_invalid, *behind.invalid, _WHOLE)[0]


def _left(behind: Behind) -> str:
    left = f"and leaves {', '.join(map(_named, behind.invalid))} invalid" if behind.invalid else "and stays half done"
    if behind.still_invalid and behind.rerun == "works":
        return f"{left}; a second run reports success, and it is invalid all the same: no query will ever use it"
    if behind.rerun_error is not None:
        error = behind.rerun_error
        return f"{left}; a second run fails at statement {error.statement}: {error.message} ({error.sqlstate})"
    return f"{left}; a second run gets through"


def _clean(behind: Behind) -> str:
    if behind.invalid:
        return "put DROP INDEX CONCURRENTLY IF EXISTS before it, in place of IF NOT EXISTS in it"
    return "make each statement one that can run twice, or put them into one transaction"


def deadlocks(evidence: Evidence) -> Iterator[Finding]:
    """``deadlock``: it and an application that locks its tables in the opposite order stop each other."""
    impact, severity = _asked(evidence)
    found = impact.deadlock if impact else None
    if severity is None or found is None or found.victim is None:
        return
    first, second = (_named(each) for each in found.relations)
    victim = "the migration" if found.victim == "migration" else "the application's transaction"
    message = (
        f"it locks {first}, then {second} in the same transaction; an application that writes to {second}, then to"
        f" {first} deadlocks with it (40P01): {victim} was ended here, it may be the other one in production"
    )
    remedy = f"lock one table a transaction, or take both at its start, in the application's order: {second}, {first}"
    yield Finding("deadlock", severity, found.relations[0], message, remedy)


def runners_race(evidence: Evidence) -> Iterator[Finding]:
    """``runners-race``: two runners at once leave something else than one does, or both fail."""
    impact, severity = _asked(evidence)
    race = impact.race if impact else None
    if race is None or race.outcome == "harmless":
        return
    if race.outcome == "one-fails" and not race.differences:
        message = f"of two runners at once one {_says(race)}; the other one's work is all there"
        yield Finding("runners-race", "info", _WHOLE, message, _ONE)
    elif severity is not None:
        told = "; ".join(race.differences[:_MOST])
        what = "both apply it" if race.error is None else f"one {_says(race)}"
        what = f"both fail: one {_says(race)}" if race.outcome == "both-fail" else what
        message = f"of two runners at once {what}" + (f"; other than after one of them: {told}" if told else "")
        yield Finding("runners-race", severity, _WHOLE, message, _ONE)


_ONE = "let one runner at a time migrate (an advisory lock, or a job of its own), not each instance as it starts"


def _says(race: Race) -> str:
    error = race.error
    return f"fails at statement {error.statement}: {error.message} ({error.sqlstate})" if error else "fails"


def workload_hurt(evidence: Evidence) -> Iterator[Finding]:
    """``workload-hurt``: the workload's transactions fail while it runs, or wait longer than the policy allows."""
    impact, severity = _asked(evidence)
    workload = impact.workload if impact else None
    if severity is None or workload is None:
        return
    before, during = workload.before, workload.during
    said = []
    if during.failed and not before.failed:
        dead = f", {during.deadlocks} of them by deadlock (40P01)" if during.deadlocks else ""
        said.append(f"{counted(during.failed, 'transaction')} of the workload failed{dead}")
    if (during.longest or 0.0) > evidence.policy.exclusive_lock_seconds > (before.longest or 0.0):
        said.append(f"the longest took {during.longest:.1f} s, before it {before.longest or 0.0:.2f} s")
    if said:
        remedy = "take shorter locks, or deploy when less is going on"
        yield Finding("workload-hurt", severity, _WHOLE, f"while it ran {' and '.join(said)}", remedy)


def cut_short(evidence: Evidence) -> Iterator[Finding]:
    """``impact-cut-short``: not all that was asked for could be measured."""
    impact = evidence.back.impact
    if impact and impact.cut_short:
        message = f"what others would feel could not all be measured: {impact.cut_short}"
        yield Finding("impact-cut-short", "warn", _WHOLE, message, "mend what is said there, and try again")


def _asked(evidence: Evidence) -> tuple[Impact | None, Severity | None]:
    """What was measured, and how much time weighs; None: nothing."""
    timing = evidence.policy.timing
    return evidence.back.impact, None if timing == "off" else timing


def _named(relation: str) -> str:
    return quoted(*relation.split(".", 1))
