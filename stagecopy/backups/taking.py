"""One backup from the first byte to its name: dumped and counted while production is held, then read, then kept.

Surprising: production counts its rows while pg_dump reads them, on the same snapshot. The two numbers come by two
ways, and a backup is only called verified where they agree.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stagecopy.backups.catalog import keep_backup, start_backup
from stagecopy.backups.checking import DUMP, GLOBALS
from stagecopy.backups.dump import DumpScope, take_dump, take_globals
from stagecopy.backups.reading import FileRead, digests, files_below, read_files
from stagecopy.backups.record import Known, digest_of, look, looks, write_known, write_manifest
from stagecopy.errors import StagingError
from stagecopy.files import sync_folder
from stagecopy.home import Home
from stagecopy.model.backup import DATABASE_FACTS, Backup, Kind, Manifest, TableFact
from stagecopy.model.catalog import Table
from stagecopy.model.staging import Binaries
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.rowcounts import row_counts
from stagecopy.postgres.sqlfile import statement
from stagecopy.production.readers import open_archive
from stagecopy.production.session import ProductionSession


@dataclass(frozen=True, slots=True)
class Content:
    """What a backup is to hold. ``tables``: those whose rows come, None: all; ``left_out`` of what it promises."""

    kind: Kind = "whole"
    tables: tuple[Table, ...] | None = None
    migration: Mapping[str, Any] | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What only production can tell, gathered while it is held."""

    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lsn: str | None = None
    globals: str | None = None
    large_objects: int | None = None


