"""Another UUID of the same version.

Surprising: version 1 and 7 hold a time; the mask's is drawn, so their order is gone.
"""

from __future__ import annotations

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column

_LENGTH = 36
_BITS = 122
_UUID = r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-(?P<version>[0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$"
_VARIANTS = pl.Series(list("89ab"))


class Uuid(BaseMasker):
    """122 bits of the HMAC; text that is no UUID gets one of version 4."""

    name = "uuid"
    trace = Trace("whole", replaces=True)
    summary = "another UUID of the same version"
    takes = "uuid, text"
    injective = True

    @property
    def bits(self) -> int:
        """All but version and variant."""
        return _BITS

    def accepts(self, column: Column) -> str | None:
        """UUIDs, and text that holds them."""
        return None if column.base_type == "uuid" else super().accepts(column)

    def length_problem(self) -> str | None:
        """A UUID takes 36 characters."""
        length = self.setting.length
        return f"does not fit into {length} characters" if length is not None and length < _LENGTH else None

    def fill(self, raw: pl.Series) -> pl.Series:
        """Pieces of the digest around version and variant."""
        draw = self.draw(raw)
        digest, dash = pl.col("digest").str, pl.lit("-")
        frame = pl.DataFrame(
            {
                "digest": draw.digest,
                "version": raw.str.extract(_UUID).str.to_lowercase().fill_null("4"),
                "variant": _VARIANTS.gather(draw.index("variant", len(_VARIANTS))),
            }
        )
        pieces = (digest.slice(0, 8), dash, digest.slice(8, 4), dash, "version", digest.slice(12, 3))
        return frame.select(
            pl.concat_str(*pieces, dash, "variant", digest.slice(15, 3), dash, digest.slice(18, 12))
        ).to_series()
