"""Which mask a personal column gets, so that what comes out fits its type, its keys and its width.

Surprising: text that has to stay unique only ever gets a mask that maps different values to different values; where
neither a mask nor NULL nor a constant can fit, None is returned and a human decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stagecopy.masking.classify_tables import text_like
from stagecopy.masking.keys import SHORTEST, MaskKey
from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.model.catalog import Column, Table

_FIRST_USER_OID = 16384
_SHIFT_DAYS = "365"
_CLOSED_SET = 10
_LABEL = 16  # characters: longer values are no labels, and rules hold no text of people
_ANY_KEY = MaskKey(b"0" * SHORTEST)  # contracts of masks do not depend on the key
_TEXT_MASKS: dict[str, tuple[str, ...]] = {
    "email": ("email", "hash", "text"),
    "first_name": ("first_name", "hash", "text"),
    "last_name": ("last_name", "hash", "text"),
    "name": ("name", "username", "hash", "text"),
    "username": ("username", "hash", "text"),
    "phone": ("phone", "text", "hash"),
    "extension": ("phone", "text", "hash"),
    "address": ("address", "text", "hash"),
    "street": ("street", "text", "hash"),
    "city": ("city", "text", "hash"),
    "district": ("city", "text", "hash"),
    "location": ("city", "text", "hash"),
    "postal_code": ("phone", "text", "hash"),
    "company": ("company", "text", "hash"),
    "message": ("text", "hash"),
    "row_image": ("text", "hash"),
    "traits": ("text", "hash"),
    "user_agent": ("text", "hash"),
    "recipient": ("text", "hash"),
    "homepage": ("text", "hash"),
}
_SECRET_LIKE = ("hash", "text")
_BLANK_FIRST = frozenset({"gender", "sensitive", "photo", "body_fact", "geo", "birth"})
_DATES = frozenset({"date", "timestamp", "timestamptz"})
_NEUTRAL = {
    "json": "{}",
    "jsonb": "{}",
    "bytea": "\\x",
    "inet": "0.0.0.0",  # noqa: S104 - a value, nothing listens
    "cidr": "0.0.0.0/32",
    "macaddr": "00:00:00:00:00:00",
    "macaddr8": "00:00:00:00:00:00:00:00",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "date": "1970-01-01",
    "timestamp": "1970-01-01 00:00:00",
    "timestamptz": "1970-01-01 00:00:00+00",
    "point": "(0,0)",
    "tsvector": "masked",
    "hstore": "masked=>1",
    "xml": "<masked/>",
}

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mask and its options."""

    mask: str
    options: Options = ()


def must_stay_distinct(table: Table, column: Column) -> bool:
    """Whether two rows with one value in *column* could break a unique index of the table.

    A composite key does not count where a smaller key beside the column already keeps its rows apart.
    """
    not_null = {each.attnum for each in table.columns if each.not_null}
    whole = [set(key.attnums) for key in table.unique_keys if not key.partial and not_null.issuperset(key.attnums)]
    for key in table.unique_keys:
        rest = set(key.attnums) - {column.attnum}
        if column.attnum in key.attnums and not any(other <= rest for other in whole):
            return True
    return False


def choose(
    kind: str, table: Table, column: Column, *, samples: Sequence[str] = (), hashed: bool = False
) -> Chosen | None:
    """The mask for personal data of *kind*, or None where none fits."""
    if column.name in table.partition_key:
        return None
    return next((each for each in _candidates(kind, column, samples, hashed) if _fits(each, table, column)), None)


def _candidates(kind: str, column: Column, samples: Sequence[str], hashed: bool) -> Iterator[Chosen]:
    """What may be tried, best first."""
    if column.base_type in _DATES:
        yield Chosen("shift_date", (("days", _SHIFT_DAYS),))
    text = text_like(column)
    if text and kind not in _BLANK_FIRST:
        yield from (Chosen(mask) for mask in (_SECRET_LIKE if hashed else _TEXT_MASKS.get(kind, _SECRET_LIKE)))
    yield Chosen("null")
    value = _constant(kind, column, samples)
    if value is not None:
        yield Chosen("constant", (("value", value),))
    if text and kind != "gender":
        yield from (Chosen(mask) for mask in ("text", "hash"))


def _fits(chosen: Chosen, table: Table, column: Column) -> bool:
    """Whether the mask takes the column and keeps its unique indexes whole."""
    kind = MASKS[chosen.mask]
    distinct = must_stay_distinct(table, column)
    if distinct and not kind.injective and (chosen.mask != "null" or _null_breaks(table, column)):
        return False
    setting = Setting(
        _ANY_KEY,
        options=dict(chosen.options),
        length=column.length,
        unique=any(column.attnum in key.attnums for key in table.unique_keys),
        rows=max(0, table.estimated_rows),
    )
    return kind(setting).accepts(column) is None


def _null_breaks(table: Table, column: Column) -> bool:
    return any(key.nulls_not_distinct and column.attnum in key.attnums for key in table.unique_keys)


def _constant(kind: str, column: Column, samples: Sequence[str]) -> str | None:
    """One value for every row. Of a closed set (an enum, a CHECK) only a value that occurs is known to be valid."""
    if column.category == "E" or (kind == "gender" and text_like(column)):
        present = sorted({value for value in samples if value.strip()})
        closed = 0 < len(present) <= _CLOSED_SET and all(len(value) <= _LABEL for value in present)
        return present[0] if closed else None
    if _is_domain(column) or text_like(column):
        return None
    if column.category in "NA":
        return "0" if column.category == "N" else "{}"
    return _NEUTRAL.get(column.base_type)


def _is_domain(column: Column) -> bool:
    own = column.type.rsplit(".", 1)[-1].split("(")[0].strip('"')
    return column.type_oid >= _FIRST_USER_OID and own != column.base_type
