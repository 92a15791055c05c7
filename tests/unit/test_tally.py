"""Counts over changed rows, made by hand: batches must add up, whatever stands in which of them."""

from __future__ import annotations

import polars as pl
import pytest

from stagecopy.diff.closer import _with_measure
from stagecopy.diff.tally import ColumnTally, Measured
from stagecopy.model.change import ColumnDetail

Side = list[tuple[int | None, ...]]


def batch(before: Side, after: Side, first: int = 0) -> pl.DataFrame:
    count = len(before)
    frame: dict[str, object] = {
        name: list(range(first, first + count)) for name in ("high", "low", "place", "place_after")
    }
    for index in range(len(before[0])):
        frame[f"c{index}"] = pl.Series([row[index] for row in before], dtype=pl.Int64)
        frame[f"c{index}_after"] = pl.Series([row[index] for row in after], dtype=pl.Int64)
    return pl.DataFrame(frame)


def tally(*batches: pl.DataFrame, wanted: int = 5) -> ColumnTally:
    made = ColumnTally(len([name for name in batches[0].columns if name.startswith("c")]) // 2, wanted)
    made.empties = {0: 99}
    for each in batches:
        made.add(each)
    return made


def test_swapped_in_every_row_of_every_batch() -> None:
    swapped = batch([(1, 2, 7), (3, 4, 7)], [(2, 1, 7), (4, 3, 7)])
    later = batch([(5, 6, 7)], [(6, 5, 8)])
    assert tally(swapped, later).swaps == ((0, 1),)


def test_a_swap_that_comes_in_a_later_batch() -> None:
    assert tally(batch([(1, 2, 7)], [(1, 2, 8)]), batch([(1, 2, 7)], [(2, 1, 7)])).swaps == ((0, 1),)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(batch([(1, 2, 7)], [(2, 3, 7)]), id="another value"),
        pytest.param(batch([(1, 2, 7)], [(2, 2, 7)]), id="one of them only"),
        pytest.param(batch([(1, 2, 7)], [(None, 1, 7)]), id="to NULL"),
        pytest.param(batch([(1, 2, 7), (3, 4, 7)], [(2, 1, 7), (3, 9, 7)]), id="a row more of one"),
    ],
)
def test_one_row_that_is_not_swapped_ends_it(other: pl.DataFrame) -> None:
    assert tally(batch([(1, 2, 7), (3, 4, 7)], [(2, 1, 7), (4, 3, 7)]), other).swaps == ()


def test_empty_strings_that_become_null_are_told_from_other_values() -> None:
    made = tally(batch([(99, 1), (98, 1), (99, 1), (99, 1)], [(None, 1), (None, 1), (5, 1), (None, 1)]))
    assert (made.emptied(0), made.counts(0).lost) == (2, 3)


def test_rows_of_every_kind_are_remembered_and_losing_ones_first() -> None:
    plain = batch([(1, 1)] * 50, [(2, 1)] * 50)
    others = batch([(1, 1), (1, 1)], [(1, None), (1, 3)], first=50)
    shown = [high for high, *_ in tally(plain, others, wanted=3).telling()]
    assert shown[0] == 50
    assert set(shown) == {0, 50, 51}


def test_a_loss_after_many_batches_is_still_shown() -> None:
    many = [batch([(1, 1)], [(2, 1)], first=n) for n in range(40)]
    shown = [high for high, *_ in tally(*many, batch([(1, 1)], [(None, 1)], first=77)).telling()]
    assert shown[0] == 77


def test_how_far_values_went() -> None:
    made = ColumnTally(1, 5)
    for before, after in (([1.0, 5.0], [1.5, 5.0]), ([10.0, None], [8.0, 3.0])):
        made.measure(0, "text", pl.DataFrame({"m0": before, "m0_after": after}))
    told = made.measured[0]
    assert (told.largest, told.smallest, told.shortened, told.values) == (2.0, 0.5, 1, 2)


@pytest.mark.parametrize(
    ("measured", "largest", "uniform"),
    [
        (Measured("number", 9, 0.05, 0.01), "0.05", False),
        (Measured("number", 9, 12345.678, 1.0), "12,346", False),
        (Measured("time", 9, 0.5, 0.1), "0.5 s", False),
        (Measured("time", 9, 32_400.0, 32_400.0), "9 h", True),
        (Measured("time", 9, 172_800.0, 1.0), "2 days", False),
        (Measured("text", 9, 1.0, 1.0, 9), "1 character", True),
        (Measured("text", 9, 40.0, 1.0, 9), "40 characters", False),
        (Measured("time", 9, 60.0, 60.0, 0, partial=True), "1 min or more (9 of them looked at)", False),
        (Measured("number", 1, 2.0, 2.0), "2", False),
    ],
)
def test_the_largest_change_in_words(measured: Measured, largest: str, uniform: bool) -> None:
    told = _with_measure(ColumnDetail(), measured)
    assert (told.largest, told.uniform) == (largest, uniform)
