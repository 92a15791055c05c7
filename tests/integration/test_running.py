"""The truth run on a real server: what it reports, where it stops, and that no row value is in what it returns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from stagecopy.errors import UsageError
from stagecopy.model.migration import MigrationRun, SourceFile, Statement, Transaction, fingerprint
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.trial.budget import Budget
from stagecopy.trial.running import _Progress, _run_one, run_migration
from tests.integration.scratch_server import running_server

CANARY = "Zwetschgenknödel-4711"
_ROLE = "migrator"
_PASSWORD = "made-up"

Run = Callable[..., MigrationRun]


def _log_in(address: Address) -> Connection:
    """As a migration does: an ordinary role, with the role's own settings, nothing pinned."""
    return psycopg.connect(address.url, autocommit=True, client_encoding="UTF8")


@pytest.fixture(scope="module", autouse=True)
def role(scratch_server: Address) -> Iterator[None]:
    with connect_staging(scratch_server) as admin:
        admin.execute(f"CREATE ROLE {_ROLE} LOGIN PASSWORD '{_PASSWORD}'")
    yield
    with connect_staging(scratch_server) as admin:
        admin.execute(f"DROP ROLE {_ROLE}")


@pytest.fixture
def admin(fresh_database: Address) -> Iterator[Connection]:
    """A superuser in the test's database, which the role owns."""
    with connect_staging(fresh_database) as connection:
        connection.execute(f"ALTER DATABASE {fresh_database.database} OWNER TO {_ROLE}")
        connection.execute("ALTER SCHEMA public OWNER TO " + _ROLE)
        yield connection


@pytest.fixture
def run(fresh_database: Address, admin: Connection) -> Run:
    def run_texts(*texts: str, time_budget: float = 30) -> MigrationRun:
        files = [SourceFile(f"{n}.sql", text.encode()) for n, text in enumerate(texts, 1)]
        with _log_in(fresh_database.to(user=_ROLE, password=_PASSWORD)) as connection:
            return run_migration(connection, admin, files, time_budget=time_budget)

    return run_texts


def _value(admin: Connection, query: str) -> object:
    row = admin.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_reports_rows_tags_and_one_numbering(run: Run) -> None:
    done = run(
        "CREATE TABLE t (a int);\nINSERT INTO t SELECT generate_series(1, 7);",
        "-- x\nDELETE FROM t\nWHERE a > 4; TABLE t",
    )
    assert [(each.n, each.line, each.tag, each.rows) for each in done.statements] == [
        (1, 1, "CREATE TABLE", None),
        (2, 2, "INSERT 0 7", 7),
        (3, 2, "DELETE 3", 3),
        (4, 3, "SELECT 4", 4),
    ]
    assert done.error is None
    assert not done.left_open
    assert not done.timed_out
    assert done.wal_bytes
    assert done.seconds >= sum(each.seconds for each in done.statements) > 0


def test_sha256_is_the_files(run: Run) -> None:
    assert run("SELECT 1").sha256 == fingerprint([SourceFile("1.sql", b"SELECT 1")])


def test_nothing_to_run(run: Run) -> None:
    done = run(" -- nothing\n;;")
    assert (done.statements, done.error, done.left_open) == ((), None, False)


def test_first_error_stops_and_keeps_what_was_done(run: Run, admin: Connection) -> None:
    done = run("CREATE TABLE t ();\n\nSELECT 1\n  FROM missing;\nCREATE TABLE u ();")
    assert done.error is not None
    assert (done.error.statement, done.error.line, done.error.sqlstate) == (2, 4, "42P01")
    assert done.error.message == 'relation "missing" does not exist'
    assert [each.tag for each in done.statements] == ["CREATE TABLE", ""]
    assert _value(admin, "SELECT to_regclass('public.t') IS NOT NULL AND to_regclass('public.u') IS NULL") is True


def test_syntax_error_has_its_line_in_the_file(run: Run) -> None:
    done = run("SELECT 1;", "SELECT 'ä';\n/* c */ SELECT 1,\n\n  2 FRMO t\n  WHERE true;")
    assert done.error is not None
    assert (done.error.statement, done.error.line, done.error.sqlstate) == (3, 4, "42601")
    assert done.error.message == 'syntax error at or near "t"'


def test_error_without_a_position_has_the_statements_line(run: Run) -> None:
    done = run("\n\nSELECT\n1/0")
    assert done.error is not None
    assert (done.error.line, done.error.message, done.error.sqlstate) == (3, "division by zero", "22012")


def test_do_block_with_dynamic_sql(run: Run, admin: Connection) -> None:
    done = run("DO $$ BEGIN EXECUTE format('CREATE TABLE %I (a int)', 'odd; name'); END $$;")
    assert (done.error, done.statements[0].tag) == (None, "DO")
    assert _value(admin, "SELECT count(*) FROM pg_class WHERE relname = 'odd; name'") == 1


