"""Named statements: ``statement("tables")`` is the text of queries/tables.sql, read once.

Surprising: they are ASCII, comments too: sessions speak the encoding of the database, which may have no ellipsis.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import LiteralString


@cache
def statement(name: str) -> LiteralString:
    """The SQL text of *name*. Shipped with the package, never made from input: hence LiteralString."""
    return resources.files("stagecopy.postgres").joinpath("queries", f"{name}.sql").read_text(encoding="ascii")