class Taking:
    """A backup in the making: ``take`` while production is held, ``keep`` when it was read."""

    def __init__(self, session: ProductionSession, tools: Binaries, home: Home, run: str) -> None:
        self._session = session
        self._tools = tools
        self._home = home
        self._run = run
        self._facts = _Facts()
        self._content = Content()
        self.folder = start_backup(home.backups, run)

    @property
    def archive(self) -> Path:
        """The pg_dump directory."""
        return self.folder / DUMP

    def take(self, scope: DumpScope, content: Content) -> None:
        """Dump and count. Raises ProductionError, StagingError ``disk-full``."""
        session, self._content = self._session, content
        tables = self._tables(scope)
        with session.errors("backing up production"), _counting(session, tables) as counted:
            take_dump(session, self._tools, self.archive, scope)
            missing = take_globals(session, self._tools, self.folder / GLOBALS)
            rows = counted.result()
        with session.errors("reading facts about production"), closing(session.reader()) as reader:
            lsn, objects = reader.execute(statement("backup_facts")).fetchall()[0]
        with_objects = content.tables is None and not scope.schemas
        self._facts = _Facts(rows, lsn, missing, objects if with_objects else None)

    def _tables(self, scope: DumpScope) -> list[tuple[str, str]]:
        chosen = self._content.tables
        wanted = self._session.catalog.row_tables if chosen is None else chosen
        out = {each.oid for each in scope.left_out}
        return [(each.schema, each.name) for each in wanted if each.has_rows and each.oid not in out]

    def keep(self, *, loaded: Mapping[str, int] | None = None, jobs: int = 2) -> Backup:
        """Read what was not read yet, hash all, sync, write the manifest, rename.

        *loaded*: rows by table that were loaded out of this very archive and counted there.
        Raises StagingError ``backup-incomplete`` where rows are not those production counted.
        """
        tables = self._table_facts()
        restored = self._restored(tables, loaded or {})
        read = self._read({tables[name].file for name in restored}, tables, jobs=jobs)
        manifest = self._manifest(tables, read)
        known = Known(
            id=self._run,
            manifest=digest_of(manifest),
            checks={name: "restored" if name in restored else "read" for name in tables},
            looks=looks(self.folder, manifest.files),
            checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        # pg_dump and pg_dumpall have synced what they wrote; their folders are ours
        for folder in {(self.folder / name).parent for name in manifest.files} | {self.folder}:
            sync_folder(folder)
        write_known(self.folder, known)
        write_manifest(self.folder, manifest)
        return look(keep_backup(self._home, self.folder, self._run))

    def _table_facts(self) -> dict[str, TableFact]:
        """The data file of every table that was counted. Raises StagingError ``backup-incomplete``."""
        files = open_archive(self._tools, self.archive).files
        found = {}
        for table in self._session.catalog.tables:
            rows = self._facts.rows.get((table.schema, table.name))
            if rows is None:
                continue
            if table.oid not in files:
                raise _incomplete("the dump holds no rows for it", table.qualified)
            found[table.qualified] = TableFact(rows, files[table.oid].relative_to(self.folder).as_posix())
        return found

    def _restored(self, tables: Mapping[str, TableFact], loaded: Mapping[str, int]) -> frozenset[str]:
        wrong = [name for name, rows in loaded.items() if name in tables and tables[name].rows != rows]
        for name in wrong:
            said = f"{loaded[name]:,} rows came out of the dump, production counted {tables[name].rows:,}"
            raise _incomplete(said, name)
        return frozenset(set(loaded) & set(tables))

    def _read(self, known: Collection[str], tables: Mapping[str, TableFact], *, jobs: int) -> dict[str, FileRead]:
        """Every file; those whose rows were loaded are hashed only."""
        names = files_below(self.folder)
        counted = {each.file: (name, each.rows) for name, each in tables.items() if each.file not in known}
        found = dict(digests(self.folder, [name for name in names if name in known], jobs=jobs))
        rest = [name for name in names if name not in known]
        found |= read_files(self.folder, rest, rows=frozenset(counted), jobs=jobs)
        for name, each in found.items():
            table, rows = counted.get(name, (None, None))
            if each.damage:
                raise _incomplete(f"{name} cannot be read back: {each.damage}", table)
            if table is not None and each.rows != rows:
                raise _incomplete(f"the dump holds {each.rows:,} rows, production counted {rows:,}", table)
        return found

    def _manifest(self, tables: Mapping[str, TableFact], read: Mapping[str, FileRead]) -> Manifest:
        session, tools, content = self._session, self._tools, self._content
        return Manifest(
            id=self._run,
            kind=content.kind,
            taken_at=session.taken_at,
            source=source_of(session),
            files={name: read[name].fact for name in sorted(read)},
            tables=dict(sorted(tables.items())),
            lsn=self._facts.lsn,
            left_out=content.left_out,
            tools={"pg_dump": tools.version, "from": tools.source},
            globals=self._facts.globals,
            roles=tuple(sorted(role.name for role in session.catalog.roles)),
            large_objects=self._facts.large_objects,
            migration=content.migration,
        )


def not_in_it(schemas: Sequence[str], left_out: Sequence[Table]) -> tuple[str, ...]:
    """What a backup of all that is chosen lacks of the database."""
    others = (f"schemas other than {', '.join(schemas)}",) if schemas else ()
    return (*others, *sorted(each.qualified for each in left_out))


def source_of(session: ProductionSession) -> dict[str, Any]:
    """Which database this is, and what an empty one like it is made with. The host only as a hash."""
    database = session.catalog.database
    place = f"{session.dsn.get('host')}:{session.dsn.get('port')}"
    return {
        **{name: getattr(database, name) for name in DATABASE_FACTS},
        "host": hashlib.sha256(place.encode()).hexdigest()[:16],
    }


@contextmanager
def _counting(
    session: ProductionSession, tables: Sequence[tuple[str, str]]
) -> Iterator[Future[dict[tuple[str, str], int]]]:
    """Rows of *tables* on the session's snapshot, counted beside what the block does."""
    ended = threading.Event()
    with closing(session.reader()) as reader, ThreadPoolExecutor(1, "counting") as pool:
        try:
            yield pool.submit(_count, reader, tables, ended)
        except BaseException:
            ended.set()
            reader.cancel()
            raise


def _count(reader: Connection, tables: Sequence[tuple[str, str]], ended: threading.Event) -> dict[tuple[str, str], int]:
    found = {}
    for name, rows in row_counts(reader, tables):
        found[name] = rows
        if ended.is_set():
            break
    return found


def _incomplete(message: str, where: str | None) -> StagingError:
    hint = "stagecopy backup create; if it says this again, the disk of the backups is suspect"
    return StagingError("backup-incomplete", f"this backup is not kept: {message}", hint=hint, where=where)
