"""The first line of the report, and how names, numbers and moments are spelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.migration import RunError, StatementRun
from stagecopy.model.wording import counted, quoted, share
from stagecopy.report.durations import spoken_bytes, spoken_moment, spoken_seconds
from stagecopy.report.headline import headline
from tests.unit.report_samples import DONE, NOW, made, table


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ((table(),), "no data changed"),
        ((table(before=2000, after=796, removed=1204),), "LOSES 1,204 of 2,000 rows of public.users"),
        (
            (table(removed=9, added=9),),
            "LOSES 9 of 9 rows of public.users; adds 9 rows to public.users",
        ),
        ((table("a b", 1, None, change="dropped", removed=1),), 'LOSES 1 of 1 row of public."a b"'),
        ((table(columns={"m": ColumnChange(lost=4)}),), "LOSES 4 values of public.users.m"),
        (
            (table(changed=3, columns={"m": ColumnChange(changed=3, value_to_null=3, lost=3)}),),
            "LOSES 3 values of public.users.m",
        ),
        (
            (table(changed=3, columns={"email": ColumnChange(changed=1000, value_to_value=1000)}),),
            "changes 1,000 values in public.users.email",
        ),
        ((table(changed=3),), "changes 3 rows of public.users"),
        ((table("new", None, 3, change="created", added=3),), "adds 3 rows to public.new"),
        ((table(moved=7),), "moves 7 rows of public.users"),
    ],
)
def test_headline(tables: tuple[TableChange, ...], line: str) -> None:
    assert headline(Difference(tables, ()), DONE) == line


def test_headline_sums_what_is_smaller() -> None:
    tables = (table("a", removed=1), table("b", removed=5), table("c", removed=2), table("d", removed=1))
    assert headline(Difference(tables, ()), DONE) == "LOSES 5 of 9 rows of public.b, 4 rows of 3 more tables"


def test_headline_says_why_nothing_changed() -> None:
    nothing = Difference((), ())
    assert headline(nothing, made()) == "no data changed: the migration holds no statement"
    open_end = made(StatementRun(1, 1, "BEGIN", 0.1, None, "BEGIN"), left_open=True)
    assert headline(nothing, open_end) == "no data changed: the migration ended inside a transaction"
    change = SchemaChange("index", "added", "public.i")
    assert headline(Difference((), (change,)), DONE) == "no data changed; 1 schema change"
    broken = replace(DONE, error=RunError(3, 1, "x", "22012"))
    lossy = Difference((table(removed=1),), ())
    assert headline(lossy, broken) == "LOSES 1 of 9 rows of public.users before it failed at statement 3"


def test_wording() -> None:
    assert quoted("public", 'a"b', "user_1") == 'public."a""b".user_1'
    assert (counted(1, "row"), counted(1204, "row")) == ("1 row", "1,204 rows")
    assert [share(1, 100_000), share(99_999, 100_000), share(1, 4), share(3, 3)] == [
        "under 0.1 %",
        "over 99.9 %",
        "25 %",
        "100 %",
    ]
    assert [spoken_seconds(each) for each in (0.0004, 0.0123, 3.21, 125, 4200)] == [
        "0.4 ms",
        "12 ms",
        "3.2 s",
        "2 min 5 s",
        "1 h 10 min",
    ]
    assert [spoken_bytes(each) for each in (512, 17_000, 1.2e9, 3e15)] == ["512 B", "17.0 kB", "1.2 GB", "3,000.0 TB"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "10:05 today (just now)"),
        (0.5, "09:35 today (30 min ago)"),
        (11, "23:05 yesterday (11 h ago)"),
        (72, "10:05 on 2026-08-11 (3 days ago)"),
    ],
)
def test_moments(hours: float, said: str) -> None:
    assert spoken_moment((NOW - timedelta(hours=hours)).astimezone(UTC), NOW) == said
