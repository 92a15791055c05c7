"""Whether anybody uses a server: who is connected now, and how many ever were.

Surprising: PostgreSQL keeps no time of the last connection. It counts sessions, though, so two looks tell whether
somebody came and went between them. Our own looks must not count: connect to a database that people do not use.
"""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.postgres.connect import Connection, staging_errors
from stagecopy.postgres.sqlfile import statement


@dataclass(frozen=True, slots=True)
class Visits:
    """Clients connected now, and sessions there ever were."""

    now: int
    ever: int


def visits(connection: Connection, database: str | None) -> Visits:
    """Those of *database*, or of all databases."""
    with staging_errors("looking who is connected"):
        row = connection.execute(statement("visits"), {"database": database}).fetchone()
    assert row is not None  # noqa: S101 - it has no WHERE
    return Visits(*row)
