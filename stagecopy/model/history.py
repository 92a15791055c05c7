"""What is known of a run that has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run as its result tells it. ``about``: for a trial its files or its command."""

    id: str
    verb: str
    exit: int
    verdict: str | None
    headline: str | None
    about: str | None

    def document(self) -> dict[str, Any]:
        """The member of ``runs`` in history's JSON."""
        return {
            "id": self.id,
            "verb": self.verb,
            "exit": self.exit,
            "verdict": self.verdict,
            "headline": self.headline,
            "migration": self.about,
        }
