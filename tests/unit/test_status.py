"""Status and the weekly checklist, from what runs left behind: no production, no engine, nothing written."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stagecopy.config.load import Project, load_project
from stagecopy.flows.status import status_of
from stagecopy.flows.week import days_with_backup, week_of
from stagecopy.history.past import past_runs
from stagecopy.report.status import status_document, status_screen, week_screen

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=2)))
ENGINE = {"name": "embedded", "major": 15, "image": None, "folder": None, "version": "15.1", "source": "host"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "stagecopy.yaml").write_text("version: 1\nproject: shop\n")
    environ = {"STAGECOPY_HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return load_project(tmp_path / "stagecopy.yaml", environ)


def _id(ago: timedelta, mark: str = "0000") -> str:
    return f"{(NOW - ago).astimezone(tz=timezone.utc):%Y%m%d-%H%M%S}-{mark}"  # noqa: UP017 - beside timezone(…)


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def _run(project: Project, ago: timedelta, **document: Any) -> str:
    run = _id(ago, f"{len(list(project.home.glob('runs/*'))):04x}")
    _write(project.home / "runs" / run / "result.json", {"format": 1, "exit": 0, "error": None, **document})
    return run


def _snapshot(project: Project, ago: timedelta) -> str:
    snapshot = _id(ago)
    facts = {"database": "app", "trial_role": "app", "stand_in": False, "key_id": "k", "rows": {}, "masked": {}}
    place = {"id": snapshot, "directory": f"snapshot-{snapshot}", "taken_at": (NOW - ago).isoformat()}
    document = {"format": 1, **place, **facts, "engine": ENGINE, "fidelity": [], "backup": None, "source": {}}
    _write(project.home / "snapshots" / f"{snapshot}.json", document)
    return snapshot


def _screen(project: Project) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    status_screen(console, status_of(project, NOW), NOW)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _week(project: Project) -> dict[str, str]:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    week_screen(console, week_of(project, NOW))
    assert isinstance(console.file, io.StringIO)
    lines = [line for line in console.file.getvalue().splitlines() if line.startswith("[")]
    return {line[4:].partition(": ")[0]: f"{line[:3]} {line.partition(': ')[2]}" for line in lines}


def test_before_the_first_refresh_nothing_is_there_and_nothing_is_made(project: Project) -> None:
    shown = _screen(project)
    assert shown.splitlines()[0] == "problem  there is no snapshot yet"
    assert "serves" in shown
    assert not project.home.exists()
    week = _week(project)
    assert {said[:3] for said in week.values()} == {"[ ]", "[–]"}
    assert not project.home.exists()


def test_one_screen_when_all_is_well(project: Project) -> None:
    snapshot = _snapshot(project, timedelta(hours=3))
    served = {"snapshot": snapshot, "directory": "served-1", "port": 1, "database": "app", "engine": ENGINE}
    _write(project.home / "served.json", {**served, "engine": {**ENGINE, "name": "server"}})
    _run(project, timedelta(hours=3), verb="refresh", seconds=12.5, backup=snapshot)
    taken = (NOW - timedelta(hours=3)).isoformat()
    _write(
        project.home / "backups" / snapshot / "manifest.json", {"id": snapshot, "bytes": 5_000_000, "taken_at": taken}
    )
    finding = {"rule": "rows-lost", "severity": "error", "subject": "public.users"}
    _run(
        project,
        timedelta(hours=1),
        verb="trial",
        exit=1,
        verdict="fail",
        findings=[finding],
        migration={"sha256": "ab" * 32},
    )
    clone = {
        "role": "named",
        "snapshot": snapshot,
        "database": "app",
        "engine": ENGINE,
        "method": "copy",
        "name": "ada",
    }
    later = (NOW + timedelta(hours=5)).isoformat()
    _write(
        project.home / "clones.json",
        {"format": 1, "clones": [{"directory": "d", **clone, "port": 2, "expires": later}]},
    )
    shown = _screen(project)
    assert "nothing needs attention" in shown.splitlines()[0]
    for words in (
        "07:00 today (3 h ago)",
        "done, 07:00 today (3 h ago), 12.5 s",
        "5.0 MB, plain text, not verified",
        "FAIL",
        "abababababab",
        "rows-lost public.users",
        "the clone ada goes",
        "by 15:00 today",
        "by 07:00 tomorrow",
    ):
        assert words in shown, words
    assert len(shown.splitlines()) < 25
    document = status_document(status_of(project, NOW), week_of(project, NOW))
    assert json.loads(json.dumps(document))["trials"][0]["verdict"] == "fail"


def test_problems_come_first(project: Project) -> None:
    snapshot = _snapshot(project, timedelta(days=3))
    served = {"snapshot": snapshot, "directory": "served-1", "port": 1, "database": "app", "engine": ENGINE}
    _write(project.home / "served.json", served)
    error = {"code": "yielded", "message": "gave way\nto ada", "hint": None, "where": None}
    _run(project, timedelta(hours=1), verb="refresh", exit=3, error=error)
    problems = [line for line in _screen(project).splitlines() if line.startswith("problem")]
    assert [line.partition("  ")[2] for line in problems] == [
        "the last refresh failed: gave way",
        "the newest snapshot is older than trial.max_age (24 h): no trial runs",
        "nothing answers at staging's address",
        "there is no backup (--direct keeps none)",
    ]


def test_a_killed_refresh_and_files_that_cannot_be_read(project: Project) -> None:
    run = _run(project, timedelta(hours=1))
    (project.home / "runs" / run / "log.jsonl").write_text('{"message": "refresh begins"}\n')
    (project.home / "runs" / run / "result.json").unlink()
    for name, content in (("20260101-000000-aaaa", "[1]"), ("20260102-000000-aaaa", "{"), ("junk", "{}")):
        path = project.home / "runs" / name / "result.json"
        path.parent.mkdir(parents=True)
        path.write_text(content)
    seen = status_of(project, NOW)
    assert seen.refresh is not None
    assert (seen.refresh.code, seen.problems[0].message) == (
        "killed",
        "the last refresh failed: the process was killed",
    )
    assert [each.verb for each in past_runs(project.home / "runs")] == ["refresh", "", ""]


def test_the_week_counts_days_and_ticks_only_what_was_measured(project: Project) -> None:
    _snapshot(project, timedelta(hours=2))
    for day in range(7):
        ago = timedelta(days=day, hours=2)
        _run(project, ago, verb="refresh", backup=_id(ago), drift=[] if day else None)
        _run(project, ago, verb="refresh", backup=None)
    _run(project, timedelta(days=20), verb="refresh", backup="x")
    _run(project, timedelta(days=21), verb="refresh", backup="x", exit=4)
    _run(project, timedelta(days=1), verb="trial", verdict="pass")
    _run(project, timedelta(days=9), verb="trial", verdict="fail")
    week = _week(project)
    assert week["backups running"] == "[x] on 7 of the last 7 days, on 8 of the last 30"
    assert week["staging fresh"].startswith("[x] taken 08:00 today")
    assert week["drift"] == "[x] no changes between the refreshes of the last 7 days (6 compared)"
    assert week["migrations tried"].startswith("[–] 1 trial in the last 7 days (1 pass); ")
    unknown = {name for name, said in week.items() if said.startswith("[–]")}
    assert unknown == {"backups verified", "restore tests", "migrations tried", "alerts"}
    assert all("not measured yet" in week[name] for name in unknown)


def test_a_missed_day_and_drift_stay_open(project: Project) -> None:
    _run(project, timedelta(days=1), verb="refresh", backup="x", drift=[{"change": "new"}, {"change": "new"}])
    runs = past_runs(project.home / "runs")
    assert (days_with_backup(runs, NOW, 7), days_with_backup(runs, NOW, 1)) == (1, 0)
    week = _week(project)
    assert week["backups running"].startswith("[ ] on 1 of the last 7 days")
    assert week["drift"].startswith("[ ] 2 changes")
    assert week["staging fresh"] == "[ ] there is no snapshot"


def test_what_is_no_longer_kept_makes_the_number_a_least_one(project: Project) -> None:
    for number in range(200):
        _run(project, timedelta(hours=number), verb="refresh", backup="x")
    assert "at least 9 of the last 30" in _week(project)["backups running"]
