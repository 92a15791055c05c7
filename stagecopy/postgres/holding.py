"""What a session that is still inside its transaction has touched, asked where only the server knows."""

from __future__ import annotations

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Name = tuple[str, str]  # schema and table


def held_tables(observer: Connection, pid: int) -> frozenset[Name]:
    """Tables that the session *pid* has locked for more than reading; what it made is not among them."""
    return frozenset((schema, table) for schema, table in observer.execute(statement("guard_touched"), {"pid": pid}))


def rewritten_rows(connection: Connection) -> dict[Name, int]:
    """Tables in which the transaction of *connection* itself has written rows anew, and how many it has deleted."""
    rows = connection.execute(statement("guard_deleted"))
    return {(schema, table): deleted for schema, table, deleted, updated in rows if deleted or updated}


def partition_roots(connection: Connection) -> dict[Name, Name]:
    """Of every table the top of its partition tree, or itself."""
    rows = connection.execute(statement("guard_roots"))
    return {(schema, table): (top, root) for schema, table, top, root in rows}
