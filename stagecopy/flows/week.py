"""The weekly checklist: does the protection really run? Numbers of the last 7 and 30 days, each with its command.

Surprising: a line is ticked only by what was measured. What this version or this project cannot know is said to be
unknown; it is never ticked, and never counts as missing either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from stagecopy.backups.catalog import backups_of
from stagecopy.config.load import Project
from stagecopy.history.past import PastRun, past_runs, reach_back
from stagecopy.home import Home
from stagecopy.model.backup import Backup
from stagecopy.model.status import WeekLine
from stagecopy.model.wording import counted
from stagecopy.report.durations import spoken_moment
from stagecopy.staging.snapshots import newest

_NOT_YET = "not measured yet"
_REFRESH = "stagecopy refresh"
_CREATE = "stagecopy backup create"
_VERIFY = "stagecopy backup verify"
_VERIFIED = ("verified", "proven")


def week_of(project: Project, now: datetime) -> list[WeekLine]:
    """The checklist as of *now* (with a zone)."""
    home = Home(project.home, project.name)
    runs = past_runs(home.runs)
    return [
        _backups(runs, now),
        *_verified(runs, home, now),
        _fresh(project, home, now),
        _drift(runs, now),
        _tried(runs, now),
        WeekLine("alerts", "unknown", f"{_NOT_YET}: this version does not watch row counts"),
    ]


def days_with_backup(runs: Sequence[PastRun], now: datetime, days: int, *, verified: bool = False) -> int:
    """On how many of the last *days* days, today included, a backup of all was kept, or one that was *verified*."""
    first = now.date() - timedelta(days=days - 1)
    wanted = _VERIFIED if verified else (*_VERIFIED, "partial", "unknown")
    found = {each.at.astimezone(now.tzinfo).date() for each in runs if _backup_state(each) in wanted}
    return len({day for day in found if first <= day <= now.date()})


def _backup_state(run: PastRun) -> str | None:
    """In what state the run kept a whole backup; of one that an older version kept ``unknown``."""
    kept = run.document.get("backup")
    if run.exit != 0 or not kept:
        return None
    if run.verb == "refresh":
        return str(run.document.get("backup_state") or "unknown")
    if run.verb == "backup create" and isinstance(kept, dict) and kept.get("kind") == "whole":
        return str(kept.get("state"))
    return None


def _backups(runs: list[PastRun], now: datetime) -> WeekLine:
    week, month = (days_with_backup(runs, now, days) for days in (7, 30))
    known = reach_back(runs)
    least = "at least " if known and known > now - timedelta(days=30) else ""
    message = f"on {week} of the last 7 days, on {least}{month} of the last 30"
    return WeekLine("backups running", "done" if week == 7 else "open", message, _REFRESH)


def _verified(runs: Sequence[PastRun], home: Home, now: datetime) -> tuple[WeekLine, WeekLine]:
    """Read back and counted; restored and counted."""
    days, month = (days_with_backup(runs, now, each, verified=True) for each in (7, 30))
    seen = backups_of(home)
    bad = [each.id for each in seen if each.state in ("damaged", "missing")]
    message = f"on {days} of the last 7 days, on {month} of the last 30"
    if bad:
        message += f"; not what they should be: {', '.join(bad)}"
    if not month and not any(each.manifest for each in seen):
        verified = WeekLine("backups verified", "unknown", f"{_NOT_YET}: no backup was made to be verified", _CREATE)
    else:
        verified = WeekLine("backups verified", "done" if days == 7 and not bad else "open", message, _VERIFY)
    return verified, _proven([each.proven_at for each in seen if each.proven_at], seen, now)


def _proven(times: Sequence[str], seen: Sequence[Backup], now: datetime) -> WeekLine:
    if not any(each.manifest for each in seen):
        return WeekLine("restore tests", "unknown", f"{_NOT_YET} (30 days): there is no backup to restore", _CREATE)
    if not times:
        return WeekLine("restore tests", "open", "no backup that is kept was ever restored", f"{_VERIFY} --prove")
    last = max(map(datetime.fromisoformat, times))
    done = now - last <= timedelta(days=30)
    message = f"a backup was restored and counted {spoken_moment(last, now)}"
    return WeekLine("restore tests", "done" if done else "open", message, f"{_VERIFY} --prove")


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
