"""What production lost since a backup, and what was made to bring it back. No value of a row is in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True, kw_only=True)
class TableLoss:
    """One table, by its name in the backup.

    ``missing``: rows; ``nulled``: values that are NULL or without a column now; ``changed``: other values than in the
    backup, which is not necessarily a loss; ``newer``: rows that the backup has not.
    """

    name: str
    missing: int = 0
    nulled: int = 0
    changed: int = 0
    newer: int = 0
    rows: int = 0  # in the backup
    dropped: bool = False
    partitions: tuple[str, ...] = ()  # that are gone
    columns: dict[str, dict[str, int]] = field(default_factory=dict)
    times: dict[str, tuple[str, str]] = field(default_factory=dict)  # of the missing rows, by column
    triggers: tuple[str, ...] = ()  # users' own that fire when the script runs

    @property
    def lost(self) -> bool:
        """Whether something is gone."""
        return bool(self.missing or self.nulled or self.dropped or self.partitions)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "missing": self.missing,
            "nulled": self.nulled,
            "changed": self.changed,
            "newer": self.newer,
            "rows": self.rows,
            "dropped": self.dropped,
            "partitions": list(self.partitions),
            "columns": self.columns,
            "times": {name: {"earliest": first, "latest": last} for name, (first, last) in self.times.items()},
            "triggers": list(self.triggers),
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of running the script on a copy of production as it is now. ``left``: what was not as it should be."""

    proved: bool
    left: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Recovery:
    """What `recover` found. ``tables``: those that differ. ``skipped``: those that could not be compared, and why."""

    backup: str
    taken_at: datetime
    looked_at: datetime
    tables: list[TableLoss]
    skipped: Mapping[str, str] = field(default_factory=dict)
    script: str | None = None
    proof: Proof | None = None

    @property
    def exit(self) -> int:
        """1 where something is lost."""
        return int(any(each.lost for each in self.tables))

    def document(self) -> dict[str, Any]:
        """``recover --json``."""
        proof = None if self.proof is None else {"proved": self.proof.proved, "left": list(self.proof.left)}
        return {
            "format": 1,
            "exit": self.exit,
            "error": None,
            "backup": self.backup,
            "taken_at": self.taken_at.isoformat(),
            "looked_at": self.looked_at.isoformat(),
            "tables": [each.document() for each in self.tables],
            "skipped": dict(self.skipped),
            "script": self.script,
            "trial": proof,
        }
