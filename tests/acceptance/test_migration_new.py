"""Every step that `migration new` writes, tried: it does what its expectation says, no more and no less, and goes back.

A step needs the ones before it in production, so each round deploys what it tried and refreshes.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.acceptance.harness import Shop
from tests.acceptance.onlookers import tell
from tests.integration.idiom_cases import CASES, TABLES

# What stays although the step is taken back: filled rows look like rows that had a value.
_VALUES_STAY = ("fill", "rename_backfill", "retype_backfill")


def _written(shop: Shop, case: str) -> list[Path]:
    done = shop.run("migration", "new", case, *CASES[case], "--phase", "all", "--dir", case, "--json")
    assert (done.code, done.document["error"]) == (0, None), done.err
    return [shop.folder / each for each in done.document["files"] if each.endswith(".up.sql")]


def _deploy(shop: Shop, up: Path) -> None:
    """As golang-migrate does: the file as one query."""
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        result = connection.pgconn.exec_(up.read_bytes())
        assert result.status in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK), (
            result.error_message
        )


def _tried(shop: Shop, up: Path) -> None:
    done = shop.run("trial", str(up), "--json")
    told = done.document
    assert (done.code, told["error"]) == (0, None), (up, done.out)
    assert [each for each in told["findings"] if each["rule"].endswith("-expected")] == [], up
    name = up.name[len("0001_") : -len(".up.sql")]
    assert told["rollback"]["tested"], up
    assert told["rollback"]["restores"] is (name not in _VALUES_STAY), (up, told["rollback"])


def _rounds(shop: Shop, steps: dict[str, list[Path]]) -> None:
    while any(steps.values()):
        shop.refreshed("--direct")
        for left in steps.values():
            if left:
                _tried(shop, left[0])
                _deploy(shop, left.pop(0))


@pytest.mark.repeat
@pytest.mark.parametrize("stage", ["expand", "swap and contract"])
def test_every_step_meets_its_expectation_and_goes_back(stage: str, embedded_shop: Shop) -> None:
    shop = embedded_shop
    tell(shop.production, *TABLES)
    shop.keep_everything()
    steps = {case: _written(shop, case) for case in CASES}
    for case, all_of_it in steps.items():
        late = [each for each in all_of_it if each.name.endswith(("_swap.up.sql", "_contract.up.sql"))]
        early = [each for each in all_of_it if each not in late]
        steps[case] = early if stage == "expand" else late
        for each in early if stage != "expand" else []:
            _deploy(shop, each)
    _rounds(shop, steps)
