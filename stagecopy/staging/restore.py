"""Rebuilds the schema in staging with production's own pg_dump archive.

Surprising: code from production (index expressions, CHECK functions, matview queries) runs while the schema is built.
Where the engine cannot contain a superuser, those entries are restored by an ordinary role; only entries that merely
define things go in as superuser. Any error line of pg_restore fails the refresh.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.tools import run_tool, staging_environment
from stagecopy.process import ProcessError, environment

# Entries that run production's code when they are restored; the longest name wins ("CHECK CONSTRAINT").
_RUNS_CODE = ("INDEX ATTACH", "INDEX", "FK CONSTRAINT", "CHECK CONSTRAINT", "CONSTRAINT")
_MATVIEW = ("MATERIALIZED VIEW DATA",)
_EVENT_TRIGGER = ("EVENT TRIGGER",)
_LEFT_BEHIND = ("SUBSCRIPTION", "SUBSCRIPTION TABLE", "USER MAPPING", "DATABASE", "DATABASE PROPERTIES")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the archive's table of contents."""

    line: str
    kind: str  # the words between OID and schema, as far as known kinds go
    name: str

    def is_(self, kinds: Iterable[str]) -> bool:
        """Whether the entry is of one of these kinds."""
        return any(self.kind == kind or self.kind.startswith(kind + " ") for kind in kinds)


@dataclass(frozen=True, slots=True)
class SchemaArchive:
    """The schema part of a pg_dump directory, ready to be restored pass by pass."""

    binaries: Binaries
    folder: Path
    scratch: Path

    def entries(self, section: str) -> list[Entry]:
        """The archive's entries of ``pre-data`` or ``post-data``, without what staging must not have."""
        argv: list[str | Path] = ["pg_restore", "--list", f"--section={section}", self.folder]
        listing = run_tool(self.binaries, argv, environment()).stdout.decode("utf-8", "replace")
        lines = [line for line in listing.splitlines() if line and not line.startswith(";")]
        entries = [_entry(line) for line in lines]
        return [entry for entry in entries if not entry.is_(_LEFT_BEHIND)]

    def restore(self, entries: list[Entry], address: Address, *, jobs: int = 1) -> None:
        """Restore exactly *entries*. Raises StagingError ``restore-failed`` naming the entry."""
        if not entries:
            return
        listing = self.scratch / "restore.list"
        listing.write_text("".join(entry.line + "\n" for entry in entries), encoding="utf-8")
        argv: list[str | Path] = ["pg_restore", "--exit-on-error", "--no-tablespaces", "--no-security-labels"]
        argv += [f"--use-list={listing}", f"--jobs={jobs}", f"--dbname={address.database}", self.folder]
        try:
            run_tool(self.binaries, argv, staging_environment(address))
        except ProcessError as failure:
            raise StagingError("restore-failed", f"rebuilding the schema: {failure.message}") from failure

    def restore_post_data(self, admin: Address, ordinary: Address, *, jobs: int) -> None:
        """Indexes and constraints in parallel, then the rest, then matviews, event triggers last."""
        entries = self.entries("post-data")
        special = (*_RUNS_CODE, *_MATVIEW, *_EVENT_TRIGGER)
        self.restore([entry for entry in entries if entry.is_(_RUNS_CODE)], ordinary, jobs=jobs)
        self.restore([entry for entry in entries if not entry.is_(special)], admin)
        self.restore([entry for entry in entries if entry.is_(_MATVIEW)], ordinary)
        self.restore([entry for entry in entries if entry.is_(_EVENT_TRIGGER)], admin)


def _entry(line: str) -> Entry:
    """``3371; 1259 16385 TABLE public users owner``: kinds are upper-case words, so they end at the schema or '-'."""
    rest = line.partition("; ")[2].split(" ", 2)[-1]
    words = rest.split(" ")
    kind = []
    for word in words:
        if not word.isupper() or not word.isalpha():
            break
        kind.append(word)
    tail = words[len(kind) :]
    return Entry(line, " ".join(kind), tail[1] if len(tail) > 1 else "")


def extensions(entries: Iterable[Entry]) -> list[str]:
    """Names of the extensions the archive would create."""
    return [entry.name for entry in entries if entry.kind == "EXTENSION"]
