"""The verbs below `stagecopy backup` on a terminal: what is sound, what is not, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stagecopy.backups.retention import Verdict
from stagecopy.model.backup import Backup
from stagecopy.model.wording import counted
from stagecopy.report.aligned import aligned
from stagecopy.report.durations import spoken_bytes, spoken_moment
from stagecopy.report.page import Page

_STYLES = {"proven": "bold green", "verified": "green", "partial": "yellow", "unverified": "yellow"}
_KINDS = {"whole": "whole", "tables": "some tables", "for": "for a migration"}


def backup_lines(page: Page, found: Sequence[Backup]) -> None:
    """One line each, the newest first; below what is wrong with it."""
    if not found:
        page.line(page.text("no backups yet; one is made by: stagecopy backup create"))
        return
    now = datetime.now().astimezone()
    aligned(
        page,
        [
            (
                page.text(each.id),
                page.text(each.state, _STYLES.get(each.state, "bold red")),
                page.text(f"taken {spoken_moment(each.taken_at, now)}" if each.taken_at else "taken when is not known"),
                page.text(spoken_bytes(each.bytes)),
                page.text(", ".join(_facts(each, now))),
            )
            for each in found
        ],
    )


def _facts(each: Backup, now: datetime) -> list[str]:
    facts = [_KINDS[each.kind]]
    if each.manifest is not None:
        facts.append(f"{counted(each.rows, 'row')} of {counted(each.tables, 'table')}")
    if each.proven_at:
        facts.append(f"proven {spoken_moment(datetime.fromisoformat(each.proven_at), now)}")
    if each.left_out:
        facts.append(f"without {', '.join(each.left_out)}")
    return [*facts, *each.problems]


def made_lines(page: Page, backup: Backup, removed: Sequence[str]) -> None:
    """What `backup create` made, and how to get it back."""
    page.line(page.text(f"backup {backup.id} ", "bold green"), page.text(f"kept, {backup.state}"))
    facts = [("holds", ", ".join(_facts(backup, datetime.now().astimezone()))), ("in", backup.folder)]
    if not backup.encrypted:
        facts.append(("note", "plaintext backup: nothing encrypts it"))
    if backup.manifest is not None and backup.manifest.globals:
        facts.append(("note", f"no roles: {backup.manifest.globals}"))
    if removed:
        facts.append(("removed", ", ".join(removed)))
    facts.append(("back", f"stagecopy backup restore {backup.id} --to postgresql://USER@HOST/EMPTY_DATABASE"))
    page.grid(((page.text(name, "dim"), page.text(said)) for name, said in facts), fold_last=True)


def verdict_lines(page: Page, verdicts: Sequence[Verdict], *, dry_run: bool) -> None:
    """What becomes of each backup, and why."""
    gone = "would go" if dry_run else "removed"
    aligned(
        page,
        [
            (
                page.text(each.backup.id),
                page.text("kept" if each.kept else gone, "" if each.kept else "bold"),
                page.text(spoken_bytes(each.backup.bytes)),
                page.text(each.reason),
            )
            for each in verdicts
        ],
    )
    if not verdicts:
        page.line(page.text("no backups"))
