"""The story of `stagecopy backup restore`: a backup, raw, into an empty database that a person names.

Surprising: production is never a target, whoever asks. It is recognised three ways: by the system identifier that the
manifest has, by the advisory lock of a session on today's production, and by its address; where neither of the first
two can be asked, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stagecopy.backups.catalog import backup_named, used
from stagecopy.backups.checking import GLOBALS
from stagecopy.backups.restoring import archive_of, counted, restore
from stagecopy.errors import ProductionError, StagingError, UsageError
from stagecopy.files import private_folder, remove_tree
from stagecopy.flows.programs import programs_for
from stagecopy.flows.verifying import read
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import Run
from stagecopy.home import NamedServer
from stagecopy.model.backup import Backup, Manifest
from stagecopy.model.progress import Progress
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_production, connect_staging, staging_errors
from stagecopy.postgres.serverfacts import roles, system_identifier
from stagecopy.production.session import HANDSHAKE_CLASS
from stagecopy.staging.load import refuse_production
from stagecopy.staging.server_access import faults, open_access

_EMPTY = """
SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
 ORDER BY 1 LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and whether without the roles that production has and the target has not."""

    url: str
    without_roles: bool = False


def restored_to(
    work: Workplace, run: Run, name: str, target: Target, *, progress: Progress
) -> tuple[Backup, Mapping[str, int]]:
    """Restore backup *name* and count. Raises UsageError, StagingError; production is refused before a byte moves."""
    with used(work.home, name):
        progress.stage("verify")
        backup = read(work, backup_named(work.home, name))
        manifest = backup.manifest
        if manifest is None or not backup.sound:
            said = "; ".join(backup.problems) or "it was not read through"
            raise StagingError("backup-damaged", f"backup {name} is {backup.state}: {said}", hint=_OTHERS)
        progress.stage("guard")
        address = _guarded(work, run, manifest, target)
        _refuse_filled(address)
        missing = _missing_roles(address, manifest)
        if missing and not target.without_roles:
            raise _roles_missing(missing, address, Path(backup.folder, GLOBALS))
        progress.stage("rows")
        scratch = private_folder(work.home.tmp / run.id)
        try:
            tools = programs_for(work, int(manifest.source["version"]) // 10000)
            archive = archive_of(backup, tools, scratch, ownerless=bool(missing))
            restore(backup, archive, address, jobs=work.project.settings.production.jobs)
            progress.stage("finish")
            with connect_staging(address) as connection, staging_errors("counting what was restored"):
                connection.execute("ANALYZE")
            return backup, counted(manifest, address)
        finally:
            remove_tree(scratch)


_OTHERS = "stagecopy backup list  shows the others"


def _guarded(work: Workplace, run: Run, manifest: Manifest, target: Target) -> Address:
    """The way to the target, which is not production. Raises StagingError ``target-is-production``."""
    access = open_access(NamedServer(target.url))
    for fault in faults(access, production_system=manifest.source["system_identifier"], tools_major=0):
        if fault.code == "target-is-production":
            raise _naming_to(fault)
    known = manifest.source["system_identifier"] is not None and access.system is not None
    with _production_held(work, run, known=known) as held:
        if held is not None:
            system, handshake = held
            if system is not None and system == access.system:
                raise _naming_to(_production_itself(access.shown))
            refuse_production(access.address, handshake)
    return access.address


def _production_itself(shown: str) -> StagingError:
    message = f"{shown} is production's own server or a copy of it; nothing was written"
    return StagingError("target-is-production", message)


def _naming_to(fault: StagingError) -> StagingError:
    hint = "name an empty database on another server with --to"
    return StagingError("target-is-production", fault.message, hint=hint)


@contextmanager
def _production_held(work: Workplace, run: Run, *, known: bool) -> Iterator[tuple[str | None, tuple[int, int]] | None]:
    """Today's production: its identifier, and a lock held there that only it can show.

    None where it does not answer, which is how it is in an emergency; then what the manifest says has to do.
    """
    key = int(run.id[-4:], 16) + 1
    try:
        connection = connect_production(work.project.production(), application_name=f"stagecopy/{run.id}")
    except (ProductionError, UsageError):
        if not known:
            raise StagingError(
                "target-unknown",
                "whether the target is production cannot be told: production does not answer, and no system identifier"
                " can be compared; nothing was written",
                hint="name a server whose role in the URL may read pg_control_system()",
            ) from None
        yield None
        return
    with connection:
        connection.execute("SELECT pg_catalog.pg_advisory_lock_shared(%s, %s)", (HANDSHAKE_CLASS, key))
        yield system_identifier(connection), (HANDSHAKE_CLASS, key)


def _refuse_filled(address: Address) -> None:
    with connect_staging(address) as connection, staging_errors("looking at the target"):
        row = connection.execute(_EMPTY).fetchone()
    if row is not None:
        message = f"database {address.database} is not empty: it has {row[0]}; nothing was written"
        hint = "make an empty one (createdb NAME) and name it with --to; stagecopy never restores over anything"
        raise StagingError("target-not-empty", message, hint=hint)


def _missing_roles(address: Address, manifest: Manifest) -> list[str]:
    with connect_staging(address) as connection, staging_errors("looking at the target's roles"):
        there = roles(connection)
    return [name for name in manifest.roles if name not in there and not name.startswith("pg_")]


def _roles_missing(missing: list[str], address: Address, globals_file: Path) -> StagingError:
    message = f"the target lacks roles that own or may use something: {', '.join(missing)}; nothing was written"
    make = f"psql -h {address.host} -p {address.port} -U {address.user} -d {address.database} -f {globals_file}"
    first = make if globals_file.exists() else "make them"
    hint = f"{first}  or say --without-roles: everything is then {address.user}'s, without grants and policies"
    return StagingError("roles-missing", message, hint=hint)
