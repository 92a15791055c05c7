"""Sees raw and masked values side by side while rows stream, and keeps what the audit and the receipt need.

Raw values are kept as keyed digests alone. ``Witness`` collects them; ``Confirmer`` reads the same rows once more and
says from which columns a few texts come that were found in staging.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from stagecopy.masking import searchable
from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.digestset import DigestSet
from stagecopy.masking.distinct import Distinct, fingerprints
from stagecopy.masking.plan import TablePlan
from stagecopy.masking.remembered import Masks
from stagecopy.model.catalog import Table

_COMMON_SHARE, _COMMON_ROWS = 100, 10  # a text that more than 1 of 100 rows and more than 10 rows hold is nobody's own
Sight = tuple[int, int]  # a column by the OID of its table and its number


class Observer(Protocol):
    """Whoever watches a stream."""

    def see(self, table: Table, column: ColumnPlan, raw: pl.Series, masks: Masks) -> None:
        """Some rows of a masked column, before and after."""


@dataclass(slots=True)
class Seen:
    """What is known of one masked column."""

    table: Table
    plan: ColumnPlan
    rows: int = 0
    nulls: int = 0
    masked: int = 0  # rows whose value is another one now
    same: int = 0  # rows that a mask left as they were though it never may
    searched: int = 0
    before: Distinct = field(default_factory=Distinct)
    after: Distinct = field(default_factory=Distinct)


class Witness:
    """Collects digests of what must not turn up, and figures about each masked column."""

    def __init__(self, plans: Iterable[TablePlan], scratch: Path) -> None:
        masked = [(each.table, column) for each in plans for column in each.columns if column.masked]
        self.columns: dict[Sight, Seen] = {
            (table.oid, column.column.attnum): Seen(table, column) for table, column in masked
        }
        self.digests = DigestSet(scratch)
        self._lock = threading.Lock()

    def see(self, table: Table, column: ColumnPlan, raw: pl.Series, masks: Masks) -> None:
        """See Observer. Values that came by before are counted and no more."""
        seen = self.columns[table.oid, column.column.attnum]
        changed = raw.ne_missing(masks.masked)
        same = 0
        if searchable.steps_on(column) and not changed.all():
            same = int((~changed & raw.is_not_null() & (raw.str.strip_chars() != "")).sum())
        with self._lock:
            seen.rows += len(raw)
            seen.nulls += raw.null_count()
            seen.masked += int(changed.sum())
            seen.same += same
        self._see_new(seen, *masks.of_new(raw))

    def _see_new(self, seen: Seen, raw: pl.Series, masked: pl.Series) -> None:
        if not len(raw):
            return
        texts = None
        if searchable.why_not(seen.plan) is None:
            texts = searchable.wanted(seen.plan, raw, masked)
            self.digests.add(texts)
        before, after = fingerprints(raw), fingerprints(masked)
        with self._lock:
            seen.searched += 0 if texts is None else len(texts)
            seen.before.add(before)
            seen.after.add(after)

    @property
    def checked(self) -> int:
        """How many values are looked for; one that several batches of rows hold counts in each."""
        return sum(seen.searched for seen in self.columns.values())

    def unchanged(self) -> Mapping[str, int]:
        """Columns whose mask let raw values through, with how many rows."""
        return {
            f"{seen.table.qualified}.{seen.plan.column.name}": seen.same for seen in self.columns.values() if seen.same
        }


class Confirmer:
    """Finds the columns that *texts* come from, and how many rows hold each."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = pl.Series("text", sorted(texts), dtype=pl.String)
        self._rows: dict[Sight, int] = {}
        self._names: dict[Sight, str] = {}
        self._counts: dict[Sight, dict[str, int]] = {}
        self._lock = threading.Lock()

    def see(self, table: Table, column: ColumnPlan, raw: pl.Series, masks: Masks) -> None:
        """See Observer."""
        if searchable.why_not(column) is not None:
            return
        sight = (table.oid, column.column.attnum)
        found = searchable.wanted(column, raw, masks.masked)
        found = found.filter(found.is_in(self._texts.implode())).unique()
        with self._lock:
            self._names[sight] = f"{table.qualified}.{column.column.name}"
            self._rows[sight] = self._rows.get(sight, 0) + len(raw)
            counts = self._counts.setdefault(sight, {})
            whole = searchable.normal(raw) if len(found) else raw
            for text in found:
                rows = int((whole == text).sum())
                counts[text] = counts.get(text, 0) + max(1, rows)

    def origins(self) -> dict[str, str]:
        """Per text that is somebody's own, the column it comes from."""
        found: dict[str, str] = {}
        common: set[str] = set()
        for sight, counts in self._counts.items():
            for text, rows in counts.items():
                if rows > _COMMON_ROWS and rows * _COMMON_SHARE > self._rows[sight]:
                    common.add(text)
                else:
                    found.setdefault(text, self._names[sight])
        # Somebody's address stays theirs where it is unusual, however often they stand elsewhere: a few buy much.
        return {text: name for text, name in found.items() if "@" in text or text not in common}
