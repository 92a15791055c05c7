"""Lines in columns that nothing folds or cuts: a terminal wraps what is too wide, a pipe gets whole lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from stagecopy.report.page import Page

_WIDEST = 48  # a longer cell pushes the rest of its own line to the right, not that of all others
_INDENT = "  "


def aligned(page: Page, rows: Sequence[tuple[Text, ...]]) -> None:
    """Print *rows* below each other, each cell as wide as the widest of its column."""
    widths = [min(_WIDEST, max(cell.cell_len for cell in column)) for column in zip(*rows, strict=True)] if rows else []
    for row in rows:
        pieces = [Text(_INDENT)]
        for cell, width in zip(row[:-1], widths, strict=False):
            pieces += [cell, Text(" " * (max(0, width - cell.cell_len) + 2))]
        line = Text.assemble(*pieces, row[-1])
        line.rstrip()
        page.line(line)


def place(where: str) -> str:
    """``file:line`` as seen from the current folder, if the file is in it."""
    path, colon, line = where.rpartition(":")
    if not colon or not os.path.isabs(path) or not Path(path).is_relative_to(Path.cwd()):  # noqa: PTH117
        return where
    return f"{Path(path).relative_to(Path.cwd())}:{line}"
