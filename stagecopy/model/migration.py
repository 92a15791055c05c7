"""A migration as text and as it ran."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from stagecopy.model.bookkeeping import BOOKKEEPING_TABLES
from stagecopy.model.costs import RunCosts, StatementCosts
from stagecopy.model.lint import Lint

# Who opens transactions: nobody but the file (as psql sends it); the server around a query of several statements; a
# tool around each file; a tool around all of them.
Transaction = Literal["statement", "query", "file", "single"]

_HARMLESS = re.compile(
    "(SELECT|SET|SHOW|RESET|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|DISCARD|DEALLOCATE|PREPARE|FETCH|MOVE|CLOSE"
    "|DECLARE|EXPLAIN|LISTEN|UNLISTEN|NOTIFY|LOCK)( .*)?"
)
_ASKS = re.compile(
    rf"(?i)\bpg_|information_schema|\bversion\s*\(|\bcurrent_|set_config|to_regclass|{'|'.join(BOOKKEEPING_TABLES)}"
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file (or ``-e`` text, or stdin) of a migration. ``data`` is the bytes as given.

    ``runs``: those with blanks for what does not run, as the way back in the same file; None when all of it runs.
    ``tool``: whose layout it has, ``transaction``: as that tool runs it. ``folder``: named in place of its files.
    ``included``: what psql includes there, in the order it runs; ``unread``: what it includes by a name that only psql
    can tell.
    """

    name: str
    data: bytes
    runs: bytes | None = None
    tool: str | None = None
    transaction: Transaction = "statement"
    folder: str | None = None
    included: tuple[SourceFile, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def text(self) -> bytes:
        """What runs."""
        return self.data if self.runs is None else self.runs


@dataclass(frozen=True, slots=True)
class ToolCommand:
    """A command that migrates by itself: its words, variables to pass as they are, and whether it may run uncontained
    where it cannot be contained. ``reads``: folders and files it sees besides the project's.

    ``one_database``: it may not connect to another database of the clone's server.
    """

    argv: tuple[str, ...]
    keep: tuple[str, ...] = ()
    uncontained: bool = False
    reads: tuple[str, ...] = ()
    one_database: bool = False


@dataclass(frozen=True, slots=True)
class Migration:
    """What is tried: the SQL of *files* in the order run, or a *command*. *uncontained*: psql may be, for the files.

    ``skipped``: files of a folder that ran in production before.
    """

    files: tuple[SourceFile, ...] = ()
    command: ToolCommand | None = None
    uncontained: bool = False
    skipped: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Of its text, see ``fingerprint``."""
        return fingerprint(self.files)


def fingerprint(files: Sequence[SourceFile]) -> str:
    """sha256 over all files in the order run, CRLF read as LF, each preceded by its length in decimal and a colon.

    What psql includes follows the file that includes it.
    """
    digest = hashlib.sha256()
    for file in (each for one in files for each in (one, *one.included)):
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
    started: float | None = None  # seconds since the epoch, on this machine's clock
    file: str | None = None  # which of a migration's files it stands in
    costs: StatementCosts = field(default_factory=StatementCosts)


def changes(tag: str) -> bool:
    """Whether a statement of that command tag can change something."""
    return bool(tag) and not _HARMLESS.fullmatch(tag)


def _calls(statement: StatementRun) -> bool:
    """Whether it is a SELECT that may be there for what its functions do, not a tool's question."""
    return statement.tag.startswith("SELECT") and not _ASKS.search(statement.sql)


# What others cannot do while a lock is held; modes that are missing let them read and write.
Blocks = Literal["reads", "writes"]
BLOCKS: Mapping[str, Blocks] = {
    "AccessExclusiveLock": "reads",
    "ExclusiveLock": "writes",
    "ShareRowExclusiveLock": "writes",
    "ShareLock": "writes",
}


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock on what was there before the run: by schema.name, in which mode, how long, taken by which statement.

    ``transaction``: the same for all locks of one transaction.
    """

    relation: str
    mode: str
    seconds: float
    statement: int | None
    began: float | None = None  # seconds since the epoch, on this machine's clock
    transaction: str | None = None

    @property
    def blocks(self) -> Blocks | None:
        """What others cannot do meanwhile."""
        return BLOCKS.get(self.mode)

    def document(self, begin: float | None) -> dict[str, Any]:
        """The member of ``migration.statements[].locks`` in trial's JSON; ``at`` counts from *begin*."""
        at = None if self.began is None or begin is None else round(max(0.0, self.began - begin), 6)
        return {"relation": self.relation, "mode": self.mode, "seconds": round(self.seconds, 6), "at": at}


@dataclass(frozen=True, slots=True)
class RanFile:
    """A file as it was run: the tool whose layout it has, and who opened transactions."""

    name: str
    tool: str | None
    transaction: Transaction
    included: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The member of ``migration.files`` in trial's JSON."""
        own = {"name": self.name, "tool": self.tool, "transaction": self.transaction}
        return {**own, "included": list(self.included), "unread": list(self.unread)}


@dataclass(frozen=True, slots=True)
class RunError:
    """Where and why the migration stopped; the message holds no row values. ``file``: where the line is, if known."""

    statement: int
    line: int | None
    message: str
    sqlstate: str
    file: str | None = None

    def document(self) -> dict[str, Any]:
        """``migration.error`` in trial's JSON."""
        return {"statement": self.statement, "line": self.line, "message": self.message, "sqlstate": self.sqlstate}


@dataclass(frozen=True, slots=True)
class ToolRun:
    """How a command ran: its exit code, how often it was let in, the variables it got others for or not at all.

    ``output`` is the end of what it wrote, without secrets; ``contained``: whether it could reach the clone only.
    ``hint``: what it lacked, where that is known.
    """

    argv: tuple[str, ...]
    code: int
    sessions: int
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    contained: bool
    output: str
    hint: str | None = None

    def document(self) -> dict[str, Any]:
        """``migration.command`` in trial's JSON, as it stands: words and output may hold what must be scrubbed."""
        environment = {"replaced": list(self.replaced), "removed": list(self.removed)}
        return {
            "argv": list(self.argv),
            "exit": self.code,
            "sessions": self.sessions,
            "contained": self.contained,
            "environment": environment,
            "output": self.output,
        }


@dataclass(frozen=True, slots=True)
class MigrationRun:
    """The whole run. ``left_open`` = ended inside a transaction (rolled back, as with psql) or left a prepared one.

    ``planned``: statements there are, where that is known; ``undone``: so many ran and were rolled back at the end.
    ``locks``: the longest first; None where nobody could watch.
    """

    sha256: str
    seconds: float
    statements: tuple[StatementRun, ...]
    error: RunError | None
    left_open: bool
    wal_bytes: int | None
    timed_out: bool = False
    files: tuple[RanFile, ...] = ()
    planned: int | None = None
    undone: int = 0
    skipped: tuple[str, ...] = ()
    locks: tuple[HeldLock, ...] | None = None
    tool: ToolRun | None = None
    costs: RunCosts = field(default_factory=RunCosts)
    lint: Lint | None = None

    @property
    def doing(self) -> tuple[StatementRun, ...]:
        """Of a command's statements those that could change something or failed; of files all."""
        if self.tool is None:
            return self.statements
        return tuple(each for each in self.statements if not each.tag or changes(each.tag) or _calls(each))

    @property
    def failure(self) -> str | None:
        """Why it stopped, in one line."""
        if self.error is None:
            return None
        if self.tool is None or self.files:  # psql is only the way to run the files
            return f"statement {self.error.statement} failed: {self.error.message}"
        ended = f"{self.tool.argv[0]} ended with exit code {self.tool.code}"
        if self.timed_out:
            return self.error.message
        return (
            f"{ended}; statement {self.error.statement} failed: {self.error.message}" if self.error.sqlstate else ended
        )

    @property
    def blocking(self) -> tuple[HeldLock, ...]:
        """Locks that keep others from writing or even reading, the longest first."""
        return tuple(each for each in self.locks or () if each.blocks)

    @property
    def longest_lock(self) -> float | None:
        """Seconds that others were kept from writing or reading at the longest; None where nobody could watch."""
        return None if self.locks is None else max((each.seconds for each in self.blocking), default=0.0)
