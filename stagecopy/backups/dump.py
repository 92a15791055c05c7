"""Takes a dump on a snapshot that is already held, and keeps it only when it is whole.

Surprising: the same archive serves twice: as the backup, and as the source of the schema and rows for staging, so
production is read once. Files are the plain pg_dump directory format, restorable with stock tools. Without recipients
to encrypt to, at most two dumps are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from stagecopy.files import private_folder, read_json, remove_tree, sync_folder, write_json
from stagecopy.model.catalog import Table
from stagecopy.model.staging import Binaries
from stagecopy.postgres.tools import production_environment, run_tool
from stagecopy.production.session import ProductionSession

PLAINTEXT_KEPT = 2
PARTIAL = ".partial-"
_MANIFEST = "manifest.json"
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


def start_backup(backups: Path, run: str) -> Path:
    """The folder a backup of this run is made in; its name says that it is not one yet."""
    return private_folder(backups / f"{PARTIAL}{run}")


def keep_backup(partial: Path, run: str, manifest: dict[str, Any]) -> str:
    """Turn a finished dump into a backup: manifest last, then the rename. Returns its id."""
    size = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    write_json(partial / _MANIFEST, {"format": 1, "id": run, "bytes": size, **manifest})
    final = partial.with_name(run)
    partial.rename(final)
    sync_folder(final.parent)
    return run


def list_backups(backups: Path) -> list[dict[str, Any]]:
    """Manifests of the whole backups, oldest first."""
    found = [read_json(folder / _MANIFEST) for folder in sorted(backups.iterdir()) if not folder.name.startswith(".")]
    return [manifest for manifest in found if manifest]


def prune_plaintext(backups: Path, *, keep: int = PLAINTEXT_KEPT) -> list[str]:
    """Remove all but the newest *keep* unencrypted backups. Returns the ids removed."""
    old = [str(manifest["id"]) for manifest in list_backups(backups)][:-keep]
    for backup in old:
        going = backups / f"{PARTIAL}{backup}"  # first the name: half removed, it must not look like a backup
        (backups / backup).rename(going)
        remove_tree(going)
    return old


def drop_partial(backups: Path, runs_alive: Sequence[str]) -> None:
    """Remove what killed runs left of their dumps."""
    for folder in backups.glob(f"{PARTIAL}*"):
        if folder.name.removeprefix(PARTIAL) not in runs_alive:
            remove_tree(folder)
