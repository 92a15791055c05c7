"""Small visits of an application to tables, and who waits for whom meanwhile.

Surprising: a write is the lock that every INSERT, UPDATE and DELETE takes, and one row's lock, then a rollback. So no
trigger fires, no sequence moves, and an empty table can be written to.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_ROWS_TRIED = 4  # places of one block, in case some are empty


@dataclass(frozen=True, slots=True)
class VisitedTable:
    """A table, partitioned table, view or materialised view of the clone."""

    relation: str  # schema.name, as in the catalog
    schema: str
    name: str
    kind: str
    pages: int

    @property
    def written(self) -> bool:
        """Whether programs write to it."""
        return self.kind in ("r", "p")

    @property
    def _identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    def _places(self) -> sql.Literal:
        """Not a parameter: a % in a table's name would be taken for one."""
        block = random.randrange(self.pages)  # noqa: S311 - any row will do
        return sql.Literal([f"({block},{n})" for n in range(1, _ROWS_TRIED + 1)])

    def read(self, connection: Connection) -> None:
        """One row, found without an index; of a view none, but its lock. Raises psycopg.Error."""
        if self.kind == "v":
            connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 0").format(self._identifier))
            return
        query = sql.SQL("SELECT 1 FROM {} WHERE ctid = ANY ({}::text[]::tid[]) LIMIT 1")
        connection.execute(query.format(self._identifier, self._places()))

    def write(self, connection: Connection) -> None:
        """The locks of a small write, given back at once. Raises psycopg.Error."""
        connection.execute("BEGIN")
        self.lock(connection)
        if self.kind == "r":
            query = sql.SQL("SELECT 1 FROM ONLY {} WHERE ctid = ANY ({}::text[]::tid[]) LIMIT 1 FOR NO KEY UPDATE")
            connection.execute(query.format(self._identifier, self._places()))
        connection.execute("ROLLBACK")

    def lock(self, connection: Connection) -> None:
        """As whoever writes to it, to the end of the transaction. Raises psycopg.Error."""
        connection.execute(sql.SQL("LOCK TABLE ONLY {} IN ROW EXCLUSIVE MODE").format(self._identifier))


def visited_tables(observer: Connection, names: Iterable[str]) -> list[VisitedTable]:
    """Tables among the relations of these names."""
    rows = observer.execute(statement("impact_tables"), {"names": list(names)})
    return [VisitedTable(*row) for row in rows]


def waiting_sessions(observer: Connection, processes: Iterable[int]) -> dict[int, bool]:
    """Of *processes* those that wait for a lock: whether in a queue, that is behind somebody who waits too."""
    return dict(observer.execute(statement("impact_waiting"), {"processes": list(processes)}).fetchall())


def somebody_waits_for(observer: Connection, process: int) -> bool:
    """Whether *process* is in the way of anybody."""
    row = observer.execute(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks w"
        " WHERE NOT w.granted AND %s = ANY (pg_catalog.pg_blocking_pids(w.pid)))",
        (process,),
    ).fetchone()
    return bool(row and row[0])


def wanted_by_waiters(observer: Connection, process: int) -> list[tuple[str, str]]:
    """Relations (schema.name) and modes: what those who wait for *process* ask for, then what they have."""
    return observer.execute(statement("impact_wanted"), {"process": process}).fetchall()


def invalid_indexes(observer: Connection) -> frozenset[str]:
    """schema.name of indexes that no query may use."""
    rows = observer.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'"
    )
    return frozenset(str(name) for (name,) in rows)


def lock_timeout_setting(connection: Connection) -> float | None:
    """Seconds that a session waits for a lock by its role's or database's settings; None: without end."""
    row = connection.execute(
        "SELECT setting::pg_catalog.float8 / 1000 FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'"
    ).fetchone()
    return float(row[0]) if row and row[0] else None


def longest_transaction(connection: Connection, name: str) -> float | None:
    """Seconds that production's oldest transaction is open, but for our own sessions *name*; None: not to be seen."""
    try:
        row = connection.execute(statement("longest_transaction"), {"name": name}).fetchone()
    except (psycopg.errors.UndefinedObject, psycopg.errors.InsufficientPrivilege):
        return None  # a server that is only like PostgreSQL
    return row[0] if row else None
