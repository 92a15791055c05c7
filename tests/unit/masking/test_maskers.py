"""Every mask through the same calls, then what each one promises."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl
import pytest

from stagecopy.masking.maskers import MASKS, Masker, Setting
from stagecopy.masking.maskers.base import differing
from stagecopy.masking.vocabulary import LOCALES, entries, vocabulary
from tests.unit.masking.factory import KEY, OTHER_KEY, column

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "constant": {"value": "fixed"},
    "choice": {"values": "one|two|three"},
    "python": {"call": "project_masks.py:shout"},
    "truncate_date": {"to": "month"},
    "national_id": {"country": "es"},
    "tax_id": {"country": "de"},
}
TEXT = [
    "email",
    "name",
    "first_name",
    "last_name",
    "username",
    "phone",
    "address",
    "street",
    "city",
    "company",
    "text",
    "hash",
]
INJECTIVE = {"email", "username", "hash", "keep", "permute", "uuid", "url", "postcode"}
OF_A_SHAPE = {"card", "iban", "macaddr", "national_id", "tax_id"}  # injective on the values they understand
VALUES = [
    "a",
    "Bob@x.com",
    "+49 (30) 1234-567",
    "---",
    "7",
    " ",
    "Ann Lee",
    "山田 太郎",
    "x" * 700,
    "a\tb\n\\c",
    "0",
    "'",
]


def mask(name: str, **facts: object) -> Masker:
    here = {"labels": ("sad", "ok"), "fields": ("a", "b"), "where": f"{__file__}:1"}
    plain = Setting(KEY, options=OPTIONS.get(name, {}), rest="redact", **here)  # type: ignore[arg-type]
    return MASKS[name](replace(plain, **facts))  # type: ignore[arg-type]


def masked(masker: Masker, values: list[str | None]) -> list[str | None]:
    return masker.apply(pl.Series("c", values, dtype=pl.String)).to_list()


def fitting(name: str, values: Sequence[str | None]) -> list[str | None]:
    """Values that a column of the mask may hold: documents where it takes documents."""
    return [json.dumps(each) if each and MASKS[name].documents else each for each in values]


@pytest.mark.parametrize("name", MASKS)
def test_null_and_empty_stay_and_rows_keep_their_place(name: str) -> None:
    dates = ["2024-01-31", None, "", "1999-12-31 23:59:59.5+02"]
    out = masked(mask(name), fitting(name, [*dates, *VALUES]))
    assert len(out) == len(dates) + len(VALUES)
    assert out[1:3] == [None, ""]
    assert masked(mask(name), [None, ""]) == [None, ""]
    assert masked(mask(name), []) == []


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_is_pure_and_row_by_row(name: str) -> None:
    values = fitting(name, VALUES)
    whole = masked(mask(name), values * 3)
    assert whole[: len(values)] == whole[len(values) : 2 * len(values)]
    assert whole[: len(values)] == [masked(mask(name), [value])[0] for value in values]
    series = pl.Series("c", values)
    assert mask(name).apply(series).name == "c"
    assert series.to_list() == values


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", TEXT)
def test_masked_differs_from_raw_even_when_raw_comes_from_the_same_list(name: str, locale: str) -> None:
    masker = mask(name, locale=locale)
    raw: list[str | None] = [*VALUES]
    for _ in range(2):  # masks of masks: the raw values then are the mask's own domain
        raw += masked(masker, raw)
    words = getattr(masker, "words", None)
    raw += entries(locale, words, None).to_list() if words else []
    raw += [value.upper() for value in raw if value]
    for before, after in zip(raw, masked(masker, raw), strict=True):
        assert after
        assert after.strip().lower() != (before or "").strip().lower()


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 10, 13, 16, 18, 22, 30, 64])
@pytest.mark.parametrize("name", TEXT)
def test_a_mask_fits_its_length_or_says_it_does_not(name: str, length: int) -> None:
    for locale in ("en_US", "ja_JP"):
        masker = mask(name, locale=locale, length=length)
        raw = [value[:length] for value in VALUES] + [f"{n}"[:length] for n in range(300)]
        problem = masker.accepts(column("c", "varchar", length=length))
        if problem:
            assert f"fit into {length} characters" in problem
            continue
        out = masked(masker, [*raw])
        assert all(after and len(after) <= length for after in out)
        assert all(after.lower() != before.lower() for before, after in zip(raw, out, strict=True) if after)


@pytest.mark.parametrize("name", sorted(INJECTIVE))
def test_injective_masks_keep_values_apart(name: str) -> None:
    raw = [f"{n}" for n in range(50_000)]
    for length in (None, 32 if name == "url" else 24):  # an URL is longer than its code
        assert len({*masked(mask(name, length=length), [*raw])}) == len(raw)
    assert MASKS[name].injective


def test_only_these_masks_claim_to_be_injective() -> None:
    assert {name for name, each in MASKS.items() if each.injective} == INJECTIVE | OF_A_SHAPE
    assert all(name == each.name for name, each in MASKS.items())


@pytest.mark.parametrize("name", ["hash", "email"])
def test_A30_masks_are_keyed(name: str) -> None:
    raw: list[str | None] = [str(n) for n in range(100)]
    assert not {*masked(mask(name), raw)} & {*masked(mask(name, key=OTHER_KEY), raw)}
    city, other = masked(mask("city"), raw), masked(mask("city", key=OTHER_KEY), raw)
    assert sum(a == b for a, b in zip(city, other, strict=True)) < 5


def test_the_hash_is_the_hmac_of_the_value_under_the_masks_own_key() -> None:
    expected = hmac.new(KEY.derive("mask hash").encode(), b"Bob@x.com", hashlib.sha256).hexdigest()
    assert masked(mask("hash"), ["Bob@x.com"]) == [expected]
    assert masked(mask("hash", length=20), ["Bob@x.com"]) == [expected[:20]]
    assert re.fullmatch(r"[a-z2-9]{11}", masked(mask("hash", length=11), ["Bob@x.com"])[0] or "")


def test_A24_citext_values_that_are_equal_stay_equal() -> None:
    assert len({*masked(mask("email", caseless=True), ["Bob@X.com", "bob@x.COM"])}) == 1
    assert len({*masked(mask("email"), ["Bob@X.com", "bob@x.COM"])}) == 2


def test_A24_padding_of_char_columns_does_not_count() -> None:
    padded = mask("city", padded=True)
    assert len({*masked(padded, ["Ann", "Ann   "])}) == 1
    assert masked(padded, ["    "]) == ["    "]


def test_an_email_has_the_promised_shape() -> None:
    for value in masked(mask("email"), [*VALUES]):
        assert re.fullmatch(r"[a-z]+\.[a-z]+\.[a-z2-9]{12}@example\.(com|net|org)", value or "")
    assert re.fullmatch(r"[a-z2-9]{10}@example\.(com|net|org)", masked(mask("email", length=22), ["a"])[0] or "")


@pytest.mark.parametrize(
    ("raw", "shape"),
    [
        ("+49 (30) 1234-567", r"\+\d\d \(\d\d\) \d{4}-\d{3}"),
        ("555-1234 x12", r"\d{3}-\d{4} x\d\d"),
        ("call Ann 12", r"\d{4} \d{3} \d\d"),
        ("---", r"\d{3}"),
        ("7", r"\d"),
        ("1" * 70, r"\d{70}"),
        ("٠١٢", r"[0-9]{3}"),
    ],
)
def test_a_phone_number_keeps_its_shape(raw: str, shape: str) -> None:
    out = masked(mask("phone"), [raw])[0]
    assert out
    assert re.fullmatch(shape, out)
    assert out != raw


def test_phones_of_many_shapes_are_masked_as_each_would_be_alone() -> None:
    raw: list[str | None] = ["+49 30 1", "0301", "+", "12-3", "a.b", "()", "030/12345678901234567890", "x1", "1\n2"]
    assert masked(mask("phone"), raw) == [masked(mask("phone"), [each])[0] for each in raw]


def test_one_digit_phones_always_differ() -> None:
    digits: list[str | None] = [str(n) for n in range(10)]
    for key in (KEY, OTHER_KEY):
        assert all(a != b for a, b in zip(digits, masked(mask("phone", key=key), digits), strict=True))


@pytest.mark.parametrize("length", [1, 2, 40, 256, 257, 1000, 5000])
def test_filler_text_is_about_as_long(length: int) -> None:
    out = masked(mask("text"), ["y" * length])[0]
    assert out
    assert length - 2 <= len(out) <= length


def test_names_follow_the_order_of_the_locale() -> None:
    family, given = (masked(mask("name", locale="ja_JP"), ["x"])[0] or "").split()
    lists = vocabulary("ja_JP").lists
    assert family in lists["last_names"]
    assert given in lists["first_names"]


@pytest.mark.parametrize(
    "rest", ["", " 10:11:12", " 10:11:12.123456", " 10:11:12.5+02", " 10:11:12-05:30", " 00:00:00+05:53:28"]
)
@pytest.mark.parametrize("days", [1, 30])
def test_a_date_moves_by_days_and_keeps_the_rest(rest: str, days: int) -> None:
    raw = [f"{day}{rest}" for day in ("2024-02-29", "1999-12-31", "1582-10-15", "0007-01-01", "9990-06-01")]
    for before, after in zip(raw, masked(mask("shift_date", options={"days": str(days)}), [*raw]), strict=True):
        assert after
        assert after[10:] == rest
        moved = (pl.Series([after[:10]]).str.to_date() - pl.Series([before[:10]]).str.to_date()).dt.total_days()[0]
        assert 1 <= abs(moved) <= days


def test_A16_dates_without_a_day_to_move_are_redacted() -> None:
    odd: list[str | None] = [
        "infinity", "-infinity", "0044-03-15 BC", "294276-12-31", "9999-12-31 12:00:00", "10000-01-01", "nonsense",
    ]  # fmt: skip
    nullable = masked(mask("shift_date", options={"days": "1"}), odd)
    assert nullable[:4] == [None] * 4
    drawn = masked(mask("shift_date", options={"days": "1"}, nullable=False), odd)
    assert all(re.match(r"\d{4}-\d{2}-\d{2}", value or "") for value in drawn)
    assert not {*odd} & {*drawn}


def test_shifts_go_both_ways_and_vary() -> None:
    raw: list[str | None] = [f"{year}-06-15" for year in range(1900, 2100)]
    out = masked(mask("shift_date"), raw)
    assert 60 < sum(str(after) > str(before) for before, after in zip(raw, out, strict=True)) < 140


def test_constants_and_nulls() -> None:
    assert masked(mask("constant"), ["a", None, ""]) == ["fixed", None, ""]
    assert masked(mask("null"), ["a", None, ""]) == [None, None, ""]
    assert masked(mask("keep"), ["a", None, ""]) == ["a", None, ""]


def test_values_that_repeat_get_the_masks_they_get_alone() -> None:
    raw: list[str | None] = [f"city {n % 7}" for n in range(500)]
    masker = mask("city")
    assert masked(masker, raw) == masked(masker, raw[:7]) * 71 + masked(masker, raw[:3])


def test_stepping_on_refuses_to_give_back_the_raw_value() -> None:
    with pytest.raises(ValueError, match="no candidate differs"):
        differing(pl.Series(["A"]), pl.Series(["a"]), lambda _: pl.Series([" a "]))
