"""What another program, which only reads SQL, says of a migration's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LintNote:
    """One remark: by which of its rules, at which line (1-based) of which file of the migration."""

    rule: str
    file: str
    line: int
    message: str
    help: str
    error: bool


@dataclass(frozen=True, slots=True)
class Lint:
    """What it said; ``failure``: why it could say nothing."""

    program: str
    version: str
    notes: tuple[LintNote, ...] = ()
    failure: str | None = None

    def document(self) -> dict[str, Any]:
        """``migration.linter`` in trial's JSON."""
        return {"program": self.program, "version": self.version, "notes": len(self.notes), "failure": self.failure}
