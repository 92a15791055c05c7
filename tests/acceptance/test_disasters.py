"""What would have warned those whom a migration ruined is in the report of its trial; see disaster_cases.py."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.acceptance.disaster_cases import DISASTERS, Disaster, missing, ruined_production
from tests.acceptance.harness import Shop, shop_of

SLOW = bool(os.environ.get("STAGECOPY_SLOW"))  # each in a trial of its own
TOGETHER = [each for each in DISASTERS if not each.alone]
ALWAYS: tuple[str, ...] = ("boardsesh_victim_of_a_deadlock", "klai_not_the_owner", "soleur_duplicate_installations")
ALWAYS += ("umami_view_needs_the_column", "dinference_no_lock_timeout")
_READER = 1.2  # seconds for which a transaction of production was open at the refresh


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Refreshed while somebody's transaction was open in production."""
    with (
        ruined_production() as production,
        psycopg.connect(production.url) as somebody,
        shop_of(production, "embedded") as made,
    ):
        made.keep_everything()
        somebody.execute("SELECT 1")
        time.sleep(_READER)
        made.refreshed()
        somebody.rollback()
        made.configure(trial="{long_reader: 1s}", policy="{exclusive_lock: 500ms}")
        yield made


def test_there_are_enough() -> None:
    assert len(DISASTERS) >= 24
    assert all(each.signal["origin"] for each in DISASTERS)


def test_each_of_many_in_one_trial_carries_its_signal(shop: Shop) -> None:
    done = shop.run("trial", *(each.migration for each in TOGETHER), "--json")
    assert (done.code, done.document["error"]) == (1, None), done.err
    lacking = {each.name: found for each in TOGETHER if (found := missing(done.document, TOGETHER, each))}
    assert lacking == {}, json.dumps(lacking, indent=1)


@pytest.mark.parametrize("name", [each.name for each in DISASTERS if SLOW or each.name in ALWAYS])
def test_its_report_carries_the_signal(shop: Shop, name: str) -> None:
    mine = Disaster(name)
    done = shop.run("trial", mine.migration, *mine.options, "--json")
    document = done.document
    assert (done.code, document["verdict"]) == (mine.signal["exit"], mine.signal["verdict"]), done.err
    assert missing(document, [mine], mine) == []
    shown = "".join(shop.run("report", document["trial"]).out.split())
    told = [finding.split(" ", 2) for finding in mine.signal["findings"]]
    messages = [
        each["message"] for each in document["findings"] if [each["severity"], each["rule"], each["subject"]] in told
    ]
    assert [each for each in messages if "".join(each.split()) not in shown] == []
