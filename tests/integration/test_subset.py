"""Choosing rows on real servers: types with an equality of their own, tables without keys, rules that are wrong."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from stagecopy.errors import ProductionError, UsageError
from stagecopy.model.server import Address
from stagecopy.postgres.catalog import read_catalog
from stagecopy.postgres.connect import connect_production, connect_staging
from stagecopy.postgres.dsn import Dsn
from stagecopy.production.conditions import Condition, check, matching_rows
from tests.integration.majors import reachable_programs
from tests.integration.sample_databases import load_sample
from tests.integration.scratch_server import running_server
from tests.integration.subset_copy import KEEP, Connection, choosing, copy_of


def _fill(address: Address, script: str) -> None:
    with psycopg.connect(address.url, autocommit=True) as connection:
        connection.execute(script.encode())


def _column(connection: Connection, query: str) -> list[object]:
    return [row[0] for row in connection.execute(query.encode())]


def _refused(address: Address, rules: str, folder: Path) -> str:
    with pytest.raises(UsageError) as caught, choosing(address, rules, folder):
        pass
    assert caught.value.code == "bad-rules"
    assert str(caught.value.where).endswith(tuple(f"rules.yaml:{line}" for line in range(1, 20)))
    return caught.value.message


TYPES = """
CREATE EXTENSION citext;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN money_like AS numeric(12, 4);
CREATE TABLE keys (id int PRIMARY KEY, c citext UNIQUE, p char(9) UNIQUE, n numeric(9, 3) UNIQUE, f float8 UNIQUE,
  d timestamptz UNIQUE, i interval UNIQUE, l text COLLATE loose UNIQUE, j jsonb UNIQUE, u uuid UNIQUE,
  m money_like UNIQUE);
CREATE TABLE refs (id int, c citext REFERENCES keys (c), p text REFERENCES keys (p), n money_like REFERENCES keys (n),
  f float4 REFERENCES keys (f), d timestamptz REFERENCES keys (d), i interval REFERENCES keys (i),
  l text COLLATE loose REFERENCES keys (l), j jsonb REFERENCES keys (j), u uuid REFERENCES keys (u),
  m int REFERENCES keys (m));
INSERT INTO keys SELECT i, 'Name' || i, 'p' || i, i, CASE i WHEN 40 THEN '-0' ELSE i END, '2026-01-01'::date + i,
  make_interval(hours => 24 * i), 'Loose' || i, to_jsonb(i), md5(i::text)::uuid, i FROM generate_series(1, 40) i;
INSERT INTO refs SELECT i, 'nAME' || i, 'p' || i, i * 1.000, CASE i WHEN 40 THEN 0 ELSE i END,
  '2026-01-01 00:00+00'::timestamptz + make_interval(days => i), make_interval(days => i), 'lOOSE' || i, to_jsonb(i),
  md5(i::text)::uuid, i FROM generate_series(1, 40) i;
"""


def test_keys_are_compared_as_their_types_compare(fresh_database: Address, tmp_path: Path) -> None:
    _fill(fresh_database, TYPES)
    with copy_of(fresh_database, 'tables: {keys: {rows: {where: "id % 4 = 0"}}}\n' + KEEP, tmp_path) as copy:
        assert _column(copy, "SELECT id FROM refs ORDER BY id") == list(range(4, 41, 4))
    pulled = 'tables: {keys: {rows: {where: "false"}}, refs: {rows: {where: "id > 38"}}}\n' + KEEP
    with copy_of(fresh_database, pulled, tmp_path) as copy:
        assert _column(copy, "SELECT id FROM keys ORDER BY id") == [39, 40]


ODD = """
CREATE TABLE bare ();
INSERT INTO bare DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES;
CREATE TABLE keyless (a text, b int, twice int GENERATED ALWAYS AS (b * 2) STORED);
INSERT INTO keyless (a, b) SELECT CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE E'tab\\tnewline\\n\\\\N' END, i % 40
  FROM generate_series(1, 400) i;
