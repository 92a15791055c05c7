"""One console, and the only way text from a database reaches it.

Surprising: a table's name or a value may hold terminal commands, markup or overrides of the writing direction. All of
it is spelled out (``\\x1b``, ``\\u202e``), never obeyed; and what the terminal's encoding lacks is spelled out as well.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stagecopy.redact import scrub

# Categories that steer a terminal or hide: controls, formats (bidi, zero width), surrogates, separators, unassigned.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
_SPELLED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ASCII = str.maketrans({"→": "->", "…": "...", "–": "-"})  # our own signs, where the terminal lacks them
_INDENT = 2
_LONGEST = 10_000  # characters of one piece: what is shown of them is cut further where it is made
_NARROWEST = 20  # a last column is never cut shorter


def visible(text: str) -> str:
    """*text* with every character spelled out that steers a terminal or cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_SPELLED.get(char) or (_spelled(char) if _steers(char) else char) for char in text)


def cut(text: str, width: int) -> str:
    """*text* in at most *width* characters, with an ellipsis where it was cut."""
    return text if len(text) <= width else text[: width - 1] + "…"


def _steers(char: str) -> bool:
    return unicodedata.category(char) in _STEERING


def _spelled(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode("ascii") if ord(char) > 127 else f"\\x{ord(char):02x}"


class Page:
    """Writes to a console that the caller owns."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.unicode = console.encoding.startswith("utf")

    def text(self, value: str, style: str = "") -> Text:
        """A piece of text, made harmless, without any markup read into it."""
        harmless = visible(cut(scrub(value[: 2 * _LONGEST]), _LONGEST))
        if not self.unicode:
            encoding = self.console.encoding
            harmless = harmless.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
        return Text(harmless, style=style)

    def line(self, *pieces: Text) -> None:
        """One line that the terminal may wrap but that a pipe gets whole."""
        self.console.print(Text.assemble(*pieces), soft_wrap=True)

    def whole(self, piece: Text) -> None:
        """An indented line that is never folded here: a path, which is to be copied."""
        self.line(Text(" " * _INDENT), piece)

    def heading(self, title: str) -> None:
        """An empty line and a title."""
        self.console.print()
        self.console.print(self.text(title, "bold"))

    def block(self, content: RenderableType) -> None:
        """Something below a heading, indented. A file gets its lines without the blanks that fill a screen."""
        padded = Padding(content, (0, 0, 0, _INDENT))
        if self.console.is_terminal:
            self.console.print(padded)
            return
        with self.console.capture() as captured:
            self.console.print(padded)
        for line in captured.get().splitlines():
            self.console.print(Text(line.rstrip()), soft_wrap=True)

    def grid(self, rows: Iterable[tuple[Text, ...]], *, fold_last: bool = False) -> None:
        """Aligned columns, indented. The last one is cut at the edge, or folded."""
        collected = list(rows)
        if not collected:
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        last = len(collected[0]) - 1
        if not fold_last:
            self._cut_last(collected)
        for index in range(last + 1):
            if index == last and not fold_last:
                grid.add_column(no_wrap=True, overflow="ellipsis" if self.unicode else "crop", ratio=1)
            else:
                grid.add_column(overflow="fold")
        for row in collected:
            grid.add_row(*row)
        self.block(grid)

    def _cut_last(self, rows: list[tuple[Text, ...]]) -> None:
        """Shorten the last cells to the room that is left: the table would take it from the columns before them."""
        before = zip(*(row[:-1] for row in rows), strict=True)
        room = self.console.width - _INDENT - sum(max(cell.cell_len for cell in column) + 2 for column in before)
        for row in rows:
            row[-1].truncate(max(room, _NARROWEST), overflow="ellipsis" if self.unicode else "crop")
