"""Queries of the application that still runs, before and after a migration: they work, fail, or are planned worse.

On 15 they go through EXPLAIN EXECUTE, on 18 through EXPLAIN (GENERIC_PLAN).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import sql

from stagecopy.files import remove_tree
from stagecopy.model.application import Answer, Query
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.postgres.planning import ask, blind_tables, take_search_path, unfilled_columns
from stagecopy.trial.answers import Surroundings, broken, flipped
from tests.integration.majors import SLOW, reachable_programs
from tests.integration.scratch_server import database_of, running_server

BEFORE = """
CREATE DOMAIN label AS text NOT NULL;
CREATE TABLE users (id int PRIMARY KEY, mail text NOT NULL, nick text, tag label DEFAULT '');
CREATE TABLE events (id int PRIMARY KEY, user_id int NOT NULL, at timestamptz DEFAULT now(), note text);
CREATE INDEX events_user ON events (user_id);
CREATE TABLE small (id int PRIMARY KEY);
CREATE TABLE filled (id int, a text);
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := 1; RETURN NEW; END';
CREATE VIEW mails AS SELECT mail FROM users;
INSERT INTO users SELECT i, 'u' || i, 'n' FROM generate_series(1, 2000) i;
INSERT INTO events SELECT i, i % 1000, now(), 'x' FROM generate_series(1, 3000) i;
INSERT INTO small SELECT generate_series(1, 500);
ANALYZE;
"""
ROWS = {"shop.users": 2000, "shop.events": 3000, "shop.happened": 3000, "shop.small": 500}
USER, EVENT = "SELECT nick FROM users WHERE id = $1", "SELECT note FROM events WHERE user_id = $1 LIMIT $2"
KIND = "ALTER TABLE events ADD kind text NOT NULL DEFAULT ''"
LINES = "INSERT INTO events (id, user_id) VALUES ($1, $2), ($3, $4)"
FILLED_BY_TRIGGER = (
    "ALTER TABLE filled ADD b int NOT NULL;"
    "CREATE TRIGGER t BEFORE INSERT ON filled FOR EACH ROW EXECUTE FUNCTION fill()"
)
BROKEN = [
    ("ALTER TABLE users RENAME nick TO alias", USER, "42703", 'column "nick" does not exist'),
    ("ALTER TABLE users DROP nick", "UPDATE users SET nick = $1 WHERE id = $2", "42703", 'column "nick"'),
    ("DROP TABLE small", "DELETE FROM small WHERE id = ANY ($1)", "42P01", 'relation "small" does not exist'),
    ("DROP VIEW mails", "SELECT count(*) FROM mails", "42P01", 'relation "mails"'),
    (
        "ALTER TABLE users ALTER id TYPE uuid USING gen_random_uuid()",
        "SELECT 1 FROM users JOIN events e ON e.user_id = users.id",
        "42883",
        "operator does not exist",
    ),
    ("REVOKE ALL ON users FROM current_user", USER, "42501", "permission denied"),
    (f"{KIND}; ALTER TABLE events ALTER kind DROP DEFAULT", LINES, "23502", "shop.events.kind"),
    ("ALTER TABLE filled ADD b int NOT NULL", "INSERT INTO filled VALUES ($1, $2)", "23502", "shop.filled.b"),
    (
        "ALTER TABLE users ALTER nick SET NOT NULL",
        "INSERT INTO users (id, mail) SELECT id, note FROM events",
        "23502",
        "shop.users.nick",
    ),
]
FINE = [
    ("ALTER TABLE users ADD b text", USER),
    ("ALTER TABLE small RENAME id TO n", "SELECT nobody FROM small"),  # did not work before either
    (KIND, LINES),
    (FILLED_BY_TRIGGER, "INSERT INTO filled VALUES ($1, $2)"),
    ("ALTER TABLE users ADD b text", "INSERT INTO users (id, mail, tag) VALUES ($1, $2, $3)"),
    ("ALTER TABLE small DROP CONSTRAINT small_pkey", "SELECT * FROM small WHERE id = $1"),  # of few rows
    ("CREATE INDEX events_both ON events (user_id, at); DROP INDEX events_user", EVENT),
]
RENAMED = "DROP INDEX events_user; ALTER TABLE events RENAME TO happened; CREATE VIEW events AS TABLE happened"


@contextmanager
def session_on(server: Address) -> Iterator[Connection]:
    """An ordinary role's session in a database of its own."""
    with database_of(server) as database, connect_staging(database) as connection:
        name = database.database
        connection.execute(f"CREATE ROLE {name}; GRANT CREATE ON DATABASE {name} TO {name}; SET ROLE {name}".encode())
        try:
            yield connection
        finally:
            connection.execute(f"RESET ROLE; DROP OWNED BY {name}; DROP ROLE {name}".encode())


