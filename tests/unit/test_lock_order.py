"""Locks that are kept, taken unnamed, or in opposite orders, on runs made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stagecopy.model.change import Difference
from stagecopy.model.effects import Effects, ForeignKey
from stagecopy.model.findings import Finding
from stagecopy.model.locking import lock_orders
from stagecopy.model.migration import HeldLock, MigrationRun, StatementRun
from stagecopy.safety.policy import Policy, judge
from tests.unit.report_samples import table

_ALL, _WRITES, _ROWS = "AccessExclusiveLock", "ShareRowExclusiveLock", "RowExclusiveLock"


def run_of(texts: list[str], *locks: HeldLock, seconds: float = 1.0) -> MigrationRun:
    """Statements one after the other, each as long, from second 0."""
    statements = tuple(
        StatementRun(n, n, text, seconds, None, "ALTER TABLE", started=(n - 1) * seconds)
        for n, text in enumerate(texts, 1)
    )
    return MigrationRun("00", 4.0, statements, None, left_open=False, wal_bytes=100, locks=locks)


def judged(run: MigrationRun, effects: Effects | None = None, policy: Policy | None = None) -> list[Finding]:
    difference = Difference((table("a"), table("b")), ())
    own = ("lock-kept", "lock-unnamed", "lock-order")
    return [each for each in judge(difference, run, policy or Policy(), effects) if each.rule in own]


def crossing(*locks: tuple[int, str, str, str]) -> MigrationRun:
    held = (HeldLock(f"public.{name}", mode, 0.1, n, 0.1 * n - 0.1, session) for n, name, mode, session in locks)
    return run_of(["ALTER a b"] * 9, *held, seconds=0.1)


def test_a_lock_that_is_kept_says_over_what() -> None:
    lock = HeldLock("public.a", _ALL, 3.0, 1, 0.0, "1/1")
    (found,) = judged(run_of(["ALTER a", "UPDATE b", "UPDATE b"], lock))
    assert (found.rule, found.severity, found.subject) == ("lock-kept", "warn", "public.a")
    assert "keeps it locked for 2.0 s more (AccessExclusiveLock)" in found.message
    assert "over statements 2 to 3, of which statement" in found.message
    assert judged(run_of(["ALTER a", "UPDATE b", "UPDATE b"], lock), policy=Policy(timing="off")) == []


def test_a_lock_that_goes_with_its_statement_is_not_kept() -> None:
    assert judged(run_of(["ALTER a", "UPDATE b"], HeldLock("public.a", _ALL, 1.5, 1, 0.0, "1/1"))) == []
    assert judged(run_of(["ALTER a", "UPDATE b"], HeldLock("public.a", _ROWS, 3.0, 1, 0.0, "1/1"))) == []


def test_a_foreign_key_locks_what_it_refers_to_however_short() -> None:
    key = ForeignKey("of_b", "public.a", ("b_id",), "public.b", ("id",), "NO ACTION", "NO ACTION", indexed=True)
    run = run_of(["CREATE TABLE a (b_id int REFERENCES public.b)"])
    (found,) = judged(run, Effects(observed=True, new_keys=(key,)))
    assert (found.rule, found.severity, found.subject) == ("lock-unnamed", "info", "public.b")
    assert "foreign key of_b of public.a locks public.b too" in found.message
    named = run_of(["ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b", "UPDATE b SET x = 1"])
    assert judged(named, Effects(observed=True, new_keys=(key,))) == []


def test_what_no_statement_names_is_told_when_it_lasts() -> None:
    long = run_of(["SELECT f()"], HeldLock("public.b", _ALL, 1.2, 1, 0.0, "1/1"))
    assert [(each.rule, each.severity) for each in judged(long)] == [("lock-unnamed", "warn")]
    assert judged(replace(long, locks=(HeldLock("public.b", _ALL, 0.9, 1, 0.0, "1/1"),))) == []


def test_opposite_orders_are_told_once() -> None:
    run = crossing((1, "a", _ALL, "x"), (2, "b", _WRITES, "x"), (3, "b", _ROWS, "y"), (4, "a", _ROWS, "y"))
    (found,) = judged(run)
    assert (found.rule, found.severity, found.subject) == ("lock-order", "warn", "public.a")
    assert "statement 1 locks public.a and statement 2 then public.b" in found.message
    assert "statement 3 locks public.b and statement 4 then public.a" in found.message


@pytest.mark.parametrize(
    "locks",
    [
        ((1, "a", _ALL, "x"), (2, "b", _ALL, "x"), (3, "a", _ALL, "y"), (4, "b", _ALL, "y")),  # the same order
        ((1, "a", _ROWS, "x"), (2, "b", _ROWS, "x"), (3, "b", _ROWS, "y"), (4, "a", _ROWS, "y")),  # nobody waits
        ((1, "a", _ALL, "x"), (1, "b", _ALL, "x"), (3, "b", _ALL, "y"), (4, "a", _ALL, "y")),  # which came first?
        ((1, "a", _ALL, "x"), (2, "b", _ALL, "x"), (3, "a", _ROWS, "y"), (4, "b", _ALL, "y"), (5, "a", _ALL, "y")),
        ((1, "a", _ALL, "x"), (2, "b", _ALL, "x"), (3, "b", _ALL, "x"), (4, "a", _ALL, "x")),  # one transaction
    ],
)
def test_what_cannot_deadlock_is_not_told(locks: tuple[tuple[int, str, str, str], ...]) -> None:
    assert judged(crossing(*locks)) == []


def test_the_order_of_each_transaction_is_in_the_document() -> None:
    run = crossing((2, "b", _WRITES, "x"), (1, "a", _ALL, "x"), (3, "b", _ROWS, "y"))
    assert [each.document() for each in lock_orders(run)] == [
        {"locks": [{"relation": "public.a", "mode": _ALL, "statement": 1},
                   {"relation": "public.b", "mode": _WRITES, "statement": 2}]},
        {"locks": [{"relation": "public.b", "mode": _ROWS, "statement": 3}]},
    ]  # fmt: skip


def test_locks_kept_to_one_end_each_tell_what_came_after_their_own_statement() -> None:
    run = run_of(
        ["ALTER a", "ALTER b", "UPDATE x", "UPDATE y"],
        HeldLock("public.a", _ALL, 4.0, 1, 0.0, "1/1"),
        HeldLock("public.b", _ALL, 3.0, 2, 1.0, "1/1"),
    )
    first, second = judged(run)
    assert "over statements 2 to 4" in first.message
    assert "over statements 3 to 4" in second.message
