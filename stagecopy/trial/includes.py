"""Finds what a psql script includes (``\\i``, ``\\ir``), so that its text counts as the migration's.

Surprising: only literal paths are known before psql runs. A name made of variables or by a program is told as unread.
An include inside ``\\if`` counts whether its branch runs or not: somebody who approved the script approved both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stagecopy.model.migration import SourceFile
from stagecopy.trial.tokens import BACKSLASH, tokens

_ANY = re.compile(rb"\\i(?:r|nclude(?:_relative)?)?[ \t]")
_INCLUDE = re.compile(r"\\(?P<word>i|ir|include|include_relative)[ \t]+(?P<name>'(?:[^'\n]|'')*'|[^\s\\]\S*)")
_ROWS = re.compile(r"(?ims)^[ \t]*copy\b[^;]*?\bfrom\s+std(?:in|out)\b[^;]*;[^\n]*\n.*?(?:^\\\.[ \t]*\r?$|\Z)")
_MADE = re.compile(r"[:`\"\\|]|\A~")  # variables, programs, quotes within a word, somebody's home
MOST = 500  # files; a script that includes itself ends there

Read = Callable[[Path], bytes | None]


@dataclass(frozen=True, slots=True)
class Included:
    """The files that a script includes, in the order it runs them, and what it includes by a name not known yet."""

    files: tuple[SourceFile, ...] = ()
    unread: tuple[str, ...] = ()


def included(path: Path | None, data: bytes, read: Read) -> Included:
    """What the script *data* at *path* (None: at no place of its own) includes; *read* gives None for no such file."""
    found = _Found(read)
    found.follow(path, data, ())
    return Included(tuple(found.files), tuple(dict.fromkeys(found.unread)))


@dataclass(slots=True)
class _Found:
    read: Read
    files: list[SourceFile] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def follow(self, path: Path | None, data: bytes, above: tuple[Path, ...]) -> None:
        for word, name in _includes(data):
            base = path.parent if path and word in ("ir", "include_relative") else Path()
            if _MADE.search(name) or (path is None and word in ("ir", "include_relative")):
                self.unread.append(f"\\{word} {name}")
                continue
            target = base / name
            text = None if target in above or len(self.files) >= MOST else self.read(target)
            if text is not None:  # else psql will say so itself
                self.files.append(SourceFile(str(target), text))
                self.follow(target, text, (*above, target))


def _includes(data: bytes) -> Iterator[tuple[str, str]]:
    """Word and argument of each, outside of quotes, comments and the rows of a COPY."""
    if not _ANY.search(data):
        return
    text = _ROWS.sub(_without, data.decode("utf-8", "replace"))
    while (start := next((at for kind, at, _ in tokens(text) if kind == BACKSLASH), None)) is not None:
        if found := _INCLUDE.match(text, start):
            name = found["name"]
            yield found["word"], name[1:-1].replace("''", "'") if name.startswith("'") else name
        text = text[start:].partition("\n")[2]  # the rest of the line is psql's, not SQL: quotes there open nothing


def _without(rows: re.Match[str]) -> str:
    return "\n" * rows[0].count("\n")
