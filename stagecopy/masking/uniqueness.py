"""Whether masked columns can still satisfy the unique indexes of their table.

A unique index is safe when another one is covered by columns that stay distinct (kept, or masked by an injective mask),
or when all of its own do. Surprising: partial indexes count like whole ones, because nobody knows how many rows they
hold. Expressions cannot be judged; the load would find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stagecopy.masking.decisions import Mistakes
from stagecopy.masking.maskers.base import Masker
from stagecopy.model.catalog import Table, UniqueKey

_HINT = "use an injective mask (email, username, hash), or keep with a reason"


def check_unique(table: Table, maskers: Mapping[int, tuple[Masker | None, str]], mistakes: Mistakes) -> None:
    """Note every mask that may break a unique index. *maskers*: mask and place of the rule by attribute number."""
    for key in table.unique_keys:
        lossy = [number for number in key.attnums if number in maskers and _lossy(maskers[number][0])]
        if not lossy or 0 in key.attnums or _safe(table, key, maskers):
            continue
        names = {column.attnum: column.name for column in table.columns}
        for number in lossy:
            masker, where = maskers[number]
            mistakes.add(
                where,
                f"mask {masker.name if masker else ''} can give two rows of {table.qualified} the same "
                f"{names[number]}, which unique index {key.name} refuses",
                _HINT,
            )


def _lossy(masker: Masker | None) -> bool:
    return masker is not None and not masker.injective


def _safe(table: Table, key: UniqueKey, maskers: Mapping[int, tuple[Masker | None, str]]) -> bool:
    if not key.nulls_not_distinct and any(_nulls(maskers, number) for number in key.attnums):
        return True  # a row with a null in it never meets another one
    distinct = {number for number in key.attnums if number in maskers and not _lossy(maskers[number][0])}
    return any(distinct.issuperset(other.attnums) for other in _whole_keys(table))


def _nulls(maskers: Mapping[int, tuple[Masker | None, str]], number: int) -> bool:
    masker = maskers[number][0] if number in maskers else None
    return masker is not None and masker.name == "null"


def _whole_keys(table: Table) -> Iterator[UniqueKey]:
    not_null = {column.attnum for column in table.columns if column.not_null}
    for key in table.unique_keys:
        if not key.partial and (key.nulls_not_distinct or not_null.issuperset(key.attnums)):
            yield key
