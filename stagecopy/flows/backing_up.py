"""The story of `stagecopy backup create`: room made, production read once, the dump read back, and only then kept.

Surprising: neither masks nor a masking key nor staging are needed, so that a backup can be taken when all of those are
broken. It is the same code and the same format as the backup of a refresh.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stagecopy.backups.catalog import PARTIAL, drop_partial
from stagecopy.backups.dump import DumpScope
from stagecopy.backups.taking import Content, Taking, not_in_it
from stagecopy.errors import StagingError, UsageError
from stagecopy.files import remove_tree
from stagecopy.flows.backup_choice import content_of, touched_by
from stagecopy.flows.masks_reading import rules_of
from stagecopy.flows.preflight import skipped_by, tools_for
from stagecopy.flows.retaining import expected_bytes, prune
from stagecopy.flows.workplace import Workplace, alone
from stagecopy.history.runs import Run, is_alive
from stagecopy.model.backup import Backup
from stagecopy.model.catalog import Catalog, Table
from stagecopy.model.preflight import Survey
from stagecopy.model.progress import Progress
from stagecopy.model.staging import Binaries
from stagecopy.postgres.dsn import Dsn
from stagecopy.production.preflight import refusal
from stagecopy.production.session import ProductionSession, Scope, open_production
from stagecopy.production.watcher import Patience
from stagecopy.staging.space import Need, shown, spaces

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The flags of the verb."""

    tables: tuple[str, ...] = ()
    migration: tuple[Path, ...] = ()


@dataclass(slots=True)
class Made:
    """What came of it."""

    backup: Backup
    removed: list[str] = field(default_factory=list)


def create(work: Workplace, run: Run, wanted: Wanted, progress: Progress) -> Made:
    """Take a backup, keep it, remove what nothing needs any more.

    Raises UsageError, ProductionError, StagingError; then nothing of it is left and the others are as they were.
    """
    trial = touched_by(work.project, wanted.migration) if wanted.migration else None
    with alone(work, "backup"):
        runs = work.home.runs
        drop_partial(work.home.backups, [each.name for each in runs.iterdir() if is_alive(runs, each.name)])
        with _nothing_left(work, run):
            progress.stage("guard")
            production = work.project.settings.production
            patience = Patience(production.yield_after, production.max_time)
            around = _LookAround(work, progress)
            scope = Scope(
                production.schemas, production.exclude, production.lock_timeout, skipped_by(rules_of(work.project))
            )
            name, dsn = f"stagecopy/{run.id}", work.project.production()
            with open_production(dsn, name, patience=patience, scope=scope, inspect=around.inspect) as session:
                content = content_of(work.project, session.catalog, wanted.tables, trial)
                taking = _taken(work, run, (session, around.tools, content), progress)
            progress.stage("verify")
            backup = taking.keep(jobs=production.jobs)
        progress.stage("retain")
        removed = [each.backup.id for each in prune(work, keep=backup.id) if not each.kept]
        return Made(backup, removed)


class _LookAround:
    """What stands in the way, before anything is locked."""

    tools: Binaries

    def __init__(self, work: Workplace, progress: Progress) -> None:
        self._work = work
        self._progress = progress

    def inspect(self, dsn: Dsn, catalog: Catalog, survey: Survey) -> None:
        """Raises ``preflight``, or why there are no programs."""
        if survey.obstacles:
            raise refusal(survey.obstacles, verb="backup create")
        self.tools = tools_for(dsn, catalog.database.major, self._work)


def _taken(work: Workplace, run: Run, parts: tuple[ProductionSession, Binaries, Content], progress: Progress) -> Taking:
    session, tools, content = parts
    production = work.project.settings.production
    rows = [each for each in session.catalog.row_tables if each not in session.left_out]
    chosen = rows if content.tables is None else [each for each in content.tables if each.has_rows]
    _refuse_left_out(chosen, session.left_out)
    prune(work, room=expected_bytes(chosen))
    _refuse_full_disk(work, chosen, progress)
    scope = DumpScope(
        schemas=production.schemas,
        left_out=session.left_out,
        jobs=production.jobs,
        lock_timeout=production.lock_timeout,
        rows=True,
        without_rows=None if content.tables is None else tuple(each for each in rows if each not in chosen),
    )
    if content.tables is None:
        content = Content(left_out=not_in_it(production.schemas, session.left_out))
    progress.stage("dump")
    taking = Taking(session, tools, work.home, run.id)
    taking.take(scope, content)
    return taking


def _refuse_left_out(chosen: Sequence[Table], left_out: Sequence[Table]) -> None:
    for table in chosen:
        if table in left_out:
            message = f"{table.qualified} is to be backed up, but settings or rules leave it out"
            hint = "take it out of production.exclude, or remove its `skip` rule"
            raise UsageError("table-left-out", message, hint=hint, where=table.qualified)


def _refuse_full_disk(work: Workplace, tables: Sequence[Table], progress: Progress) -> None:
    for space in spaces([Need(work.home.backups, expected_bytes(tables), "the backup")]):
        progress.note(space.line)
        if space.obstacle:
            hint = f"free {shown(space.needed - space.free)} there, or set STAGECOPY_HOME to a larger disk"
            raise StagingError("disk-full", f"{space.line}; nothing was read", hint=hint)


@contextmanager
def _nothing_left(work: Workplace, run: Run) -> Iterator[None]:
    """What fails leaves nothing behind; a full disk is said in plain words."""
    try:
        yield
    except OSError as failure:
        remove_tree(work.home.backups / f"{PARTIAL}{run.id}")
        if failure.errno not in _DISK_FULL:
            raise
        hint = "free some space, or set STAGECOPY_HOME to a larger disk"
        raise StagingError("disk-full", f"no space left on the disk of {work.home.path}", hint=hint) from failure
    except BaseException:
        remove_tree(work.home.backups / f"{PARTIAL}{run.id}")
        raise
