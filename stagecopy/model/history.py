"""What is known of a run that has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run in the list of runs, as its result tells it. ``about``: for a trial its files or its command."""

    id: str
    verb: str
    exit: int
    verdict: str | None
    headline: str | None
    about: str | None
    sha256: str | None = None

    @property
    def when(self) -> datetime | None:
        """When it began, which its id begins with; in UTC."""
        try:
            return datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None

    def document(self) -> dict[str, Any]:
        """The member of ``runs`` in history's JSON."""
        return {
            "id": self.id,
            "verb": self.verb,
            "exit": self.exit,
            "verdict": self.verdict,
            "headline": self.headline,
            "migration": self.about,
            "sha256": self.sha256,
            "when": self.when.isoformat() if self.when else None,
        }
