"""Makes the empty database in staging and fills its tables from masked streams.

Surprising: COPY … FREEZE works only in the transaction that truncated the table, and never through a partitioned
parent, so leaves are loaded directly except where the mask changes the partition key: there the parent routes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from stagecopy.errors import StagingError
from stagecopy.model.catalog import Database, Table
from stagecopy.model.findings import Fidelity
from stagecopy.model.progress import Progress
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.failures import describe
from stagecopy.staging.ahead import ahead

Stream = Callable[[Table], Iterator[bytes]]
# By pg_database.datlocprovider. Without one the cluster's own locale, which is libc's, is the database's.
_LOCALES: dict[str, LiteralString] = {
    "i": " LOCALE_PROVIDER icu ICU_LOCALE {}",
    "b": " LOCALE_PROVIDER builtin BUILTIN_LOCALE {}",
}


_MASK_FAILED = "a mask may break a constraint of this table; masking-rules/README.md says what each guarantees"
_CODE_FAILED = "a CHECK or domain of this table calls a function that relies on search_path: SET one on the function"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One table's arrival."""

    table: Table
    rows: int


def create_database(admin: Address, database: Database, owner: str) -> tuple[Fidelity, ...]:
    """Make production's database, empty, in production's encoding and locale; say so where that is not to be had."""
    with connect_staging(admin.to(database="template1")) as connection, staging_errors("creating the database"):
        name = sql.Identifier(database.name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}").format(name, sql.Identifier(owner))
        locale = _LOCALES.get(database.provider)
        if locale is None:
            connection.execute(create)
            return ()
        try:
            collated = sql.Composed([create, sql.SQL(locale).format(sql.Literal(database.locale))])
            connection.execute(collated)
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidParameterValue):
            connection.execute(create)
            message = f"production sorts text by {database.locale}, which staging's PostgreSQL lacks: order may differ"
            return (Fidelity("other-collation", message),)
    return ()


def refuse_production(address: Address, handshake: tuple[int, int]) -> None:
    """Make sure the target is not production itself: production holds an advisory lock that only it can show.

    Raises StagingError ``target-is-production``.
    """
    with connect_staging(address) as connection, staging_errors("checking the target"):
        row = connection.execute(
            "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
            handshake,
        ).fetchone()
    if row and row[0]:
        raise StagingError(
            "target-is-production",
            "the staging target is the production server itself; nothing was written",
            hint="name another server in staging.url",
        )


def load_tables(
    address: Address,
    tables: list[Table],
    stream: Stream,
    *,
    through: Mapping[int, Table],
    jobs: int,
    progress: Progress,
) -> list[Loaded]:
    """COPY every table in, biggest first, *jobs* at a time; *through* maps leaves to the parent that routes them.

    Raises the first failure after the others have stopped.
    """
    stop = threading.Event()
    sessions = _Sessions(address)

    def one(table: Table) -> Loaded:
        with closing(ahead(stream(table))) as pieces:
            return _load(sessions, table, _stoppable(pieces, stop), through.get(table.oid), progress=progress)

    ordered = sorted(tables, key=lambda table: (-table.bytes, table.qualified))
    with closing(sessions), ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="load") as pool:
        futures = [pool.submit(one, table) for table in ordered]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also when we are told to end: leaving the pool waits for its threads
            if any(not each.done() or each.exception() for each in futures):
                stop.set()
            for future in futures:
                future.cancel()
    failures = [error for future in futures if not future.cancelled() and (error := future.exception())]
    if failures:
        raise _first_cause(failures)
    return [future.result() for future in futures]


class _Sessions:
    """Sessions that load one table after the other: to open one takes longer than to load a small table."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: queue.SimpleQueue[Connection] = queue.SimpleQueue()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """One that nobody else uses meanwhile; it is not used again after a failure."""
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = connect_staging(self._address, autocommit=False)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.put(connection)

    def close(self) -> None:
        """End those that lie idle."""
        while not self._idle.empty():
            self._idle.get_nowait().close()


def _first_cause(failures: list[BaseException]) -> BaseException:
    return next((each for each in failures if not isinstance(each, _StoppedError)), failures[0])


class _StoppedError(StagingError):
    def __init__(self) -> None:
        super().__init__("stopped", "another table failed first")


def _stoppable(pieces: Iterator[bytes], stop: threading.Event) -> Iterator[bytes]:
    for piece in pieces:
        if stop.is_set():
            raise _StoppedError
        yield piece


def _load(
    sessions: _Sessions, table: Table, pieces: Iterator[bytes], parent: Table | None, *, progress: Progress
) -> Loaded:
    target = parent or table
    progress.table(table.qualified, bytes_total=table.bytes)
    with sessions.session() as connection:
        try:
            if parent is None:
                connection.execute(sql.SQL("TRUNCATE ONLY {}").format(_name(target)))
            rows = _copy(connection, table, pieces, target, progress=progress)
            connection.commit()
        except psycopg.Error as failure:
            raise StagingError(
                "load-failed",
                f"staging refused the rows: {describe(failure)}",
                hint=_CODE_FAILED if (failure.sqlstate or "").startswith("42") else _MASK_FAILED,
                where=table.qualified,
            ) from None
    progress.finished(table.qualified, rows)
    return Loaded(table, rows)


def _copy(connection: Connection, table: Table, pieces: Iterator[bytes], target: Table, *, progress: Progress) -> int:
    names = [sql.Identifier(column.name) for column in table.copied_columns]
    columns = sql.SQL("({})").format(sql.SQL(", ").join(names)) if names else sql.SQL("")
    freeze = sql.SQL(" WITH (FREEZE)") if target is table else sql.SQL("")
    statement = sql.SQL("COPY {} {} FROM STDIN{}").format(_name(target), columns, freeze).as_bytes(connection)
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        connection.execute("SET client_encoding = 'SQL_ASCII'")  # text that is not UTF-8 comes along as it is
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for piece in pieces:
                copy.write(piece)
                progress.advance(table.qualified, rows=piece.count(b"\n"), bytes_done=len(piece))
        return max(cursor.rowcount, 0)


def _name(table: Table) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)
