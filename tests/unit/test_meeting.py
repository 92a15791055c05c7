"""Rows that meet in pieces, in any order and with hardly any memory, tell the same as all of them at once."""

from __future__ import annotations

import random
from contextlib import closing

import polars as pl
import pytest

from stagecopy.diff import meeting
from stagecopy.diff.meeting import Meeting
from stagecopy.diff.pairing import SCHEMA, Effect, pair_rows, without_same_places
from stagecopy.diff.spill import SHARES, Spill

Rows = list[tuple[int, int]]  # key and row digest


def frame(rows: Rows, first_place: int = 0) -> pl.DataFrame:
    made = {
        "high": [0 for _ in rows],
        "low": [key for key, _ in rows],
        "row": [row for _, row in rows],
        "place": list(range(first_place, first_place + len(rows))),
    }
    return pl.DataFrame(made, schema=SCHEMA)


def sides(seed: int, *, keyless: bool) -> tuple[Rows, Rows]:
    """Some 90 rows of which most are equal; with *keyless* equal rows are common on one side."""
    dice = random.Random(seed)  # noqa: S311 - the same rows in every run
    numbers = [dice.randrange(20) for _ in range(90)] if keyless else range(-45, 45)
    before = [(number, 0 if keyless else number % 7) for number in numbers]
    after = [(key, row + (dice.random() < 0.1 and not keyless)) for key, row in before if dice.random() > 0.1]
    after += [(key + 1000, 5) for key, _ in before[:20]]
    if dice.random() < 0.5:
        dice.shuffle(after)
    return before, after


def met(before: Rows, after: Rows, made: Meeting, *, size: int) -> tuple[int, int, int]:
    """Counts of removed, added and changed rows when *size* rows of each side come at a time."""
    removed = added = changed = 0
    with closing(made):
        for start in range(0, max(len(before), len(after)), size):
            mine, other = before[start : start + size], after[start : start + size]
            changed += made.add(frame(mine, start), frame(other, start)).height
        for effect in made.rest():
            removed, added = removed + effect.removed.height, added + effect.added.height
            changed += effect.changed.height
    return removed, added, changed


def counts(effect: Effect) -> tuple[int, int, int]:
    return effect.removed.height, effect.added.height, effect.changed.height


@pytest.mark.parametrize("waiting", [0, 30, 10_000])
@pytest.mark.parametrize(
    ("keyless", "settled", "single"), [(True, False, False), (False, True, True), (False, False, False)]
)
def test_pieces_tell_the_same_as_all_at_once(
    waiting: int, monkeypatch: pytest.MonkeyPatch, *, keyless: bool, settled: bool, single: bool
) -> None:
    monkeypatch.setattr(meeting, "MOST_WAITING", waiting)
    monkeypatch.setattr(meeting, "_LEAST", 7)
    for seed in range(4):
        before, after = sides(seed, keyless=keyless)
        expected = counts(pair_rows(frame(before), frame(after), keyless=keyless))
        assert min(expected[:2]) > 0
        made = Meeting(keyless=keyless, settled=settled, single=single)
        assert met(before, after, made, size=11) == expected, seed


def test_a_key_that_comes_twice_later_does_not_count_as_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "_LEAST", 1)
    made = Meeting(keyless=False, settled=False, single=False)
    assert met([(1, 5)], [(1, 6), (2, 0), (1, 5)], made, size=1) == (0, 2, 0)


def test_rows_in_the_same_place_leave_only_where_all_is_equal() -> None:
    before, after = frame([(1, 1), (2, 2), (3, 3)]), frame([(1, 1), (2, 9), (4, 3)])
    mine, other = without_same_places(before, after)
    assert (mine["low"].to_list(), other["low"].to_list()) == ([2, 3], [2, 4])


def test_a_spill_gives_back_every_row_once_whatever_the_keys() -> None:
    for step in (1, SHARES, -3):
        spill = Spill()
        with closing(spill):
            for start in range(0, 2000, 500):
                spill.put(frame([(key * step, key) for key in range(start, start + 500)], start))
            shares = [spill.share(number) for number in range(SHARES)]
        assert sorted(row for share in shares for row in share["row"].to_list()) == list(range(2000))
        assert max(share.height for share in shares) < 60, step  # spread, although keys are numbers in a row
