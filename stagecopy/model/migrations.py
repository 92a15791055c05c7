"""What `migration list` knows: the migrations of a folder, what production's own list says of them, their trials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from stagecopy.errors import StagecopyError

State = Literal["applied", "pending", "failed", "rolled-back", "skipped", "unknown"]
Changed = Literal["no", "yes", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMigration:
    """One of the folder. ``key``: what the tool writes down of it; ``texts``: hashes the tool may have kept of it.

    ``follows``: those it comes after, where the tool notes only the last one. ``sha256``: as a trial notes it.
    """

    name: str
    path: str
    tool: str | None
    key: str
    has_down: bool
    sha256: str
    texts: frozenset[str] = frozenset()
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One line of production's list. ``text``: a hash of what was run, where the tool keeps one.

    ``upto``: all with a smaller number ran as well, though no line says so.
    """

    key: str
    state: State = "applied"
    at: datetime | None = None
    text: str | None = None
    upto: bool = False


@dataclass(frozen=True, slots=True)
class StateTable:
    """A tool's own list as production has it."""

    schema: str
    table: str
    rows: tuple[Applied, ...]

    @property
    def name(self) -> str:
        """schema.table."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTrial:
    """The newest trial of a migration. ``changed``: of another text than the file has now."""

    id: str
    at: datetime
    verdict: str
    changed: bool
    together: int  # how many files were tried in one

    def document(self) -> dict[str, Any]:
        """The member of ``migrations[].trial``."""
        at = self.at.isoformat()
        return {"id": self.id, "at": at, "verdict": self.verdict, "changed": self.changed, "together": self.together}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMigration:
    """One line. ``path`` None: production ran it, the folder has it no more."""

    name: str
    path: str | None
    tool: str | None
    state: State
    at: datetime | None = None
    has_down: bool | None = None
    changed: Changed | None = None  # None: it did not run in production
    trial: LastTrial | None = None

    def document(self) -> dict[str, Any]:
        """The member of ``migrations`` in the verb's JSON."""
        return {
            "name": self.name,
            "path": self.path,
            "tool": self.tool,
            "production": self.state,
            "applied_at": self.at.isoformat() if self.at else None,
            "has_down": self.has_down,
            "changed": self.changed,
            "trial": self.trial.document() if self.trial else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All of it. ``table``: production's list that was read; ``note``: why there is none."""

    folder: str
    tools: tuple[str, ...]
    table: str | None
    note: str | None
    migrations: tuple[ListedMigration, ...]
    error: StagecopyError | None = None

    @property
    def exit(self) -> int:
        """0, or that of what kept production from answering."""
        return self.error.exit_code if self.error else 0

    def document(self) -> dict[str, Any]:
        """``migration list --json``."""
        return {
            "format": 1,
            "exit": self.exit,
            "error": self.error.document() if self.error else None,
            "folder": self.folder,
            "tools": list(self.tools),
            "table": self.table,
            "note": self.note,
            "migrations": [each.document() for each in self.migrations],
        }
