"""Another address of the same network.

Surprising: addresses of IP version 6 are taken apart one by one, because their text has no fixed places; those of
version 4 are vectorised. The bits of a ``cidr`` beyond its prefix stay 0.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import null_problem, settled
from stagecopy.model.catalog import Column

_KEEP = "24/64"
_OPTION = re.compile(r"(\d{1,2})/(\d{1,3})")
_V4 = r"^(?P<a>\d{1,3})\.(?P<b>\d{1,3})\.(?P<c>\d{1,3})\.(?P<d>\d{1,3})(?P<prefix>/(?:\d|[12]\d|3[0-2]))?$"
_NETWORK = "cidr"
_TYPES = ("inet", _NETWORK)
_LONGEST = 43
_BITS_V4, _BITS_V6 = 32, 128
_DOCUMENTATION = "192.0.2."  # RFC 5737: nobody's


class Inet(BaseMasker):
    """``keep_bits: 24/64`` says how much of each version's addresses stays."""

    name = "inet"
    trace = Trace("none")
    summary = "another address whose first bits are the same; a network no longer than that stays"
    takes = "inet, cidr, text"
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"keep_bits": f"bits that stay, of version 4 and 6, default {_KEEP}"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """Both numbers, each leaving at least a bit."""
        found = _OPTION.fullmatch(options.get("keep_bits", _KEEP))
        if found and int(found[1]) < _BITS_V4 and int(found[2]) < _BITS_V6:
            return None
        return f"`keep_bits` is two numbers below 32 and 128, for example {_KEEP}"

    def accepts(self, column: Column) -> str | None:
        """Addresses, and text that holds them."""
        if column.base_type in _TYPES:
            return null_problem(self.setting, column)
        return super().accepts(column) or null_problem(self.setting, column)

    def length_problem(self) -> str | None:
        """Shorter text may hold addresses whose masks are longer."""
        length = self.setting.length
        return f"does not fit into {length} characters" if length is not None and length < _LONGEST else None

    @property
    def _kept(self) -> tuple[int, int]:
        four, six = self.setting.options.get("keep_bits", _KEEP).split("/")
        return int(four), int(six)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Version 4 all at once, version 6 one by one."""
        draw = self.draw(raw)
        four = self._four(raw, draw)
        others = four.is_null().arg_true()
        if len(others):
            drawn = draw.digest.gather(others)
            six = [self._six(*pair) for pair in zip(raw.gather(others), drawn, strict=True)]
            four = four.scatter(others, pl.Series(six, dtype=pl.String))
        return settled(self.setting, four, lambda: _DOCUMENTATION + draw.index("unfit", 256).cast(pl.String))

    def _four(self, raw: pl.Series, draw: Draw) -> pl.Series:
        parts = raw.str.extract_groups(_V4).struct.unnest()
        frame = parts.with_columns(pl.col("a", "b", "c", "d").cast(pl.UInt64, strict=False))
        frame = frame.with_columns(
            number=((pl.col("a") * 256 + pl.col("b")) * 256 + pl.col("c")) * 256 + pl.col("d"),
            size=pl.col("prefix").str.strip_prefix("/").cast(pl.Int64).fill_null(_BITS_V4),
            drawn=draw.number("address"),
        )
        # Only bits between those that stay and the end change; of a network those up to its prefix.
        low = pl.lit(2, pl.UInt64).pow(_BITS_V4 - pl.col("size"))
        whole = (pl.col("number") % low == 0) & pl.col("prefix").is_not_null()
        unit = pl.when(whole).then(low).otherwise(pl.lit(1, pl.UInt64))
        frame = frame.with_columns(unit=unit).with_columns(
            room=pl.lit(2 ** (_BITS_V4 - self._kept[0]), pl.UInt64) // pl.col("unit")
        )
        old = (pl.col("number") // pl.col("unit")) % pl.col("room")
        step = pl.col("drawn") % (pl.col("room") - 1) + 1  # never back to the same address
        new = (old + step) % pl.col("room")
        moved = (
            pl.when(pl.col("room") > 1)
            .then(pl.col("number") - old * pl.col("unit") + new * pl.col("unit"))
            .otherwise("number")
        )
        octets = [(pl.col("moved") // 256**place % 256).cast(pl.String) for place in (3, 2, 1, 0)]
        sound = pl.max_horizontal("a", "b", "c", "d") < 256
        text = pl.concat_str(pl.concat_str(*octets, separator="."), pl.col("prefix").fill_null(""))
        return frame.with_columns(moved=moved).select(pl.when(sound).then(text)).to_series()

    def _six(self, text: str, digest: str) -> str | None:
        try:
            found = ipaddress.IPv6Interface(text)
        except ValueError:
            return None
        prefix = found.network.prefixlen
        network = "/" in text and found.ip == found.network.network_address
        unit = 2 ** (_BITS_V6 - prefix) if network else 1
        room = 2 ** (_BITS_V6 - self._kept[1]) // unit
        if room <= 1:
            return text
        number = int(found.ip)
        old = number // unit % room
        new = (old + int(digest[:32], 16) % (room - 1) + 1) % room
        moved = ipaddress.IPv6Address(number + (new - old) * unit)
        return f"{moved}/{prefix}" if "/" in text else str(moved)
