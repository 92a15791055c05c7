"""What is remembered changes nothing of what comes out, stays within its room, and hides nothing from the audit."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from stagecopy.masking import remembered
from stagecopy.masking.maskers.base import BaseMasker, Setting
from stagecopy.masking.remembered import Remembered, Room
from stagecopy.masking.stream import MaskedStream
from stagecopy.masking.witness import Witness
from tests.unit.masking.factory import KEY, column, table_plan


def _mask(raw: pl.Series) -> pl.Series:
    return pl.Series([None if value is None else "" if not value else f"<{value}>" for value in raw], dtype=pl.String)


def _batches(values: int, count: int = 30) -> list[pl.Series]:
    chosen = random.Random(values)  # noqa: S311 - repeatable rows
    known = [None, "", *map(str, range(values))]
    return [pl.Series("x", [chosen.choice(known) for _ in range(60)], dtype=pl.String) for _ in range(count)]


@pytest.mark.parametrize("most", [5, 50, 65_536])
@pytest.mark.parametrize("values", [1, 40, 10_000])
def test_masks_are_the_same_whatever_is_remembered(monkeypatch: pytest.MonkeyPatch, most: int, values: int) -> None:
    monkeypatch.setattr(remembered, "_MOST_VALUES", most)
    memory = Remembered(Room())
    for raw in _batches(values):
        masks = memory.masked(raw, _mask)
        assert masks.masked.to_list() == _mask(raw).to_list()
        assert masks.new is None or masks.new.sum() == 0 or set(raw.filter(masks.new)) <= set(raw.drop_nulls())


def test_values_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        remembered, "_hashed", lambda raw: pl.DataFrame({"hash": pl.repeat(7, len(raw), eager=True)}).cast(pl.UInt64)
    )
    memory = Remembered(Room())
    for raw in (pl.Series(["a", "a"]), pl.Series(["b", "a"]), pl.Series(["b", "c"])):
        assert memory.masked(raw, _mask).masked.to_list() == _mask(raw).to_list()


def test_a_value_that_came_before_is_not_masked_again() -> None:
    memory = Remembered(Room())
    asked: list[str | None] = []

    def mask(raw: pl.Series) -> pl.Series:
        asked.extend(raw)
        return _mask(raw)

    for raw in (["a", "b"], ["b", "c", None], ["a", "b", "c"]):
        memory.masked(pl.Series(raw, dtype=pl.String), mask)
    assert asked == ["a", "b", "c"]


def test_a_full_memory_is_given_up_where_it_knows_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST_VALUES", 100)
    room = Room(1 << 20)
    memory = Remembered(room)
    for start in range(0, 600, 60):
        memory.masked(pl.Series(map(str, range(start, start + 60))), _mask)
    assert room.take(1 << 20), "the room is given back"


def test_columns_share_a_room() -> None:
    room = Room(20_000)
    memories = [Remembered(room) for _ in range(5)]
    raw = pl.Series(f"somebody number {number}" for number in range(100))
    for memory in memories * 2:
        assert memory.masked(raw, _mask).masked.to_list() == _mask(raw).to_list()
    assert sum(memory.masked(raw, _mask).new is not None for memory in memories) in (1, 2)


def test_known_values_are_counted_like_new_ones(tmp_path: Path) -> None:
    """Batches of one row: from the second on, everything is known."""
    plan = table_plan(tmp_path, {"note": "{mask: text}"}, column("note"))
    seen = []
    for batch_bytes in (1, 1 << 20):
        witness = Witness([plan], tmp_path / "digests")
        rows = b"call zaphira on 0151 2345678\n\\N\n\ntwo\\nlines of 1234567890\n" * 5
        masked = b"".join(MaskedStream(plan, batch_bytes=batch_bytes, observer=witness).run([rows]))
        witness.digests.close()
        [column_seen] = witness.columns.values()
        figures = (column_seen.rows, column_seen.nulls, column_seen.masked, column_seen.same)
        seen.append((masked, figures, column_seen.before.count, column_seen.after.count))
        raw = pl.Series(["call zaphira on 0151 2345678", "two\nlines of 1234567890"])
        assert len(witness.digests.members(witness.digests.digests(raw))) == 2
    assert seen[0] == seen[1]
    assert seen[0][1] == (20, 5, 10, 0)


def test_masks_that_need_escapes_are_escaped_when_known(tmp_path: Path) -> None:
    plan = table_plan(tmp_path, {"note": "{mask: text}"}, column("note"))
    [note] = plan.columns
    plan = replace(plan, columns=(replace(note, masker=_Tabs(Setting(KEY))),))
    assert b"".join(MaskedStream(plan, batch_bytes=1).run([b"a\nb\n" * 3])) == b"a\\t\nb\\t\n" * 3


class _Tabs(BaseMasker):
    """Puts what COPY has to escape."""

    name = "tabs"

    def fill(self, raw: pl.Series) -> pl.Series:
        """A tab at the end."""
        return raw + "\t"
