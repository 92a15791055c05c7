"""Which statement of a command rewrote a table: told only where it can be no other."""

from __future__ import annotations

import pytest

from stagecopy.model.costs import StatementCosts
from stagecopy.model.effects import Effects
from stagecopy.model.migration import StatementRun
from stagecopy.postgres.costs import Look, TableCosts
from stagecopy.trial.beside import rewriting
from stagecopy.trial.costs import _between

Told = tuple[str, ...] | None
A = ("public.a",)


def _told(*tags: str, copied: tuple[str, ...] = A) -> list[Told]:
    statements = [StatementRun(n, None, f"{tag} a", 0.1, None, tag) for n, tag in enumerate(tags, 1)]
    told = rewriting(statements, Effects(observed=True, rewritten=frozenset(copied), copied=frozenset(copied)))
    return [each.costs.rewrites for each in told]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("BEGIN", "ALTER TABLE", "INSERT 0 1", "COMMIT"), [(), A, (), ()]),
        (("ALTER TABLE", "ALTER TABLE"), [None, None]),  # it may be either
        (("ALTER TABLE", "UPDATE 3"), [A, ()]),
        (("TRUNCATE TABLE", "SELECT 1"), [(), None]),  # emptied, and read by somebody
        (("ALTER TABLE", "ROLLBACK"), [None, ()]),  # what was undone leaves no trace
    ],
)
def test_a_rewrite_is_the_only_ones_that_can_have_done_it(tags: tuple[str, ...], expected: list[Told]) -> None:
    assert _told(*tags) == expected


def test_where_nothing_was_copied_nobody_did() -> None:
    assert _told("ALTER TABLE", "ALTER TABLE", copied=()) == [(), ()]
    assert _told("ALTER TABLE", "ROLLBACK", copied=()) == [None, ()]


def test_a_statement_that_failed_is_left_alone() -> None:
    assert _told("ALTER TABLE", "") == [A, None]


def test_what_was_told_of_a_statement_stays() -> None:
    known = StatementRun(1, None, "ALTER a", 0.1, None, "ALTER TABLE", costs=StatementCosts(rewrites=A))
    other = StatementRun(2, None, "ALTER b", 0.1, None, "ALTER TABLE")
    effects = Effects(observed=True, copied=frozenset(A))
    assert [each.costs.rewrites for each in rewriting([known, other], effects)] == [A, ()]


def test_between_two_looks_what_was_undone_is_not_known_and_what_did_not_happen_is() -> None:
    look = Look(5, {1: TableCosts("public.a", derived=False, filenode=7, scans=0, rows=0)})
    undone = _between(look, look, [(1, "ALTER TABLE"), (2, "ROLLBACK")], counted=True)
    assert {n: costs.rewrites for n, costs in undone.items()} == {1: None, 2: ()}
    assert _between(look, look, [(1, "UPDATE 1"), (2, "UPDATE 1")], counted=True)[2] == StatementCosts((), (), 0)
