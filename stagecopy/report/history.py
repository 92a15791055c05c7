"""`stagecopy history` on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from stagecopy.model.history import PastRun
from stagecopy.report.aligned import aligned
from stagecopy.report.page import Page

_STYLES = {"pass": "green", "warn": "yellow", "fail": "bold red"}


def history_lines(page: Page, found: Sequence[PastRun]) -> None:
    """One line each."""
    if not found:
        page.line(page.text("no run yet; the first one is: stagecopy refresh"))
        return
    aligned(
        page,
        [
            (
                page.text(each.id),
                page.text(each.verb),
                page.text(each.verdict or f"exit {each.exit}", _style(each)),
                page.text(": ".join(filter(None, (each.about, each.headline)))),
            )
            for each in found
        ],
    )


def _style(each: PastRun) -> str:
    return _STYLES[each.verdict] if each.verdict else ("green" if each.exit == 0 else "bold red")