def test_begin_without_commit_is_rolled_back(run: Run, admin: Connection) -> None:
    done = run("BEGIN; CREATE TABLE t ();")
    assert done.left_open
    assert done.error is None
    assert _value(admin, "SELECT to_regclass('public.t')") is None


def test_error_inside_a_transaction_of_the_file(run: Run, admin: Connection) -> None:
    done = run("BEGIN; CREATE TABLE t (); SELECT 1/0; COMMIT;")
    assert done.left_open
    assert done.error is not None
    assert done.error.statement == 3
    assert _value(admin, "SELECT to_regclass('public.t')") is None


def test_own_transaction_that_commits(run: Run, admin: Connection) -> None:
    done = run("BEGIN; CREATE TABLE t (); COMMIT;")
    assert (done.left_open, done.error) == (False, None)
    assert _value(admin, "SELECT to_regclass('public.t')") is not None


def test_prepared_transaction_left(run: Run) -> None:
    assert run("BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'later-1';").left_open


def test_prepared_transaction_that_was_there_before_does_not_count(run: Run) -> None:
    run("BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'later-2';")
    assert not run("SELECT 1").left_open


def test_prepared_transaction_that_is_finished(run: Run) -> None:
    assert not run("BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x';").left_open


def test_statements_that_refuse_a_transaction(run: Run) -> None:
    done = run("CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t;")
    assert done.error is None
    assert [each.tag for each in done.statements] == ["CREATE TABLE", "CREATE INDEX", "VACUUM"]


def test_concurrently_inside_a_transaction_fails(run: Run) -> None:
    done = run("CREATE TABLE t (a int); BEGIN; CREATE INDEX CONCURRENTLY i ON t (a);")
    assert done.error is not None
    assert (done.error.statement, done.error.sqlstate) == (3, "25001")
    assert done.error.message == "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"


def test_text_goes_out_as_it_is(run: Run, admin: Connection) -> None:
    text = "CREATE TABLE t AS SELECT '100%s %(x)s'::text || $$ $1 :x %% $$ AS a"
    assert run(*[text + ";", *["SELECT a FROM t;"] * 8]).error is None  # the eighth is where a driver would prepare
    assert _value(admin, "SELECT a FROM public.t") == "100%s %(x)s $1 :x %% "


def test_parameter_is_the_servers_to_judge(run: Run) -> None:
    done = run("SELECT $1")
    assert done.error is not None
    assert (done.error.message, done.error.sqlstate) == ("there is no parameter $1", "42P02")


def test_time_budget(run: Run, admin: Connection) -> None:
    start = time.monotonic()
    done = run("CREATE TABLE t ();\nSELECT pg_sleep(30);\nCREATE TABLE u ();", time_budget=0.3)
    assert time.monotonic() - start < 5
    assert done.timed_out
    assert done.error is not None
    assert (done.error.statement, done.error.line, done.error.sqlstate) == (2, 2, "57014")
    assert done.error.message == "the time budget of 0.3 s is used up"
    assert not done.left_open
    assert _value(admin, "SELECT to_regclass('public.t') IS NOT NULL AND to_regclass('public.u') IS NULL") is True


def test_time_budget_between_statements(run: Run) -> None:
    done = run("BEGIN;" + "SELECT pg_sleep(0.02);" * 100, time_budget=0.2)
    assert done.timed_out
    assert done.left_open
    assert done.error is not None
    assert done.error.statement == len(done.statements) < 50


def test_nothing_starts_once_the_time_is_up(admin: Connection) -> None:
    budget, progress = Budget(admin, 1), _Progress()
    budget._expired.set()
    _run_one(admin, Statement("CREATE TABLE public.t ()", 3, "f"), progress, budget)
    assert progress.timed_out
    assert progress.error is not None
    assert (progress.error.statement, progress.error.line, progress.error.sqlstate) == (1, 3, "57014")
    assert _value(admin, "SELECT to_regclass('public.t')") is None


def test_cancel_that_the_code_catches_comes_again(run: Run) -> None:
    caught = "BEGIN PERFORM pg_sleep(20); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(20); END"
    done = run(f"DO $$ {caught} $$", time_budget=0.2)
    assert done.timed_out
    assert done.seconds < 5


def test_own_statement_timeout_is_no_time_budget(run: Run) -> None:
    done = run("SET statement_timeout = '100ms'; SELECT pg_sleep(5);")
    assert not done.timed_out
    assert done.error is not None
    assert (done.error.statement, done.error.sqlstate) == (2, "57014")


