"""Masks one table's COPY text on its way from production to staging, in bounded memory.

Surprising: what comes out depends neither on how the bytes were cut into chunks nor on the batch size. Unmasked columns
leave byte for byte as they came. No message ever holds a value: it names the table, the column and the row's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import polars as pl

from stagecopy.errors import ProductionError, StagecopyError, StagingError
from stagecopy.masking import copytext
from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.copytext import MalformedError
from stagecopy.masking.maskers import Masker
from stagecopy.masking.plan import TablePlan
from stagecopy.masking.remembered import Masks, Remembered, Room
from stagecopy.masking.side_by_side import in_order
from stagecopy.masking.wide import WideRow, is_wide
from stagecopy.masking.witness import Observer
from stagecopy.model.findings import Fidelity

BATCH_BYTES = 8 * 1024 * 1024
_SLICE_ROWS = 65_536  # a digest takes 64 bytes, so narrow tables are masked in slices of a batch
# A domain is called small when at most so many values stand in a slice, each of them so often on average.
_ENOUGH, _FEW, _REPEATED = 1_000, 10_000, 5
_ALWAYS_MASKED = ("keep", "null", "constant", "python")  # cheap, or told to compare the values of a batch
# What masks, polars and its plug-in raise. The text may quote a value, so none of it is passed on.
_FAILURES = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows, the first of them of number *first*. ``plain``: nothing in them is escaped."""

    first: int
    frame: pl.DataFrame
    plain: bool


