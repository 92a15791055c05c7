"""Rows found again by digests of their text, whatever the batches; shares that never change."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecopy.errors import ProductionError, StagingError
from stagecopy.masking.matching import Fate
from stagecopy.masking.rules import Subset
from stagecopy.masking.subset_plan import least_shares
from stagecopy.masking.subset_rows import HIGH, LOW, Lines, RowFilter, Wanted, codes, digests, joined, share
from tests.unit.masking.factory import catalog, column, foreign, table

LINES = Lines(table(1, "t", column("id", "int4"), column("word")), 2)
NUMBERS = pl.Series([str(number) for number in range(1, 1001)])


def _filter(wanted: list[str], seen: int, kept: int) -> RowFilter:
    return RowFilter(LINES, (0,), Wanted(digests(pl.Series(wanted, dtype=pl.String))), seen, kept)


def test_shares_and_digests_are_the_same_on_every_machine() -> None:
    """Golden: they must outlive every version of what computes them."""
    chosen = ["262", "325", "447", "487", "507", "539", "693", "702", "731", "742", "752", "827", "895"]
    assert NUMBERS.filter(share(NUMBERS, 1, "a")).to_list() == chosen
    assert digests(pl.Series(["1\tx", None])).rows() == [(12046395826990324567, 10583124682430329302), (None, None)]
    assert share(NUMBERS, 100, "a").all()
    assert set(chosen) < set(NUMBERS.filter(share(NUMBERS, 2, "a")))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["", "\\N", "a\\tb", "ü"]))), st.integers(1, 40))
def test_the_rows_that_pass_do_not_depend_on_batches(rows: list[tuple[int, str]], size: int) -> None:
    lines = [f"{number}\t{word}\n".encode() for number, word in rows]
    kept = [line for line, (number, _) in zip(lines, rows, strict=True) if number < 11]
    text = b"".join(lines)
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    chosen = _filter([str(number) for number in range(11)], len(rows), len(kept))
    assert b"".join(chosen.run(chunks, batch_bytes=size)) == b"".join(kept)


def test_rows_that_are_not_found_again_are_an_error() -> None:
    with pytest.raises(StagingError, match="1 of 2 rows were chosen, but 0 of 2 were found again"):
        list(_filter(["3"], 2, 1).run([b"1\ta\n2\tb\n"]))


def test_halves_that_are_equal_by_chance_are_told_apart() -> None:
    found = pl.DataFrame({HIGH: [7, 7, 7, 8], LOW: [1, 2, 3, 1]}, schema={HIGH: pl.UInt64, LOW: pl.UInt64})
    asked = pl.DataFrame({HIGH: [7, 7, 8, 9], LOW: [3, 4, 1, 1]}, schema={HIGH: pl.UInt64, LOW: pl.UInt64})
    assert Wanted(found).has(asked).to_list() == [True, False, True, False]
    assert Wanted(found.clear()).has(asked).to_list() == [False] * 4


def test_text_that_nobody_checked_passes_as_bytes() -> None:
    raw = replace(LINES, raw=True)
    text = b"1\t\xff\xfe\n2\tx\xe4\n"
    [(_, frame)] = raw.batches([text])
    assert raw.write(frame) == text
    with pytest.raises(ProductionError) as caught:
        list(LINES.batches([text]))
    assert (caught.value.code, caught.value.where) == ("rows-not-utf8", "public.t")
    with pytest.raises(ProductionError, match="another number of columns"):
        list(LINES.batches([b"1\t2\t3\n"]))


def test_a_table_without_columns_has_rows_all_the_same() -> None:
    bare = Lines(table(1, "bare"), 0)
    [(_, frame)] = bare.batches([b"\n\n\n"])
    assert (frame.height, bare.write(frame)) == (3, b"\n\n\n")
    assert joined(frame, ()).to_list() == [""] * 3


def test_joined_text_is_null_where_a_part_is_unless_nulls_are_values() -> None:
    frame = pl.DataFrame({"0": ["a", None], "1": ["b", "c"]})
    assert joined(frame, (0, 1)).to_list() == ["a\tb", None]
    assert joined(frame, (1, 0), nulls=True).to_list() == ["b\ta", "c\t\\N"]


def test_codes_are_equal_where_the_digests_are() -> None:
    keys, refs, size = codes(digests(pl.Series(["a", "b", "a", None])), digests(pl.Series(["b", "c", None, "a"])))
    assert size == 2
    assert keys[0] == keys[2] == refs[3] != keys[1] == refs[0]
    assert (keys[3], refs[1], refs[2]) == (None, None, None)


def test_what_comes_at_the_least_is_known_before_anything_is_read() -> None:
    key = foreign((2,), 1, (1,))
    ring = table(3, "ring", column("id"), column("of"), foreign_keys=(foreign((2,), 2, (1,)), foreign((2,), 3, (1,))))
    tables = catalog(
        table(1, "users", column("id")),
        table(2, "posts", column("id"), column("of"), foreign_keys=(key,)),
        ring,
        table(4, "whole", column("id"), column("of"), foreign_keys=(key,)),
    )
    fates = {1: Fate("copy", subset=Subset(percent=10)), 2: Fate("copy"), 3: Fate("copy"), 4: Fate("copy", whole=True)}
    assert least_shares(tables, fates) == {1: 0.1, 2: 0.1, 3: 0.1, 4: 1.0}
    assert least_shares(tables, {**fates, 1: Fate("copy", subset=Subset(where="id < 3"))})[2] == 0