CREATE TABLE one (word text);
INSERT INTO one VALUES (''), (NULL), ('x'), (E'\\\\N'), (E'\\uFEFF');
CREATE TABLE plain (id int PRIMARY KEY);
INSERT INTO plain SELECT generate_series(1, 1000);
CREATE TABLE heir () INHERITS (plain);
INSERT INTO heir SELECT generate_series(1, 10);
"""


def test_tables_without_keys_or_columns(fresh_database: Address, tmp_path: Path) -> None:
    _fill(fresh_database, ODD)
    rules = (
        "tables:\n  bare: {rows: {where: 'false'}}\n  keyless: {rows: {where: \"b < 10 AND a <> ''\"}}\n"
        '  one: {rows: {where: "length(word) < 3"}}\n  plain: {rows: {percent: 12.5, seed: s}}\n' + KEEP
    )
    with psycopg.connect(fresh_database.url) as production:
        wanted = _column(production, "SELECT (a, b, twice)::text FROM keyless WHERE b < 10 AND a <> '' ORDER BY 1")
    with copy_of(fresh_database, rules, tmp_path) as copy:
        assert _column(copy, "SELECT (a, b, twice)::text FROM keyless ORDER BY 1") == wanted
        assert _column(copy, "SELECT count(*) FROM bare") == [0]
        assert set(_column(copy, "SELECT word FROM one")) == {"", "x", "\\N", "\ufeff"}
        assert 80 < len(_column(copy, "SELECT id FROM ONLY plain")) < 175
        assert _column(copy, "SELECT count(*) FROM heir") == [10]


def test_a_share_is_the_same_rows_each_time_and_by_seed(fresh_database: Address, tmp_path: Path) -> None:
    _fill(fresh_database, ODD)

    def ids(rule: str) -> list[bytes]:
        with choosing(fresh_database, f"tables: {{plain: {{rows: {rule}}}}}\n" + KEEP, tmp_path) as choice:
            [plain] = [table for table in choice.tables if table.name == "plain"]
            return sorted(choice.text(plain).split())

    first = ids("{percent: 3, seed: a}")
    assert first == ids("{percent: 3, seed: a}")
    assert set(first) < set(ids("{percent: 30, seed: a}")), "more percent adds rows and takes none away"
    assert set(first) != set(ids("{percent: 3, seed: b}"))
    assert len(ids("{percent: 100}")) == 1000


PARENT = """
CREATE TABLE sessions (id int PRIMARY KEY);
CREATE TABLE users (id int PRIMARY KEY, last int REFERENCES sessions, mail text);
CREATE TABLE events (id int PRIMARY KEY, session int NOT NULL REFERENCES sessions);
INSERT INTO sessions SELECT generate_series(1, 5);
INSERT INTO users SELECT i, CASE i WHEN 1 THEN 1 END, 'ada@corp.test' FROM generate_series(1, 5) i;
INSERT INTO events SELECT i, i FROM generate_series(1, 5) i;
"""


def test_rows_that_refer_to_an_emptied_table_are_a_mistake_before_anything_moves(
    fresh_database: Address, tmp_path: Path
) -> None:
    _fill(fresh_database, PARENT)
    said = _refused(fresh_database, "tables:\n  sessions: {rows: none}\n" + KEEP, tmp_path).splitlines()
    assert said[0] == "2 mistakes in the masking rules:"
    assert "rules.yaml:3: public.users (last) refers to rows of public.sessions that `rows: none` leaves" in said[2]
    assert "public.events (session)" in said[1]
    assert 'write `rows: none` for public.events as well, or `rows: {where: "false"}` for public.sessions' in said[1]
    rules = "tables:\n  sessions: {rows: {where: 'false'}}\n" + KEEP
    with copy_of(fresh_database, rules, tmp_path) as copy:
        assert _column(copy, "SELECT id FROM users ORDER BY id") == [2, 3, 4, 5]
        assert _column(copy, "SELECT count(*) FROM events") == [0]
    rules = "tables:\n  sessions: {rows: none}\n  events: {rows: none}\n  users: {columns: {last: {mask: null}}}\n"
    kept = "patterns:\n  - {column: mail, keep: not personal}\n  - {table: users, column: id, keep: not personal}\n"
    with choosing(fresh_database, rules + kept, tmp_path) as choice:
        assert choice.rows.filters == {}


WRONG = {
    "mail = ": "syntax error",
    "emial = 'ada@corp.test'": 'column "emial" does not exist',
    "id": "argument of WHERE must be type boolean",
    "random() < 0.5": "it calls pg_catalog.random(), which is VOLATILE",
    "pg_catalog . pg_sleep (1) IS NULL": "it calls pg_catalog.pg_sleep(), which is VOLATILE",
    'public."acts"(id)': "it calls public.acts(), which is VOLATILE",
    "true); DROP TABLE users; --": "its brackets do not match",
    "true; DROP TABLE users": "it holds a `;`",
    "true) OR (true": "its brackets do not match",
    "true -- all": "it holds a comment",
    "true /* all": "it holds a comment",
    "mail = 'ada@corp.test": "it holds a quote without its end",
    "true \\! touch never": "it holds a backslash",
    "mail = $1": "it holds a `$`",
    "mail::int > 1": None,  # only rows show it
    "'ada@corp.test'::int > 1": "invalid input syntax",
    "count(*) > 1": "aggregate functions are not allowed in WHERE",
    "id IN (SELECT id FROM sessions)": "relation",
    "mail LIKE 'ada@corp.test' ESCAPE 'ab'": "invalid escape string",
}
SOUND = [
    "u.id IN (SELECT s.id FROM public.sessions s WHERE s.id < 3)",
    "mail = 'ada@corp.test' AND mail <> 'a;b(--' AND id < 3",
    "mail IN (E'\\'(', $$;($$, $q$'$q$, 'it''s', \"u\".mail) AND u.id < 3",
    "date'2026-01-01' < now() AND (id) < (3) AND 1e3 % 7 < 100",
]


def test_a_condition_is_one_expression_and_what_is_wrong_with_it_is_told_without_values(
    fresh_database: Address,
) -> None:
    _fill(fresh_database, PARENT + "CREATE FUNCTION acts(int) RETURNS bool LANGUAGE sql AS 'SELECT true';")
    with connect_production(Dsn.parse(fresh_database.url), application_name="stagecopy/test") as connection:
        connection.execute("BEGIN")
        [users] = [each for each in read_catalog(connection).tables if each.name == "users"]
        for text, said in WRONG.items():
            problem = check(connection, Condition(users, "u", text))
            assert (problem is None) is (said is None), text
            assert problem is None or (str(said) in problem and "corp.test" not in problem), text
        for text in SOUND:
            condition = Condition(users, "u", text)
            assert check(connection, condition) is None, text
            assert b"".join(matching_rows(connection, condition, ["id"])) == b"1\n2\n", text


@pytest.mark.parametrize("condition", ["mail = 'ada@corp.test", "mail::int > 1"])
def test_a_wrong_condition_is_located(fresh_database: Address, tmp_path: Path, condition: str) -> None:
    _fill(fresh_database, PARENT)
    message = _refused(fresh_database, f'tables:\n  users: {{rows: {{where: "{condition}"}}}}\n' + KEEP, tmp_path)
    assert "rules.yaml:3: `where` of public.users: " in message
    assert "corp.test" not in message


LISTED = """
CREATE TABLE users (id int PRIMARY KEY, mail text);
CREATE TABLE teams (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY, owner_type text, owner_id text, mail text);
INSERT INTO users SELECT i, 'm' || i FROM generate_series(1, 10) i;
INSERT INTO teams SELECT generate_series(1, 10);
INSERT INTO notes SELECT i, CASE i % 2 WHEN 0 THEN 'User' ELSE 'Team' END, i::text, CASE WHEN i > 4 THEN 'm' || i END
  FROM generate_series(1, 10) i;
