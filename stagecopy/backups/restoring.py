"""Puts a backup back: all that is in it, raw, into an empty database.

Surprising: a backup of some tables has the definitions of all and the rows of those. Its foreign keys are left out,
because what they refer to is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stagecopy.backups.checking import DUMP
from stagecopy.errors import StagingError
from stagecopy.model.backup import Backup, Manifest
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.rowcounts import row_counts
from stagecopy.staging.restore import Entry, SchemaArchive

SECTIONS = ("pre-data", "data", "post-data")
_FOREIGN_KEYS = ("FK CONSTRAINT",)
_NEEDS_ROLES = ("POLICY",)


def restore(backup: Backup, archive: SchemaArchive, address: Address, *, jobs: int) -> None:
    """Everything of *backup* into the empty database at *address*. Raises StagingError ``restore-failed``."""
    for section in SECTIONS:
        wanted = [each for each in archive.whole(section) if not _left(each, backup, archive)]
        if wanted:
            archive.restore(wanted, address, jobs=1 if section == "pre-data" else jobs)


def archive_of(backup: Backup, tools: Binaries, scratch: Path, *, ownerless: bool = False) -> SchemaArchive:
    """The pg_dump directory of *backup*, to be restored."""
    return SchemaArchive(tools, Path(backup.folder, DUMP), scratch, ownerless=ownerless)


def _left(entry: Entry, backup: Backup, archive: SchemaArchive) -> bool:
    if archive.ownerless and entry.is_(_NEEDS_ROLES):
        return True
    return backup.kind != "whole" and entry.is_(_FOREIGN_KEYS)


def counted(manifest: Manifest, address: Address) -> Mapping[str, int]:
    """Rows of every table at *address* that the backup has. Raises StagingError ``rows-missing`` if they differ."""
    with connect_staging(address) as connection, staging_errors("counting what was restored"):
        found = rows_of(connection, manifest)
    for name, fact in manifest.tables.items():
        if found.get(name) != fact.rows:
            message = f"{fact.rows:,} rows were backed up but {found.get(name, 0):,} are there"
            raise StagingError("rows-missing", message, where=name)
    return found


def rows_of(connection: Connection, manifest: Manifest) -> dict[str, int]:
    """Rows by ``schema.table``, of those tables of the manifest that are there."""
    query = (
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
    )
    there = [(str(each[0]), str(each[1])) for each in connection.execute(query)]
    wanted = [each for each in there if ".".join(each) in manifest.tables]
    return {".".join(name): rows for name, rows in row_counts(connection, wanted)}
