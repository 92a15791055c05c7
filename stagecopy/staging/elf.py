"""What a program or library of Linux asks its loader for: the loader itself, other libraries, where to look first.

Surprising: read from the file's own tables, because `ldd` runs the program, and the file may be another machine's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = b"\x7fELF"
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3  # kinds of segments
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29  # tags of the dynamic segment
_TEXTS = (_NEEDED, _RPATH, _RUNPATH)


@dataclass(frozen=True, slots=True)
class Needs:
    """``folders`` are RPATH and RUNPATH, with $ORIGIN as they were written."""

    interpreter: str | None
    libraries: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def needs_of(content: bytes) -> Needs | None:
    """What the 64-bit ELF file *content* needs; None when it is something else."""
    if content[:4] != _MAGIC or content[4:5] != b"\x02":
        return None
    order = "<" if content[5] == 1 else ">"
    try:
        segments = list(_segments(content, order))
        found: dict[int, list[int]] = {}
        for tag, value in _dynamic(content, order, segments):
            found.setdefault(tag, []).append(value)
        strings = _offset_of(found[_STRINGS][0], segments) if _STRINGS in found else 0
        texts = {tag: [_text(content, strings + at) for at in found.get(tag, [])] for tag in _TEXTS}
    except (struct.error, ValueError, OverflowError):
        return None
    interpreter = next((_text(content, each.offset) for each in segments if each.kind == _INTERPRETER), None)
    folders = [folder for paths in (texts[_RUNPATH] or texts[_RPATH]) for folder in paths.split(":") if folder]
    return Needs(interpreter, tuple(texts[_NEEDED]), tuple(folders))


def _segments(content: bytes, order: str) -> list[_Segment]:
    (table,) = struct.unpack_from(f"{order}Q", content, 32)
    size, count = struct.unpack_from(f"{order}HH", content, 54)
    found = []
    for at in range(table, table + size * count, size):
        kind, _, offset, address, _, length = struct.unpack_from(f"{order}IIQQQQ", content, at)
        found.append(_Segment(kind, offset, address, length))
    return found


def _dynamic(content: bytes, order: str, segments: list[_Segment]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for segment in segments:
        if segment.kind == _DYNAMIC:
            for at in range(segment.offset, segment.offset + segment.size, 16):
                tag, value = struct.unpack_from(f"{order}QQ", content, at)
                if tag == 0:
                    break
                pairs.append((tag, value))
    return pairs


def _offset_of(address: int, segments: list[_Segment]) -> int:
    for each in segments:
        if each.kind == _LOAD and each.address <= address < each.address + each.size:
            return each.offset + address - each.address
    raise ValueError(address)


def _text(content: bytes, at: int) -> str:
    return content[at : content.index(b"\0", at)].decode("utf-8", "surrogateescape")
