"""Leaves out of a folder's migrations those that ran in production: the tool would not run them again either.

Surprising: production is not asked. The tool's own list is data like any other and lies in the snapshot; where rules
keep it out of there, nothing counts as run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from stagecopy.flows.local_migrations import local_migrations
from stagecopy.model.migration import Migration
from stagecopy.model.migrations import ListedMigration, LocalMigration
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.migrationstate import FoundTable, state_tables
from stagecopy.trial.listing import list_of, listed

_OVER = ("applied", "skipped")


def pending(before: Address, migration: Migration) -> Migration:
    """*migration* without what the database at *before* says was run; itself where that is nothing."""
    folders = dict.fromkeys(file.folder for file in migration.files if file.folder is not None)
    if not folders:
        return migration
    with connect_staging(before) as connection, staging_errors("reading the list of migrations"):
        found = state_tables(connection)
    over = {path for folder in folders for path in _over(folder, found)}
    skipped = tuple(file.name for file in migration.files if file.folder is not None and file.name in over)
    if not skipped:
        return migration
    return replace(
        migration, files=tuple(each for each in migration.files if each.name not in skipped), skipped=skipped
    )


def _over(folder: str, found: Sequence[FoundTable]) -> list[str]:
    """Paths of those that need not run again."""
    paths = []
    for _, group in groupby(local_migrations(Path(folder)), key=lambda each: each.tool):
        paths += [each.path for each in _listed(list(group), found) if each.path and _is_over(each)]
    return paths


def _listed(local: Sequence[LocalMigration], found: Sequence[FoundTable]) -> list[ListedMigration]:
    table = list_of(local[0].tool, (each.table for each in found))
    return listed(local, table, asked=True) if table else []


def _is_over(each: ListedMigration) -> bool:
    """Flyway runs a repeatable migration again when its text has changed."""
    repeated = each.tool == "Flyway" and each.name[:3].upper() == "R__"
    return each.state in _OVER and not (repeated and each.changed != "no")
