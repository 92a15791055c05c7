"""What a guard lets a migration take, and what became of the file that --write-guard names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stagecopy.errors import StagecopyError

GuardForm = Literal["sql", "drizzle", "alembic"]


@dataclass(frozen=True, slots=True)
class TableLimit:
    """How many rows may vanish from one table of production (the top of its partition tree), None: any number.

    ``lost`` holds such numbers by column, ``others`` is that of every other column. ``deletes``: whether its deleted
    rows, as the server counts them, are as many as those that vanish, so that they can be counted too.
    """

    schema: str
    table: str
    removed: int | None = 0
    lost: Mapping[str, int | None] = field(default_factory=dict)
    others: int | None = 0
    deletes: bool = False

    def document(self) -> dict[str, Any]:
        """As the guard's own statements read it."""
        facts = {"schema": self.schema, "table": self.table, "removed": self.removed}
        return {**facts, "lost": dict(self.lost), "others": self.others, "deletes": self.deletes}


@dataclass(frozen=True, slots=True)
class GuardFile:
    """The file. ``proved``: it ran on a clone and did there what the trial did; ``problem``: why there is none."""

    path: str
    form: GuardForm
    written: bool = False
    proved: bool = False
    tables: int = 0
    seconds: float | None = None  # its counting on the clone, while which writers wait in production
    problem: StagecopyError | None = None

    def document(self) -> dict[str, Any]:
        """``guard`` in trial's JSON."""
        return {
            "path": self.path,
            "form": self.form,
            "written": self.written,
            "proved": self.proved,
            "tables": self.tables,
            "counting_seconds": None if self.seconds is None else round(self.seconds, 6),
            "problem": self.problem.message if self.problem else None,
        }
