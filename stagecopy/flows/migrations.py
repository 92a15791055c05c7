"""The story of `stagecopy migration list`: the folder's migrations, what production says of them, their last trials.

Surprising: without production the list is still a list. It says that nobody was asked and why, and the exit code is
that of the failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stagecopy.config.load import Project
from stagecopy.errors import StagecopyError
from stagecopy.flows.local_migrations import local_migrations
from stagecopy.flows.past_trials import last_trials
from stagecopy.history.past import past_runs
from stagecopy.history.runs import new_id
from stagecopy.home import Home
from stagecopy.model.migrations import ListedMigration, Listing, LocalMigration, StateTable
from stagecopy.postgres.migrationstate import FoundTable
from stagecopy.production.migrations import applied_migrations
from stagecopy.trial.listing import LISTS, list_of, listed


def list_migrations(project: Project, folder: Path, *, offline: bool) -> Listing:
    """The migrations of *folder*. Raises UsageError where there are none."""
    local = local_migrations(folder)
    found, error = _asked(project, offline=offline)
    tools = tuple(dict.fromkeys(each.tool for each in local))
    lines: list[ListedMigration] = []
    tables, notes = [], []
    for tool in tools:
        own = [each for each in local if each.tool == tool]
        table, note = _table(tool, found)
        lines += listed(own, table, asked=note is None or note.startswith("production has no"))
        tables += [table.name] if table else []
        notes += [note] if note else []
    if error is not None:
        notes = [f"production was not asked: {error.message.splitlines()[0]}"]
    return Listing(
        folder=str(folder),
        tools=tuple(each for each in tools if each),
        table=", ".join(dict.fromkeys(tables)) or None,
        note="; ".join(dict.fromkeys(notes)) or None,
        migrations=tuple(_with_trials(project, lines, local)),
        error=error,
    )


def _asked(project: Project, *, offline: bool) -> tuple[list[FoundTable] | None, StagecopyError | None]:
    """Production's lists; None: it was not asked."""
    if offline:
        return None, None
    name, timeout = f"stagecopy/migration-list-{new_id()}", project.settings.production.lock_timeout
    try:
        return applied_migrations(project.production(), name, lock_timeout=timeout), None
    except StagecopyError as failure:
        return None, failure


def _table(tool: str | None, found: Sequence[FoundTable] | None) -> tuple[StateTable | None, str | None]:
    """The list of *tool*, or why there is none."""
    if found is None:
        return None, "production was not asked (--offline)"
    table = list_of(tool, (each.table for each in found))
    if table is None:
        names = " or ".join(name for _, name in LISTS.get(tool, ()))
        return None, f"production has no {names}"
    if not next(each.readable for each in found if each.table is table):
        return None, f"{table.name} is not readable: GRANT SELECT ON {table.name} TO the role in production.url"
    return table, None


def _with_trials(
    project: Project, lines: Iterable[ListedMigration], local: Sequence[LocalMigration]
) -> list[ListedMigration]:
    trials = last_trials(past_runs(Home(project.home, project.name).runs), local)
    return [replace(each, trial=trials.get(each.path) if each.path else None) for each in lines]
