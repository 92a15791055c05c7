"""A migration as text and as it ran."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file (or ``-e`` text, or stdin) of a migration. ``data`` is the bytes as given."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Migration:
    """What is tried: the SQL of *files* in the order run."""

    files: tuple[SourceFile, ...] = ()

    @property
    def sha256(self) -> str:
        """Of its text, see ``fingerprint``."""
        return fingerprint(self.files)


def fingerprint(files: Sequence[SourceFile]) -> str:
    """sha256 over all files in the order run, CRLF read as LF, each preceded by its length in decimal and a colon."""
    digest = hashlib.sha256()
    for file in files:
        content = file.data.replace(b"\r\n", b"\n")
        digest.update(f"{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a source: its text without the closing semicolon, and the line it starts on (1-based)."""

    text: str
    line: int
    file: str


@dataclass(frozen=True, slots=True)
class StatementRun:
    """A statement that ran: seconds it took, rows the server reported (None when it reports none)."""

    n: int
    line: int | None
    sql: str
    seconds: float
    rows: int | None
    tag: str  # the server's command tag, '' when it failed
    matched_twice: int | None = None  # rows an UPDATE with FROM met more than once


@dataclass(frozen=True, slots=True)
class RunError:
    """Where and why the migration stopped; the message holds no row values."""

    statement: int
    line: int | None
    message: str
    sqlstate: str

    def document(self) -> dict[str, Any]:
        """``migration.error`` in trial's JSON."""
        return {"statement": self.statement, "line": self.line, "message": self.message, "sqlstate": self.sqlstate}


@dataclass(frozen=True, slots=True)
class MigrationRun:
    """The whole run. ``left_open`` = ended inside a transaction (rolled back, as with psql) or left a prepared one."""

    sha256: str
    seconds: float
    statements: tuple[StatementRun, ...]
    error: RunError | None
    left_open: bool
    wal_bytes: int | None
    timed_out: bool = False
