"""Searches a copy for raw values of masked columns: every cell that holds text, and the catalogs.

Definitions are looked at as soon as that can be: when all rows are across and raw values known. To know them earlier
would take a pass of its own over production's rows or the backup, twice the reading; a find among the rows read so far
would not do either, since only the last row tells whether a text is somebody's own or many people's.
Surprising: what is looked for are digests, so a find is looked up in the rows of production once more before anybody
is alarmed. That second reading happens only when something was found. No text found is ever said, only where it stood.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate, chain
from threading import Lock

import polars as pl

from stagecopy.errors import StagingError
from stagecopy.masking import copytext, searchable
from stagecopy.masking.digestset import DigestSet
from stagecopy.masking.side_by_side import in_order
from stagecopy.masking.wide import WideRow, is_wide, windows
from stagecopy.masking.witness import Confirmer, Witness
from stagecopy.model.audit import Audited, Leak
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.leakscan import TextColumn, TextRelation, catalog_texts, large_object_texts, text_relations
from stagecopy.postgres.tools import copy_out, staging_environment
from stagecopy.process import ProcessError

_BATCH_BYTES = 8 * 1024 * 1024
_SLICE_ROWS = 65_536
_WIDE_BYTES = 2 << 20  # of a row: the pieces of such a cell would be many times its size, all at once
_DEFINITIONS = 2_000  # looked at in one go
_MOST_FINDS = 10_000  # different texts of one place; a column that leaks as a whole needs no more
Reread = Callable[[Confirmer], None]


@dataclass(slots=True)
class _Finds:
    """Digests that the filter let through, with the texts, by place."""

    digests: DigestSet
    texts: dict[str, dict[int, str]] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def look(self, *found: tuple[str, pl.Series]) -> None:
        """Look texts up by place, those of all places at once."""
        texts = found[0][1] if len(found) == 1 else pl.concat([each for _, each in found], rechunk=True)
        made = self.digests.digests(texts)
        maybe = self.digests.maybe(made).arg_true()
        ends = list(accumulate(len(each) for _, each in found))
        hits: dict[str, dict[int, str]] = {}
        for row, digest, text in zip(maybe, made.gather(maybe), texts.gather(maybe), strict=True):
            hits.setdefault(found[bisect_right(ends, row)][0], {})[digest] = text
        with self.lock:
            self.places.update(place for place, _ in found)
            for place, held in hits.items():
                self.texts[place] = self._narrowed({**self.texts.get(place, {}), **held})

    def _narrowed(self, held: dict[int, str]) -> dict[int, str]:
        """*held*, without what is no member once there is much of it: errors of the filter may not crowd out a find."""
        if len(held) <= _MOST_FINDS:
            return held
        members = sorted(self._members(held))
        return {each: held[each] for each in members[: _MOST_FINDS // 2]}

    def _members(self, digests: Collection[int]) -> set[int]:
        return set(self.digests.members(pl.Series(sorted(digests), dtype=pl.UInt64)))

    def sure(self) -> dict[str, set[str]]:
        """By place the texts whose digests are members."""
        members = self._members({each for held in self.texts.values() for each in held})
        by_place = {place: {held[each] for each in held.keys() & members} for place, held in self.texts.items()}
        return {place: texts for place, texts in by_place.items() if texts}


def audit_copy(address: Address, binaries: Binaries, witness: Witness, reread: Reread, *, jobs: int) -> Audited:
    """Search the database at *address*. *reread* shows a Confirmer the rows of production again.

    Raises StagingError where staging cannot be read.
    """
    witness.digests.close()
    finds = _Finds(witness.digests)
    if witness.digests.added:
        whole = frozenset(
            (seen.table.qualified, seen.plan.column.name)
            for seen in witness.columns.values()
            if searchable.replaces_whole(seen.plan)
        )
        _scan(address, binaries, finds, whole, jobs=jobs)
    leaks = [Leak(name, name, rows) for name, rows in sorted(witness.unchanged().items())]
    return Audited(witness.checked, (*leaks, *_leaks(finds.sure(), reread)), len(finds.places))


def definition_leaks(
    address: Address, to_come: Sequence[tuple[str, str]], witness: Witness, reread: Reread
) -> tuple[Leak, ...]:
    """Raw values in what the database at *address* has defined, and in definitions *to_come* (place, SQL).

    For the moment when the rows are across: before, no raw value is known.
    """
    witness.digests.close()
    if not witness.digests.added:
        return ()
    finds = _Finds(witness.digests)
    with connect_staging(address, autocommit=False) as connection, staging_errors("searching definitions"):
        for texts in catalog_texts(connection):
            if texts:
                _look_at_texts(finds, texts)
    for start in range(0, len(to_come), _DEFINITIONS):
        _look_at_texts(finds, to_come[start : start + _DEFINITIONS])
    return tuple(_leaks(finds.sure(), reread))


def _leaks(sure: Mapping[str, Collection[str]], reread: Reread) -> Iterator[Leak]:
    """Those finds that are somebody's own."""
    if not sure:
        return
    confirmer = Confirmer({text for texts in sure.values() for text in texts})
    reread(confirmer)
    origins = confirmer.origins()
    for place, texts in sorted(sure.items()):
        from_where = Counter(origins[text] for text in texts if text in origins)
        yield from (Leak(place, origin, count) for origin, count in sorted(from_where.items()))


