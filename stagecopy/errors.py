"""The failures a user can meet, each with its exit code.

Surprising: an error is complete on its own. It carries a stable kebab-case code, what failed, where, and the next
step; the command line only arranges these. Exit codes are part of the interface (docs/reference) and never reused.
"""

from __future__ import annotations

from typing import ClassVar


class StagecopyError(Exception):
    """An expected failure. ``code`` is a stable kebab-case name, ``hint`` the next step, ``where`` a place.

    ``where`` is ``file:line``, ``schema.table`` or ``schema.table.column``.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, code: str, message: str, *, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.where = where

    def document(self) -> dict[str, str | None]:
        """The ``error`` member of every ``--json`` document."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "where": self.where}


class RefusedError(StagecopyError):
    """Judged and refused: policy, gate, audit."""

    exit_code = 1


class UsageError(StagecopyError):
    """Usage, configuration or rule file."""

    exit_code = 2


class ProductionError(StagecopyError):
    """The production side: unreachable, unreadable, or we gave way to somebody."""

    exit_code = 3


class StagingError(StagecopyError):
    """Staging, engine, store or disk."""

    exit_code = 4


class MigrationFailedError(StagecopyError):
    """The migration itself failed. Wins over a refusal."""

    exit_code = 5


class NoSnapshotError(StagecopyError):
    """No usable snapshot: none, or older than the allowed age."""

    exit_code = 6


class UnclassifiedError(StagecopyError):
    """Columns that no rule covers. ``columns`` names them, ``yaml`` is ready to paste."""

    exit_code = 7

    def __init__(self, message: str, *, columns: tuple[str, ...], yaml: str, hint: str | None = None) -> None:
        super().__init__("unclassified", message, hint=hint, where=columns[0] if columns else None)
        self.columns = columns
        self.yaml = yaml


class TerminatedError(BaseException):
    """SIGTERM arrived. Not an Exception, so that nothing on the way swallows it; exit code 143."""
