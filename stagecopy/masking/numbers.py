"""What a column of numbers has room for: how large they may be, how many digits may stand after the point."""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.model.catalog import Column

_LIMITS = {"int2": 2**15, "int4": 2**31, "int8": 2**63, "float4": 3 * 10**38, "float8": 10**308}
_WHOLE = ("int2", "int4", "int8")
_HEADER = 4  # of a typmod
_SCALE_BITS = 11


@dataclass(frozen=True, slots=True)
class NumberRoom:
    """``limit``: sign aside all numbers are below; ``scale``: the digits after the point. None: the type sets none."""

    limit: int | None = None
    scale: int | None = None


def number_room(column: Column) -> NumberRoom:
    """The room of *column*; none is known where a domain hides it."""
    if column.base_type == "numeric" and column.typmod >= _HEADER:
        precision, scale = (column.typmod - _HEADER) >> 16, (column.typmod - _HEADER) & (2**_SCALE_BITS - 1)
        if scale >= 2 ** (_SCALE_BITS - 1):  # negative: rounded left of the point
            scale -= 2**_SCALE_BITS
        return NumberRoom(10 ** max(0, precision - scale), max(0, scale))
    return NumberRoom(_LIMITS.get(column.base_type), 0 if column.base_type in _WHOLE else None)
