"""How names and numbers are written for people. JSON keeps catalog spelling; sentences use what SQL would need."""

from __future__ import annotations

import re

_OWN_NAMES = ("grant", "setting", "role", "extension", "comment", "function")  # no dotted names, or more than these
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def quoted(*parts: str) -> str:
    """A qualified name as one would type it in SQL: ``public."bazaar-vid_user"``. For display only, never for SQL."""
    return ".".join(part if _PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"' for part in parts)


def retyped(kind: str, name: str) -> str:
    """The ``name`` of a schema change as one would type it in SQL, where its parts can be told."""
    return name if kind in _OWN_NAMES or "(" in name or '"' in name else quoted(*name.split("."))


def one_line(text: str) -> str:
    """A definition in one line: line breaks and runs of spaces mean nothing to who reads a list."""
    return " ".join(text.split())


def counted(count: int, noun: str) -> str:
    """``1 row``, ``1,204 rows``; *noun* is in the singular and takes an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def share(part: int, whole: int) -> str:
    """*part* of *whole* in percent, never rounded to a false 0 or 100."""
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "under 0.1 %"
    if 99.9 < percent < 100:
        return "over 99.9 %"
    return f"{percent:.1f} %" if percent % 1 else f"{percent:.0f} %"
