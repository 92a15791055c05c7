"""What the audit of a copy found."""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Leak:
    """Raw values of column ``origin`` that stand in ``place``: so many different ones. Never the values."""

    place: str
    origin: str
    values: int


@dataclass(frozen=True, slots=True)
class Audited:
    """``checked``: values looked for. ``unchanged``: columns whose mask let values through, and in how many rows."""

    checked: int = 0
    leaks: tuple[Leak, ...] = ()
    places: int = 0  # columns and catalog entries that were searched

    @property
    def count(self) -> int:
        """Raw values found, each place on its own."""
        return sum(leak.values for leak in self.leaks)


class LeakError(RefusedError):
    """Raw values stand in the copy, which is destroyed."""

    def __init__(self, audited: Audited) -> None:
        first = audited.leaks[0]
        lines = [f"{leak.place} holds {leak.values:,} of {leak.origin}" for leak in audited.leaks[:_SHOWN]]
        if len(audited.leaks) > _SHOWN:
            lines.append(f"and {len(audited.leaks) - _SHOWN} more places")
        super().__init__(
            "leak",
            "raw values of masked columns are in the copy:\n" + "\n".join(lines),
            hint="mask that place too, or leave its rows out (`rows: none`); definitions are mended in production",
            where=first.place,
        )
        self.audited = audited


_SHOWN = 100  # each is to be mended, and a run to see the next ones is long
