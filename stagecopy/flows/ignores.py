"""Lines that keep keys, dumps and reports out of git and out of Docker images.

Surprising: nobody's own lines are touched. What is missing goes into a marked block at the end of the file, which is
added to later, never rewritten.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecopy.files import write_whole

_BEGIN = "# stagecopy: keys, dumps and reports stay here"
_END = "# stagecopy: end"
LINES = (
    "*.agekey",
    "*stagecopy*.key",
    "*masking*.key",
    ".stagecopy.env",
    "*.dump",
    "*.pgdump",
    "toc.dat",
    "stagecopy-report*",
)


@dataclass(frozen=True, slots=True)
class Ignore:
    """A file and the lines it lacks."""

    path: Path
    missing: tuple[str, ...]


def ignores(folder: Path, secret_files: Sequence[str] = ()) -> list[Ignore]:
    """What .gitignore (in a repository) and .dockerignore (where images are built) lack.

    *secret_files* are files of the project with production's password: they are kept out of git alone, since a build
    may need them.
    """
    found = []
    if in_repository(folder):
        found.append(_lacking(folder / ".gitignore", (*LINES, *(f"/{name}" for name in secret_files))))
    if (folder / ".dockerignore").exists() or any(folder.glob("*Dockerfile*")):
        found.append(_lacking(folder / ".dockerignore", tuple(f"**/{line}" for line in LINES)))
    return [each for each in found if each.missing]


def in_repository(folder: Path) -> bool:
    """Whether git knows the folder."""
    return any((each / ".git").exists() for each in (folder, *folder.parents))


def add(ignore: Ignore) -> None:
    """Write the missing lines, with the line ends of the file."""
    path = ignore.path.resolve()  # a link stays one
    data = path.read_bytes() if path.exists() else b""
    mode = stat.S_IMODE(path.stat().st_mode) if data else 0o644
    end = b"\r\n" if b"\r\n" in data else b"\n"
    lines = data.split(end)
    if lines[-1] == b"":
        lines.pop()
    lines = _with(lines, [line.encode() for line in ignore.missing])
    write_whole(path, end.join(lines) + end, mode=mode)


def _with(lines: list[bytes], missing: list[bytes]) -> list[bytes]:
    begin, end = _BEGIN.encode(), _END.encode()
    if begin in lines and end in lines[lines.index(begin) :]:
        place = lines.index(end, lines.index(begin))
        return [*lines[:place], *missing, *lines[place:]]
    gap = [b""] if lines and lines[-1] else []
    return [*lines, *gap, begin, *missing, end]


def _lacking(path: Path, wanted: Iterable[str]) -> Ignore:
    try:
        there = {line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()}
    except FileNotFoundError:
        there = set()
    return Ignore(path, tuple(line for line in wanted if line not in there))
