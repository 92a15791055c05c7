"""The assertions of a guard on a real server: what they let pass, what they stop, in each of their forms."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from stagecopy.model.guard import TableLimit
from stagecopy.model.migration import SourceFile
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.report.guard import BREAKPOINT, GuardText
from stagecopy.trial.lexer import split
from stagecopy.trial.sending import send

SCHEMA = """
CREATE TABLE public.accounts (id int PRIMARY KEY, mail text, plan text NOT NULL DEFAULT 'free', seen int);
CREATE TABLE public.notes (id int PRIMARY KEY, account int REFERENCES public.accounts ON DELETE CASCADE, body text);
CREATE TABLE public.tags (word text NOT NULL);
CREATE TABLE public."odd --\n{x} %s :y" (id int PRIMARY KEY, "a""b:c" text);
CREATE TABLE public.parts (id int, kind text) PARTITION BY LIST (kind);
CREATE TABLE public.parts_a PARTITION OF public.parts FOR VALUES IN ('a');
CREATE TABLE public.parts_b PARTITION OF public.parts FOR VALUES IN ('b');
CREATE TABLE public.alembic_version (version_num text);
INSERT INTO public.accounts SELECT n, 'm' || n, 'free', n FROM generate_series(1, 20) n;
INSERT INTO public.notes SELECT n, 1 + n % 20, 'note' FROM generate_series(1, 40) n;
INSERT INTO public.tags SELECT 'word' FROM generate_series(1, 5);
INSERT INTO public."odd --\n{x} %s :y" SELECT n, 'v' FROM generate_series(1, 5) n;
INSERT INTO public.parts SELECT n, CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 10) n;
INSERT INTO public.alembic_version VALUES ('1');
"""
ODD = "odd --\n{x} %s :y"
NOTHING: tuple[TableLimit, ...] = ()


def limit(table: str, removed: int | None = 0, *, deletes: bool = False, **lost: int | None) -> TableLimit:
    return TableLimit("public", table, removed, lost, deletes=deletes)


def text_of(body: str, *limits: TableLimit) -> GuardText:
    return GuardText("sql", limits, "m.sql", "t", "s", datetime(2026, 11, 23, tzinfo=UTC), f"{body}\n;")


@pytest.fixture
def production(fresh_database: Address) -> Iterator[Connection]:
    """A production, with nothing set as sessions of ours have it."""
    with psycopg.connect(fresh_database.url, autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
        yield connection


def run(connection: Connection, text: str) -> str:
    """Run the statements of *text* one by one, as psql does; returns the first error's state and message."""
    said = ""
    for each in split(SourceFile("guard.sql", text.encode())):
        try:
            send(connection, each.text)
        except psycopg.Error as failure:
            said = said or f"{failure.sqlstate} {failure.diag.message_primary}"
    return said


EVERYTHING = """
SELECT string_agg(q, '|' ORDER BY q)
  FROM (SELECT 'a' || a::text FROM public.accounts a UNION ALL SELECT 'n' || n::text FROM public.notes n
        UNION ALL SELECT 'p' || p::text FROM public.parts p UNION ALL SELECT 't' || t::text FROM public.tags t) x(q)
"""


def everything(connection: Connection) -> Any:
    return connection.execute(EVERYTHING).fetchone()


LATE = """
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.tags; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON parts_a DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION f();
INSERT INTO parts VALUES (0, 'a')
"""
RENAMED = "ALTER TABLE accounts RENAME TO people; ALTER TABLE people RENAME mail TO a;"
WITHIN = [
    ("DELETE FROM accounts WHERE id <= 2", [limit("accounts", 2, deletes=True), limit("notes", 4, deletes=True)]),
    ("ALTER TABLE accounts DROP COLUMN mail", [limit("accounts", mail=20)]),
    ("ALTER TABLE accounts DROP COLUMN plan", [limit("accounts", plan=20)]),
    ("ALTER TABLE accounts RENAME TO people; ALTER TABLE people RENAME mail TO address", [limit("accounts")]),
    ("DROP TABLE tags", [limit("tags", 5)]),
    ("CREATE TABLE t AS TABLE tags; DROP TABLE tags; ALTER TABLE t RENAME TO tags", [limit("tags")]),
    ("UPDATE parts SET kind = 'b'", [limit("parts")]),
    ("DELETE FROM alembic_version; UPDATE alembic_version SET version_num = NULL", []),
    ("UPDATE accounts SET mail = NULL; TRUNCATE tags", [limit("accounts", mail=None), limit("tags", None)]),
    (f'UPDATE "{ODD}" SET "a""b:c" = NULL WHERE id = 2', [TableLimit("public", ODD, 0, {'a"b:c': 1})]),
    ("SET search_path TO ''; SAVEPOINT a; DELETE FROM public.tags; ROLLBACK TO a", [limit("tags")]),
    ("CREATE TABLE fresh (a int); INSERT INTO fresh VALUES (1); DELETE FROM fresh", []),
    ("CREATE TABLE none (); ALTER TABLE tags ALTER word TYPE varchar(9)", [limit("tags")]),
]