def test_unique_violation_keeps_the_value_to_itself(run: Run, admin: Connection) -> None:
    admin.execute("CREATE TABLE public.people (name text)")
    admin.execute("INSERT INTO public.people SELECT %s FROM generate_series(1, 2)", (CANARY,))
    admin.execute(f"ALTER TABLE public.people OWNER TO {_ROLE}")
    done = run("CREATE UNIQUE INDEX people_name ON people (name)")
    assert done.error is not None
    assert (done.error.message, done.error.sqlstate) == ('could not create unique index "people_name"', "23505")
    assert CANARY not in repr(done)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "DO $$ DECLARE v text; BEGIN SELECT name INTO v FROM people; RAISE EXCEPTION 'bad name %', v; END $$",
            "bad name %",
        ),
        ("DO $$ BEGIN RAISE EXCEPTION 'it''s closed'; END $$", "it's closed"),
        ("SELECT refuse(name) FROM people", "raised by code in the database (42P01; its text is withheld)"),
        ("SELECT name::int FROM people", 'invalid input syntax for type integer: "…"'),
        ("SELECT name::regclass FROM people", None),
        (
            "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || quote_ident(name) FROM people); END $$",
            'table "…" does not exist',
        ),
        ("DO $$ BEGIN EXECUTE (SELECT 'SELECT ' || name FROM people); END $$", None),
        ("ALTER TABLE people ALTER name TYPE varchar(3)", "value too long for type character varying(3)"),
    ],
)
def test_no_value_in_the_error(run: Run, admin: Connection, text: str, message: str | None) -> None:
    admin.execute("CREATE TABLE public.people (name text)")
    admin.execute("INSERT INTO public.people VALUES (%s)", (CANARY,))
    refuse = "BEGIN RAISE EXCEPTION 'row of %', $1 USING ERRCODE = '42P01', TABLE = $1; END"
    admin.execute(f"CREATE FUNCTION public.refuse(text) RETURNS int LANGUAGE plpgsql AS $$ {refuse} $$")
    admin.execute(f"ALTER TABLE public.people OWNER TO {_ROLE}")
    done = run(text)
    assert done.error is not None
    assert message is None or done.error.message == message
    assert not [part for part in ("Zwetsch", "zwetsch", "knödel", "4711") if part in repr(done)]


def test_notices_are_ignored(run: Run) -> None:
    assert run("DO $$ BEGIN RAISE NOTICE 'hello'; RAISE WARNING 'world'; END $$").error is None


def test_deferred_constraint_fails_at_commit(run: Run, admin: Connection) -> None:
    done = run(
        "CREATE TABLE a (id int PRIMARY KEY);\n"
        "CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
        "BEGIN;\nINSERT INTO b VALUES (8150815);\nCOMMIT;\nSELECT 1;"
    )
    assert done.error is not None
    assert (done.error.statement, done.error.line, done.error.sqlstate) == (5, 5, "23503")
    assert "8150815" not in done.error.message
    assert not done.left_open
    assert _value(admin, "SELECT count(*) FROM public.b") == 0


def test_copy_to_stdout_runs_and_is_discarded(run: Run) -> None:
    done = run("COPY (SELECT generate_series(1, 5000)) TO STDOUT; SELECT 1;")
    assert (done.error, [each.tag for each in done.statements]) == (None, ["COPY 5000", "SELECT 1"])


def test_large_result_is_counted_not_kept(run: Run) -> None:
    assert run("SELECT repeat('x', 1000) FROM generate_series(1, 20000)").statements[0].rows == 20000


def test_long_statement_is_sent_whole(run: Run, admin: Connection) -> None:
    length = 20_000_000  # more than a socket takes at once
    assert run(f"CREATE TABLE t AS SELECT length('{'x' * length}') AS n").error is None
    assert _value(admin, "SELECT n FROM public.t") == length


def test_all_files_are_cut_before_the_first_runs(run: Run, admin: Connection) -> None:
    with pytest.raises(UsageError) as caught:
        run("CREATE TABLE t ();", "SELECT 1;\n\\d t")
    assert (caught.value.code, caught.value.where) == ("needs-psql", "2.sql:2")
    assert _value(admin, "SELECT to_regclass('public.t')") is None


def test_old_string_rules_of_the_database_are_followed(run: Run, admin: Connection, fresh_database: Address) -> None:
    admin.execute(f"ALTER DATABASE {fresh_database.database} SET standard_conforming_strings = off")
    done = run(r"SET escape_string_warning = off; SELECT 'a\';b'; SELECT 2;")
    assert (done.error, len(done.statements)) == (None, 3)


def test_terminated_backend_is_an_error_not_a_crash(run: Run, admin: Connection) -> None:
    done = run("BEGIN; SELECT pg_terminate_backend(pg_backend_pid()); SELECT 1;")
    assert done.error is not None
    assert (done.error.statement, done.error.sqlstate) == (2, "57P01")
    assert not done.left_open
    assert done.wal_bytes is not None


