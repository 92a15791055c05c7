"""What a migration takes for good, and the scripts that would bring it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RescueKit:
    """Scripts in *folder*. ``proved``: whether the way back was tried on a clone and brought everything back there.

    ``missing`` says what it did not bring back, or why it was not tried (then ``proved`` is None).
    """

    folder: str
    tables: tuple[str, ...]
    bytes: int
    proved: bool | None = None
    missing: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """``rescue`` in trial's JSON."""
        return {
            "folder": self.folder,
            "tables": list(self.tables),
            "bytes": self.bytes,
            "proved": self.proved,
            "missing": list(self.missing),
        }