class MaskedStream:
    """COPY text in, COPY text out, for one table. ``rows`` counts what has passed.

    ``small``: how many different values stood in the first rows of columns whose masks are digests, where those are so
    few that whoever had the key could try them all. *observer* sees what masks get and what they put.
    """

    def __init__(self, plan: TablePlan, *, batch_bytes: int = BATCH_BYTES, observer: Observer | None = None) -> None:
        self.plan = plan
        self._observer = observer
        self.rows = 0
        self._read = 0  # rows of batches that are under way or done
        self.small: dict[str, int] = {}
        self._batch_bytes = max(1, batch_bytes)
        self._places = {each.column.attnum: position for position, each in enumerate(plan.columns)}
        self._masked = [each for each in plan.columns if each.masked]
        telling = [each.who.attnum for each in self._masked if each.who is not None]
        telling += [case.when for each in self._masked for case in each.cases]
        room = Room()
        self._memory = {each.column.attnum: Remembered(room) for each in self._masked if _worth_remembering(each)}
        self._looked_at = {self._places[attnum] for attnum in (*telling, *(e.column.attnum for e in self._masked))}

    def run(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the masked table, whole lines at a time.

        Raises ProductionError ``rows-not-utf8`` or ``bad-copy-text``, StagingError ``mask-failed``.
        """
        batches = self._batches(copytext.whole_lines(chunks, self._batch_bytes))
        if not self._masked:
            for first, batch in batches:
                self.rows = first + batch.count(b"\n")
                yield batch
            return
        with closing(in_order(self._batch, batches, alone=self._is_wide)) as masked:
            for parts in masked:
                for text, rows in parts:
                    yield text
                    self.rows += rows

    def _batches(self, lines: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
        """Each batch with the number of its first row."""
        while (batch := self._next(lines)) is not None:
            yield self._read, batch
            self._read += batch.count(b"\n")

    def _next(self, lines: Iterator[bytes]) -> bytes | None:
        try:
            return next(lines, None)
        except MalformedError as failure:
            self._malformed(failure, self._read)

    def _malformed(self, failure: MalformedError, after: int) -> NoReturn:
        name = self.plan.table.qualified
        raise ProductionError("bad-copy-text", f"after row {after} of {name}: {failure}", where=name) from None

    def _is_wide(self, numbered: tuple[int, bytes]) -> bool:
        return is_wide(numbered[1], 2 * self._batch_bytes)

    def _batch(self, numbered: tuple[int, bytes]) -> Iterable[tuple[bytes, int]]:
        """The batch masked, in pieces, each with how many rows it ends."""
        return self._wide(*numbered) if self._is_wide(numbered) else self._rows(*numbered)

    def _wide(self, first: int, line: bytes) -> Iterator[tuple[bytes, int]]:
        """One row, of which only what masks look at is read."""
        row = WideRow.of(line)
        if len(row.fields) != len(self.plan.columns) or b"\r" in line:
            self._malformed(MalformedError("a row of another shape"), first)
        [(masked, _)] = self._rows(first, row.only(self._looked_at))
        for piece in row.merged(masked, self._looked_at):
            yield piece, piece.count(b"\n")

    def _rows(self, first: int, batch: bytes) -> list[tuple[bytes, int]]:
        try:
            frame = copytext.read(batch, len(self.plan.columns))
        except MalformedError as failure:
            self._malformed(failure, first)
        except pl.exceptions.PolarsError:
            self._unreadable(batch, first)
        made = []
        plain = b"\\" not in batch
        for start in range(0, frame.height, _SLICE_ROWS):
            part = _Part(first + start, frame.slice(start, _SLICE_ROWS), plain)
            masked = [self._column(part, column) for column in self._masked]
            made.append((copytext.write(part.frame.with_columns(masked)), part.frame.height))
        return made

    def _column(self, part: _Part, column: ColumnPlan) -> pl.Series:
        """One masked column, escaped again, under its old name."""
        escaped = part.frame.to_series(self._places[column.column.attnum])
        raw = self._raw(part, column.column.attnum)
        who = None
        if column.who is not None:
            who = column.who.setting.normal(self._raw(part, column.who.attnum))
        masks = Masks(raw)
        if column.masker is not None:
            masks = self._applied(column, column.masker, (raw, who), part.first)
            if part.first == 0 and _enumerable(column.masker) and not column.joined:
                self._note_small(column, raw)
        masked = masks.masked
        for case in column.cases:
            rows = case.rows(self._raw(part, case.when))
            if rows.any():
                other = (
                    raw
                    if case.masker is None
                    else self._applied(column, case.masker, (raw.filter(rows), None), part.first).masked
                )
                # scatter works in place, and these may be the raw values themselves
                masked = masked.clone().scatter(rows.arg_true(), other.filter(rows) if case.masker is None else other)
        if self._observer is not None:
            self._observer.see(self.plan.table, column, raw, Masks(masked, masks.new))
        # a mask known from before was looked at when it was made
        looked_at = masked.filter(masks.new) if masks.plain and masks.new is not None else masked
        return (copytext.escape(masked) if copytext.special(looked_at) else masked).alias(escaped.name)

    def _note_small(self, column: ColumnPlan, raw: pl.Series) -> None:
        values = raw.drop_nulls()
        distinct = values.n_unique()
        if len(values) >= _ENOUGH and distinct <= min(_FEW, len(values) // _REPEATED):
            self.small[column.column.name] = distinct

    def _raw(self, part: _Part, attnum: int) -> pl.Series:
        escaped = part.frame.to_series(self._places[attnum])
        if part.plain:
            return escaped
        try:
            return copytext.unescape(escaped)
        except UnicodeDecodeError:
            self._not_utf8(self.plan.columns[self._places[attnum]].column.name, part.first)

    def _applied(
        self, column: ColumnPlan, masker: Masker, values: tuple[pl.Series, pl.Series | None], first: int
    ) -> Masks:
        raw, who = values
        memory = self._memory.get(column.column.attnum)
        try:
            if memory is not None:
                return memory.masked(raw, partial(_applied, masker, who=None))
            return Masks(_applied(masker, raw, who))
        except StagecopyError:
            raise
        except _FAILURES as failure:
            kind, row = type(failure).__name__, first + _failing_row(masker, raw, who) + 1
        table, name = self.plan.table.qualified, column.column.name
        raise StagingError(
            "mask-failed",
            f"mask {masker.name} failed on row {row} of {table}, column {name} ({kind})",
            hint=f"choose another mask for this column in {column.where}",
            where=f"{table}.{name}",
        )

    def _unreadable(self, batch: bytes, first: int) -> NoReturn:
        """Say which column is not UTF-8; polars only says that something is not."""
        for line in batch.split(b"\n"):
            for position, value in enumerate(line.split(b"\t")):
                try:
                    value.decode()
                except UnicodeDecodeError:
                    self._not_utf8(self.plan.columns[position].column.name, first)
        self._malformed(MalformedError("rows that cannot be read"), first)

    def _not_utf8(self, column: str, after: int) -> NoReturn:
        where = f"{self.plan.table.qualified}.{column}"
        raise ProductionError(
            "rows-not-utf8",
            f"{where} holds bytes that are not UTF-8, after row {after}",
            hint="mend the values in production, or leave the table out with `skip: REASON`",
            where=where,
        ) from None


def _worth_remembering(column: ColumnPlan) -> bool:
    """Whether the mask goes by the value alone, and to look it up is cheaper."""
    return column.masker is not None and column.masker.name not in _ALWAYS_MASKED and not (column.who or column.cases)


def _enumerable(masker: Masker) -> bool:
    return masker.bits is not None or masker.permutes


def _applied(masker: Masker, raw: pl.Series, who: pl.Series | None) -> pl.Series:
    masked = masker.apply(raw, who)
    if len(masked) != len(raw):
        raise ValueError("another number of values")
    return masked


def _failing_row(masker: Masker, raw: pl.Series, who: pl.Series | None) -> int:
    """The first value the mask fails on, by halving: masks are pure, so trying again is harmless."""
    start, length = 0, len(raw)
    while length > 1:
        half = length // 2
        try:
            _applied(masker, raw.slice(start, half), None if who is None else who.slice(start, half))
        except _FAILURES:
            length = half
        else:
            start, length = start + half, length - half
    return start


def small_domains(streams: Iterable[MaskedStream]) -> list[Fidelity]:
    """What to say about columns whose few values a digest hides only as long as the key is secret."""
    found = [
        f"{stream.plan.table.qualified}.{name} ({count:,})"
        for stream in streams
        for name, count in stream.small.items()
    ]
    if not found:
        return []
    few = "few values below a mask that is a digest or a permutation, whoever has the key can try all"
    message = f"{few}: {', '.join(sorted(found))}"
    return [Fidelity("small-domain", message)]
