"""Reads whose new tables are and who may read them, beside how the others of their schema stand."""

from __future__ import annotations

from collections.abc import Sequence

from stagecopy.model.effects import Newcomer
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement


def newcomers(observer: Connection, names: Sequence[str]) -> tuple[Newcomer, ...]:
    """Of the tables and views *names* (schema.name) those that are there."""
    rows = observer.execute(statement("newcomers"), {"names": list(names)})
    return tuple(Newcomer(name, owner, usual, tuple(missing)) for name, owner, usual, missing in rows)


def owners(observer: Connection) -> tuple[tuple[str, str, str], ...]:
    """Schema, name and owner of every table, view and sequence."""
    return tuple((schema, name, owner) for schema, name, owner in observer.execute(statement("owners")))
