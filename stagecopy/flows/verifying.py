"""The story of `stagecopy backup verify`: every byte read again, and with --prove the whole restored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stagecopy.backups.catalog import backup_named, backups_of, used
from stagecopy.backups.checking import verify
from stagecopy.errors import StagingError, UsageError
from stagecopy.flows.programs import programs_here
from stagecopy.flows.proving import prove
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import Run
from stagecopy.model.backup import Backup
from stagecopy.model.progress import Progress
from stagecopy.model.staging import Binaries


def verified(
    work: Workplace, run: Run, name: str | None, progress: Progress, *, to_prove: bool = False
) -> list[Backup]:
    """The backup of that id, or all; to prove: that one, or the newest whole one. Raises UsageError, StagingError."""
    chosen = _chosen(work, name, to_prove=to_prove)
    found = []
    for each in chosen:
        progress.stage("verify")
        with used(work.home, each.id):
            seen = read(work, each)
            found.append(prove(work, run, seen, progress) if to_prove else seen)
    return found


def read(work: Workplace, backup: Backup) -> Backup:
    """Read one to its end, by pg_restore too where that is at hand."""
    if backup.manifest is None or backup.state == "missing":
        return backup
    jobs = work.project.settings.production.jobs
    return verify(Path(backup.folder), tools=_programs(work, backup), jobs=jobs)


def _programs(work: Workplace, backup: Backup) -> Binaries | None:
    assert backup.manifest is not None  # noqa: S101 - asked before
    try:
        return programs_here(work, int(backup.manifest.source["version"]) // 10000)
    except StagingError:
        return None


def _chosen(work: Workplace, name: str | None, *, to_prove: bool) -> Sequence[Backup]:
    if name is not None:
        return [backup_named(work.home, name)]
    found = backups_of(work.home)
    if not found:
        raise UsageError("no-such-backup", "there is no backup yet", hint="stagecopy backup create")
    if not to_prove:
        return found
    whole = [each for each in found if each.kind == "whole" and each.manifest is not None]
    return whole[-1:] or found[-1:]
