"""A number some way off.

What is added is drawn from the value itself, so equal numbers get equal masks. Surprising: by ``percent`` a number
keeps its sign and is never 0, because many columns hold amounts that have to be above 0; the smallest step is one unit
of the last digit, which for small whole numbers is more than the percentage. Where the sum leaves the type's room, the
change goes the other way. Whole and decimal numbers are reckoned exactly; those of more than 22 digits one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import null_problem, settled
from stagecopy.model.catalog import Column

_EXACT = ("int2", "int4", "int8", "numeric")
_FLOATS = ("float4", "float8")
_NUMBER = r"^(?P<sign>-?)(?P<whole>\d+)(?:\.(?P<part>\d+))?$"
_FLOAT = r"^-?\d+(\.\d+)?(e[+-]?\d+)?$"
_OPTION = re.compile(r"\d{1,12}(\.\d{1,4})?")
_UNITS = 10_000  # options have up to four digits after the point
_STEPS = 2**20
_VECTOR_DIGITS = 22  # times the percentage and the steps they still fit into 128 bits
_POWERS = pl.Series([10**power for power in range(_VECTOR_DIGITS + 1)], dtype=pl.Int128)
_ROOM = 10**30  # more than such numbers come to
_DEFAULT = "10"
_MOST_PERCENT = 99


class Noise(BaseMasker):
    """``percent:`` of the number itself, or ``amount:``, either way."""

    name = "noise"
    trace = Trace("none")
    summary = "the number and up to `percent` of it, or up to `amount`, more or less; NaN and Infinity are bad values"
    takes = "numbers other than money"
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"percent": f"furthest change, default {_DEFAULT}; the sign stays", "amount": "furthest change as a number"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """One of both, a number above 0."""
        if len({"percent", "amount"} & options.keys()) > 1:
            return "`percent` and `amount` stand together; keep one of them"
        for name, value in options.items():
            if not _OPTION.fullmatch(value) or not Decimal(value):
                return f"`{name}` is a number above 0, with at most 4 digits after the point"
        if Decimal(options.get("percent", _DEFAULT)) > _MOST_PERCENT:
            return f"`percent` is at most {_MOST_PERCENT}"
        return None

    def accepts(self, column: Column) -> str | None:
        """Numbers; an amount must fit twice, or neither sum nor difference need fit."""
        if column.base_type not in (*_EXACT, *_FLOATS):
            return f"takes {self.takes}, {column.type} is not"
        if self.setting.limit is not None and self._amount is not None and self._amount >= self.setting.limit:
            return f"`amount` does not fit into {column.type}"
        return null_problem(self.setting, column)

    @property
    def _amount(self) -> Decimal | None:
        return Decimal(self.setting.options["amount"]) if "amount" in self.setting.options else None

    @property
    def _percent(self) -> Decimal:
        return Decimal(self.setting.options.get("percent", _DEFAULT))

    def apply(self, series: pl.Series, who: pl.Series | None = None) -> pl.Series:
        """The masked values, with as many digits after the point as before: 1.50 has two, though it equals 1.5."""
        masked = super().apply(series, who)
        if not self.setting.scaled:
            return masked
        frame = pl.DataFrame({"raw": series, "masked": masked})
        before, after = (pl.col(name).str.extract(r"\.(\d+)$").str.len_chars().fill_null(0) for name in frame.columns)
        point = pl.when(after == 0).then(pl.lit(".")).otherwise(pl.lit(""))
        zeros = pl.lit("0").repeat_by((before.cast(pl.Int64) - after).clip(0)).list.join("")
        padded = pl.when(before > after).then(pl.concat_str("masked", point, zeros)).otherwise("masked")
        return frame.select(padded.alias(series.name)).to_series()

    def fill(self, raw: pl.Series) -> pl.Series:
        """Exactly, one by one where the digits are many, as floats where there is an exponent."""
        draw = self.draw(raw)
        parts = (
            raw.str.extract_groups(_NUMBER)
            .struct.unnest()
            .with_columns(
                pl.col("part").fill_null(""),
                raw=raw,
                step=(draw.index("step", _STEPS) + 1).cast(pl.Int128),
                up=draw.index("way", 2) == 0,
            )
            .with_row_index("row")
        )
        scale = pl.max_horizontal(pl.col("part").str.len_chars(), pl.lit(self.setting.scale or 0, pl.UInt32))
        parts = parts.with_columns(scale=scale).with_columns(
            digits=pl.concat_str("sign", "whole", pl.col("part").str.pad_end(pl.col("scale"), "0"))
        )
        exact = pl.col("whole").is_not_null()
        short = pl.col("digits").str.len_chars() <= _VECTOR_DIGITS
        done = [
            self._summed(parts.filter(exact & short)),
            self._singly(parts.filter(exact & ~short)),
            self._floats(parts.filter(~exact & pl.col("raw").str.contains(_FLOAT))),
        ]
        masked = parts.select("row").join(pl.concat(done), on="row", how="left", maintain_order="left")
        zeros = pl.Series(["0"]).new_from_index(0, len(raw))
        return settled(self.setting, masked.get_column("masked"), lambda: zeros)

    def _summed(self, parts: pl.DataFrame) -> pl.DataFrame:
        number, power = pl.col("digits").cast(pl.Int128), pl.lit(_POWERS.gather(parts.get_column("scale")))
        parts = parts.with_columns(number=number, power=power).with_columns(change=self._change().clip(1))
        room = pl.lit(min(self.setting.limit or _ROOM, _ROOM), pl.Int128) * pl.col("power")
        if self._amount is None:
            size, change = pl.col("number").abs(), pl.col("change")
            up = (pl.col("up") & (size + change < room)) | (size <= change)
            size = pl.when(up).then(size + change).otherwise(size - change)
            summed = pl.when(pl.col("sign") == "-").then(pl.lit(0, pl.Int128) - size).otherwise(size)
        else:
            more, less = pl.col("number") + pl.col("change"), pl.col("number") - pl.col("change")
            summed = (
                pl.when((pl.col("up") & (more < room)) | (less <= pl.lit(0, pl.Int128) - room))
                .then(more)
                .otherwise(less)
            )
        return parts.with_columns(summed=summed).select("row", _pointed(pl.col("summed")).alias("masked"))

    def _change(self) -> pl.Expr:
        """How much is added, in units of the last digit."""
        if self._amount is None:
            share = pl.lit(int(self._percent * _UNITS), pl.Int128) * pl.col("step")
            return pl.col("number").abs() * share // pl.lit(100 * _UNITS * _STEPS, pl.Int128)
        amount = pl.lit(int(self._amount * _UNITS), pl.Int128) * pl.col("step") // pl.lit(_STEPS, pl.Int128)
        return amount * pl.col("power") // pl.lit(_UNITS, pl.Int128)

    def _singly(self, parts: pl.DataFrame) -> pl.DataFrame:
        masked = [self._sum(*row) for row in parts.select("digits", "scale", "step", "up").iter_rows()]
        return parts.select("row", masked=pl.Series(masked, dtype=pl.String))

    def _sum(self, digits: str, scale: int, step: int, up: bool) -> str:
        """As ``_summed`` for one number of any length."""
        number, room = int(digits), self.setting.limit
        by = abs(number) * self._percent / 100 if self._amount is None else self._amount * 10**scale
        change = max(1, int(by * step) // _STEPS)
        more, less = number + change, number - change
        if self._amount is None and abs(number) <= change:
            summed = more if number >= 0 else less
        elif room is not None and max(abs(more), abs(less)) >= room * 10**scale:
            summed = min(more, less, key=abs)
        else:
            summed = more if up else less
        text = str(abs(summed)).zfill(scale + 1)
        whole, part = text[: len(text) - scale], text[len(text) - scale :]
        return ("-" if summed < 0 else "") + whole + ("." + part if part else "")

    def _floats(self, parts: pl.DataFrame) -> pl.DataFrame:
        """Numbers with an exponent; at least a tenth of the percentage, which is more than a float4 rounds away."""
        number, share = pl.col("raw").cast(pl.Float64), pl.col("step").cast(pl.Float64) / _STEPS * 0.9 + 0.1
        change = (
            number.abs() * float(self._percent / 100) if self._amount is None else pl.lit(float(self._amount))
        ) * share
        room = float(self.setting.limit) if self.setting.limit is not None else float("inf")
        down = ~pl.col("up") | (number.abs() + change >= room)
        change = pl.when(down == (number > 0)).then(-change).otherwise(change)
        return parts.select("row", (number + change).cast(pl.String).alias("masked"))


def _pointed(number: pl.Expr) -> pl.Expr:
    """The digits with a point where it belongs."""
    size, power, scale = number.abs(), pl.col("power"), pl.col("scale")
    part = (size % power).cast(pl.String).str.pad_start(scale, "0")
    point = pl.when(scale > 0).then(pl.concat_str(pl.lit("."), part)).otherwise(pl.lit(""))
    sign = pl.when(number < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, (size // power).cast(pl.String), point)
