"""What a migration leaves on its server beside its own changes: log that it wrote, transactions that it prepared.

Surprising: nothing here raises. A migration may end the server, and what it did until then is still to be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.observing import prepared_transactions, wal_bytes_since, wal_position


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The server before the run: None stands for what could not be asked because the server was gone."""

    observer: Connection
    database: str
    wal: str | None
    prepared: frozenset[str] | None

    @classmethod
    def read(cls, observer: Connection, database: str) -> Surroundings:
        """As it is now, by *observer*, who is connected to the same server and may ask."""
        try:
            return cls(observer, database, wal_position(observer), prepared_transactions(observer, database))
        except psycopg.Error:
            return cls(observer, database, None, None)

    def wal_bytes(self) -> int | None:
        """Bytes of log since then."""
        try:
            return wal_bytes_since(self.observer, self.wal) if self.wal else None
        except psycopg.Error:
            return None

    def left_prepared(self) -> bool:
        """Whether a transaction was prepared since then, and waits."""
        now = Surroundings.read(self.observer, self.database).prepared
        return bool(now is not None and self.prepared is not None and now - self.prepared)
