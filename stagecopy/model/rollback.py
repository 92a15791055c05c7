"""What a rollback leaves undone, and whether the migration can be deployed again after it. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from stagecopy.model.migration import MigrationRun

Left = Literal["rows", "values", "schema", "sequence"]
Again = Literal["works", "fails", "differs"]


@dataclass(frozen=True, slots=True)
class Unrestored:
    """One thing that is not as it was. ``lost``: what production held is gone, not only something left behind."""

    kind: Left
    subject: str  # schema.table, schema.table.column or the name of what the schema has
    message: str
    count: int | None = None
    lost: bool = False

    def document(self) -> dict[str, Any]:
        """The member of ``rollback.differences`` in trial's JSON."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "message": self.message,
            "count": self.count,
            "lost": self.lost,
        }


@dataclass(frozen=True, slots=True)
class Rollback:
    """The proof of one rollback. ``notes`` are differences that take nothing from anybody, as a sequence's position.

    ``again`` is None where the migration was not tried once more; ``again_why`` tells what went wrong there.
    """

    sources: tuple[str, ...]
    run: MigrationRun
    differences: tuple[Unrestored, ...] = ()
    notes: tuple[str, ...] = ()
    again: Again | None = None
    again_why: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it did not run to its end, or holds nothing to run."""
        return self.run.failure is not None or self.run.left_open or not self.run.statements

    @property
    def restores(self) -> bool:
        """Whether all is as it was."""
        return not self.failed and not self.differences

    @property
    def schema_restored(self) -> bool:
        """Whether the schema is as it was."""
        return not any(each.kind == "schema" for each in self.differences)

    @property
    def data_restored(self) -> bool:
        """Whether rows and values are as they were."""
        return not any(each.kind in ("rows", "values") for each in self.differences)

    def document(self) -> dict[str, Any]:
        """``rollback`` in trial's JSON."""
        return {
            "tested": True,
            "restores": self.restores,
            "differences": [each.document() for each in self.differences],
            "sources": list(self.sources),
            "error": self.run.error.document() if self.run.error else None,
            "notes": list(self.notes),
            "up_again": self.again,
            "up_again_differences": list(self.again_why),
        }


UNTESTED: dict[str, Any] = {
    "tested": False,
    "restores": None,
    "differences": [],
    "sources": [],
    "error": None,
    "notes": [],
    "up_again": None,
    "up_again_differences": [],
}
