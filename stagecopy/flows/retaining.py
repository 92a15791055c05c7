"""Removes the backups that nothing needs any more: before a dump, to make room for it, and after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stagecopy.backups.catalog import backups_of, forget, in_use, remove
from stagecopy.backups.retention import Retention, Verdict, decide
from stagecopy.flows.workplace import Workplace
from stagecopy.model.catalog import Table
from stagecopy.staging.space import packed


def prune(work: Workplace, *, room: int = 0, keep: str | None = None, dry_run: bool = False) -> list[Verdict]:
    """Decide about every backup and remove those that go. *keep*: one that was only just made.

    What somebody began to read meanwhile stays, and the verdicts say so.
    """
    home, found = work.home, backups_of(work.home)
    busy = {each.id for each in found if each.state != "missing" and in_use(home, each.id)}
    verdicts = decide(found, rules_of(work, room), in_use=busy | ({keep} if keep else set()))
    if dry_run:
        return verdicts
    return [each if each.kept or remove(home, each.backup.id) else _stays(each) for each in verdicts]


def rules_of(work: Workplace, room: int) -> Retention:
    """What the settings say."""
    backups = work.project.settings.backups
    keep = backups.keep
    return Retention(keep.daily, keep.weekly, keep.monthly, backups.max_size, room)


def expected_bytes(tables: Iterable[Table]) -> int:
    """What a dump of *tables* is going to take, about."""
    return packed(sum(table.bytes for table in tables))


def _stays(verdict: Verdict) -> Verdict:
    return replace(verdict, kept=True, reason="in use")


def forget_missing(work: Workplace, verdicts: Iterable[Verdict]) -> None:
    """A person has seen that these are gone; from now on nobody misses them."""
    for each in verdicts:
        if each.backup.state == "missing":
            forget(work.home, each.backup.id)
