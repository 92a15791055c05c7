"""`stagecopy migration new` and `list` on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.text import Text

from stagecopy.model.migrations import LastTrial, ListedMigration, Listing
from stagecopy.report.aligned import aligned
from stagecopy.report.durations import spoken_age
from stagecopy.report.page import Page, cut

_NAME = 32
_STYLES = {"applied": "green", "failed": "bold red", "skipped": "yellow", "rolled-back": "yellow"}


def written_lines(page: Page, files: Sequence[Path], forward: Sequence[Path], *, later: Sequence[str]) -> None:
    """The files, and what comes next."""
    for each in files:
        page.line(page.text(f"wrote {each}"))
    command = "-- alembic upgrade head" if forward[0].suffix == ".py" else " ".join(map(str, forward))
    page.line(page.text(f"fill in `why:` in each head, then: stagecopy trial {command}"))
    if later:
        words = " and then ".join(f"--phase {each}" for each in later)
        page.line(page.text(f"later, when this is in production: the same command with {words}"))


def migration_lines(page: Page, listing: Listing) -> None:
    """One line each: name, state in production, whether it has a way back, its last trial."""
    now = datetime.now().astimezone()
    head = tuple(page.text(each, "dim") for each in ("migration", "production", "down", "last trial"))
    aligned(page, [head, *(_cells(page, each, now) for each in listing.migrations)])
    if any(each.changed == "yes" or (each.trial and each.trial.changed) for each in listing.migrations):
        page.line(page.text("changed: its text changed since it was applied, or tried"))
    if listing.note:
        page.line(page.text(listing.note))
    elif listing.table:
        page.line(page.text(f"production's list: {listing.table}"))


def _cells(page: Page, each: ListedMigration, now: datetime) -> tuple[Text, ...]:
    return (
        page.text(cut(each.name, _NAME)),
        page.text(_state(each), _STYLES.get(each.state, "")),
        page.text({None: "", True: "yes", False: "no"}[each.has_down]),
        page.text(_trial(each.trial, now)),
    )


def _state(each: ListedMigration) -> str:
    words = [str(each.state).replace("-", " ")]
    if each.path is None:
        words.append("no file")
    elif each.changed == "yes":
        words.append("changed")
    return ", ".join(words)


def _trial(trial: LastTrial | None, now: datetime) -> str:
    if trial is None:
        return "never"
    words = f"{trial.verdict} {spoken_age(trial.at, now)}"
    return words + (", changed" if trial.changed else "")
