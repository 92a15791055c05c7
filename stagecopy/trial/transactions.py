"""Opens and ends transactions where a migration's own tool would, around the statements of a file.

Surprising: a query of several statements ("query") needs no BEGIN: the server opens a transaction by itself, and a new
one after each COMMIT in the file; a BEGIN in the file makes it the file's own, which nobody ends but the file. A
query of one statement stands in no transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

from psycopg.pq import TransactionStatus

from stagecopy.model.migration import SourceFile, Statement, Transaction
from stagecopy.postgres.connect import Connection
from stagecopy.trial.lexer import split
from stagecopy.trial.sending import Reply, send

COMMIT = "COMMIT"


@dataclass(frozen=True, slots=True)
class Unit:
    """Statements that one transaction of a tool is around, or none at all ("statement")."""

    mode: Transaction
    statements: tuple[Statement, ...]


def units(files: Sequence[SourceFile], *, standard_strings: bool = True) -> tuple[Unit, ...]:
    """*files* cut into statements, those that share a transaction together. Raises UsageError, see ``split``."""
    cut = [Unit(file.transaction, split(file, standard_strings=standard_strings)) for file in files]
    return tuple(_together(cut))


def in_mode(files: Sequence[SourceFile], mode: Transaction | Literal["auto"]) -> tuple[SourceFile, ...]:
    """*files* with *mode* in place of what their tools do; "auto" leaves them."""
    return tuple(file if mode == "auto" else replace(file, transaction=mode) for file in files)


def _together(cut: Sequence[Unit]) -> Iterator[Unit]:
    for mode, group in groupby(cut, key=lambda unit: unit.mode):
        if mode == "single":
            yield Unit(mode, tuple(statement for unit in group for statement in unit.statements))
        else:
            yield from group


@dataclass(slots=True)
class Wrapping:
    """Around one unit: ``before`` and ``after`` each of its statements, then ``ends`` says if a COMMIT is due."""

    connection: Connection
    unit: Unit
    _ours: bool = field(default=False)
    _begun: bool = field(default=False)

    def before(self) -> None:
        """Open a transaction if the tool has one open here. Raises psycopg.Error."""
        mode = self.unit.mode
        wanted = (mode in ("file", "single") and not self._begun) or (
            mode == "query" and len(self.unit.statements) > 1 and self._idle
        )
        if wanted:
            send(self.connection, "BEGIN")
            self._ours = self._begun = True

    def after(self, reply: Reply) -> None:
        """Look at what the file did to the transaction by itself."""
        if self.unit.mode == "query" and (self._idle or reply.tag in ("BEGIN", "START TRANSACTION")):
            self._ours = False

    @property
    def ends(self) -> bool:
        """Whether the tool has something to commit at the end."""
        return self._ours and self.connection.pgconn.transaction_status == TransactionStatus.INTRANS

    @property
    def _idle(self) -> bool:
        return self.connection.pgconn.transaction_status == TransactionStatus.IDLE
