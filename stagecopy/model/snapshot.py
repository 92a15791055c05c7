"""One snapshot as people see it in a list."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSnapshot:
    """What None stands for was not written down by the version that made it."""

    id: str
    taken_at: datetime
    rows: int
    masked: int  # columns
    subset: bool
    served: bool
    engine: str
    backup: str | None
    key_id: str
    personal_kept: int | None
    checked: int | None
    leaks: int | None
    receipt: str | None  # path

    def document(self) -> dict[str, Any]:
        """For JSON."""
        facts = asdict(self)
        checked, leaks = facts.pop("checked"), facts.pop("leaks")
        audit = None if checked is None else {"checked": checked, "leaks": leaks}
        return {**facts, "taken_at": self.taken_at.isoformat(), "audit": audit}
