"""What changed in production's columns, or in the rules for them, since the last snapshot was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Drift:
    """One change. ``message`` says what it means for the masks; ``where`` is the rule that is concerned."""

    change: Literal["new", "changed", "vanished"]
    kind: Literal["table", "column"]
    name: str
    message: str
    where: str | None = None

    @property
    def text(self) -> str:
        """The change in one sentence."""
        return f"{self.change} {self.kind} {self.name}: {self.message}"


@dataclass(frozen=True, slots=True)
class KeptPersonal:
    """A column that reads as personal and that only a catch-all keeps."""

    name: str
    where: str
    reason: str  # why it reads as personal
    keep: str  # why the rule says it may stay
