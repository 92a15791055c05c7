"""Rules on the text in real trials, and what production's settings decide there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stagecopy.model.preflight import ServerState
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.otherwise import same_zone
from tests.acceptance.harness import Shop, shop_of
from tests.integration.scratch_server import database_of
from tests.unit.source_tree import ROOT

_PAGE = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
_SECTIONS = {
    name: re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name, text in re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", _PAGE, re.MULTILINE | re.DOTALL)
}
_TRIED = set(_SECTIONS) - {"password-in-text"}  # the role of a trial may make no other here
_PRODUCTION = """
CREATE TABLE accounts (id int PRIMARY KEY, mail text, seen timestamp, at timestamptz);
CREATE TABLE people (id int PRIMARY KEY, email text, city text);
INSERT INTO people SELECT i, 'p' || i || '@corp.test', 'c' || i FROM generate_series(1, 50) i;
INSERT INTO accounts SELECT i, 'Mail' || i, timestamp '2024-07-01 12:00', NULL FROM generate_series(1, 50) i;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Europe/Berlin'); END $$;
"""


@pytest.fixture(scope="module")
def shop(scratch_server: Address) -> Iterator[Shop]:
    with database_of(scratch_server) as production, shop_of(production, "embedded") as made:
        made.production_sql(_PRODUCTION)
        made.rules(
            "tables:\n  public.people: {columns: {email: {mask: email}}}\n"
            'patterns:\n  - {column: "*", keep: nothing personal in this test}\n'
        )
        made.refreshed()
        yield made


def told(document: Any) -> dict[str, Any]:
    """The findings of the rules of the page, by rule."""
    return {each["rule"]: each for each in document["findings"] if each["rule"] in _SECTIONS}


def trial(shop: Shop, which: int) -> Any:
    """One trial of the bad (0) or the good (1) SQL of all sections, each a file."""
    first, last = "no-lock-timeout", ["old-name-gone", "setting-outlives-file"]
    order = [first, *(name for name in _SECTIONS if name in _TRIED - {first, *last}), *last]
    names = [f"{which}{n:02}.sql" for n, _ in enumerate(order)]
    for name, section in zip(names, order, strict=True):
        shop.write(name, _SECTIONS[section][which])
    return shop.run("trial", *names, "--json").document


def test_each_rule_objects_to_its_bad_sql_and_not_to_its_good_sql(shop: Shop) -> None:
    bad, good = trial(shop, 0), trial(shop, 1)
    assert bad["migration"], bad["error"]
    assert (bad["migration"]["error"], good["migration"]["error"]) == (None, None)
    assert set(told(bad)) == _TRIED
    assert set(told(good)) <= {"half-done"}  # two transactions are the point of one of them
    assert "accounts.seen as times in Europe/Berlin (set for this database)" in told(bad)["zone-of-session"]["message"]
    assert "no-traffic" in {each["code"] for each in bad["fidelity"]}


def test_the_zone_of_the_session_decides_and_the_report_says_which_it_was(shop: Shop) -> None:
    """Case b32: in Berlin the rows are written anew, in UTC they only get another type."""
    change = "ALTER TABLE accounts ALTER COLUMN seen TYPE timestamptz"
    berlin = shop.trial(change).document
    utc = shop.trial(f"SET TIME ZONE 'UTC'; {change}").document
    assert "zone-of-session" in told(berlin)
    assert "zone-of-session" not in told(utc)
    assert [each["rewrites"] for each in berlin["migration"]["statements"]] == [["public.accounts"]]
    assert [each["rewrites"] for each in utc["migration"]["statements"]] == [[], []]


def test_what_rests_on_masked_values_says_so(shop: Shop) -> None:
    """Case b59: a unique key that only the masks are known to keep, and one on a column that came as it is."""
    done = shop.trial("ALTER TABLE people ADD UNIQUE (email), ADD UNIQUE (city)").document
    masked = [each["subject"] for each in done["findings"] if each["rule"] == "masked-column"]
    assert masked == ["public.people.people_email_key"]
    assert "masked-columns" in {each["code"] for each in done["fidelity"]}


def test_the_zone_of_productions_server_comes_along_where_it_is_known(fresh_database: Address) -> None:
    with connect_staging(fresh_database) as connection:
        assert same_zone(connection, ServerState()) == ()
        (unknown,) = same_zone(connection, ServerState(settings={"TimeZone": "Mars/Olympus"}))
        assert same_zone(connection, ServerState(settings={"TimeZone": "Asia/Tokyo"})) == ()
    assert (unknown.code, "Mars/Olympus" in unknown.message) == ("other-timezone", True)
    with psycopg.connect(fresh_database.url) as session:
        assert session.execute("SHOW TimeZone").fetchone() == ("Asia/Tokyo",)
