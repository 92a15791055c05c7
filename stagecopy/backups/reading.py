"""Reads the files of a backup: their digests, and for those with rows how many there are, in one pass.

Surprising: what a cut or damaged file holds is never taken for a shorter table: the compressed stream has a checksum
and an end of its own, and the rows end with a line that only their end can be.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stagecopy.model.backup import FileFact
from stagecopy.production.readers import inflated

PIECE = 1 << 20
_END = b"\\.\n"  # then empty lines


@dataclass(frozen=True, slots=True)
class FileRead:
    """What a file turned out to be. ``rows``: None where none were looked for; ``damage``: why it cannot be read."""

    fact: FileFact
    rows: int | None = None
    damage: str | None = None


def files_below(folder: Path) -> list[str]:
    """Every file of the backup in *folder*, relative to it, but what is written about it."""
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    names = (path.relative_to(folder).as_posix() for path in found)
    return sorted(name for name in names if name not in ABOUT)


ABOUT = ("manifest.json", "state.json")


def read_files(folder: Path, names: Sequence[str], *, rows: frozenset[str], jobs: int) -> Mapping[str, FileRead]:
    """Read all of *names* below *folder*; those in *rows* are inflated and counted, other .gz files only inflated."""
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda name: _read(folder / name, counted=name in rows), names)
        return dict(zip(names, found, strict=True))


def digests(folder: Path, names: Sequence[str], *, jobs: int) -> Mapping[str, FileRead]:
    """The same without a look inside, for files that somebody has just read to their end."""
    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip(names, pool.map(lambda name: _digest(folder / name), names), strict=True))


class _Digest:
    """Hashes what passes."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()
        self._bytes = 0

    def of(self, path: Path) -> Iterator[bytes]:
        """The bytes of *path*."""
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                self._sum.update(piece)
                self._bytes += len(piece)
                yield piece

    @property
    def fact(self) -> FileFact:
        return FileFact(self._bytes, self._sum.hexdigest())


def _digest(path: Path) -> FileRead:
    digest = _Digest()
    for _ in digest.of(path):
        pass
    return FileRead(digest.fact)


def _read(path: Path, *, counted: bool) -> FileRead:
    if path.suffix != ".gz":
        return _digest(path)
    digest = _Digest()
    lines, tail = 0, b""
    pieces = digest.of(path)
    try:
        for text in inflated(pieces):
            if counted:
                lines += text.count(b"\n")
                tail = (tail + text[-16:])[-16:]
    except zlib.error as failure:
        for _ in pieces:  # the digest is that of the whole file all the same
            pass
        return FileRead(digest.fact, damage=str(failure))
    if not counted:
        return FileRead(digest.fact)
    return _counted(digest.fact, lines, tail)


def _counted(fact: FileFact, lines: int, tail: bytes) -> FileRead:
    rest = tail.rstrip(b"\n") + b"\n"
    if rest != _END and not rest.endswith(b"\n" + _END):
        return FileRead(fact, damage="its rows have no end")
    after = len(tail) - len(tail.rstrip(b"\n"))
    return FileRead(fact, rows=lines - after)
