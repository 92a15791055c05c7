"""Files of ``NAME=value`` lines: the application's .env, and the project's own outside its folder.

The project's own, ``~/.config/stagecopy/PROJECT.env``, holds what stagecopy.yaml names as ``${NAME}``, so that no
secret stands in the project. Surprising: a variable that is set in the environment always wins over it, and a file
that others can read is refused, not read.
"""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stagecopy.errors import UsageError
from stagecopy.redact import remember

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,99})\s*=[ \t]*(.*)")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line. The value may be a secret."""

    name: str
    value: str
    line: int

    def __repr__(self) -> str:
        return f"Assignment({self.name})"


def assignments(text: str) -> Iterator[Assignment]:
    """Every ``NAME=value`` of *text*, with or without ``export``, quotes and a comment behind it."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        value = _value(match[2].rstrip()) if match else None
        if match and value is not None:
            yield Assignment(match[1], value, number)


def _value(text: str) -> str | None:
    quote = text[:1]
    if quote not in ("'", '"'):
        return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
    closing = re.match(r"'([^']*)'" if quote == "'" else r'"((?:[^"\\]|\\.)*)"', text)
    if closing is None:
        return None  # goes on over several lines: not a URL
    return closing[1] if quote == "'" else _ESCAPED.sub(r"\1", closing[1])


def outside(name: str, environ: Mapping[str, str]) -> Path:
    """Where the project's secrets lie: ``~/.config/stagecopy/``; *name* is the file's.

    Raises UsageError ``no-home-folder``.
    """
    base = environ.get("XDG_CONFIG_HOME") or "~/.config"
    try:
        return Path(base).expanduser() / "stagecopy" / name
    except RuntimeError:
        message = "this user has no home folder for what must lie outside the project"
        raise UsageError("no-home-folder", message, hint="set XDG_CONFIG_HOME") from None


def with_stored(project: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment, and below it what the project's own file says. Raises UsageError ``env-file-mode``."""
    try:
        path = outside(f"{project}.env", environ)
    except UsageError:  # then there is no such file
        return environ
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return environ
    except (OSError, UnicodeDecodeError):
        raise UsageError("env-file-mode", f"cannot read {path}", where=str(path)) from None
    if mode & 0o077:
        message = f"{path} can be read by others (mode {mode:04o})"
        raise UsageError("env-file-mode", message, hint=f"chmod 600 {shlex.quote(str(path))}", where=str(path))
    stored = {each.name: each.value for each in assignments(text)}
    for value in stored.values():
        remember(value)
    return {**stored, **environ}
