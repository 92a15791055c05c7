"""Which relations need not be read whole: what must hold of each before its untouched blocks count as equal.

Every doubt ends in a full compare that says why. Nothing here looks at a row.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from stagecopy.diff.matching import ColumnMatch, ColumnPair, RelationPair, Relations
from stagecopy.diff.runs import Runs
from stagecopy.diff.wal import NEUTRAL, Touched, lsn_number, touched_blocks
from stagecopy.errors import StagingError
from stagecopy.model.change import Method
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.storage import HEAP, Layout, Storage, blocks_of, read_layout
from stagecopy.postgres.walrange import WalEnd, unfinished, wal_end
from stagecopy.staging.wal import WalSource

MOST_TOUCHED = 0.8  # of a relation's blocks; beyond, reading all is quicker
SMALL_BLOCKS = 1_000  # a touched relation below is read whole: quicker than asking for its parts
MOST_WAL = 0.5  # times the heap; more of it takes longer to parse than all rows to compare
LITTLE_WAL = 16 << 20  # is parsed whatever the heap: a third of a second
_ENOUGH = 0.1  # of the log tells what the rest is like
_PAGE = 8192
_TRIES = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """How one relation is compared, and why. ``size``: blocks of the larger side, where *method* is ``blocks``."""

    method: Method
    because: str
    runs: Runs = field(default_factory=lambda: Runs(()))
    size: int = 0


class Doubt(Exception):  # noqa: N818 - not a failure: what is not proved is compared
    """Why nothing is proved."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the log and both catalogs say. ``nothing``: why no relation is proved, or None."""

    before: Layout | None = None
    after: Layout | None = None
    touched: Touched = field(default_factory=Touched)
    nothing: str | None = None
    end: WalEnd | None = None

    def decide(self, pair: RelationPair, connections: tuple[Connection, Connection]) -> Decision:
        """How to compare one relation that is on both sides."""
        if self.nothing is not None or self.before is None or self.after is None:
            return Decision("full", self.nothing or "there is no log")
        why = _not_the_same(pair, self.before, self.after)
        if why is not None or pair.before is None or pair.after is None:
            return Decision("full", why or "it is on one side only")
        storage = self.before.storage[pair.before.oid]
        blocks = self._blocks(self.before, storage.file)
        if storage.toast and (why := self._toast(storage, touched=bool(blocks))):
            return Decision("full", why)
        if not blocks:
            return Decision("untouched", "no record of the log names a block of it")
        return _worth(blocks, pair, connections)

    def doubtful(self, pair: RelationPair, match: ColumnMatch) -> tuple[ColumnPair, ...]:
        """Columns whose bytes may read differently, so that their values are compared in every row."""
        if self.before is None or self.after is None or pair.before is None or pair.after is None:
            return match.pairs
        old, new = self.before, self.after
        before, after = pair.before.oid, pair.after.oid
        return tuple(
            each
            for each in match.pairs
            if each.before.attnum != each.after.attnum
            or each.retyped
            or not (each.before.sendable and each.after.sendable)
            or not old.facts_of(before, each.before.attnum).hold_in(new.facts_of(after, each.after.attnum))
        )

    def _blocks(self, layout: Layout, file: int) -> set[int]:
        return self.touched.blocks.get((layout.database, file), set())

    def _toast(self, storage: Storage, *, touched: bool) -> str | None:
        """Ordinary SQL never touches a TOAST table without its owner, nor writes a page of it as an image."""
        assert self.before is not None  # noqa: S101 - the caller's contract
        if (self.before.database, storage.toast_file) in self.touched.images:
            return "pages of its TOAST table were written as images"
        if self._blocks(self.before, storage.toast_file) and not touched:
            return "its TOAST table was touched and the table itself was not"
        return None


def _not_the_same(pair: RelationPair, before: Layout, after: Layout) -> str | None:
    """Why the files of both sides cannot be taken for the same one."""
    if pair.before is None or pair.after is None or pair.before.oid != pair.after.oid or pair.replaced:
        return "it is matched by name"
    old, new = before.storage.get(pair.before.oid), after.storage.get(pair.after.oid)
    if old is None or new is None or pair.before.kind != pair.after.kind or pair.before.kind not in ("r", "m"):
        return "it is another kind of relation"
    if (old.persistence, new.persistence) != ("p", "p"):
        return "it is unlogged"
    if (old.method, new.method) != (HEAP, HEAP):
        return "its rows are not kept in a heap"
    if not old.file or old.file != new.file:
        return "it was written anew"
    if old.toast and (old.toast, old.toast_file) != (new.toast, new.toast_file):
        return "its TOAST table was written anew"
    return None


