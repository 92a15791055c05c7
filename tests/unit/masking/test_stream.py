"""COPY text in, COPY text out: exact where nothing is masked, the same however the bytes are cut."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagecopy.errors import ProductionError, StagingError
from stagecopy.masking import copytext
from stagecopy.masking.maskers.base import BaseMasker, Setting
from stagecopy.masking.plan import TablePlan
from stagecopy.masking.stream import MaskedStream, small_domains
from tests.unit.masking.factory import KEY, OTHER_KEY, column, streamed, table, table_plan

SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
NASTY = [
    "a\\tb", "a\\nb", "a\\rb", "a\\\\b", '"', "'", '"quoted"', "\\\\N", "\\\\.", "\ufefffirst",
    "00001402417161", "1e5", "NaN", "true", "", "\\N", "/* -- $1 $2",
    ",;|", "#", "\\b\\f\\v", "é\u2028\x85\U0001f600", " ", "a" * 5000, "\\\\\\\\N",
]  # fmt: skip
ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def spelled(value: str | None) -> str:
    """A value as PostgreSQL's COPY spells it."""
    return "\\N" if value is None else "".join(ESCAPES.get(letter, letter) for letter in value)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def fields(data: bytes) -> list[list[str]]:
    return [line.split("\t") for line in data.decode().split("\n")[:-1]]


@pytest.fixture
def two(tmp_path: Path) -> TablePlan:
    """A kept column ``raw``, a masked column ``email``."""
    return table_plan(tmp_path, {"email": "{mask: email}"}, column("raw"), column("email"))


@pytest.fixture
def one(tmp_path: Path) -> TablePlan:
    """One masked column."""
    return table_plan(tmp_path, {"email": "{mask: email}"}, column("email"))


def test_A14_A15_unmasked_columns_are_byte_identical(two: TablePlan) -> None:
    data = "".join(f"{value}\tx@y.z\n" for value in NASTY).encode()
    assert [row[0] for row in fields(streamed(two, [data]))] == NASTY


def test_A14_A15_tables_without_a_mask_pass_untouched(tmp_path: Path) -> None:
    plan = table_plan(tmp_path, {}, column("a"))
    data = "".join(f"{value}\n" for value in NASTY).encode() + b"\xff not UTF-8\n"
    stream = MaskedStream(plan)
    assert b"".join(stream.run(cut(data, 7))) == data
    assert stream.rows == len(NASTY) + 1


def test_A14_null_and_empty_stay_in_a_masked_column(one: TablePlan) -> None:
    out = streamed(one, [b"\n\\N\n\nx@y.z\n\\\\N\n"])
    lines = out.decode().split("\n")
    assert lines[:3] == ["", "\\N", ""]
    assert all(line.endswith(("example.com", "example.net", "example.org")) for line in lines[3:5])
    assert lines[5:] == [""]


def test_a_byte_order_mark_at_a_batch_start_is_kept(two: TablePlan) -> None:
    data = "\ufeffa\tx@y.z\n".encode() * 4
    assert [row[0] for row in fields(streamed(two, [data], batch_bytes=1))] == ["\ufeffa"] * 4
    assert fields(streamed(two, [data]))[0][0] == "\ufeffa"


def test_a_table_without_columns(tmp_path: Path) -> None:
    stream = MaskedStream(TablePlan(table(1, "t"), "copy", None, ()))
    assert b"".join(stream.run([b"\n\n", b"\n"])) == b"\n\n\n"
    assert stream.rows == 3