CREATE TABLE orphans (id int PRIMARY KEY, user_id int);
INSERT INTO orphans SELECT i, i FROM generate_series(1, 20) i;
ALTER TABLE orphans ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;
"""


def test_listed_references_count_and_orphans_stay_orphans(fresh_database: Address, tmp_path: Path) -> None:
    _fill(fresh_database, LISTED)
    rules = (
        'tables: {users: {rows: {where: "id IN (2, 6, 7)"}}}\n' + KEEP + "references:\n"
        "  - {from: public.notes.owner_id, to: public.users.id, when: {owner_type: User}}\n"
        "  - {from: public.notes.mail, to: public.users.mail}\n"
    )
    with copy_of(fresh_database, rules, tmp_path) as copy:
        assert _column(copy, "SELECT id FROM notes ORDER BY id") == [1, 2, 3, 6, 7]
        assert _column(copy, "SELECT id FROM orphans ORDER BY id") == [2, 6, 7, *range(11, 21)]


PARTITIONED = """
CREATE TABLE orders (day int, id int, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (1) TO (2);
CREATE TABLE orders_2 (id int NOT NULL, day int NOT NULL);
ALTER TABLE orders ATTACH PARTITION orders_2 FOR VALUES FROM (2) TO (3);
CREATE TABLE lines (day int NOT NULL, id int, FOREIGN KEY (day, id) REFERENCES orders) PARTITION BY LIST (day);
CREATE TABLE lines_1 PARTITION OF lines FOR VALUES IN (1);
CREATE TABLE lines_2 PARTITION OF lines FOR VALUES IN (2);
CREATE TABLE notes (day int DEFAULT 2, id int, FOREIGN KEY (day, id) REFERENCES orders_2 (day, id));
INSERT INTO orders SELECT 1 + i % 2, i FROM generate_series(1, 40) i;
INSERT INTO lines SELECT day, id FROM orders;
INSERT INTO notes (id) SELECT id FROM orders WHERE day = 2;
"""


def test_a_rule_on_a_parent_is_over_its_partitions(fresh_database: Address, tmp_path: Path) -> None:
    _fill(fresh_database, PARTITIONED)
    rules = 'tables: {orders: {rows: {where: "orders.id > 30"}}}\n' + KEEP
    with copy_of(fresh_database, rules, tmp_path) as copy:
        for table in ("orders", "lines"):
            assert _column(copy, f"SELECT id FROM {table} ORDER BY id") == list(range(31, 41))
        assert _column(copy, "SELECT id FROM notes ORDER BY id") == list(range(31, 41, 2))
    rules = "tables: {orders_1: {rows: none}, notes: {rows: all}}\n" + KEEP
    with copy_of(fresh_database, rules, tmp_path) as copy:
        assert _column(copy, "SELECT DISTINCT day FROM orders UNION ALL SELECT DISTINCT day FROM lines") == [2, 2]
    rules = "tables:\n  orders_1: {rows: none}\n  lines: {rows: all}\n" + KEEP
    assert "public.lines (day, id) refers to rows of public.orders that" in _refused(fresh_database, rules, tmp_path)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("pagila", "customer: {rows: {percent: 10, seed: a}}\n  film: {rows: {percent: 10, seed: a}}"),
        ("chinook_mixedcase", '"Employee": {rows: {percent: 10}}\n  "Track": {rows: {percent: 10}}'),
        ("northwind", '"*": {rows: {percent: 10, seed: a}}'),
    ],
)
def test_a_tenth_of_a_real_database_holds_together(
    fresh_database: Address, tmp_path: Path, name: str, rule: str
) -> None:
    load_sample(fresh_database, name)
    rules = f"tables:\n  {rule}\n{KEEP}"
    with choosing(fresh_database, rules, tmp_path) as choice:
        counted = {table.qualified: choice.text(table).count(b"\n") for table in choice.tables}
        for table, subset in choice.rows.tables.items():
            assert subset.pulled <= counted[table] <= subset.rows_in_production
            assert subset.reason
    with copy_of(fresh_database, rules, tmp_path) as copy:
        for table, rows in counted.items():
            quoted = ".".join(f'"{part}"' for part in table.split("."))
            assert _column(copy, f"SELECT count(*) FROM ONLY {quoted}") == [rows]


def test_text_that_nobody_checked_is_told_apart_by_its_bytes(scratch_server: Address, tmp_path: Path) -> None:
    with connect_staging(scratch_server) as admin:
        admin.execute("CREATE DATABASE unchecked TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    address = scratch_server.to(database="unchecked")
    script = r"""
    CREATE TABLE words (word text PRIMARY KEY);
    CREATE TABLE uses (word text REFERENCES words, n int);
    INSERT INTO words VALUES (E'\xe4'), (E'\xf6'), ('plain');
    INSERT INTO uses SELECT word, n FROM words, generate_series(1, 2) n;
    """
    try:
        with connect_staging(address) as connection:
            connection.execute("SET client_encoding = 'SQL_ASCII'; SET search_path = public")
            connection.execute(script.encode())
        rules = "tables: {words: {rows: {where: \"word <> 'plain' AND length(word) = 1\"}}}\n" + KEEP
        with choosing(address, rules, tmp_path) as choice:
            found = {table.name: sorted(choice.text(table).splitlines()) for table in choice.tables}
        assert found == {
            "words": [b"\xe4", b"\xf6"],
            "uses": [b"\xe4\t1", b"\xe4\t2", b"\xf6\t1", b"\xf6\t2"],
        }
    finally:
        with connect_staging(scratch_server) as admin:
            admin.execute("DROP DATABASE unchecked WITH (FORCE)")


def test_who_waits_behind_the_reading_of_keys_is_let_through(fresh_database: Address, tmp_path: Path) -> None:
    _fill(fresh_database, PARENT)
    slow = "(SELECT count(*) FROM generate_series(1, 60000000)) > users.id"
    with psycopg.connect(fresh_database.url, autocommit=True) as waiter, ThreadPoolExecutor(1) as pool:
        waiter.execute("SET lock_timeout = '60s'")

        def change() -> None:
            end = time.monotonic() + 20
            while (
                time.monotonic() < end
                and not waiter.execute(
                    "SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relname = 'users'"
                ).fetchone()
            ):
                time.sleep(0.05)
            waiter.execute("ALTER TABLE users ADD COLUMN later int")

        done = pool.submit(change)
        rules = f'tables: {{users: {{rows: {{where: "{slow}"}}}}}}\n' + KEEP
        with pytest.raises(ProductionError) as caught, choosing(fresh_database, rules, tmp_path, yield_after=0.5):
            pass
        done.result(timeout=60)
    assert caught.value.code == "yielded"


TEMPORAL = """
CREATE TABLE rooms (id int4range, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
CREATE TABLE stays (id int PRIMARY KEY, room int4range, valid daterange,
  FOREIGN KEY (room, PERIOD valid) REFERENCES rooms (id, PERIOD valid));
INSERT INTO rooms SELECT int4range(i, i + 1), daterange('2026-01-01'::date + 10 * n, '2026-01-11'::date + 10 * n)
  FROM generate_series(1, 9) i, generate_series(0, 3) n;
INSERT INTO stays SELECT i, int4range(i, i + 1), '[2026-01-05,2026-02-03)' FROM generate_series(1, 9) i;
"""


def test_of_a_temporal_key_all_periods_are_meant(tmp_path: Path, reachable_folder: Path) -> None:
    with running_server(reachable_programs(18, reachable_folder)) as server:
        _fill(server, TEMPORAL)
        rules = "tables: {rooms: {rows: {where: \"id @> 3 OR (id @> 4 AND valid @> '2026-01-05'::date)\"}}}\n" + KEEP
        with choosing(server, rules, tmp_path) as choice:
            found = {table.name: choice.text(table).count(b"\n") for table in choice.tables}
        assert found == {"rooms": 5, "stays": 1}
        rules = "tables: {rooms: {rows: {where: 'false'}}, stays: {rows: {where: 'id = 7'}}}\n" + KEEP
        with choosing(server, rules, tmp_path) as choice:
            assert choice.rows.tables["public.rooms"].pulled == 4