def _scan(address: Address, binaries: Binaries, finds: _Finds, whole: frozenset[tuple[str, str]], *, jobs: int) -> None:
    with connect_staging(address, autocommit=False) as connection, staging_errors("searching the copy's catalogs"):
        relations = text_relations(connection)
        for texts in chain(catalog_texts(connection), large_object_texts(connection)):
            if texts:
                _look_at_texts(finds, texts)

    def one(relation: TextRelation) -> None:
        try:
            for part in (relation, *relation.rest):
                _Search(part, finds, whole).run(copy_out(binaries, staging_environment(address), part.script))
        except ProcessError as failure:
            message = f"searching the copy: {failure.message}"
            raise StagingError("staging-failed", message, where=relation.qualified) from failure

    with ThreadPoolExecutor(jobs, "audit") as pool:
        for done in [pool.submit(one, relation) for relation in relations]:
            done.result()


def _look_at_texts(finds: _Finds, texts: Sequence[tuple[str, str]]) -> None:
    """Look all up at once, and halves of them only where something may be: there are thousands, and finds are rare."""
    pieces = searchable.pieces(pl.Series([body for _, body in texts]), phrases=finds.digests.phrases)
    if len(texts) == 1:
        finds.look((texts[0][0], pieces))
    elif finds.digests.maybe(finds.digests.digests(pieces)).any():
        middle = len(texts) // 2
        _look_at_texts(finds, texts[:middle])
        _look_at_texts(finds, texts[middle:])
    else:
        finds.places.update(place for place, _ in texts)


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks at the cells of one relation."""

    relation: TextRelation
    finds: _Finds
    whole: frozenset[tuple[str, str]]  # columns whose cells are looked up as they are

    def run(self, chunks: Iterable[bytes]) -> None:
        """All of it, as COPY text."""
        batches = copytext.whole_lines(chunks, _BATCH_BYTES, widest=_WIDE_BYTES)
        for _ in in_order(self._batch, batches, alone=_is_wide):
            pass

    def _batch(self, batch: bytes) -> None:
        if _is_wide(batch):
            self._wide(batch)
            return
        lowered = batch.isascii()
        # Far quicker than cell by cell. What NULL becomes by it is too short to be looked for.
        frame = copytext.read(batch.lower() if lowered else _sound(batch), len(self.relation.columns))
        plain = b"\\" not in batch
        for part in frame.iter_slices(_SLICE_ROWS):
            cells = [each if plain else copytext.unescape(each) for each in part]
            found = [self._pieces(*each, lowered=lowered) for each in zip(self.relation.columns, cells, strict=True)]
            self.finds.look(*found)

    def _wide(self, line: bytes) -> None:
        for column, cell in zip(self.relation.columns, WideRow.of(line).fields, strict=True):
            for text, entire in windows(cell):
                self.finds.look(self._pieces(column, copytext.unescape(pl.Series([text])), entire=entire))

    def _pieces(
        self, column: TextColumn, cells: pl.Series, *, lowered: bool = False, entire: bool = False
    ) -> tuple[str, pl.Series]:
        """What to look up of a column, with its name."""
        texts = searchable.pieces(
            cells,
            whole_only=entire or (self.relation.qualified, column.name) in self.whole,
            phrases=self.finds.digests.phrases,
            lowered=lowered,
        )
        return f"{self.relation.qualified}.{column.name}", texts


def _is_wide(batch: bytes) -> bool:
    return is_wide(batch, _WIDE_BYTES)


def _sound(batch: bytes) -> bytes:
    """UTF-8 in any case: a database in SQL_ASCII may hold what is none."""
    return batch.decode("utf-8", "replace").encode()