def test_lost_server_is_an_error_not_a_crash() -> None:
    # closed, not left as a context: that would commit, on connections whose server is gone
    with running_server() as address, ExitStack() as stack:
        observer = stack.enter_context(closing(connect_staging(address)))
        admin = stack.enter_context(closing(connect_staging(address)))
        with closing(_log_in(address)) as connection:
            stop = "COPY (SELECT) TO PROGRAM 'kill -QUIT $(head -1 postmaster.pid)'"
            threading.Timer(0.3, lambda: _ignoring_loss(admin, stop)).start()
            files = [SourceFile("a", b"SELECT pg_sleep(20)")]
            done = run_migration(connection, observer, files, time_budget=30)
        assert done.error is not None
        assert (done.error.statement, done.error.sqlstate in ("", "57P01", "57P02")) == (1, True)
        assert (done.wal_bytes, done.left_open) == (None, False)


def _ignoring_loss(admin: Connection, text: str) -> None:
    try:
        admin.execute(text.encode())
    except psycopg.Error:
        admin.close()


def _in_mode(fresh_database: Address, admin: Connection, mode: Transaction, *texts: str) -> MigrationRun:
    files = [SourceFile(f"{n}.sql", text.encode(), transaction=mode) for n, text in enumerate(texts, 1)]
    with _log_in(fresh_database.to(user=_ROLE, password=_PASSWORD)) as connection:
        return run_migration(connection, admin, files, time_budget=30)


@pytest.mark.parametrize(
    ("mode", "stays", "undone", "message"),
    [
        ("statement", {"t", "i", "u"}, 0, None),
        ("query", {"t"}, 0, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"),
        ("file", {"t"}, 0, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"),
        ("single", set(), 1, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"),
    ],
)
def test_transactions_are_those_of_the_tool(
    fresh_database: Address, admin: Connection, mode: Transaction, stays: set[str], undone: int, message: str | None
) -> None:
    done = _in_mode(
        fresh_database, admin, mode, "CREATE TABLE t (a int)", "CREATE INDEX CONCURRENTLY i ON t (a); CREATE TABLE u ()"
    )
    assert (done.error.message if done.error else None) == message
    assert (done.undone, done.planned) == (undone, 3)
    found = admin.execute("SELECT relname FROM pg_class WHERE relname IN ('t', 'i', 'u')").fetchall()
    assert {name for (name,) in found} == stays
    assert [(each.name, each.transaction) for each in done.files] == [("1.sql", mode), ("2.sql", mode)]


def test_one_statement_sent_as_a_query_stands_in_no_transaction(fresh_database: Address, admin: Connection) -> None:
    done = _in_mode(fresh_database, admin, "query", "CREATE TABLE t (a int)", "CREATE INDEX CONCURRENTLY i ON t (a)")
    assert (done.error, done.left_open) == (None, False)


@pytest.mark.parametrize(
    ("text", "rows", "left_open"),
    [
        ("CREATE TABLE t (a int); INSERT INTO t VALUES (1)", 1, False),
        ("CREATE TABLE t (a int); COMMIT; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", 2, False),
        ("CREATE TABLE t (a int); COMMIT; BEGIN; INSERT INTO t VALUES (1); COMMIT", 1, False),
        ("CREATE TABLE t (a int); COMMIT; BEGIN; INSERT INTO t VALUES (1)", 0, True),
    ],
)
def test_a_query_of_several_statements_is_what_the_server_makes_of_it(
    fresh_database: Address, admin: Connection, text: str, rows: int, left_open: bool
) -> None:
    """Against the server itself: the same text in one simple query leaves the same."""
    done = _in_mode(fresh_database, admin, "query", text)
    assert (done.error, done.left_open) == (None, left_open)
    assert _value(admin, "SELECT count(*) FROM public.t") == rows
    admin.execute("DROP TABLE public.t")
    with closing(psycopg.connect(fresh_database.url, autocommit=True)) as connection:
        connection.pgconn.exec_(text.encode())
        assert (connection.pgconn.transaction_status == TransactionStatus.INTRANS) == left_open
    assert _value(admin, "SELECT count(*) FROM public.t") == rows


@pytest.mark.parametrize("mode", ["query", "file", "single"])
def test_a_deferred_constraint_fails_at_the_tools_commit(
    fresh_database: Address, admin: Connection, mode: Transaction
) -> None:
    admin.execute("CREATE TABLE public.k (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    admin.execute(f"ALTER TABLE public.k OWNER TO {_ROLE}")
    done = _in_mode(fresh_database, admin, mode, "INSERT INTO k VALUES (1);\nINSERT INTO k VALUES (1);")
    assert done.error is not None
    assert (done.error.statement, done.error.line, done.error.sqlstate) == (3, None, "23505")
    assert (done.statements[-1].sql, done.undone, done.left_open) == ("COMMIT", 2, False)
    assert _value(admin, "SELECT count(*) FROM public.k") == 0
