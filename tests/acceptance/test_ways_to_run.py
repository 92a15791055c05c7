"""Ways to run a migration: folders as their tool runs them, transactions, psql's own commands, errors half way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Done, Shop, shop_of
from tests.acceptance.onlookers import tell
from tests.acceptance.shared_shops import DOCKER, EACH_ENGINE, EMBEDDED, shared
from tests.integration.scratch_server import database_of

BEFORE = """
CREATE TABLE public.users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO public.users SELECT i, 'u' || i || '@corp.test' FROM generate_series(1, 100) i;
CREATE TABLE public.goose_db_version (id serial PRIMARY KEY, version_id bigint, is_applied bool, tstamp timestamp);
INSERT INTO public.goose_db_version (version_id, is_applied) VALUES (0, true), (1, true);
CREATE EXTENSION citext;
CREATE TABLE public.tags (name citext PRIMARY KEY);
"""
RULES = 'tables:\n  {}\npatterns:\n  - {column: "*", keep: nothing personal in this test}\n'
GOOSE = "-- +goose Up\n{}\n\n-- +goose Down\n{}\n"
CONCURRENTLY = "CREATE INDEX CONCURRENTLY mails ON users (email);\nDELETE FROM users WHERE id = 1;\n"
REFUSED = "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"


@contextmanager
def _production(server: Address) -> Iterator[Address]:
    with database_of(server) as production:
        tell(production, BEFORE)
        yield production


@contextmanager
def _project(production: Address, engine: str) -> Iterator[Shop]:
    with shop_of(production, engine) as made:
        made.rules(RULES)
        made.refreshed()
        yield made


shops, shop = shared(_production, _project)


def _write(shop: Shop, files: dict[str, str]) -> None:
    for name, text in files.items():
        (shop.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shop.write(name, text)


def _ran(done: Done) -> list[tuple[str, str | None, str]]:
    files = done.document["migration"]["files"]
    return [(Path(each["name"]).name, each["tool"], each["transaction"]) for each in files]


def _removed(done: Done, table: str = "public.users") -> int:
    return sum(each["removed"] for each in done.document["tables"] if each["name"] == table)


def _error(done: Done) -> Any:
    return done.document["migration"]["error"]


@EMBEDDED
def test_a_folder_runs_as_its_tool_would_and_what_production_has_run_is_left_out(shop: Shop) -> None:
    taken = {"1_first.sql": GOOSE.format("DROP TABLE users;", ""), "README.md": "none"}
    new = {
        "10_third.sql": GOOSE.format("DELETE FROM users WHERE id = 3;", "SELECT 1;"),
        "2_second.sql": GOOSE.format("DELETE FROM users WHERE id = 2;", "SELECT 1;"),
    }
    _write(shop, {f"goose/{name}": text for name, text in {**taken, **new}.items()})
    done = shop.run("trial", "goose", "--json")
    assert _ran(done) == [("2_second.sql", "goose", "file"), ("10_third.sql", "goose", "file")]
    assert done.document["migration"]["skipped"] == ["goose/1_first.sql"]
    assert (_removed(done), _error(done)) == (2, None)
    report = shop.run("trial", "goose").out
    assert "left out, for production has run them: 1 files, the last goose/1_first.sql" in report
    assert "run as goose runs them, each file in a transaction: goose/2_second.sql, goose/10_third.sql" in report


@EMBEDDED
@pytest.mark.parametrize(
    ("name", "text", "tool"),
    [
        ("prisma/20240101000000_index/migration.sql", CONCURRENTLY, "Prisma"),
        ("goose2/7_index.sql", GOOSE.format(CONCURRENTLY, ""), "goose"),
        ("goose3/7_index.sql", "-- +goose NO TRANSACTION\n" + GOOSE.format(CONCURRENTLY, ""), "goose"),
    ],
)
def test_concurrently_fails_where_it_would_with_the_tool(shop: Shop, name: str, text: str, tool: str) -> None:
    _write(shop, {name: text})
    folder = name.partition("/")[0]
    done = shop.run("trial", folder, "--json")
    assert done.document["migration"]["files"][0]["tool"] == tool
    if "NO TRANSACTION" in text:
        assert (_error(done), _removed(done)) == (None, 1)
    else:
        assert (done.code, _error(done)["message"], _removed(done)) == (5, REFUSED, 0)
        assert {"Prisma": "of its own", "goose": "NO TRANSACTION"}[tool] in done.document["error"]["hint"]
        assert shop.run("trial", folder, "--transaction", "statement", "--json").code == 1


@EMBEDDED
def test_what_stays_after_an_error_is_said(shop: Shop) -> None:
    sql = "DELETE FROM users WHERE id = 1;\nBEGIN;\nDELETE FROM users WHERE id = 2;\nSELECT 1/0;\nCOMMIT;\n"
    shop.write("half.sql", sql)
    report = shop.run("trial", "half.sql")
    assert (report.code, _removed(shop.run("trial", "half.sql", "--json"))) == (5, 1)
    assert "the migration failed at statement 4 of 5, line 4" in report.out
    assert "statements 2-3 rolled back; what statement 1 did stays; 1 statement not run" in report.out
    whole = shop.run("trial", "half.sql", "--transaction", "single", "--json")
    assert (_removed(whole), whole.document["migration"]["undone"]) == (0, 3)
    shop.write("meta.sql", "\\set n 2\nDELETE FROM users WHERE id = :n;\nSELECT 1/0;\n")
    by_psql = shop.run("trial", "meta.sql", "--transaction", "single", "--json")
    assert (_removed(by_psql), by_psql.document["migration"]["undone"]) == (0, 2)


@EACH_ENGINE
def test_psql_reaches_the_clone_and_nothing_else(shop: Shop) -> None:
    """COPY with its data, a program's output, a shell: all of it runs, with loopback for a network."""
    shop.write("beside.sql", "DELETE FROM users WHERE id = 5;\nVACUUM FULL users;\n")
    shop.write("psql.sql", "\\ir beside.sql\nCOPY tags FROM STDIN;\na\n\\.\n"
               "\\! touch written-here; echo x > /etc/stagecopy-was-here\n"
               "\\copy tags from program 'grep : /proc/net/dev | cut -d: -f1'\n")  # fmt: skip
    done = shop.run("trial", "psql.sql", "--json")
    assert (_error(done), _removed(done)) == (None, 1), done.err
    (tags,) = (each for each in done.document["tables"] if each["name"] == "public.tags")
    assert {each["key"]["name"].strip() for each in tags["samples"]} == {"a", "lo"}
    told = [each["rewrites"] for each in done.document["migration"]["statements"]]
    assert (told, done.document["impact"]["rewrites"]) == ([[], ["public.users"], [], []], ["public.users"])
    assert done.document["migration"]["command"]["contained"] is True
    assert not (shop.folder / "written-here").exists()
    assert not Path("/etc/stagecopy-was-here").exists()