@pytest.fixture(scope="module")
def on_15(scratch_server: Address) -> Iterator[Connection]:
    """A session on 15."""
    with session_on(scratch_server) as connection:
        yield connection


@pytest.fixture(scope="module")
def on_18() -> Iterator[Connection]:
    """A session on 18."""
    beside = Path(tempfile.mkdtemp(prefix="stagecopy-test-"))
    beside.chmod(0o711)
    try:
        with running_server(reachable_programs(18, beside)) as server, session_on(server) as connection:
            yield connection
    finally:
        remove_tree(beside)


@contextmanager
def filled(session: Connection) -> Iterator[Connection]:
    """The application's tables, in a schema of their own."""
    session.execute(b"CREATE SCHEMA shop; SET search_path TO shop")
    session.execute(BEFORE.encode())
    yield session
    session.execute(b"DROP SCHEMA shop CASCADE")


@pytest.fixture(params=["on_15", "on_18"] if SLOW else ["on_15"])
def shop(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """On 15; with STAGECOPY_SLOW=1 on 18 as well."""
    with filled(request.getfixturevalue(request.param)) as session:
        yield session


@pytest.fixture(params=["on_15", "on_18"])
def each_shop(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """On 15 and on 18."""
    with filled(request.getfixturevalue(request.param)) as session:
        yield session


def both(shop: Connection, migration: str, text: str) -> tuple[Query, Answer, Answer]:
    """What the server says to *text* before and after *migration*."""
    query = Query(text, text)
    before = ask(shop, query, unfilled_columns(shop))
    shop.execute(migration.encode())
    return query, before, ask(shop, query, unfilled_columns(shop))


def test_either_way_of_asking_tells_what_breaks(each_shop: Connection) -> None:
    _, before, _ = both(each_shop, "SELECT", "INSERT INTO users (id, mail, tag) VALUES ($1, $2, $3)")
    assert before.works
    assert (before.cost is None) == (each_shop.info.server_version < 160000)  # the domain of tag takes no NULL
    found = broken(*both(each_shop, f"{KIND}; ALTER TABLE events ALTER kind DROP DEFAULT", LINES))
    assert found is not None
    assert found.message == "it gives no value to shop.events.kind, which takes no NULL and has no default"


@pytest.mark.parametrize(("migration", "text", "state", "words"), BROKEN)
def test_what_fails_afterwards_is_told(shop: Connection, migration: str, text: str, state: str, words: str) -> None:
    found = broken(*both(shop, migration, text))
    assert found is not None
    assert found.sqlstate == state
    assert words in found.message


@pytest.mark.parametrize(("migration", "text"), FINE)
def test_what_works_as_before_is_not(shop: Connection, migration: str, text: str) -> None:
    asked = both(shop, migration, text)
    assert broken(*asked) is None
    assert flipped(*asked, Surroundings(ROWS)) is None


@pytest.mark.parametrize(
    ("migration", "table"), [("DROP INDEX events_user", "shop.events"), (RENAMED, "shop.happened")]
)
def test_a_worse_plan_is_told(each_shop: Connection, migration: str, table: str) -> None:
    found = flipped(*both(each_shop, migration, EVENT), Surroundings(ROWS, {"shop.events": table}))
    assert found is not None
    assert (found.table, found.rows, found.lost_index) == (table, 3000, "shop.events_user")
    assert found.cost_after > found.cost_before


def test_statistics_that_are_gone_are_told_with_the_plan(shop: Connection) -> None:
    blind = blind_tables_of(shop)
    asked = both(shop, "DROP INDEX events_user; ALTER TABLE events ALTER user_id TYPE bigint", EVENT)
    gone = blind_tables_of(shop) - blind
    found = flipped(*asked, Surroundings(ROWS, {}, gone))
    assert gone == {"shop.events"}
    assert found is not None, asked
    assert found.blind == ("shop.events",)


def blind_tables_of(shop: Connection) -> frozenset[str]:
    """As a superuser sees it."""
    shop.execute("RESET ROLE")
    found = blind_tables(shop)
    shop.execute(f"SET ROLE {shop.info.dbname}".encode())
    return found


def test_nothing_is_run_and_nothing_stays(each_shop: Connection) -> None:
    """No row, no second statement hidden in the first, no sequence that a function moves while planning."""
    each_shop.execute(
        b"CREATE SEQUENCE numbers; CREATE FUNCTION sly() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN"
        b" PERFORM nextval(''shop.numbers''); RETURN 1; END'"
    )
    texts = ["DELETE FROM small", "INSERT INTO small VALUES (nextval('numbers'))", "SELECT 1; DROP TABLE small"]
    answers = [ask(each_shop, Query(text, text), {}) for text in [*texts, "SELECT * FROM small WHERE id = sly()"]]
    assert [each.works for each in answers] == [True, True, False, False]
    assert answers[2].sqlstate == "42601"
    assert each_shop.execute("SELECT count(*) FROM small").fetchone() == (500,)
    assert each_shop.execute("SELECT is_called FROM numbers").fetchone() == (False,)
    assert each_shop.execute("SELECT count(*) FROM pg_catalog.pg_prepared_statements").fetchone() == (0,)


def test_names_mean_what_they_mean_to_the_role_that_asks(shop: Connection) -> None:
    role, database = (sql.Identifier(shop.info.dbname) for _ in range(2))
    shop.execute(b"SET search_path TO nowhere")
    assert not ask(shop, Query(USER, USER), {}).works
    shop.execute("RESET ROLE")
    shop.execute(sql.SQL("ALTER DATABASE {} SET search_path = nowhere").format(database))
    shop.execute(sql.SQL("ALTER ROLE {} SET search_path = '$user', shop").format(role))
    take_search_path(shop, shop.info.dbname)
    assert ask(shop, Query(USER, USER), {}).works
    assert shop.execute("SHOW search_path").fetchone() == (f'"{shop.info.dbname}", shop',)
    take_search_path(shop, "postgres")
    assert shop.execute("SHOW search_path").fetchone() == ("nowhere",)
    shop.execute(sql.SQL("ALTER DATABASE {} RESET search_path").format(database))
    take_search_path(shop, "postgres")
    assert shop.execute("SHOW search_path").fetchone() == ('"postgres", public',)
    shop.execute(sql.SQL("SET ROLE {}").format(role))


def test_a_message_shows_no_value_of_the_text(shop: Connection) -> None:
    query = Query("SELECT * FROM users WHERE id = 'ann@x.test'", "SELECT * FROM users WHERE id = $1")
    answer = ask(shop, query, {})
    assert answer.sqlstate == "22P02"
    assert "ann" not in answer.message


@pytest.mark.skipif(not SLOW, reason="about the clock")
def test_a_query_that_cannot_be_planned_in_time_is_let_go(shop: Connection) -> None:
    shop.execute(b"CREATE FUNCTION slow() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(60)'")
    assert ask(shop, Query("SELECT * FROM small WHERE id = slow()", ""), {}) == Answer()