def test_what_was_tried_passes(production: Connection) -> None:
    before, wrong = everything(production), {}
    for body, limits in WITHIN:
        text = text_of(body, *limits).whole()
        assert text.endswith("COMMIT;\n")
        if said := run(production, text.removesuffix("COMMIT;\n") + "ROLLBACK"):
            wrong[body] = said
        assert everything(production) == before
    assert wrong == {}


BEYOND = [
    (
        "DELETE FROM accounts WHERE id <= 3",
        [limit("accounts", 2), limit("notes", 6)],
        "accounts lost 3 rows, at most 2",
    ),
    ("DELETE FROM accounts WHERE id <= 3", [limit("accounts", 3), limit("notes", 5)], "notes lost 6 rows, at most 5"),
    ("DELETE FROM accounts WHERE id <= 3", [limit("accounts", 3)], "6 rows of public.notes were deleted and 0 updated"),
    (
        "ALTER TABLE accounts DROP COLUMN mail",
        [limit("accounts", mail=19)],
        "accounts.mail holds 20 values less, at most 19",
    ),
    ("ALTER TABLE accounts DROP COLUMN seen", [limit("accounts")], "accounts.seen holds 20 values less, at most 0"),
    ("UPDATE accounts SET seen = NULL WHERE id = 1", [limit("accounts", mail=9)], "accounts.seen holds 1 values less"),
    (
        f"{RENAMED} UPDATE people SET a = NULL WHERE id < 3",
        [limit("accounts", mail=1)],
        "accounts.mail holds 2 values less, at most 1",
    ),
    ("DROP TABLE tags", [limit("tags", 4)], "tags lost 5 rows, at most 4"),
    ("DROP TABLE tags", [], "public.tags is gone, which the trial did not drop"),
    ("TRUNCATE tags", [], "public.tags was emptied or written anew"),
    ("TRUNCATE tags", [limit("tags", 4)], "tags lost 5 rows"),
    (
        "CREATE TABLE t AS SELECT * FROM tags LIMIT 4; DROP TABLE tags; ALTER TABLE t RENAME TO tags",
        [limit("tags")],
        "tags lost 1 rows",
    ),
    (
        "DELETE FROM accounts WHERE id = 20; INSERT INTO accounts VALUES (30), (31), (32)",
        [limit("accounts", 0, deletes=True), limit("notes", 2)],
        "1 rows of public.accounts were deleted, at most 0 may be",
    ),
    ("DELETE FROM parts WHERE id > 8", [limit("parts", 1)], "public.parts lost 2 rows"),
    ("DROP TABLE parts_a", [limit("parts", 1)], "public.parts lost 5 rows"),
    ("DROP TABLE parts_a", [], "public.parts_a is gone"),
    ("UPDATE tags SET word = 'other'", [], "0 rows of public.tags were deleted and 5 updated"),
    (f'DELETE FROM "{ODD}" WHERE id = 2', [limit(ODD)], f'"{ODD}" lost 1 rows'),
    (
        LATE,
        [limit("parts"), limit("tags")],
        "tags lost 5 rows",
    ),
    ("RESET ALL", [], "SG003 stagecopy guard: its counts are gone"),
    ("SELECT 1", [limit("missing")], "SG002 stagecopy guard: nothing was changed: there is no table public.missing"),
]


def test_what_goes_beyond_is_rolled_back(production: Connection) -> None:
    before, wrong = everything(production), {}
    for body, limits, says in BEYOND:
        if says not in (said := run(production, text_of(body, *limits).whole())):
            wrong[body] = f"{said}, expected {says}"
        assert production.info.transaction_status.name == "IDLE"
        assert everything(production) == before
    assert wrong == {}


