"""What a deployment leaves that dies in the middle, and whether it can be started again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from stagecopy.model.migration import RunError

Rerun = Literal["works", "fails", "differs"]


@dataclass(frozen=True, slots=True)
class Interruption:
    """Killed after statement *after*, or *during* the one that follows it.

    ``left`` is what differs from before, in words; ``differences`` how a second run's end is not that of one run.
    """

    after: int
    during: int | None
    left: tuple[str, ...]
    rerun: Rerun
    error: RunError | None = None
    differences: tuple[str, ...] = ()

    @property
    def moment(self) -> str:
        """When it was killed."""
        return f"during statement {self.during}" if self.during else f"after statement {self.after}"

    def document(self) -> dict[str, Any]:
        """The member of ``interrupt`` in trial's JSON."""
        return {
            "after": self.after,
            "during": self.during,
            "left": list(self.left),
            "rerun": self.rerun,
            "error": self.error.document() if self.error else None,
            "differences": list(self.differences),
        }


@dataclass(frozen=True, slots=True)
class Interruptions:
    """All that were tried, and why there are not more of them."""

    tried: tuple[Interruption, ...]
    cut_short: str | None = None
