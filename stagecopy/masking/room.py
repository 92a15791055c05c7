"""What columns have room for: how long a text, how large a number, how many digits after the point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stagecopy.model.catalog import Column

_LIMITS = {"int2": 2**15, "int4": 2**31, "int8": 2**63, "float4": 3 * 10**38, "float8": 10**308}
_WHOLE = ("int2", "int4", "int8")
# Below all domains these hold text of a fixed size; name is 63 bytes, and a character may take three.
_FIXED_LENGTHS = {"name": 21, "char": 1}
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


@dataclass(frozen=True, slots=True)
class Room:
    """What fits into every one of some columns; None: no type sets a bound. ``length`` is in characters."""

    length: int | None = None
    numbers: NumberRoom = NumberRoom()


def room_of(columns: Sequence[Column]) -> Room:
    """The least room of *columns*."""
    numbers = [number_room(each) for each in columns]
    return Room(
        _least([each.length or _FIXED_LENGTHS.get(each.base_type) for each in columns]),
        NumberRoom(_least([each.limit for each in numbers]), _least([each.scale for each in numbers])),
    )


def _least(bounds: Sequence[int | None]) -> int | None:
    return min((each for each in bounds if each is not None), default=None)
