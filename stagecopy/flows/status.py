"""The story of `stagecopy status`: how things stand, read from what earlier runs left in the project's home.

Surprising: neither production nor an engine is asked, so that it is quick and works when both are down; only the
served staging is asked whether it is there. Nothing is written, not even the home itself.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stagecopy.backups.catalog import backups_of
from stagecopy.config.load import Project
from stagecopy.history.past import PastRun, past_runs
from stagecopy.home import Home, secrets_of
from stagecopy.model.server import Address
from stagecopy.model.status import BackupSeen, CloneSeen, Due, Problem, RefreshSeen, Serving, Status, TrialSeen
from stagecopy.postgres.connect import proves_itself
from stagecopy.staging.ledger import noted_clones
from stagecopy.staging.ports import LOOPBACK
from stagecopy.staging.roles import SERVED_ROLE
from stagecopy.staging.snapshots import Served, Snapshot, all_snapshots, read_served

_KNOCK_SECONDS = 0.3
_SHOWN_TRIALS = 5
_REFRESH = "stagecopy refresh"
_STATES = {"unverified": "not verified", "partial": "verified but partial"}


def status_of(project: Project, now: datetime) -> Status:
    """How things stand *now* (with a zone)."""
    home = Home(project.home, project.name)
    runs = past_runs(home.runs)
    snapshots = all_snapshots(home)
    serving = _serving(home, snapshots)
    refreshed = last_refresh(runs)
    backup = last_backup(home)
    clones = tuple(
        CloneSeen(name=each.name or "", engine=each.engine.name, snapshot=each.snapshot, expires=each.expires)
        for each in noted_clones(home, "named")
    )
    return Status(
        project=project.name,
        home=str(home.path),
        problems=tuple(_problems(project, snapshots, (serving, refreshed, backup), runs=runs, now=now)),
        serving=serving,
        snapshots=len(snapshots),
        running=tuple(each.verb for each in runs if each.alive),
        refresh=refreshed,
        backup=backup,
        trials=tuple(_trial(each) for each in runs if each.verb == "trial" and each.document)[:_SHOWN_TRIALS],
        clones=clones,
        due=tuple(_due(project, snapshots, clones, now)),
    )


def last_refresh(runs: Sequence[PastRun]) -> RefreshSeen | None:
    """The newest refresh that is over."""
    run = next((each for each in runs if each.verb == "refresh" and not each.alive), None)
    if run is None:
        return None
    seconds = run.document.get("seconds")
    return RefreshSeen(
        run=run.id,
        at=run.at,
        exit=run.exit,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        code=run.error.get("code") or (None if run.document else "killed"),
        message=run.error.get("message") or (None if run.document else "the process was killed"),
    )


def last_backup(home: Home) -> BackupSeen | None:
    """The newest backup that is there and holds all of the database."""
    found = [each for each in backups_of(home) if each.kind == "whole" and each.taken_at and each.state != "missing"]
    if not found:
        return None
    newest = found[-1]
    assert newest.taken_at is not None  # noqa: S101 - filtered above
    state = f"{'encrypted' if newest.encrypted else 'plain text'}, {_STATES.get(newest.state, newest.state)}"
    return BackupSeen(id=newest.id, taken_at=newest.taken_at, bytes=newest.bytes, state=state)


def _backup_problems(home: Home) -> list[Problem]:
    """Backups that are not what they should be."""
    return [
        Problem(f"backup {each.id} is {each.state}: {each.problems[0]}", f"stagecopy backup verify {each.id}")
        for each in backups_of(home)
        if each.state in ("damaged", "missing")
    ]


def _serving(home: Home, snapshots: Sequence[Snapshot]) -> Serving | None:
    served = read_served(home)
    if served is None:
        return None
    taken = next((each.taken_at for each in snapshots if each.id == served.snapshot), None)
    here = served.engine.name != "server"
    url = f"postgresql://{SERVED_ROLE}@{LOOPBACK}:{served.port}/{served.database}"
    return Serving(
        url=url if here else f"database {served.directory} on the server that staging.url names",
        engine=served.engine.name,
        snapshot=served.snapshot,
        since=_written(home.served),
        taken_at=taken,
        answers=_answers(home, served) if here else None,
    )


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _answers(home: Home, served: Served) -> bool:
    """Whether our own server is there: its port may be somebody else's by now."""
    try:
        socket.create_connection((LOOPBACK, served.port), timeout=_KNOCK_SECONDS).close()
    except OSError:
        return False
    password = secrets_of(home).served_password
    return proves_itself(Address(LOOPBACK, served.port, SERVED_ROLE, password, served.database))


