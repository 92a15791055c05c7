"""Rows wider than a batch come out as all others do, and hide nothing from the audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from stagecopy.masking import copytext, wide
from stagecopy.masking.copytext import whole_lines
from stagecopy.masking.side_by_side import in_order
from stagecopy.masking.wide import apart, is_wide, windows
from tests.unit.masking.factory import column, streamed, table_plan

_WIDE = b"x\\ty" * 5_000


def test_a_wide_row_is_masked_as_any_other(tmp_path: Path) -> None:
    plan = table_plan(tmp_path, {"mail": "{mask: email}"}, column("id"), column("mail"), column("body"))
    rows = b"1\tann@corp.test\t" + _WIDE + b"\n2\t\\N\t" + _WIDE + b"\n3\tbob@corp.test\t\n"
    usual = streamed(plan, [rows])
    assert b"corp.test" not in usual
    assert usual.count(_WIDE) == 2
    assert streamed(plan, [rows], batch_bytes=1_000) == usual
    assert streamed(plan, [rows[start : start + 77] for start in range(0, len(rows), 77)], batch_bytes=1_000) == usual


def test_a_line_longer_than_a_batch_is_a_batch_of_its_own() -> None:
    text = b"short\n" * 3 + _WIDE + b"\n" + b"short\n" * 3
    batches = list(apart(text, 1_000))
    assert batches == [b"short\n" * 3, _WIDE + b"\n", b"short\n" * 3]
    assert [is_wide(each, 1_000) for each in batches] == [False, True, False]
    assert b"".join(whole_lines([text], 500)) == text


def test_windows_overlap_and_long_cells_count_as_a_whole_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide, "_WINDOW", 100)
    monkeypatch.setattr(wide, "_OVERLAP", 20)
    monkeypatch.setattr(wide, "WHOLE", 1_000)
    cell = b"a" * 95 + b"ann@corp.test" + b"b" * 95
    found = list(windows(cell))
    assert [text for text, entire in found if entire] == [cell.decode()]
    assert any("ann@corp.test" in text for text, entire in found if not entire)
    assert [entire for _, entire in windows(cell * 10)].count(True) == 0
    assert list(windows(b"short")) == [("short", False)]


def test_what_is_worked_on_alone_waits_for_all_before_it() -> None:
    done: list[int] = []

    def items() -> Iterator[int]:
        yield from range(6)

    def work(item: int) -> int:
        if item == 3:
            assert sorted(done) == [0, 1, 2]
        done.append(item)
        return item

    assert list(in_order(work, items(), alone=lambda item: item == 3)) == list(range(6))


def test_a_window_never_begins_or_ends_within_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagecopy.masking.wide._WINDOW", 5)
    monkeypatch.setattr("stagecopy.masking.wide._OVERLAP", 2)
    monkeypatch.setattr("stagecopy.masking.wide.WHOLE", 5)
    for shift in range(4):
        cell = b"." * shift + rb"\\303\\274" * 4
        for text, _ in windows(cell):
            assert text.lstrip(".").replace("\\\\", "").count("\\") == 0, (shift, text)


def test_an_escaped_backslash_is_nothing_unusual() -> None:
    assert copytext.unescape(pl.Series([r"\\303\\274", r"\\n\n", r"\101\\101"])).to_list() == [
        r"\303\274",
        "\\n\n",
        r"A\101",
    ]
