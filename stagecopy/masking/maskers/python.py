"""A function of the project's own: ``{mask: python, call: "masks.py:shout"}``.

It gets a list of texts and a list of as many keyed digests (64 hex digits each, equal for equal values), and returns a
list of texts or None. What it promises under ``injective`` is believed by the plan and checked on every batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.project_code import CodeError, call_problem, called, function
from stagecopy.model.catalog import Column

_ANSWERS = {"yes": True, "no": False}


class Python(BaseMasker):
    """Must be pure: the same text and digest always give the same mask. The result may be the raw value."""

    name = "python"
    trace = Trace("whole")
    summary = "what a function of your own returns; NULL and '' are never asked about"
    takes = "any type"
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "call": "`FILE.py:FUNCTION`, the file beside stagecopy.yaml",
            "injective": "`yes` if different values get different masks (default `no`)",
        }
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """A function, and yes or no."""
        if options.get("injective", "no") not in _ANSWERS:
            return "`injective` is `yes` or `no`"
        return call_problem(options.get("call", ""))

    @property
    def distinct(self) -> bool:
        """As the rule says."""
        return _ANSWERS[self.setting.options.get("injective", "no")]

    def accepts(self, column: Column) -> str | None:  # noqa: ARG002  # the Protocol's signature
        """Any column, if the function is there."""
        try:
            function(self.setting.options["call"], self.setting.where)
        except CodeError as failure:
            return str(failure)
        return self.collation_problem()

    def fill(self, raw: pl.Series) -> pl.Series:
        """Ask the function; check what it promised."""
        used = function(self.setting.options["call"], self.setting.where)
        masked = called(used, raw.to_list(), self.draw(raw).digest.to_list())
        if not self.setting.nullable and None in masked:
            raise CodeError("None for a column that is NOT NULL")
        if self.distinct and len(set(masked)) != raw.n_unique():
            raise CodeError("two values got one mask, though the rule says injective")
        return pl.Series(raw.name, masked, dtype=pl.String)