def _worth(blocks: set[int], pair: RelationPair, connections: tuple[Connection, Connection]) -> Decision:
    assert pair.before is not None and pair.after is not None  # noqa: S101, PT018 - the caller's contract
    size = max(blocks_of(connections[0], pair.before.oid), blocks_of(connections[1], pair.after.oid))
    if size < SMALL_BLOCKS:
        return Decision("full", f"it is small: {size} blocks")
    if len(blocks) > MOST_TOUCHED * size:
        return Decision("full", f"{len(blocks)} of {size} blocks are touched")
    return Decision("blocks", f"{len(blocks)} of {size} blocks are touched", Runs.of(blocks), size)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both connections in their snapshots, and where the changed server is."""

    before: Connection
    after: Connection
    address: Address


def prove(sides: Sides, source: WalSource | None, relations: Relations) -> Proof:
    """Read the log. Whatever cannot be relied on is in ``nothing``; it never fails because of the log."""
    if source is None:
        return Proof(nothing="this engine's log cannot be read")
    try:
        old, new = read_layout(sides.before), read_layout(sides.after)
        _check(sides, source, old, new)
        touched, end = _read(sides, source, relations, old.database)
        _check_records(touched, old)
    except Doubt as doubt:
        _log.info("no proof from the log: %s", doubt)
        return Proof(nothing=str(doubt))
    return Proof(old, new, touched, end=end)


def _check(sides: Sides, source: WalSource, before: Layout, after: Layout) -> None:
    if source.start.major not in NEUTRAL:
        raise Doubt(f"the log of PostgreSQL {source.start.major} is not known to this version")
    if not source.start.certain:
        raise Doubt("the clone did not begin with the checkpoint of a clean stop")
    if before.database != after.database or not before.database:
        raise Doubt("the database is another one under the same name")
    if unfinished(sides.before) != (0, 0):
        raise Doubt("a transaction of the snapshot is not finished")
    if unfinished(sides.after) != (0, 0):
        raise Doubt("a transaction of the migration is still open")


def _read(sides: Sides, source: WalSource, relations: Relations, database: int) -> tuple[Touched, WalEnd]:
    heap = sum(each.pages for each in relations.values()) * _PAGE
    for left in reversed(range(_TRIES)):
        end = wal_end(sides.address, source.start)
        if end.timeline != source.start.timeline:
            raise Doubt("the server changed its timeline")
        if end.size > max(MOST_WAL * heap, LITTLE_WAL):
            raise Doubt(f"the log of {end.size >> 20} MB is longer to read than all rows")
        try:
            watch = _Hope(database, heap // _PAGE, source.start.lsn, end)
            touched = touched_blocks(source.read(end), major=source.start.major, start=source.start.lsn, watch=watch)
        except StagingError as failure:
            _log.info("reading the log up to %s: %s", end.lsn, failure.message)
            if not left:
                raise Doubt(f"the log cannot be read: {failure.message}") from None
            continue
        if end.xid in touched.committed:
            return touched, end
    raise Doubt("the end of the log was not found")


@dataclass(frozen=True, slots=True)
class _Hope:
    """Gives up early where most blocks will turn out to be touched: then reading on would be in vain."""

    database: int
    blocks: int
    start: str
    end: WalEnd

    def __call__(self, touched: Touched, place: int) -> None:
        read = (place - lsn_number(self.start)) / max(1, self.end.size)
        if read < _ENOUGH or self.end.size < LITTLE_WAL:
            return
        found = sum(len(blocks) for (database, _), blocks in touched.blocks.items() if database == self.database)
        if found / read > MOST_TOUCHED * self.blocks:
            raise Doubt(f"{read:.0%} of the log name {found} of {self.blocks} blocks")


def _check_records(touched: Touched, before: Layout) -> None:
    if before.database in touched.databases:
        raise Doubt("the database was made, copied or dropped meanwhile")
    if touched.foreign:
        raise Doubt("a transaction was committed that had been prepared before")


def known_rows(rows: Mapping[str, int], masked: Mapping[str, object], relations: Relations) -> dict[int, int]:
    """Row counts of a snapshot by OID, where they are sure to be those of this very relation.

    Not of a leaf of a table with masked columns, which may have been routed elsewhere, nor of a name that two bear.
    """
    named = Counter(each.qualified for each in relations.values())
    return {
        oid: rows[each.qualified]
        for oid, each in relations.items()
        if each.qualified in rows
        and named[each.qualified] == 1
        and each.kind == "r"
        and (each.root is None or not _masked(each.qualified, each.root, masked, relations))
    }


def _masked(name: str, root: int, masked: Mapping[str, object], relations: Relations) -> bool:
    top = relations.get(root)
    return name in masked or top is None or top.qualified in masked
