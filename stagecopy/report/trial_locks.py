"""What others could not do while the migration ran: the terminal report's section on locks."""

from __future__ import annotations

from collections.abc import Sequence

from stagecopy.model.migration import HeldLock, MigrationRun
from stagecopy.model.wording import counted, quoted
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.page import Page, cut

_MOST = 8
_SHORTEST = 0.01  # seconds; the document has the shorter ones too
_WHAT = {"reads": "no reads, no writes", "writes": "no writes"}
_NAME_WIDTH = 140


def locks(page: Page, run: MigrationRun, *, everything: bool) -> None:
    """The longest locks that keep others from writing or reading, on what was there before."""
    found = _telling(run.blocking)
    if not found:
        return
    page.heading("locks that others wait for")
    shown = found if everything else found[:_MOST]
    page.grid(
        (
            (
                page.text(spoken_seconds(each.seconds)),
                page.text(_WHAT[each.blocks or "writes"], "red" if each.blocks == "reads" else "yellow"),
                page.text(_told(each)),
            )
            for each in shown
        ),
        fold_last=True,
    )
    if len(found) > len(shown):
        page.block(page.text(f"… and {counted(len(found) - len(shown), 'more lock')}", "dim"))


def _telling(locks: Sequence[HeldLock]) -> list[HeldLock]:
    """Of each relation the longest lock, and the longest that stops even readers."""
    known: set[tuple[str, str | None]] = set()
    found = []
    for lock in locks:
        ways = {(lock.relation, "writes"), (lock.relation, lock.blocks)}
        if lock.seconds >= _SHORTEST and not ways <= known:
            known |= ways
            found.append(lock)
    return found


def _told(lock: HeldLock) -> str:
    by = f", statement {lock.statement}" if lock.statement is not None else ""
    return f"{cut(quoted(*lock.relation.split('.', 1)), _NAME_WIDTH)} ({lock.mode}{by})"
