"""JSON as one line that a terminal shows instead of obeying it.

Surprising: JSON itself escapes only the controls of ASCII. What steers a terminal or its reader beyond those (C1
controls, overrides of the writing direction, half a surrogate pair) is written as ``\\u…``: to a parser it is the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")
_STEERING = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def plain_json(document: Any) -> str:
    """The text, with a line feed at its end."""
    text = json.dumps(document, ensure_ascii=False, default=str)
    if not text.isascii() or "\x7f" in text:
        text = _BEYOND_ASCII.sub(_harmless, text)
    return text + "\n"


def _harmless(found: re.Match[str]) -> str:
    char = found[0]
    if unicodedata.category(char) not in _STEERING:
        return char
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"
