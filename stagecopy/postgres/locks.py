"""Reads who holds which relation, beside a migration: an ordinary role sees the same, but not cheaply enough."""

from __future__ import annotations

from collections.abc import Iterable

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Held = tuple[str, int, str]  # the transaction (by its virtual id), the relation's OID, the mode


def lockable_relations(observer: Connection) -> dict[int, tuple[str, bool]]:
    """By OID: schema.name, and whether it is an index."""
    return {oid: (name, is_index) for oid, name, is_index in observer.execute(statement("locks_names"))}


def held_locks(observer: Connection, database: int, besides: Iterable[int]) -> frozenset[Held]:
    """Granted relation locks of all sessions but those of the processes *besides*; ACCESS SHARE is left out."""
    values = {"database": database, "besides": list(besides)}
    return frozenset(observer.execute(statement("locks_held"), values, prepare=True))
