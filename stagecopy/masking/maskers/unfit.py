"""What becomes of values that a mask cannot work on: ``on_bad``."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from stagecopy.masking.digest import CODE_LENGTH, Draw
from stagecopy.masking.maskers.base import Setting
from stagecopy.model.catalog import Column


def null_problem(setting: Setting, column: Column) -> str | None:
    """Why NULL cannot stand for bad values, or None."""
    if setting.on_bad == "null" and column.not_null:
        return "`on_bad: null` would put NULL into a NOT NULL column"
    return None


def settled(setting: Setting, masked: pl.Series, instead: Callable[[], pl.Series]) -> pl.Series:
    """*masked*, which is null where the mask could not work: NULL may stay, or *instead* stands there.

    Raises ValueError under ``on_bad: fail``.
    """
    if not masked.null_count() or setting.on_bad == "null":
        return masked
    if setting.on_bad == "fail":
        raise ValueError("a value that this mask does not understand")
    return masked if setting.nullable else instead().zip_with(masked.is_null(), masked)


def code_instead(setting: Setting, draw: Draw) -> pl.Series:
    """A drawn code that fits: for texts of no shape that the mask knows."""
    return draw.code("unfit", min(CODE_LENGTH, setting.length or CODE_LENGTH))