@EMBEDDED
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("\\connect postgres", "a trial stays in its own database"),
        ("\\connect - - 192.0.2.7 5432", "192.0.2.7"),
        ("\\i missing.sql", "missing.sql: No such file or directory"),
    ],
)
def test_what_psql_refuses_is_the_migrations_error(shop: Shop, line: str, said: str) -> None:
    shop.write("refused.sql", f"DELETE FROM users WHERE id = 5;\n{line}\nDELETE FROM users;\n")
    done = shop.run("trial", "refused.sql", "--json")
    assert (done.code, _error(done)["line"], _removed(done)) == (5, 2, 1)
    assert said in _error(done)["message"]
    assert done.document["error"]["where"] == "refused.sql:2"


@EMBEDDED
def test_no_row_of_psqls_output_gets_into_the_document(shop: Shop) -> None:
    shop.write("rows.sql", "\\set VERBOSITY verbose\n\\o\nTABLE users;\nINSERT INTO users TABLE users;\n")
    done = shop.run("trial", "rows.sql", "--json")
    assert (done.code, _error(done)["sqlstate"]) == (5, "23505")
    logs = "".join(path.read_text(encoding="utf-8") for path in (shop.home / "runs").glob("*/log.jsonl"))
    assert "corp.test" not in done.out + done.err + logs


@EMBEDDED
def test_psql_ends_with_the_time_budget_and_what_it_did_is_reported(shop: Shop) -> None:
    shop.configure(trial="{time_budget: 3s}")
    try:
        shop.write("slow.sql", "\\set n 1\nDELETE FROM users WHERE id = :n;\nSELECT pg_sleep(60);\n")
        done = shop.run("trial", "slow.sql", "--json")
    finally:
        shop.configure()
    assert (done.code, _error(done)["sqlstate"], _removed(done)) == (5, "57014", 1)


@DOCKER
def test_what_reaches_beyond_the_database_is_told(shop: Shop) -> None:
    """Only where a superuser can be contained."""
    done = shop.trial(
        "CREATE ROLE clerk;\nCREATE DATABASE sidecar;\nALTER SYSTEM SET work_mem = '8MB';\n"
        "ALTER ROLE clerk SET work_mem = '9MB';\nDROP EXTENSION citext CASCADE;\nVACUUM users;\n"
        "SET session_replication_role = replica;\nDELETE FROM users WHERE id = 9;",
        "--role",
        "postgres",
    )
    assert _error(done) is None, done.err
    found = {(each["rule"], each["subject"]) for each in done.document["findings"]}
    subjects = ("clerk", "sidecar", "system.work_mem", "clerk.work_mem")
    assert {("beyond-database", subject) for subject in subjects} <= found
    assert ("triggers-skipped", "statement 7") in found
    assert "extension dropped citext" in {
        f"{each['kind']} {each['change']} {each['name']}" for each in done.document["schema"]
    }
    assert any(rule in ("values-lost", "column-dropped") for rule, _ in found)
