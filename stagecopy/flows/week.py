"""The weekly checklist: does the protection really run? Numbers of the last 7 and 30 days, each with its command.

Surprising: a line is ticked only by what was measured. What this version or this project cannot know is said to be
unknown; it is never ticked, and never counts as missing either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from stagecopy.config.load import Project
from stagecopy.flows.status import last_backup
from stagecopy.history.past import PastRun, past_runs, reach_back
from stagecopy.home import Home
from stagecopy.model.status import WeekLine
from stagecopy.model.wording import counted
from stagecopy.report.durations import spoken_moment
from stagecopy.staging.snapshots import newest

_NOT_YET = "not measured yet"
_REFRESH = "stagecopy refresh"


def week_of(project: Project, now: datetime) -> list[WeekLine]:
    """The checklist as of *now* (with a zone)."""
    home = Home(project.home, project.name)
    runs = past_runs(home.runs)
    return [
        _backups(runs, now),
        *_unverified(home),
        _fresh(project, home, now),
        _drift(runs, now),
        _tried(runs, now),
        WeekLine("alerts", "unknown", f"{_NOT_YET}: this version does not watch row counts"),
    ]


def days_with_backup(runs: Sequence[PastRun], now: datetime, days: int) -> int:
    """On how many of the last *days* days, today included, a refresh kept a backup."""
    first = now.date() - timedelta(days=days - 1)
    found = {
        each.at.astimezone(now.tzinfo).date()
        for each in runs
        if each.verb == "refresh" and each.exit == 0 and each.document.get("backup")
    }
    return len({day for day in found if first <= day <= now.date()})


def _backups(runs: list[PastRun], now: datetime) -> WeekLine:
    week, month = (days_with_backup(runs, now, days) for days in (7, 30))
    known = reach_back(runs)
    least = "at least " if known and known > now - timedelta(days=30) else ""
    message = f"on {week} of the last 7 days, on {least}{month} of the last 30"
    return WeekLine("backups running", "done" if week == 7 else "open", message, _REFRESH)


def _unverified(home: Home) -> tuple[WeekLine, WeekLine]:
    """What only a person can do so far, with the command on the newest backup."""
    newest_backup = last_backup(home)
    dump = home.backups / newest_backup.id / "dump" if newest_backup else None
    verify = f"pg_restore --list {dump}" if dump else ""
    restore = f"createdb restored && pg_restore --jobs=2 --dbname=restored {dump}" if dump else ""
    why = f"{_NOT_YET}: this version does not verify a backup after the refresh that made it"
    return (
        WeekLine("backups verified", "unknown", why, verify),
        WeekLine("restore tests", "unknown", f"{_NOT_YET} (30 days): this version does not restore backups", restore),
    )


def _fresh(project: Project, home: Home, now: datetime) -> WeekLine:
    snapshot = newest(home)
    if snapshot is None:
        return WeekLine("staging fresh", "open", "there is no snapshot", _REFRESH)
    limit = project.settings.trial.max_age
    fresh = (now - snapshot.taken_at).total_seconds() <= limit
    message = f"taken {spoken_moment(snapshot.taken_at, now)}, {limit / 3600:g} h allowed (trial.max_age)"
    return WeekLine("staging fresh", "done" if fresh else "open", message, _REFRESH)


def _drift(runs: Sequence[PastRun], now: datetime) -> WeekLine:
    """Changes of production's schema that refreshes of the last week met."""
    compared = [
        each.document["drift"]
        for each in _of_the_week(runs, now, "refresh")
        if each.exit == 0 and isinstance(each.document.get("drift"), list)
    ]
    if not compared:
        message = f"{_NOT_YET}: no refresh of the last 7 days had an earlier one to compare with"
        return WeekLine("drift", "unknown", message)
    count = sum(map(len, compared))
    said = counted(count, "change") if count else "no changes"
    message = f"{said} between the refreshes of the last 7 days ({len(compared)} compared)"
    return WeekLine("drift", "open" if count else "done", message, _REFRESH)


def _tried(runs: Sequence[PastRun], now: datetime) -> WeekLine:
    verdicts = [str(each.document.get("verdict") or "none") for each in _of_the_week(runs, now, "trial")]
    counts = ", ".join(
        f"{verdicts.count(each)} {each}" for each in ("pass", "warn", "fail", "none") if each in verdicts
    )
    message = f"{counted(len(verdicts), 'trial')} in the last 7 days" + (f" ({counts})" if counts else "")
    message += f"; whether every migration was tried is {_NOT_YET}"
    return WeekLine("migrations tried", "unknown", message, "stagecopy trial MIGRATION.sql")


def _of_the_week(runs: Sequence[PastRun], now: datetime, verb: str) -> Iterator[PastRun]:
    since = now - timedelta(days=7)
    return (each for each in runs if each.verb == verb and each.document and each.at >= since)
