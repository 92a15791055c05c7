"""What is wrong with a set of rules, collected so that nobody mends it one run at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stagecopy.errors import UsageError

_SHORTEST_REASON = 3
_NO_REASON = ("true", "yes", "on", "false", "no", "off", "null", "none", "keep")


@dataclass(slots=True)
class Mistakes:
    """What is wrong, in the order found."""

    found: list[tuple[str, str, str | None]] = field(default_factory=list)

    def add(self, where: str, what: str, hint: str | None = None) -> None:
        """Note one mistake; the same one is noted once."""
        if (where, what, hint) not in self.found:
            self.found.append((where, what, hint))

    def raise_any(self) -> None:
        """Raise UsageError ``bad-rules`` with all of them, if there are any."""
        if not self.found:
            return
        lines = [_line(f"{where}: {what}" + (f"; {hint}" if hint else "")) for where, what, hint in self.found]
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        raise UsageError("bad-rules", f"{count} in the masking rules:\n" + "\n".join(lines), where=self.found[0][0])

    @staticmethod
    def sound_reason(reason: Any) -> bool:
        """Whether *reason* says why: text of 3 characters or more that is not just a yes."""
        if not isinstance(reason, str):
            return False
        text = reason.strip()
        return len(text) >= _SHORTEST_REASON and text.lower() not in _NO_REASON


def _line(text: str) -> str:
    """*text* on one line: a name in the catalog may hold line breaks and what terminals take for commands."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
