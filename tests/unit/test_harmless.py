"""What of a query's text is kept: no comment, no literal that may be a row's value, no name that nobody knows."""

from __future__ import annotations

import pytest

from stagecopy.trial.harmless import harmless

NAMES = frozenset({"User", "public"})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("SELECT * FROM users WHERE mail = $1", "SELECT * FROM users WHERE mail = $1"),
        ("/* ann@x.test */ SELECT 1 -- ann\n , 2", "SELECT 1 , 2"),
        ("SELECT 1 /* a /* nested */ 'b' */ FROM t;", "SELECT 1 FROM t"),
        ("SELECT $3 FROM t WHERE a = 'ann' AND b=37", "SELECT $3 FROM t WHERE a = $4 AND b= $5"),
        ("SELECT E'a', B'01', X'1f', U&'d', N'e', $$f$$, $q$g$q$", "SELECT $1 , $2 , $3 , $4 , N $5 , $6 , $7"),
        ("SELECT a[1:4711], 1.5, .5, 1e9, 0x41, 4_711", "SELECT a[1: $1 ], $2 , $3 , $4 , $5 , $6"),
        ("SELECT a::varchar(255), b::numeric(12,2), f(12)", "SELECT a::varchar(255), b::numeric(12,2), f( $1 )"),
        ("SELECT now() - interval '3 days'", "SELECT now() - CAST($1 AS interval)"),
        ("SELECT time with time zone $1, date $2", "SELECT CAST($1 AS time with time zone), CAST($2 AS date)"),
        ('SELECT id AS "ann@x.test" FROM "User" ORDER BY "ann@x.test"', 'SELECT id AS "x1" FROM "User" ORDER BY "x1"'),
        ('SELECT a COLLATE "en_US" FROM t', 'SELECT a COLLATE "en_US" FROM t'),
        ("(SELECT 1) UNION (SELECT 2)", "(SELECT 1) UNION (SELECT 2)"),
        ("WITH x AS (SELECT $1) INSERT INTO t SELECT * FROM x", "WITH x AS (SELECT $1) INSERT INTO t SELECT * FROM x"),
        ("INSERT INTO t(a) VALUES ($1 /*, ... */)", "INSERT INTO t(a) VALUES ($1 )"),
    ],
)  # fmt: skip
def test_what_is_kept(text: str, kept: str) -> None:
    assert harmless(text, NAMES) == kept


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE ann AS SELECT 'ann'",
        "COPY t TO STDOUT",
        "SET app.user = 'ann'",
        r"SELECT 'a\' OR b = $1 -- '",  # where the string ends is the session's choice
        "SELECT 1; SELECT 'ann'",
        "SELECT 1 /* ann",
        'SELECT 1 AS "ann',
        "SELECT $1ann",
        "<insufficient privilege>",
        "SELECT relname FROM pg_class",
        "SELECT a FROM pg_catalog.pg_attribute",
        f"SELECT {'a, ' * 10_000} b FROM t",
        "",
    ],
)
def test_what_is_not_fit_to_be_kept(text: str) -> None:
    assert harmless(text, NAMES) is None


def test_a_file_may_quote_what_it_likes() -> None:
    assert harmless('SELECT "a" FROM "Nobody" WHERE b = \'ann\'') == 'SELECT "a" FROM "Nobody" WHERE b = $1'
