"""How likely two values of a unique column get one mask: the birthday bound over the bits kept of their digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stagecopy.masking.maskers.base import odds
from stagecopy.masking.plan import TablePlan
from stagecopy.model.catalog import Table

_SMALLEST_ROW = 28  # bytes: its header and the pointer to it


@dataclass(frozen=True, slots=True)
class Collision:
    """One unique column whose masks are digests. ``odds``: the chance that any two of *rows* values meet."""

    column: str
    mask: str
    rows: int
    bits: int
    odds: float

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.column}: two of {self.rows:,} values meet with a chance of {self.odds:.1g} ({self.bits} bits)"


def collisions(tables: Iterable[TablePlan]) -> Iterator[Collision]:
    """The odds of every masked column of a unique index."""
    for plan in tables:
        unique = {number for key in plan.table.unique_keys for number in key.attnums}
        for each in plan.columns:
            bits = each.masker.bits if each.masker and each.column.attnum in unique else None
            if bits is not None:
                rows = _rows(plan.table)
                name = f"{plan.table.qualified}.{each.column.name}"
                yield Collision(name, each.rule, rows, bits, odds(rows, bits))


def _rows(table: Table) -> int:
    """Production's own estimate; of a table that was never analysed, as many as could be in it."""
    return table.estimated_rows if table.estimated_rows > 0 else table.bytes // _SMALLEST_ROW