@pytest.mark.parametrize("tail", [b"\\.\n", b"\\.\n\n\n", b"\\.", b"\\.\n\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_A14_the_end_marker_of_a_dump_file_is_dropped(one: TablePlan, tail: bytes, size: int) -> None:
    data = b"a@b.c\n\\\\.\n"
    whole = streamed(one, [data])
    for batch in (1, 4, 1000):
        assert streamed(one, cut(data + tail, size), batch_bytes=batch) == whole
    assert streamed(one, cut(tail, size)) == b""


def test_data_after_the_end_marker_is_refused(one: TablePlan) -> None:
    with pytest.raises(ProductionError, match="data after the end marker"):
        streamed(one, [b"a\n\\.\nb\n"])


def test_a_last_line_without_newline_gets_one(two: TablePlan) -> None:
    assert streamed(two, [b"a\tx@y.z"]) == streamed(two, [b"a\tx@y.z\n"])
    assert streamed(two, []) == streamed(two, [b"", b""]) == b""


@pytest.mark.parametrize("line", [b"a\n", b"a\tb\tc\n", b"a\tb\r\n", b"a\na\tb\tc\n"])
def test_rows_of_another_shape_are_refused(two: TablePlan, line: bytes) -> None:
    with pytest.raises(ProductionError) as caught:
        streamed(two, [b"a\tb\n" + line])
    assert (caught.value.code, caught.value.where) == ("bad-copy-text", "public.t")


@pytest.mark.parametrize(("line", "name"), [(b"\xff\tx@y\n", "raw"), (b"a\tsecret\xe2\x82\n", "email")])
def test_A20_bytes_that_are_not_utf8_name_the_column_not_the_value(two: TablePlan, line: bytes, name: str) -> None:
    with pytest.raises(ProductionError) as caught:
        streamed(two, [b"a\tb\n" + line])
    assert (caught.value.code, caught.value.where) == ("rows-not-utf8", f"public.t.{name}")
    assert "secret" not in caught.value.message
    assert caught.value.__cause__ is None


def test_escapes_that_are_not_utf8_are_refused(two: TablePlan) -> None:
    with pytest.raises(ProductionError) as caught:
        streamed(two, [b"a\t\\377\n"])
    assert caught.value.code == "rows-not-utf8"


def test_a_row_wider_than_a_batch(two: TablePlan) -> None:
    data = b"a\tx@y.z\n" + b"w" * 300_000 + b"\tx@y.z\nb\tx@y.z\n"
    assert streamed(two, cut(data, 1000), batch_bytes=4096) == streamed(two, [data])


VALUES = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12), st.integers(1, 40), st.integers(1, 60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_A43_output_depends_on_neither_chunks_nor_batches(
    two: TablePlan, rows: list[tuple[str | None, str | None]], chunk: int, batch: int
) -> None:
    data = "".join(f"{spelled(a)}\t{spelled(b)}\n" for a, b in rows).encode()
    whole = streamed(two, [data])
    stream = MaskedStream(two, batch_bytes=batch)
    assert b"".join(stream.run(cut(data, chunk))) == whole
    assert stream.rows == len(rows)
    assert [row[0] for row in fields(whole)] == [spelled(a) for a, _ in rows]
    assert all((row[1] == spelled(b)) is (b in (None, "")) for row, (_, b) in zip(fields(whole), rows, strict=True))


@given(st.lists(VALUES, min_size=1))
def test_unescape_and_escape_are_exact(values: list[str | None]) -> None:
    escaped = pl.Series([None if value is None else spelled(value) for value in values], dtype=pl.String)
    raw = copytext.unescape(escaped)
    assert raw.to_list() == values
    assert copytext.escape(raw).to_list() == escaped.to_list()


@pytest.mark.parametrize(
    ("escaped", "value"),
    [
        ("\\x41\\x4a2", "AJ2"),
        ("\\101\\0602", "A02"),
        ("\\xc3\\xa9", "é"),
        ("\\q\\.", "q."),
        ("\\\\x41", "\\x41"),
        ("\\x", "x"),
    ],
)
def test_rare_escapes(escaped: str, value: str) -> None:
    assert copytext.unescape(pl.Series([escaped, "plain", None])).to_list() == [value, "plain", None]


class Failing(BaseMasker):
    """Raises on one value, quoting it as a careless mask would."""

    name: ClassVar[str] = "failing"

    def fill(self, raw: pl.Series) -> pl.Series:
        if (raw == "secret value").any():
            raise ValueError("cannot mask 'secret value'")
        return raw + "!"


@pytest.mark.parametrize("batch", [1, 50, 1 << 20])
def test_A32_a_failing_mask_names_column_and_row_without_the_value(two: TablePlan, batch: int) -> None:
    failing = replace(two.columns[1], masker=Failing(Setting(KEY)))
    plan = replace(two, columns=(two.columns[0], failing))
    data = "".join(f"a\t{n}\n" for n in range(300)) + "a\tsecret value\n" + "".join(f"a\t{n}\n" for n in range(50))
    with pytest.raises(StagingError) as caught:
        streamed(plan, [data.encode()], batch_bytes=batch)
    assert (caught.value.code, caught.value.where) == ("mask-failed", "public.t.email")
    assert "row 301 of public.t" in caught.value.message
    assert "secret" not in caught.value.message + str(caught.value.hint)
    assert caught.value.__context__ is None


def test_A30_golden_values_for_a_fixed_key(tmp_path: Path) -> None:
    masks = ["email", "name", "username", "phone", "city", "company", "address", "text", "hash"]
    plan = table_plan(tmp_path, {name: f"{{mask: {name}}}" for name in masks}, *(column(name) for name in masks))
    out = streamed(plan, [b"\t".join([b"+1 (555) 010-9999"] * len(masks)) + b"\n"])
    assert fields(out) == [GOLDEN]


# A change here changes every masked value of every user: it needs a new major version and a word in the changelog.
GOLDEN = [
    "bailey.calhoun.abcmqaunhg8p@example.com",
    "Steven Diaz",
    "jonathan_gsujixtv7mif",
    "+1 (195) 505-3957",
    "Penningtontown",
    "Colon and Sons",
    "65 Bradley Views, Moorebury",
    "quickly modern ho",
    "c4a7c956b3e1e239646b4d1f48a5ff4776aa5129107a8facb083da6a914e8925",
]


def test_A30_two_keys_give_disjoint_masks(tmp_path: Path) -> None:
    data = "".join(f"user{n}@example.org\n" for n in range(2000)).encode()
    for mask in ("email", "username", "hash"):
        outs = [
            streamed(table_plan(tmp_path, {"c": f"{{mask: {mask}}}"}, column("c"), key=key), [data])
            for key in (KEY, KEY, OTHER_KEY)
        ]
        assert outs[0] == outs[1]
        assert not {*outs[0].split(b"\n")[:-1]} & {*outs[2].split(b"\n")[:-1]}


@pytest.mark.parametrize("rows", [200_000, pytest.param(5_000_000, marks=pytest.mark.skipif(not SLOW, reason="slow"))])
def test_A21_many_unique_emails_fit_a_short_column_without_collision(tmp_path: Path, rows: int) -> None:
    plan = table_plan(tmp_path, {"c": "{mask: email}"}, column("c", "varchar", length=40))
    pieces = (
        "".join(f"user{n}@mail.example.org\n" for n in range(start, start + 50_000)).encode()
        for start in range(0, rows, 50_000)
    )
    lines = (pl.Series(batch.decode().splitlines()) for batch in MaskedStream(plan).run(pieces))
    digests = pl.concat([_fitting(each).hash(seed=1) for each in lines])
    assert len(digests) == digests.n_unique() == rows


def _fitting(lines: pl.Series) -> pl.Series:
    assert (lines.str.len_chars() <= 40).all()
    return lines


def test_memory_stays_flat_as_the_table_grows(two: TablePlan) -> None:
    def peak(rows: int) -> int:
        chunks = (
            b"".join(b"some text\tuser%d@x.org\n" % (start + n) for n in range(100)) for start in range(0, rows, 100)
        )
        tracemalloc.start()
        for _ in MaskedStream(two, batch_bytes=1 << 17).run(chunks):
            pass
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(5_000)
    assert peak(60_000) < 1.5 * peak(20_000)


def test_A31_few_values_below_a_digest_are_said(tmp_path: Path) -> None:
    columns = (column("pin"), column("mail"), column("level"))
    plan = table_plan(tmp_path, {"pin": "{mask: hash}", "mail": "{mask: email}"}, *columns)
    stream = MaskedStream(plan)
    data = "".join(f"{n % 100:04}\tu{n}@x.org\tgold\n" for n in range(5_000)).encode()
    assert b"".join(stream.run([data]))
    assert stream.small == {"pin": 100}
    assert [each.code for each in small_domains([stream])] == ["small-domain"]
    assert "public.t.pin (100)" in small_domains([stream])[0].message
    assert small_domains([MaskedStream(plan)]) == []


def test_A28_only_null_and_the_empty_text_stay(tmp_path: Path) -> None:
    plan = table_plan(tmp_path, {"a": "{mask: email}"}, column("a"))
    values = fields(streamed(plan, [b"\\N\n\n \n  \nBob@x.com\nbob@x.com\nBob@x.com\n"]))
    assert values[0] == ["\\N"]
    assert values[1] == [""]
    blanks = {row[0] for row in values[2:4]}
    assert len(blanks) == 2
    assert not blanks & {"", " ", "  "}
    assert values[4] == values[6]
    assert values[4] != values[5]  # text tells case apart; citext does not
