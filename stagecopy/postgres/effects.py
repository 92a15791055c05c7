"""Reads what a superuser's connection can tell about a run's side effects: keys, triggers, counters, storage.

Surprising: a session adds its row counters to the server's when it ends, not when it commits. So the second look
waits until the trial's own session is gone (and a moment more before 15, whose statistics travel by datagram).
"""

from __future__ import annotations

import time
from collections import defaultdict

from psycopg import sql

from stagecopy.model.effects import ForeignKey, Hidden, NarrowReference, Place, Setting, Standing, Traffic, Trigger
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.costs import temp_bytes_of
from stagecopy.postgres.sqlfile import statement

_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MAY_READ = "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_statistic', 'SELECT')"
_PATIENCE = 2.0
_SHARED_MEMORY_SINCE = 150000
_DATAGRAM_SECONDS = 0.6


def read_standing(observer: Connection) -> Standing:
    """Keys, triggers, places and counters as they are now."""
    tables = list(observer.execute(statement("effects_tables")))
    columns: dict[str, dict[str, bool]] = defaultdict(dict)
    numbers: dict[int, dict[int, str]] = defaultdict(dict)
    for table, column, generated, oid, number in observer.execute(statement("effects_columns")):
        columns[table][column] = generated
        numbers[oid][number] = column
    return Standing(
        foreign_keys=tuple(
            ForeignKey(
                name, child, tuple(mine), parent, tuple(other), _ACTIONS[on_delete], _ACTIONS[on_update], indexed, oid
            )
            for name, child, parent, mine, other, on_delete, on_update, indexed, oid in observer.execute(
                statement("effects_foreign_keys")
            )
        ),
        triggers=tuple(
            Trigger(name, table, before, frozenset(events), function, bytes(source).decode("utf-8", "replace"))
            for name, table, before, events, function, source in observer.execute(statement("effects_triggers"))
        ),
        traffic={oid: Traffic(*counts) for oid, _, _, _, _, _, _, *counts in tables},
        places={oid: Place(*where) for oid, *where, _, _, _ in tables},
        columns=columns,
        temp_bytes=temp_bytes_of(observer),
        numbers=numbers,
        planner=_planner(observer),
        narrow=tuple(NarrowReference(*row) for row in observer.execute(statement("effects_narrow"))),
    )


def _planner(observer: Connection) -> dict[int, frozenset[int]] | None:
    """By table: columns whose values the planner knows of; None where that may not be read."""
    if not observer.execute(_MAY_READ).fetchall()[0][0]:
        return None
    return {oid: frozenset(numbers) for oid, numbers in observer.execute(statement("effects_statistics"))}


def wait_for_counters(observer: Connection, session: int) -> None:
    """Return when the trial's session, that of process *session*, has ended and its counters are in; or in the end."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        row = observer.execute(statement("effects_sessions"), (session,)).fetchone()
        if not row or not row[0]:
            break
        time.sleep(0.01)
    if observer.info.server_version < _SHARED_MEMORY_SINCE:
        time.sleep(_DATAGRAM_SECONDS)


def beginning_settings(own: Connection) -> dict[str, Setting]:
    """What of the session of *own* decides about waiting and time zones."""
    return {name: Setting(value, source) for name, value, source in own.execute(statement("effects_settings"))}


def hiding_tables(own: Connection) -> list[tuple[str, str]]:
    """Schema and name of tables whose row security applies to the role of *own*."""
    return [(schema, name) for schema, name in own.execute(statement("effects_hiding"))]


def hidden_rows(own: Connection, observer: Connection, table: tuple[str, str]) -> Hidden:
    """How many rows of *table* the role of *own* sees, and how many there are; policies are code, so nothing stays."""
    query = sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(sql.Identifier(*table))
    counts = []
    for connection in (own, observer):
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute("SET LOCAL statement_timeout = '15s'")
            row = connection.execute(query).fetchone()
            counts.append(int(row[0]) if row else 0)
    return Hidden(*table, *counts)
