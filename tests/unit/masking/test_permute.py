"""Permutations: nothing meets, the shape stays, and what fits a type still does."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.permutation import Permutation
from tests.unit.masking.factory import KEY, OTHER_KEY, column, foreign, planned, refused, table, unique

KEEP = "{keep: not personal}"
LIMITS = [2**15 - 1, 2**31 - 1, 2**63 - 1]


def permuted(values: list[str], **facts: object) -> list[str | None]:
    setting = Setting(KEY, **facts)  # type: ignore[arg-type]
    return MASKS["permute"](setting).apply(pl.Series(values, dtype=pl.String)).to_list()


@pytest.mark.parametrize("size", [1, 2, 10, 4096, 4097, 5000, 100_003])
def test_every_number_of_a_domain_comes_out_once(size: int) -> None:
    numbers = pl.int_range(size, dtype=pl.UInt64, eager=True)
    out = Permutation("a key").numbers(numbers, size, "a tweak")
    assert out.sort().to_list() == numbers.to_list()
    fixed = (out == numbers).sum()
    assert fixed < 10 or size < 3
    if size > 10:
        other = Permutation("a key").numbers(numbers, size, "another tweak")
        assert (out == other).sum() < 10


def test_golden_values() -> None:
    raw = ["1", "42", "1000000", "-17", "9007199254740993", "AB-1234", "007", "0", "a"]
    assert permuted(raw) == GOLDEN


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_whole_numbers_and_codes_of_one_length_are_permuted_among_themselves(digits: int) -> None:
    whole = [str(number) for number in range(10 ** (digits - 1), 10**digits)]
    codes = [str(number).zfill(digits) for number in range(10 ** (digits - 1) if digits > 1 else 1)]
    for raw in (whole, codes, [f"-{each}" for each in whole]):
        assert sorted(map(str, permuted(raw))) == sorted(raw)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20, unique=True))
@settings(max_examples=60, deadline=None)
def test_numbers_keep_sign_length_and_type(numbers: list[int]) -> None:
    out = permuted([str(each) for each in numbers])
    assert len({*out}) == len(numbers)
    for before, after in zip(numbers, out, strict=True):
        assert len(str(before)) == len(str(after))
        masked = int(str(after))
        assert (masked < 0) == (before < 0)
        assert all((-limit - 1 <= masked <= limit) or not -limit - 1 <= before <= limit for limit in LIMITS)


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60), max_size=20, unique=True))
@settings(max_examples=60, deadline=None)
def test_codes_keep_their_shape_and_stay_distinct(codes: list[str]) -> None:
    out = [str(each) for each in permuted(codes)]
    assert len({*out}) == len(codes)
    for before, after in zip(codes, out, strict=True):
        assert len(before) == len(after)
        for old, new in zip(before, after, strict=True):
            assert (old.isdigit(), old.isupper(), old.islower()) == (new.isdigit(), new.isupper(), new.islower())
            assert old.isalnum() or old == new


def test_numbers_in_any_column_get_one_mask() -> None:
    raw = [str(number) for number in (1, 77, 40_000, 3_000_000_000)]
    assert permuted(raw) == permuted(raw, scaled=True) == permuted(raw, length=20)
    assert permuted(["77.0"], scaled=True) == permuted(["77"])


@pytest.mark.parametrize("value", ["Zoë-1", "山田", "１２"])
def test_letters_beyond_ascii_are_bad_values(value: str) -> None:
    assert permuted([value]) == [None]
    assert permuted([value], nullable=False) not in ([value], [None])
    with pytest.raises(ValueError, match="does not understand"):
        permuted([value], on_bad="fail")


@pytest.mark.parametrize("value", ["1.5", "NaN", "Infinity"])
def test_A16_what_is_no_whole_number_is_a_bad_value(value: str) -> None:
    assert permuted([value], scaled=True) == [None]
    assert permuted([value], scaled=True, nullable=False) == ["0"]


def test_A30_keyed() -> None:
    raw = [f"C{number:05d}" for number in range(500)]
    other = MASKS["permute"](Setting(OTHER_KEY)).apply(pl.Series(raw)).to_list()
    assert sum(a == b for a, b in zip(permuted(raw), other, strict=True)) < 5


def test_a_key_and_what_refers_to_it_are_planned_with_one_mask(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        f"tables: {{a: {{columns: {{id: {{mask: permute}}}}}}, b: {{columns: {{n: {KEEP}}}}}}}",
        table(1, "a", column("id", "int4", not_null=True), unique_keys=(unique(1, primary=True),)),
        table(2, "b", column("n", "int8"), column("a", "int8"), foreign_keys=(foreign((2,), 1, (1,)),)),
    )
    here, there = made.tables[1].columns[0].masker, made.tables[2].columns[1].masker
    assert here is not None
    assert there is not None
    raw = pl.Series([str(number) for number in range(1, 2000)])
    assert here.apply(raw).to_list() == there.apply(raw).to_list()


def test_dates_are_not_permuted(tmp_path: Path) -> None:
    problems = refused(tmp_path, "tables: {a: {columns: {d: {mask: permute}}}}", table(1, "a", column("d", "date")))
    assert "takes whole numbers, text, date is not" in problems[0]


GOLDEN: list[str | None] = ["2", "49", "2907989", "-53", "3734889061344432", "KW-6554", "020", "0", "n"]