def test_writers_wait_and_readers_do_not(production: Connection, fresh_database: Address) -> None:
    text = text_of("SELECT 1", limit("tags")).whole()
    with connect_staging(fresh_database) as other:
        for each in split(SourceFile("guard.sql", text.encode()))[:2]:
            send(production, each.text)
        assert other.execute("SELECT count(*) FROM public.tags").fetchone() == (5,)
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("INSERT INTO public.tags VALUES ('late')")
        production.rollback()


def test_it_gives_up_rather_than_let_others_queue(production: Connection, fresh_database: Address) -> None:
    text = text_of("SELECT 1", limit("tags")).whole().replace("'5s'", "'50ms'")
    with connect_staging(fresh_database, autocommit=False) as writer:
        writer.execute("INSERT INTO public.tags VALUES ('open')")
        assert run(production, text).startswith("55P03")
        writer.rollback()
    assert production.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_a_margin_lets_live_traffic_pass(production: Connection) -> None:
    text = text_of("DELETE FROM tags", limit("tags", 3)).whole()
    assert "SG001" in run(production, text.replace("bigint := 0;", "bigint := 1;"))
    assert run(production, text.replace("bigint := 0;", "bigint := 2;")) == ""


def test_a_begin_of_the_file_is_kept(production: Connection) -> None:
    text = replace(text_of("SELECT 1"), opening="BEGIN ISOLATION LEVEL SERIALIZABLE").whole()
    assert "\nBEGIN ISOLATION LEVEL SERIALIZABLE;\n" in text
    assert "\nBEGIN;" not in text
    assert run(production, text) == ""


def _as_drizzle(connection: Connection, text: str) -> None:
    """What drizzle-orm's migrator does: the pieces between the marks, all in one transaction."""
    with connection.transaction():
        for piece in text.split(BREAKPOINT):
            connection.execute(piece.encode())


def test_drizzle_runs_it_piece_by_piece(production: Connection) -> None:
    body = f'DELETE FROM "tags";{BREAKPOINT}\nALTER TABLE "accounts" DROP COLUMN "seen";'
    text = replace(text_of("", limit("tags", 5), limit("accounts", seen=20)), form="drizzle", body=body)
    assert text.whole().count(BREAKPOINT) == 5
    lower = replace(text, limits=(limit("tags", 4), limit("accounts", seen=20)))
    before = everything(production)
    with pytest.raises(psycopg.Error, match="tags lost 5 rows, at most 4 may go"):
        _as_drizzle(production, lower.whole())
    assert everything(production) == before
    _as_drizzle(production, text.whole())
    assert production.execute("SELECT count(*) FROM tags").fetchone() == (0,)
    with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
        production.execute(text.whole().split(BREAKPOINT)[0].encode())


class Operations:
    """alembic.op as far as a guard knows it: text whose words behind a colon would be parameters."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, text: str) -> None:
        """As SQLAlchemy's text() reads it."""
        self.connection.execute(text.replace("\\:", ":").encode())


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("guard", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def guard(tmp_path: Path) -> Callable[..., ModuleType]:
    """The module of Alembic's form."""

    def made(*limits: TableLimit) -> ModuleType:
        path = tmp_path / f"guard{len(list(tmp_path.iterdir()))}.py"
        path.write_text(replace(text_of("", *limits), form="alembic").whole(), encoding="utf-8")
        return _module(path)

    return made


def test_alembic_calls_it_before_and_after(production: Connection, guard: Callable[..., ModuleType]) -> None:
    before, op = everything(production), Operations(production)
    module = guard(limit(ODD, 2), limit("tags", 4))
    with pytest.raises(psycopg.Error, match="tags lost 5 rows, at most 4 may go"), production.transaction():
        _upgrade(module, op)
    assert everything(production) == before
    with production.transaction():
        _upgrade(guard(limit(ODD, 2), limit("tags", 5)), op)
    assert production.execute("SELECT count(*) FROM tags").fetchone() == (0,)
    with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
        module.before(op)


def _upgrade(module: ModuleType, op: Operations) -> None:
    module.before(op)
    op.execute("DELETE FROM tags")
    module.after(op)
