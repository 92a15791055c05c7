"""A web address nobody has: ``https://example.com/k3…``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import BITS_PER_CHARACTER, CODE_LENGTH
from stagecopy.masking.maskers.base import BaseMasker, code_problem
from stagecopy.masking.maskers.trace import Trace

_DOMAINS = pl.Series(["example.com", "example.net", "example.org"])
_AROUND = len("https://example.com/")
_LEAST_CODE = 6
_PATHS = ("hash", "drop")


class Url(BaseMasker):
    """The scheme stays; user, host, port, path, query and fragment go. One code stands for them all."""

    name = "url"
    trace = Trace("whole", replaces=True)
    summary = "`https://example.com/CODE` (or .net, .org) in place of host, path and query; the scheme stays"
    injective = True
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"path": "hash (the default), or drop: the code stands before the host, `https://CODE.example.com/`"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """One of two."""
        return None if options.get("path", _PATHS[0]) in _PATHS else f"`path` is one of {', '.join(_PATHS)}"

    def length_problem(self) -> str | None:
        """The code must fit beside scheme and host."""
        return code_problem(self.setting, self._code_length, least=_LEAST_CODE)

    @property
    def bits(self) -> int:
        """Those of the code."""
        return BITS_PER_CHARACTER * self._code_length

    @property
    def _code_length(self) -> int:
        around = _AROUND + (self.setting.options.get("path") == "drop")
        return CODE_LENGTH if self.setting.length is None else min(CODE_LENGTH, self.setting.length - around)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Scheme, host, code."""
        draw = self.draw(raw)
        scheme = raw.str.extract(r"(?i)^((?:https?|wss?|ftps?|sftp|//)(?:://)?)").str.to_lowercase().fill_null("")
        frame = pl.DataFrame(
            {
                "scheme": scheme.zip_with(scheme.str.ends_with("//"), pl.Series([""]).new_from_index(0, len(raw))),
                "host": _DOMAINS.gather(draw.index("domain", len(_DOMAINS))),
                "code": draw.code(length=self._code_length),
            }
        )
        if self.setting.options.get("path") == "drop":
            return frame.select(pl.concat_str("scheme", "code", pl.lit("."), "host", pl.lit("/"))).to_series()
        return frame.select(pl.concat_str("scheme", "host", pl.lit("/"), "code")).to_series()
