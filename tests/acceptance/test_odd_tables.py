"""Big tables of odd shapes are copied row for row, however their pages lie."""

from __future__ import annotations

import psycopg
import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop
from tests.acceptance.onlookers import ask, tell

ROWS = 40_000
_WIDE = "repeat(md5(i::text), 4) AS body"
_SHAPES = {
    "no_key": f"CREATE TABLE no_key AS SELECT i / 2 AS id, {_WIDE.replace('i::text', '(i / 2)::text')}",
    "uuid_key": f"CREATE TABLE uuid_key AS SELECT md5(i::text)::uuid AS id, {_WIDE}",
    "dead": f"CREATE TABLE dead AS SELECT i AS id, {_WIDE}",
    "dead_tail": f"CREATE TABLE dead_tail AS SELECT i AS id, {_WIDE}",
    "emptied": f"CREATE TABLE emptied AS SELECT i AS id, {_WIDE}",
    "brin_only": f"CREATE TABLE brin_only AS SELECT now() - i * interval '1 min' AS at, {_WIDE}",
    "other_method": f"CREATE TABLE other_method USING heap_too AS SELECT i AS id, {_WIDE}",
}
_AFTERWARDS = (
    "ALTER TABLE uuid_key ADD PRIMARY KEY (id)",
    "DELETE FROM dead WHERE id % 10 <> 0",  # nine of ten on every page
    f"DELETE FROM dead_tail WHERE id > {ROWS // 10}",  # and nine of ten pages, the last ones
    "DELETE FROM emptied",
    "CREATE INDEX ON brin_only USING brin (at)",
    "ANALYZE",
)


def _contents(server: Address) -> dict[str, tuple[int, str]]:
    """Of each table the number of rows and a digest of all of them, in an order of their own."""
    found = {}
    for name in _SHAPES:
        query = f"SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text), '')) FROM {name} t"
        found[name] = _one(server, query)
    return found


def _one(server: Address, query: str) -> tuple[int, str]:
    with psycopg.connect(server.url, autocommit=True, options="-c TimeZone=UTC") as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return int(row[0]), str(row[1])


@pytest.fixture
def odd_shop(embedded_shop: Shop) -> Shop:
    """A project whose production has all those tables."""
    rows = f" FROM generate_series(1, {ROWS}) i"
    tell(
        embedded_shop.production,
        "CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler",
        *(text + rows for text in _SHAPES.values()),
        *_AFTERWARDS,
    )
    embedded_shop.keep_everything()
    return embedded_shop


@pytest.mark.parametrize("way", [[], ["--direct"]], ids=["with backup", "direct"])
def test_A44_odd_tables_arrive_row_for_row(odd_shop: Shop, way: list[str]) -> None:
    shop = odd_shop
    shop.configure(production='{url: "${STAGECOPY_PRODUCTION_URL}", jobs: 4}')
    expected = _contents(shop.production)
    counts = {"dead": ROWS // 10, "dead_tail": ROWS // 10, "emptied": 0}
    assert {name: rows for name, (rows, _) in expected.items()} == dict.fromkeys(_SHAPES, ROWS) | counts
    shop.refreshed(*way)
    url = psycopg.conninfo.conninfo_to_dict(shop.run("staging", "url").out.strip())
    staging = Address(
        str(url["host"]), int(str(url["port"])), str(url["user"]), str(url["password"]), str(url["dbname"])
    )
    assert _contents(staging) == expected
    methods = "SELECT amname FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE relname = 'other_method'"
    assert ask(staging, methods) in ([("heap_too",)], [("heap",)])
