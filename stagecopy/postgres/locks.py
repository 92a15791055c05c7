"""Reads who holds which relation, beside a migration: an ordinary role sees the same, but not cheaply enough."""

from __future__ import annotations

from collections.abc import Iterable

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Held = tuple[str, int, str]  # the transaction (by its virtual id), the relation's OID, the mode


def lockable_relations(observer: Connection) -> dict[int, tuple[str, bool]]:
    """By OID: schema.name, and whether it is an index."""
    return {oid: (name, is_index) for oid, name, is_index in observer.execute(statement("locks_names"))}


def held_locks(observer: Connection, database: int, besides: Iterable[int]) -> tuple[frozenset[Held], int]:
    """Granted locks of all sessions but those of the processes *besides*, ACCESS SHARE and what is the server's left
    out; and how many locks one transaction holds at most, with those, if it holds one of the others.
    """
    values = {"database": database, "besides": list(besides)}
    rows = observer.execute(statement("locks_held"), values, prepare=True).fetchall()
    return frozenset((transaction, oid, mode) for transaction, oid, mode, _ in rows), max(
        (row[3] for row in rows), default=0
    )
