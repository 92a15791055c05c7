"""What is said of planner statistics, disk, the lock table and narrow keys, on runs made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stagecopy.model.change import Difference
from stagecopy.model.costs import RunCosts
from stagecopy.model.effects import Effects, NarrowReference, Place, Standing, effects_of
from stagecopy.model.findings import Finding
from stagecopy.safety.policy import Policy, judge
from tests.unit.report_samples import DONE, table

USERS = "public.users"
_GIGABYTE = 1_000_000_000


def judged(effects: Effects | None = None, costs: RunCosts | None = None, *, rows: int = 1000) -> list[Finding]:
    run = replace(DONE, costs=costs or RunCosts())
    difference = Difference((table(before=rows, after=rows),), ())
    own = ("statistics-", "peak-disk", "lock-table", "narrow-")
    return [each for each in judge(difference, run, Policy(), effects) if each.rule.startswith(own)]


def look(columns: frozenset[int], *, oid: int = 1) -> Standing:
    return Standing((), (), {}, {oid: Place(USERS, 7, None, None)}, {}, numbers={oid: {1: "id", 2: "plan"}},
                    planner={oid: columns} if columns else {})  # fmt: skip


def test_a_column_of_which_the_planner_knows_nothing_any_more_is_told_with_the_remedy() -> None:
    effects = effects_of(look(frozenset((1, 2))), look(frozenset((1,))), role="app")
    (found,) = judged(effects)
    assert (found.rule, found.severity, found.subject) == ("statistics-lost", "warn", USERS)
    assert "column plan of public.users" in found.message
    assert found.remedy.endswith("ANALYZE public.users")
    assert judged(effects, rows=999) == []


def test_a_dropped_column_has_no_statistics_to_lose() -> None:
    before = replace(look(frozenset((1, 2))), numbers={1: {1: "id", 2: "plan"}})
    after = replace(look(frozenset((1,))), numbers={1: {1: "id"}})
    assert judged(effects_of(before, after, role="app")) == []


def test_a_new_table_with_rows_waits_for_its_statistics() -> None:
    before, bare = look(frozenset((1,)), oid=1), look(frozenset(), oid=2)
    assert [(each.rule, each.severity) for each in judged(effects_of(before, bare, role="app"))] == [
        ("statistics-missing", "info")
    ]
    analysed = look(frozenset((1,)), oid=2)
    assert judged(effects_of(before, analysed, role="app")) == []


def test_where_statistics_may_not_be_read_nothing_is_said_of_them() -> None:
    before, after = (replace(look(frozenset((1,)), oid=oid), planner=None) for oid in (1, 2))
    assert judged(effects_of(before, after, role="app")) == []


@pytest.mark.parametrize(
    ("peak", "size", "told"),
    [
        (300_000_000, _GIGABYTE, True),
        (90_000_000, 100_000_000, False),
        (200_000_000, _GIGABYTE, False),
        (None, 1, False),
    ],
)
def test_disk_is_a_matter_of_size_and_share(peak: int | None, size: int, told: bool) -> None:
    found = judged(costs=RunCosts(peak_disk_bytes=peak, database_bytes=size))
    assert [each.rule for each in found] == (["peak-disk"] if told else [])
    assert not told or "300 MB more than before, which is 30 % of the database's 1,000 MB" in found[0].message


@pytest.mark.parametrize(
    ("locks", "slots", "severity"),
    [(3201, 6400, "warn"), (6401, 6400, "error"), (3200, 6400, None), (9999, None, None)],
)
def test_the_lock_table_is_productions(locks: int, slots: int | None, severity: str | None) -> None:
    found = judged(costs=RunCosts(locks=locks, lock_slots=slots))
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert not severity or "6,400" in found[0].message


def test_only_a_narrow_key_that_is_new_is_told() -> None:
    old = NarrowReference("a", "public.posts", "user_id", "integer", USERS, "id", "bigint")
    new = replace(old, constraint="b", child="public.notes")
    before, after = (replace(look(frozenset()), narrow=each) for each in ((old,), (old, new)))
    (found,) = judged(effects_of(before, after, role="app"))
    assert (found.rule, found.subject) == ("narrow-reference", "public.notes.user_id")
    assert found.remedy == "make public.notes.user_id bigint too, while the table is small"
