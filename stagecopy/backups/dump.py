"""Takes a dump on a snapshot that is already held.

Surprising: the same archive serves twice: as the backup, and as the source of the schema and rows for staging, so
production is read once. Files are the plain pg_dump directory format, restorable with stock tools. A backup of some
tables has the definitions of all, because rows without their types and functions cannot be loaded anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from stagecopy.model.catalog import Table
from stagecopy.model.staging import Binaries
from stagecopy.postgres.tools import production_environment, run_tool
from stagecopy.process import ProcessError
from stagecopy.production.session import ProductionSession

_SMALL = "information_schema.sql_sizing"


@dataclass(frozen=True, slots=True)
class DumpScope:
    """What goes into the dump. ``rows`` False leaves the data out (--direct needs the schema only).

    ``large_objects`` also where schemas are chosen; without rows they are ``take_large_objects``' matter.
    """

    schemas: tuple[str, ...]
    left_out: tuple[Table, ...]
    jobs: int
    lock_timeout: float
    rows: bool
    large_objects: bool = False
    without_rows: tuple[Table, ...] | None = None  # a backup of some tables: those whose rows stay


def take_dump(session: ProductionSession, binaries: Binaries, folder: Path, scope: DumpScope) -> None:
    """pg_dump -Fd into *folder* (which must not exist) on the session's snapshot. Raises ProductionError."""
    argv: list[str | Path] = ["pg_dump", "--format=directory", f"--file={folder}", f"--jobs={scope.jobs}"]
    argv += [f"--snapshot={session.snapshot}", f"--lock-wait-timeout={int(scope.lock_timeout * 1000)}"]
    argv += ["--no-password", f"--encoding={session.text_encoding}", "--no-subscriptions", "--no-tablespaces"]
    # zlib level 1: the fastest that every major and Python's own library know
    argv += ["--compress=1"] if scope.rows else ["--section=pre-data", "--section=post-data"]
    argv += ["--blobs"] if scope.large_objects and scope.rows else []
    argv += [f"--schema={_pattern(name)}" for name in scope.schemas]
    argv += [f"--exclude-table={_pattern(table.schema, table.name)}" for table in scope.left_out]
    if scope.without_rows is not None:
        argv += ["--no-blobs"]
        argv += [f"--exclude-table-data={_pattern(each.schema, each.name)}" for each in scope.without_rows]
    with session.errors("dumping production"):
        run_tool(binaries, argv, production_environment(session.dsn, session.application_name))


def take_large_objects(session: ProductionSession, binaries: Binaries, folder: Path) -> None:
    """A dump of the large objects alone, on the session's snapshot: of one small table of every database no row.

    Something must be named, or everything is dumped. Raises ProductionError.
    """
    argv: list[str | Path] = ["pg_dump", "--format=directory", f"--file={folder}", f"--snapshot={session.snapshot}"]
    argv += ["--no-password", "--compress=1", "--blobs", f"--table={_SMALL}", f"--exclude-table-data={_SMALL}"]
    with session.errors("dumping production's large objects"):
        run_tool(binaries, argv, production_environment(session.dsn, session.application_name))


def _pattern(*parts: str) -> str:
    """A name as pg_dump's patterns read it literally: every part in double quotes."""
    return sql.Identifier(*parts).as_string(None)


def take_globals(session: ProductionSession, binaries: Binaries, path: Path) -> str | None:
    """Roles, their memberships and settings as SQL, no password among them. Returns why there are none, if so."""
    if not Path(binaries.folder, "pg_dumpall").exists():
        return f"there is no pg_dumpall beside pg_dump ({binaries.source})"
    database = session.catalog.database.name
    argv: list[str | Path] = ["pg_dumpall", "--globals-only", "--no-role-passwords", "--no-tablespaces"]
    argv += ["--no-password", f"--database={database}", f"--file={path}"]
    try:
        run_tool(binaries, argv, production_environment(session.dsn, session.application_name))
    except ProcessError as failure:
        path.unlink(missing_ok=True)
        return failure.message
    path.chmod(0o600)
    return None
