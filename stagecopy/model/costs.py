"""What a run cost beside its time: tables written anew or read whole, log, temporary files, disk, locks.

Surprising: None is not 0. It says that nobody can know: of several statements between two looks, none can be told to
have been the one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scan:
    """Rows of a table read one after the other by one statement; several scans are added up."""

    relation: str  # schema.table
    rows: int


@dataclass(frozen=True, slots=True)
class StatementCosts:
    """Of one statement. ``rewrites``: tables that have another file for the rows they had, as schema.table."""

    rewrites: tuple[str, ...] | None = None
    scans: tuple[Scan, ...] | None = None
    wal_bytes: int | None = None
    temp_bytes: int | None = None

    def document(self) -> dict[str, Any]:
        """Members of ``migration.statements[]`` in trial's JSON."""
        scans = None if self.scans is None else [{"relation": each.relation, "rows": each.rows} for each in self.scans]
        return {
            "rewrites": None if self.rewrites is None else list(self.rewrites),
            "scans": scans,
            "wal_bytes": self.wal_bytes,
            "temp_bytes": self.temp_bytes,
        }


@dataclass(frozen=True, slots=True)
class RunCosts:
    """Of the whole run. ``database_bytes``: the database before; ``peak_disk_bytes``: what came on top at most.

    ``locks``: most that one transaction held at a time; ``lock_slots``: what production's lock table is sure to hold.
    """

    rewrites: tuple[str, ...] | None = None
    temp_bytes: int | None = None
    database_bytes: int | None = None
    peak_disk_bytes: int | None = None
    locks: int | None = None
    lock_slots: int | None = None

    def document(self) -> dict[str, Any]:
        """Members of ``impact`` in trial's JSON."""
        return {
            "rewrites": None if self.rewrites is None else list(self.rewrites),
            "temp_bytes": self.temp_bytes,
            "database_bytes": self.database_bytes,
            "peak_disk_bytes": self.peak_disk_bytes,
            "locks": self.locks,
            "lock_slots": self.lock_slots,
        }
