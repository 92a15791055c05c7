"""What the application that still runs would notice: the terminal report's section on its queries."""

from __future__ import annotations

from stagecopy.model.application import Application, Query
from stagecopy.model.wording import quoted
from stagecopy.report.page import Page, cut

_MOST = 8
_WIDTH = 140
_STYLES = {"broken": "red", "slower": "yellow"}


def application(page: Page, found: Application | None, *, everything: bool) -> None:
    """Queries that fail or are planned worse; where all goes on as before, one line."""
    if found is None or not found.queries:
        return
    page.heading(f"the running application: {found.queries:,} queries asked ({', '.join(found.sources)})")
    if not found.asked:
        page.block(page.text("the clone could not be asked any more afterwards", "yellow"))
    rows = [("broken", each.query, f"{each.message} ({each.sqlstate})") for each in found.broken]
    rows += [
        ("slower", each.query, f"reads {quoted(*each.table.split('.', 1))} whole" if each.table else "dearer plan")
        for each in found.flipped
    ]
    if found.asked and not rows:
        page.block(page.text("all work as before, and none is planned worse", "green"))
    shown = rows if everything else rows[:_MOST]
    page.grid(
        (
            (page.text(what, _STYLES[what]), page.text(_calls(query)), page.text(_told(query, why)))
            for what, query, why in shown
        ),
        fold_last=True,
    )
    if len(rows) > len(shown):
        page.block(page.text(f"… and {len(rows) - len(shown):,} more", "dim"))


def _calls(query: Query) -> str:
    return "" if query.calls is None else f"{query.calls:,} ×"


def _told(query: Query, why: str) -> str:
    return f"{cut(query.shown, _WIDTH)}: {why}"
