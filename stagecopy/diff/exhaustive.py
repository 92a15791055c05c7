"""Whether the quick comparison and the one that reads everything say the same. Where they do not, one of them lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from stagecopy.model.change import Difference, TableChange


def disagreements(found: Difference, everything: Difference) -> tuple[dict[str, Any], ...]:
    """Tables of which both tell another story, with both stories, without values."""
    mine = {(each.name, each.change): each for each in found.tables}
    other = {(each.name, each.change): each for each in everything.tables}
    return tuple(_lines(mine, other))


def _lines(
    mine: dict[tuple[str, Any], TableChange], other: dict[tuple[str, Any], TableChange]
) -> Iterator[dict[str, Any]]:
    for key in sorted(mine.keys() | other.keys(), key=str):
        quick, whole = mine.get(key), other.get(key)
        if quick is None or whole is None or _plain(quick) != _plain(whole):
            yield {"table": key[0], "found": _told(quick), "by_reading_all": _told(whole)}


def _plain(change: TableChange) -> TableChange:
    return replace(change, method="full", because="", samples=(), details={})  # details: of rows in reading order


def _told(change: TableChange | None) -> dict[str, Any] | None:
    return None if change is None else asdict(replace(change, samples=()))
