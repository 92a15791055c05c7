"""Tools that keep the way forward and the way back in one file, and the comments that part the two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stagecopy.model.migration import Transaction

_SEEN = re.compile(rb"[^\r\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """One tool. ``plain``: the words that keep it from opening a transaction, then ``outside`` is how it runs.

    ``everywhere``: such words count for the whole file, else on the line that opens the section.
    """

    tool: str
    up: re.Pattern[bytes] | None  # None: what stands before ``down``
    down: re.Pattern[bytes]
    plain: re.Pattern[bytes] | None = None
    everywhere: bool = False
    wraps: Transaction = "file"
    outside: Transaction = "statement"

    def cut(self, data: bytes) -> tuple[bytes, bytes | None, bool, bool] | None:
        """Up, down (each with the rest blanked out), whether each runs outside a transaction; None: not this tool."""
        down = self.down.search(data)
        up = self.up.search(data) if self.up else down
        if up is None or (down and down.start() < up.start()):
            return None
        start, middle = (up.start() if self.up else 0), (down.start() if down else len(data))
        back = blanked(data, middle, len(data)) if down else None
        return blanked(data, start, middle), back, self._is_plain(data, start), self._is_plain(data, middle)

    def _is_plain(self, data: bytes, start: int) -> bool:
        if self.plain is None:
            return False
        line = data if self.everywhere else data[start:].split(b"\n", 1)[0]
        return self.plain.search(line) is not None


def blanked(data: bytes, start: int, end: int) -> bytes:
    """*data* with spaces for everything outside *start* to *end*; its lines keep their numbers."""
    return _SEEN.sub(b" ", data[:start]) + data[start:end] + _SEEN.sub(b" ", data[end:])


def _line(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?im)^" + pattern)


SECTIONS = (
    Sections(
        tool="goose",
        up=_line(rb"--[ \t]*\+goose[ \t]+up\b"),
        down=_line(rb"--[ \t]*\+goose[ \t]+down\b"),
        plain=_line(rb"--[ \t]*\+goose[ \t]+no[ \t]+transaction\b"),
        everywhere=True,
    ),
    Sections(
        tool="sql-migrate",
        up=_line(rb"--[ \t]*\+migrate[ \t]+up\b"),
        down=_line(rb"--[ \t]*\+migrate[ \t]+down\b"),
        plain=re.compile(rb"(?i)\bnotransaction\b"),
    ),
    Sections(
        tool="dbmate",
        up=_line(rb"--\s*migrate:up\b"),
        down=_line(rb"--\s*migrate:down\b"),
        plain=re.compile(rb"\btransaction:false\b"),
        outside="query",
    ),
    Sections(
        tool="node-pg-migrate",
        up=_line(rb"\s*--[\s-]*up\s+migration\b"),
        down=_line(rb"\s*--[\s-]*down\s+migration\b"),
        wraps="single",
    ),
    Sections(
        tool="tern",
        up=None,
        down=_line(rb"---- create above / drop below ----"),
        plain=_line(rb"---- tern: disable-tx ----"),
        everywhere=True,
    ),
)
