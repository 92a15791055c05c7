"""Whether an UPDATE with FROM meets rows more than once: what is asked, and that asking leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.pq import TransactionStatus

from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.trial.matches import Matches, matches_of

PLAIN = "UPDATE prices SET amount = o.amount FROM offers o WHERE o.price = prices.id"


@pytest.fixture(scope="module")
def shop(scratch_server: Address) -> Iterator[Connection]:
    with connect_staging(scratch_server) as connection:
        connection.execute('CREATE SCHEMA "Odd one"; SET search_path TO "Odd one"')
        connection.execute("CREATE TABLE prices (id int, amount int, doc jsonb)")
        connection.execute("CREATE TABLE offers (price int, amount int)")
        connection.execute("CREATE SEQUENCE numbers")
        connection.execute("INSERT INTO prices SELECT i, 0, '{\"a\": 1}' FROM generate_series(1, 5) i")
        connection.execute("INSERT INTO offers VALUES (1, 1), (1, 2), (2, 3), (9, 9)")
        yield connection
        connection.execute('DROP SCHEMA "Odd one" CASCADE')


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"{PLAIN} RETURNING id",
        "UPDATE ONLY prices AS p SET amount = (SELECT 1 FROM offers WHERE false) FROM offers o WHERE o.price = p.id",
        'update "Odd one".prices "P" set amount = 1 from offers where price = "P".id and "P".doc @> \'{"a": 1}\'',
        "/* from where */ UPDATE prices\nSET amount = 1 -- where\nFROM offers\nWHERE price = id AND '%' <> '{}'",
    ],
)
def test_rows_that_are_met_twice(shop: Connection, text: str) -> None:
    assert matches_of(shop, text) == Matches(rows=2, twice=1)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE prices SET amount = 1 WHERE id = 1",
        "UPDATE prices SET amount = 1 FROM offers",
        "WITH x AS (SELECT 1) " + PLAIN,
        "DELETE FROM prices USING offers WHERE price = id",
        f"{PLAIN} AND nextval('numbers') > 0",
        f"{PLAIN} AND no_such_column",
        "EXPLAIN " + PLAIN,
        "",
    ],
)
def test_what_is_not_asked_about(shop: Connection, text: str) -> None:
    assert matches_of(shop, text) is None
    assert shop.pgconn.transaction_status == TransactionStatus.IDLE
    assert shop.execute("SELECT is_called FROM numbers").fetchone() == (False,)


def test_asking_leaves_transaction_and_settings_as_they_were(shop: Connection) -> None:
    shop.execute("BEGIN")
    shop.execute("INSERT INTO offers VALUES (3, 1), (3, 2)")
    assert matches_of(shop, PLAIN) == Matches(rows=3, twice=2)
    assert matches_of(shop, f"{PLAIN} AND 1 / 0 = 1") is None
    assert shop.pgconn.transaction_status == TransactionStatus.INTRANS
    assert shop.execute("SHOW transaction_read_only").fetchone() == ("off",)
    assert shop.execute("SHOW statement_timeout").fetchone() == ("0",)
    shop.execute("UPDATE prices SET amount = 7 WHERE id = 1")
    shop.execute("ROLLBACK")


def test_a_transaction_that_failed_is_left_alone(shop: Connection) -> None:
    shop.execute("BEGIN")
    with pytest.raises(Exception, match="division by zero"):
        shop.execute("SELECT 1 / 0")
    assert matches_of(shop, PLAIN) is None
    assert shop.pgconn.transaction_status == TransactionStatus.INERROR
    shop.execute("ROLLBACK")
