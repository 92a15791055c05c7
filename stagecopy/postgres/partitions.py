"""By which columns a partitioned table is divided."""

from __future__ import annotations

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement


def dividing_columns(connection: Connection, root: int) -> frozenset[str] | None:
    """Names over all levels of the tree below the table of OID *root*; None where an expression divides it."""
    names = {name for (name,) in connection.execute(statement("partition_columns"), {"root": root})}
    return None if None in names else frozenset(names)
