"""`stagecopy snapshot list` on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stagecopy.model.snapshot import ListedSnapshot
from stagecopy.model.wording import counted
from stagecopy.report.aligned import aligned
from stagecopy.report.durations import spoken_moment
from stagecopy.report.page import Page


def snapshot_lines(page: Page, found: Sequence[ListedSnapshot]) -> None:
    """One line each."""
    if not found:
        page.line(page.text("no snapshots yet; one is made by: stagecopy refresh"))
        return
    now = datetime.now().astimezone()
    aligned(
        page,
        [
            (
                page.text(each.id, "bold green" if each.served else ""),
                page.text(f"taken {spoken_moment(each.taken_at, now)}"),
                page.text(counted(each.rows, "row")),
                page.text(", ".join(_facts(each))),
            )
            for each in found
        ],
    )


def _facts(each: ListedSnapshot) -> list[str]:
    facts = ["served"] if each.served else []
    facts.append(f"{counted(each.masked, 'column')} masked")
    if each.subset:
        facts.append("not all rows")
    if each.personal_kept:
        facts.append(f"{counted(each.personal_kept, 'column')} kept though personal")
    if each.checked is None:
        facts.append("not audited")
    else:
        facts.append(f"audit: {counted(each.checked, 'value')} looked for, {each.leaks} found")
    return facts
