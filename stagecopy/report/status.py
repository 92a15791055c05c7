"""`stagecopy status` on a terminal and as JSON: problems first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from stagecopy.model.status import Status, WeekLine
from stagecopy.model.wording import counted
from stagecopy.redact import scrub
from stagecopy.report.durations import spoken_bytes, spoken_end, spoken_moment, spoken_seconds
from stagecopy.report.page import Page

_BOXES = {"done": "[x]", "open": "[ ]", "unknown": "[–]"}
_STYLES = {"done": "green", "open": "bold red", "unknown": "dim"}
_VERDICTS = {"pass": "green", "warn": "yellow"}


def status_screen(console: Console, status: Status, now: datetime) -> None:
    """One screen."""
    page = Page(console)
    if not status.problems:
        page.line(page.text(f"{status.project}: nothing needs attention", "bold green"))
    for each in status.problems:
        page.line(page.text("problem  ", "bold red"), page.text(each.message))
        page.line(page.text(f"         next: {each.remedy}"))
    page.heading("staging")
    page.grid(_rows(page, _staging(status, now)), fold_last=True)
    if status.trials:
        page.heading("last trials")
        page.grid(
            [
                (
                    page.text(spoken_moment(each.at, now)),
                    page.text(each.verdict.upper(), _VERDICTS.get(each.verdict, "bold red")),
                    page.text((each.sha256 or "")[:12]),
                    page.text(", ".join(each.findings) or "-"),
                )
                for each in status.trials
            ],
            fold_last=True,
        )
    if status.clones:
        page.heading("clones")
        page.grid([(page.text(each.name), page.text(f"of snapshot {each.snapshot}")) for each in status.clones])
    page.heading("next")
    page.grid(
        [
            (
                page.text(each.what),
                page.text(f"by {spoken_end(each.by, now)}" if each.by else "now"),
                page.text(each.command),
            )
            for each in status.due
        ]
    )


def week_screen(console: Console, lines: Sequence[WeekLine]) -> None:
    """The checklist."""
    page = Page(console)
    for each in lines:
        said = f"{each.name}: {each.message}"
        page.line(page.text(f"{_BOXES[each.state]} ", _STYLES[each.state]), page.text(said))
        if each.state != "done" and each.command:
            page.line(page.text(f"    {each.command}", "dim"))


def status_document(status: Status, week: Sequence[WeekLine] | None) -> dict[str, Any]:
    """``status --json``: moments in ISO 8601, no password."""
    shown = asdict(status)
    return {
        "format": 1,
        "exit": 0,
        "error": None,
        **{name: _plain(value) for name, value in shown.items()},
        "week": [asdict(each) for each in week] if week is not None else None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return scrub(value) if isinstance(value, str) else value


def _rows(page: Page, facts: Sequence[tuple[str, str]]) -> list[tuple[Text, ...]]:
    return [(page.text(name, "dim"), page.text(said)) for name, said in facts]


def _staging(status: Status, now: datetime) -> list[tuple[str, str]]:
    facts = []
    serving, refresh, backup = status.serving, status.refresh, status.backup
    if serving is None:
        facts.append(("serves", "nothing yet"))
    else:
        facts.append(("serves", serving.url + ("" if serving.answers is not False else "  (does not answer)")))
        if serving.since:
            facts.append(("since", f"{spoken_moment(serving.since, now)}, on engine {serving.engine}"))
        taken = spoken_moment(serving.taken_at, now) if serving.taken_at else "at a time that is not known"
        facts.append(("data of", f"{taken}, snapshot {serving.snapshot}; {counted(status.snapshots, 'snapshot')} kept"))
    if refresh is None:
        facts.append(("refresh", "none yet"))
    else:
        took = f", {spoken_seconds(refresh.seconds)}" if refresh.seconds else ""
        ended = "done" if refresh.exit == 0 else f"failed: {refresh.code}"
        facts.append(("refresh", f"{ended}, {spoken_moment(refresh.at, now)}{took}"))
    if backup is None:
        facts.append(("backup", "none"))
    else:
        size = spoken_bytes(backup.bytes)
        facts.append(("backup", f"{backup.id}, {spoken_moment(backup.taken_at, now)}, {size}, {backup.state}"))
    if status.running:
        facts.append(("running", ", ".join(status.running)))
    return facts
