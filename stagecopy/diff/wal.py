"""Which blocks the write-ahead log names: pure parsing of what pg_waldump prints.

Surprising: a record counts unless its name is on a list of those that never alter a stored value (row locks, pruning,
freezing, hints), one list for each major. A name that nobody knows counts. A record's name stands before whatever a
migration may have put into it, so text of its making can only add blocks, not hide them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
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

_HEAD = (
    rb"^rmgr: (?:%s) +len \(rec/tot\): +\d+/ *\d+, tx: +\d+, lsn: [0-9A-F]+/[0-9A-F]+, "
    rb"prev [0-9A-F]+/[0-9A-F]+, desc: "
)
_FIRST = re.compile(rb"rmgr: .*?, lsn: ([0-9A-F]+)/([0-9A-F]+), ")
_BLOCK = re.compile(rb"rel \d+/(\d+)/(\d+) blk (\d+)")  # other forks say so between file and blk
_IMAGE = re.compile((_HEAD % b"XLOG") + rb"FPI\b[^\n]*", re.MULTILINE)
_OTHER = re.compile((_HEAD % b"Database|Transaction") + rb"[^\n]*", re.MULTILINE)
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


def _neutral(major: int) -> re.Pattern[bytes]:
    lines = [
        (_HEAD % resource.encode()) + b"(?:" + b"|".join(name.encode() for name in names) + rb")(?![\w+])[^\n]*\n"
        for resource, names in NEUTRAL[major].items()
    ]
    return re.compile(b"|".join(lines), re.MULTILINE)


def touched_blocks(chunks: Iterable[bytes], *, major: int, start: str) -> Touched:
    """Read all of it. Raises StagingError ``wal-unreadable`` when the first record is not that at *start*."""
    reader = _Reader(Touched(), _neutral(major))
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
        reader.read(pending[:end])
        pending = pending[end:]
    if not begun or pending:
        raise StagingError("wal-unreadable", "the log's text breaks off")
    return reader.touched


def _check_first(text: bytes, start: str) -> None:
    """Reading that begins elsewhere skipped something: *start* lies within a record, or what is there is not it."""
    found = _FIRST.match(text)
    high, low = (int(part, 16) for part in start.split("/"))
    if found is None or (int(found[1], 16), int(found[2], 16)) != (high, low):
        raise StagingError("wal-unreadable", f"the log has no record at {start}")


@dataclass(slots=True)
class _Reader:
    touched: Touched
    neutral: re.Pattern[bytes]

    def read(self, lines: bytes) -> None:
        """Take in whole *lines*."""
        for found in _OTHER.finditer(lines):
            self._take(found[0])
        for found in _IMAGE.finditer(lines):
            self.touched.images.update((int(db), int(file)) for db, file, _ in _BLOCK.findall(found[0]))
        blocks = self.touched.blocks
        for database, file, block in _BLOCK.findall(self.neutral.sub(b"", lines)):
            blocks[int(database), int(file)].add(int(block))
        if sum(map(len, blocks.values())) > MOST_BLOCKS:
            raise StagingError("wal-unreadable", "the log names more blocks than are kept in memory")

    def _take(self, line: bytes) -> None:
        if line.startswith(b"rmgr: Database"):
            said = line.partition(b"desc: ")[2]
            self.touched.databases.update(int(found) for found in _DATABASE.findall(said))
        elif found := _COMMITTED.search(line):
            if int(found[1]) not in self.touched.prepared:
                self.touched.foreign.add(int(found[1]))
        elif of := _OF.search(line):
            if _PREPARED.search(line):
                self.touched.prepared.add(int(of[1]))
            elif _COMMIT.search(line):
                self.touched.committed.add(int(of[1]))