def _trial(run: PastRun) -> TrialSeen:
    migration = run.document.get("migration")
    findings = [each for each in run.document.get("findings") or [] if isinstance(each, dict)]
    said = [each for each in findings if each.get("severity") in ("error", "warn")]
    return TrialSeen(
        run=run.id,
        at=run.at,
        verdict=str(run.document.get("verdict") or run.error.get("code") or "none"),
        sha256=migration.get("sha256") if isinstance(migration, dict) else None,
        findings=tuple(f"{each.get('rule')} {each.get('subject')}" for each in said),
    )


_Parts = tuple[Serving | None, RefreshSeen | None, BackupSeen | None]


def _problems(
    project: Project, snapshots: Sequence[Snapshot], parts: _Parts, *, runs: Sequence[PastRun], now: datetime
) -> list[Problem]:
    serving, refreshed, backup = parts
    settings = project.settings
    found = []
    if refreshed and refreshed.exit != 0:
        log = project.home / "runs" / refreshed.run / "log.jsonl"
        words = (refreshed.message or f"exit {refreshed.exit}").partition("\n")[0]
        found.append(Problem(f"the last refresh failed: {words}", f"see {log}, then {_REFRESH}"))
    if not snapshots:
        found.append(Problem("there is no snapshot yet", _REFRESH))
    elif _age(snapshots[-1].taken_at, now) > settings.trial.max_age:
        limit = settings.trial.max_age / 3600
        found.append(Problem(f"the newest snapshot is older than trial.max_age ({limit:g} h): no trial runs", _REFRESH))
    if serving and serving.answers is False:
        found.append(Problem("nothing answers at staging's address", "stagecopy staging url"))
    if snapshots and backup is None:
        found.append(Problem("there is no backup (--direct keeps none)", _REFRESH))
    elif backup and _age(backup.taken_at, now) > settings.gate.backup_age:
        limit = settings.gate.backup_age / 3600
        found.append(Problem(f"the newest backup is older than gate.backup_age ({limit:g} h)", _REFRESH))
    found += _backup_problems(Home(project.home, project.name))
    lost = [each for each in runs if not each.document and not each.alive and each.verb != "refresh"]
    for each in lost[:1]:
        words = f"`{each.verb or each.id}` ended without a result; the next refresh or trial clears up after it"
        found.append(Problem(words, _REFRESH))
    return found


def _age(moment: datetime, now: datetime) -> float:
    return (now - moment).total_seconds()


def _due(project: Project, snapshots: Sequence[Snapshot], clones: Sequence[CloneSeen], now: datetime) -> list[Due]:
    limit = timedelta(seconds=min(project.settings.trial.max_age, project.settings.gate.backup_age))
    by = snapshots[-1].taken_at + limit if snapshots else None
    found = [Due("a refresh", by if by and by > now else None, _REFRESH)]
    for each in clones:
        if each.expires is not None:
            command = f"stagecopy clone create {each.name}" if each.expires > now else "stagecopy clone list"
            found.append(Due(f"the clone {each.name} goes", each.expires if each.expires > now else None, command))
    return sorted(found, key=lambda due: due.by or now)
