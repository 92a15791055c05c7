"""Numbers some way off, and dates cut short."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.maskers.noise import Noise
from stagecopy.masking.room import number_room
from tests.unit.masking.factory import KEY, column, refused, table


def masked(mask: str, values: Sequence[str], **facts: object) -> list[str | None]:
    setting = Setting(KEY, **facts)  # type: ignore[arg-type]
    return MASKS[mask](setting).apply(pl.Series(values, dtype=pl.String)).to_list()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), st.sampled_from([15, 31, 63]))
@settings(max_examples=60, deadline=None)
def test_whole_numbers_move_by_a_share_and_stay_in_their_type(numbers: list[int], bits: int) -> None:
    raw = [number % 2**bits * (1 if number > 0 else -1) for number in numbers]
    for before, after in zip(raw, masked("noise", [str(each) for each in raw], limit=2**bits, scale=0), strict=True):
        change = abs(int(str(after)) - before)
        assert 1 <= change <= max(1, abs(before) // 10)
        assert abs(int(str(after))) < 2**bits
        assert (int(str(after)) < 0) == (before < 0)


@given(st.lists(st.decimals(-(10**30), 10**30, places=3), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_decimals_keep_their_scale_and_move_by_an_amount(numbers: list[Decimal]) -> None:
    raw = [f"{each:f}" for each in numbers]
    out = masked("noise", raw, scaled=True, scale=3, limit=10**31, options={"amount": "2.5"})
    for before, after in zip(raw, out, strict=True):
        assert 0 < abs(Decimal(str(after)) - Decimal(before)) <= Decimal("2.5")
        assert len(str(after).partition(".")[2]) == 3


def test_numbers_that_are_equal_stay_equal_and_keep_their_own_scale() -> None:
    out = masked("noise", ["1.5", "1.50", "1.500"], scaled=True, scale=3)
    assert len({Decimal(str(each)) for each in out}) == 1
    assert [len(str(each).partition(".")[2]) for each in out][1:] == [3, 3]


def test_a_number_at_the_edge_of_its_type_moves_inwards() -> None:
    out = masked("noise", ["99.99", "-99.99", "99.98"], scaled=True, scale=2, limit=100)
    assert all(abs(Decimal(str(each))) < 100 for each in out)
    many = masked("noise", [str(2**15 - 1 - n) for n in range(200)], scale=0, limit=2**15, options={"amount": "300"})
    assert all(-(2**15) <= int(str(each)) < 2**15 for each in many)


def test_floats_move_in_their_own_spelling() -> None:
    raw = ["1e+20", "-1.5e-10", "0.30000000000000004", "1e+308"]
    for before, after in zip(raw, masked("noise", raw, limit=10**308, options={"percent": "5"}), strict=True):
        assert 0 < abs(float(str(after)) - float(before)) <= abs(float(before)) * 0.0500001


def test_A16_numbers_that_are_none_are_bad_values() -> None:
    odd = ["NaN", "Infinity", "-Infinity"]
    assert masked("noise", odd) == [None] * 3
    assert masked("noise", odd, nullable=False) == ["0"] * 3
    with pytest.raises(ValueError, match="does not understand"):
        masked("noise", odd, on_bad="fail")


def test_golden_values() -> None:
    assert masked("noise", ["1000", "-1000", "12.50", "123456789012345678901234567890"]) == GOLDEN


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"percent": "5", "amount": "1"}, "stand together"),
        ({"percent": "0"}, "above 0"),
        ({"percent": "100"}, "at most 99"),
        ({"amount": "-1"}, "above 0"),
        ({"amount": "1e3"}, "above 0"),
        ({}, None),
        ({"amount": "0.01"}, None),
    ],
)
def test_options_are_checked(options: dict[str, str], problem: str | None) -> None:
    found = Noise.options_problem(options)
    assert found is None if problem is None else problem in (found or "")


def test_an_amount_must_fit_the_type(tmp_path: Path) -> None:
    rule = "tables: {a: {columns: {n: {mask: noise, amount: 40000}, m: {mask: noise}, u: {mask: noise}}}}"
    problems = refused(tmp_path, rule, table(1, "a", column("n", "int2"), column("m", "money"), column("u", "text")))
    assert [
        next(each for each in ("does not fit", "money is not", "text is not") if each in line) for line in problems
    ] == ["does not fit", "money is not", "text is not"]


@pytest.mark.parametrize(
    ("base", "typmod", "room"),
    [
        ("int2", -1, (2**15, 0)),
        ("numeric", -1, (None, None)),
        ("numeric", (5 << 16 | 2) + 4, (1000, 2)),
        ("numeric", (3 << 16 | 2046) + 4, (100_000, 0)),
        ("text", -1, (None, None)),
    ],
)
def test_the_room_of_a_type(base: str, typmod: int, room: tuple[int | None, int | None]) -> None:
    found = number_room(column("c", base, typmod=typmod))
    assert (found.limit, found.scale) == room


@pytest.mark.parametrize(
    ("to", "raw", "cut"),
    [
        ("year", "2024-05-06", "2024-01-01"),
        ("month", "2024-05-06 11:12:13.5+02", "2024-05-01 00:00:00+02"),
        ("day", "2024-05-06 11:12:13", "2024-05-06 00:00:00"),
        ("hour", "2024-05-06 11:12:13-05:30", "2024-05-06 11:00:00-05:30"),
        ("month", "0044-03-15 BC", "0044-03-01 BC"),
        ("year", "294276-12-31", "294276-01-01"),
        ("year", "-infinity", "-infinity"),
        ("month", "[2020-05-05,2020-07-02)", "[2020-05-01,2020-07-01)"),
        ("month", "[2020-05-05,2020-05-07)", "[2020-05-01,2020-05-01]"),
        ("year", '["2020-05-05 10:00:00+00",)', '["2020-01-01 00:00:00+00",)'),
        ("year", "(,)", "(,)"),
        ("year", "empty", "empty"),
        ("year", "nonsense", None),
    ],
)
def test_a_date_is_cut(to: str, raw: str, cut: str | None) -> None:
    assert masked("truncate_date", [raw], options={"to": to}) == [cut]


def test_a_cut_that_leaves_the_raw_value_is_refused(tmp_path: Path) -> None:
    rule = "tables: {a: {columns: {d: {mask: truncate_date, to: day}, e: {mask: truncate_date, to: year}}}}"
    problems = refused(tmp_path, rule, table(1, "a", column("d", "date"), column("e", "date")))
    assert len(problems) == 1
    assert "is the raw value" in problems[0]
    assert any(
        "`to` is one of" in each for each in refused(tmp_path, rule.replace("to: day", "to: week"), table(1, "a"))
    )


GOLDEN: list[str | None] = ["1052", "-948", "12.63", "127624216226207226767884394552"]
