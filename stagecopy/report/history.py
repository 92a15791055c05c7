"""`stagecopy history` on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stagecopy.model.history import ListedRun
from stagecopy.report.aligned import aligned
from stagecopy.report.durations import spoken_age
from stagecopy.report.page import Page

_SHA = 8  # digits, as git shows them
_STYLES = {"pass": "green", "warn": "yellow", "fail": "bold red"}


def history_lines(page: Page, found: Sequence[ListedRun], *, now: datetime | None = None) -> None:
    """One line each: id, how long ago, verb, verdict or exit code, and of a trial where its sha256 begins."""
    now = now or datetime.now().astimezone()
    if not found:
        page.line(page.text("no run yet; the first one is: stagecopy refresh"))
        return
    aligned(
        page,
        [
            (
                page.text(each.id),
                page.text(spoken_age(each.when, now) if each.when else "", "dim"),
                page.text(each.verb),
                page.text(each.verdict or f"exit {each.exit}", _style(each)),
                page.text((each.sha256 or "")[:_SHA], "dim"),
                page.text(": ".join(filter(None, (each.about, each.headline)))),
            )
            for each in found
        ],
    )


def _style(each: ListedRun) -> str:
    return _STYLES[each.verdict] if each.verdict else ("green" if each.exit == 0 else "bold red")
