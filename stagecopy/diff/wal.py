"""Which blocks the write-ahead log names: pure parsing of what pg_waldump prints.

Surprising: a record counts unless its name is on a list of those that never alter a stored value (row locks, pruning,
freezing, hints), one list for each major. A name that nobody knows counts. A record's name stands before whatever a
migration may have put into it, so text of its making can only add blocks, not hide them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stagecopy.errors import StagingError

File = tuple[int, int]  # database, file
MOST_BLOCKS = 2_000_000  # 16 GB of rows; about 100 bytes each

_LOCKS = {"XLOG": ("FPI_FOR_HINT",), "Heap": ("LOCK",)}
_UNTIL_16 = {**_LOCKS, "Heap2": ("LOCK_UPDATED", "PRUNE", "VACUUM", "VISIBLE", "FREEZE_PAGE")}
_SINCE_17 = {
    **_LOCKS,
    "Heap2": ("LOCK_UPDATED", "PRUNE_ON_ACCESS", "PRUNE_VACUUM_SCAN", "PRUNE_VACUUM_CLEANUP", "VISIBLE"),
}
NEUTRAL: dict[int, Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys((14, 15, 16), _UNTIL_16),
    **dict.fromkeys((17, 18), _SINCE_17),
}

_FIRST = re.compile(rb"rmgr: .*?, lsn: ([0-9A-F]+)/([0-9A-F]+), ")
_BLOCK = re.compile(rb"rel \d+/(\d+)/(\d+) blk (\d+)")  # other forks say so between file and blk
# What patterns begin with is looked for as such, which takes a tenth of the time of "^" and "a or b".
_BEGIN = (
    rb"\nrmgr: %s +len \(rec/tot\): +\d+/ *\d+, tx: +\d+, lsn: [0-9A-F]+/[0-9A-F]+, prev [0-9A-F]+/[0-9A-F]+, desc: "
)
_LAST = re.compile(rb"\nrmgr: [^\n]*?, lsn: ([0-9A-F]+/[0-9A-F]+), ")
_DATABASE = re.compile(rb"\d+/(\d+)\b")
_OF = re.compile(rb"tx: +(\d+),")
_PREPARED = re.compile(rb"desc: PREPARE ")
_COMMITTED = re.compile(rb"desc: COMMIT_PREPARED (\d+)")
_COMMIT = re.compile(rb"desc: COMMIT ")


@dataclass(slots=True)
class Touched:
    """``blocks`` by file; ``images``: files with blocks written as a whole, for whatever reason."""

    blocks: dict[File, set[int]] = field(default_factory=lambda: defaultdict(set))
    images: set[File] = field(default_factory=set)
    databases: set[int] = field(default_factory=set)  # made, copied or dropped
    prepared: set[int] = field(default_factory=set)
    committed: set[int] = field(default_factory=set)  # transactions
    foreign: set[int] = field(default_factory=set)  # prepared ones that were committed, and prepared before


Watch = Callable[[Touched, int], None]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of some kind. ``signs``: one of these is in any such line; to look for them first takes next to no time."""

    signs: tuple[bytes, ...]
    pattern: re.Pattern[bytes]

    def all(self, lines: bytes) -> Iterator[bytes]:
        """Those in *lines*, each with the end of the line before it."""
        if any(sign in lines for sign in self.signs):
            yield from (found[0] for found in self.pattern.finditer(lines))

    def dropped(self, lines: bytes) -> bytes:
        """*lines* without them."""
        return self.pattern.sub(b"", lines) if any(sign in lines for sign in self.signs) else lines


def _records(resource: str, names: Sequence[str] = ()) -> _Lines:
    """Records of a resource manager, or those of them that have one of *names*."""
    begin = _BEGIN % resource.encode()
    if not names:
        return _Lines((f"\nrmgr: {resource} ".encode(),), re.compile(begin + rb"[^\n]*"))
    either = b"|".join(name.encode() for name in names)
    signs = tuple(f"desc: {name}".encode() for name in names)
    return _Lines(signs, re.compile(begin + b"(?:" + either + rb")(?![\w+])[^\n]*"))


_ON_DATABASE, _TRANSACTION = _records("Database"), _records("Transaction")
_IMAGE = _records("XLOG", ["FPI"])


def lsn_number(lsn: str) -> int:
    """A place in the log in bytes from its beginning."""
    high, low = (int(part, 16) for part in lsn.split("/"))
    return (high << 32) + low


def touched_blocks(chunks: Iterable[bytes], *, major: int, start: str, watch: Watch | None = None) -> Touched:
    """Read all of it. Raises StagingError ``wal-unreadable`` when the first record is not that at *start*.

    *watch* is told again and again what was found, and up to which place; what it raises ends the reading.
    """
    reader = _Reader(Touched(), tuple(_records(resource, names) for resource, names in NEUTRAL[major].items()))
    pending = b""
    begun = False
    for chunk in chunks:
        pending += chunk
        end = pending.rfind(b"\n") + 1
        if not end:
            continue
        if not begun:
            _check_first(pending, start)
            begun = True
        reader.read(b"\n" + pending[:end])
        if watch is not None and (place := _last_place(pending[:end])) is not None:
            watch(reader.touched, place)
        pending = pending[end:]
    if not begun or pending:
        raise StagingError("wal-unreadable", "the log's text breaks off")
    return reader.touched


def _check_first(text: bytes, start: str) -> None:
    """Reading that begins elsewhere skipped something: *start* lies within a record, or what is there is not it."""
    found = _FIRST.match(text)
    if found is None or lsn_number(f"{found[1].decode()}/{found[2].decode()}") != lsn_number(start):
        raise StagingError("wal-unreadable", f"the log has no record at {start}")


def _last_place(lines: bytes) -> int | None:
    found = _LAST.search(b"\n" + lines[lines.rfind(b"\n", 0, -1) + 1 :])
    return None if found is None else lsn_number(found[1].decode())


@dataclass(slots=True)
class _Reader:
    touched: Touched
    neutral: tuple[_Lines, ...]

    def read(self, lines: bytes) -> None:
        """Take in whole *lines*, with the end of the line before."""
        for line in _ON_DATABASE.all(lines):
            said = line.partition(b"desc: ")[2]
            self.touched.databases.update(int(number) for number in _DATABASE.findall(said))
        for line in _TRANSACTION.all(lines):
            self._take(line)
        for line in _IMAGE.all(lines):
            self.touched.images.update((int(db), int(file)) for db, file, _ in _BLOCK.findall(line))
        for kind in self.neutral:
            lines = kind.dropped(lines)
        blocks = self.touched.blocks
        for database, file, block in _BLOCK.findall(lines):
            blocks[int(database), int(file)].add(int(block))
        if sum(map(len, blocks.values())) > MOST_BLOCKS:
            raise StagingError("wal-unreadable", "the log names more blocks than are kept in memory")

    def _take(self, line: bytes) -> None:
        if found := _COMMITTED.search(line):
            if int(found[1]) not in self.touched.prepared:
                self.touched.foreign.add(int(found[1]))
        elif of := _OF.search(line):
            if _PREPARED.search(line):
                self.touched.prepared.add(int(of[1]))
            elif _COMMIT.search(line):
                self.touched.committed.add(int(of[1]))
