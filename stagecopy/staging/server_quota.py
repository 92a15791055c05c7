"""How much of a server that others use too a project may fill (staging.quota), judged before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stagecopy.errors import StagingError
from stagecopy.staging.space import shown

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Quota:
    """None: no limit."""

    databases: int | None
    bytes: int | None

    def check(self, names: Sequence[str], used: int, *, count: int, size: int) -> None:
        """*names* are there and hold *used* bytes; *count* more of *size* bytes are wanted.

        Raises StagingError ``quota-databases`` or ``quota-size``.
        """
        if self.databases is not None and len(names) + count > self.databases:
            raise StagingError(
                "quota-databases",
                f"staging.quota.databases allows {self.databases}; this project has {len(names)} on the staging server"
                f" and needs {count} more: nothing was made",
                hint=_ways_out(names, "databases"),
            )
        if self.bytes is not None and used + size > self.bytes:
            raise StagingError(
                "quota-size",
                f"staging.quota.size allows {shown(self.bytes)}; this project fills {shown(used)} of the staging server"
                f" and needs about {shown(size)} more: nothing was made",
                hint=_ways_out(names, "size"),
            )


def _ways_out(names: Sequence[str], key: str) -> str:
    named = sorted(name for name in names if name.startswith("named-"))
    listed = ", ".join(sorted(names)[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    ways = ["run `stagecopy clone destroy NAME`"] if named else []
    ways += ["lower staging.keep (how many snapshots stay)", f"raise staging.quota.{key}"]
    return f"{'; or '.join(ways)}; there are: {listed or 'none'}"
