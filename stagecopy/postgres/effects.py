"""Reads what a superuser's connection can tell about a run's side effects: keys, triggers, counters, storage.

Surprising: a session adds its row counters to the server's when it ends, not when it commits. So the second look
waits until the trial's own session is gone (and a moment more before 15, whose statistics travel by datagram).
"""

from __future__ import annotations

import time
from collections import defaultdict

from psycopg import sql

from stagecopy.model.effects import ForeignKey, Hidden, Place, Standing, Traffic, Trigger
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_PATIENCE = 2.0
_SHARED_MEMORY_SINCE = 150000
_DATAGRAM_SECONDS = 0.6


def read_standing(observer: Connection) -> Standing:
    """Keys, triggers, places and counters as they are now."""
    tables = list(observer.execute(statement("effects_tables")))
    columns: dict[str, dict[str, bool]] = defaultdict(dict)
    for table, column, generated in observer.execute(statement("effects_columns")):
        columns[table][column] = generated
    return Standing(
        foreign_keys=tuple(
            ForeignKey(
                name, child, tuple(mine), parent, tuple(other), _ACTIONS[on_delete], _ACTIONS[on_update], indexed
            )
            for name, child, parent, mine, other, on_delete, on_update, indexed in observer.execute(
                statement("effects_foreign_keys")
            )
        ),
        triggers=tuple(
            Trigger(name, table, before, frozenset(events), function, bytes(source).decode("utf-8", "replace"))
            for name, table, before, events, function, source in observer.execute(statement("effects_triggers"))
        ),
        traffic={oid: Traffic(*counts) for oid, _, _, _, _, *counts in tables},
        places={oid: Place(name, filenode, parent, root) for oid, name, filenode, parent, root, *_ in tables},
        columns=columns,
    )


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
