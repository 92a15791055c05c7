"""Extensions of production that staging has elsewhere, in another version, not at all, or with rows of their own.

The extension `ledger` is made here, in copies of PostgreSQL's programs: one for production, one for staging.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.integration.engine_fixtures import reachable_folder
from tests.integration.majors import reachable_programs
from tests.integration.scratch_server import running_server

__all__ = ["reachable_folder"]

MAJOR = 14
_SCRIPT = """
CREATE TABLE kinds (id int PRIMARY KEY, name text);
CREATE TABLE rates (kind int REFERENCES kinds, rate int);
INSERT INTO kinds VALUES (1, 'shipped');
SELECT pg_catalog.pg_extension_config_dump('kinds', 'WHERE id > 1');
SELECT pg_catalog.pg_extension_config_dump('rates', '');
CREATE TYPE amount AS (value int, kind int);
CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
"""
_PRODUCTION = """
CREATE SCHEMA "other place";
CREATE EXTENSION ledger SCHEMA "other place";
CREATE EXTENSION citext SCHEMA "other place";
INSERT INTO "other place".kinds VALUES (2, 'ours');
INSERT INTO "other place".rates VALUES (2, 5);
CREATE TABLE entries (
    id int PRIMARY KEY, mail "other place".citext UNIQUE, paid "other place".amount, kind int,
    twice int GENERATED ALWAYS AS ("other place".doubled(id)) STORED
);
CREATE TABLE shipped (kind int REFERENCES "other place".kinds);
INSERT INTO shipped VALUES (1);
INSERT INTO entries SELECT n, 'Mail' || n, ROW(n, 1)::"other place".amount, 1 + n % 2 FROM generate_series(1, 50) n;
"""


def _programs(beside: Path, versions: tuple[str, ...]) -> Path:
    """PostgreSQL with the extension `ledger`, the last of *versions* being what CREATE EXTENSION makes."""
    programs = reachable_programs(MAJOR, beside)
    folder = next(programs.parent.glob("share/**/extension"))
    for version in versions:
        (folder / f"ledger--{version}.sql").write_text(_SCRIPT, encoding="utf-8")
        (folder / "ledger.control").write_text(
            f"default_version = '{version}'\nrelocatable = false\n", encoding="utf-8"
        )
    return programs


@pytest.fixture(scope="module")
def production(reachable_folder: Path) -> Iterator[Address]:
    """A server with the extension in its first version."""
    with running_server(_programs(reachable_folder / "production", ("1.0",))) as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute(_PRODUCTION.encode())
        yield server


@contextmanager
def _shop(production: Address, programs: Path) -> Iterator[Shop]:
    with shop_of(production, "embedded") as shop:
        (shop.home / "binaries").mkdir(parents=True)
        shop.home.chmod(0o711)
        (shop.home / "binaries" / f"postgresql-{MAJOR}.0").symlink_to(programs.parent)
        shop.keep_everything()
        yield shop


def _said(document: Any) -> dict[str, str]:
    return {each["code"]: each["message"] for each in document["fidelity"]}


def test_A48_another_schema_another_version_and_configuration(production: Address, reachable_folder: Path) -> None:
    with _shop(production, _programs(reachable_folder / "staging", ("1.0", "1.1"))) as shop:
        document = shop.refreshed()
        said = _said(document)
        assert said["extension-version"] == "extension ledger is 1.1 in staging, 1.0 in production"
        assert said["extension-rows"] == (
            "extension ledger comes as it is installed: rows added to other place.kinds, other place.rates"
            " stay in production"
        )
        with shop.staging() as staging:
            assert staging.execute('SELECT id FROM "other place".kinds').fetchall() == [(1,)]
            assert staging.execute("SELECT sum(twice), max(paid::text) FROM entries").fetchone() == (2550, "(9,1)")
            query = "SELECT count(*) FROM entries WHERE mail OPERATOR(\"other place\".=) 'mail7'"
            assert staging.execute(query).fetchone() == (1,)
        assert _said(shop.trial("DELETE FROM entries WHERE id = 1").document)["extension-version"]
        assert shop.run("doctor").code == 0


def test_A48_rows_that_refer_to_its_configuration_fail_with_a_message(
    production: Address, reachable_folder: Path
) -> None:
    key = 'ALTER TABLE entries ADD CONSTRAINT of_kind FOREIGN KEY (kind) REFERENCES "other place".kinds'
    with (
        _shop(production, _programs(reachable_folder / "staging", ("1.0",))) as shop,
        psycopg.connect(production.url, autocommit=True) as admin,
    ):
        admin.execute(key.encode())
        try:
            done = shop.run("refresh", "--json")
        finally:
            admin.execute("ALTER TABLE entries DROP CONSTRAINT of_kind")
    error = done.document["error"]
    assert (done.code, error["code"]) == (4, "restore-failed")
    assert 'violates foreign key constraint "of_kind"' in error["message"]


def test_A48_an_extension_that_is_not_installed_is_named_before_anything_moves(
    production: Address, reachable_folder: Path
) -> None:
    bare = reachable_programs(MAJOR, reachable_folder / "bare")
    with _shop(production, bare) as shop:
        done = shop.run("refresh", "--json")
        error = done.document["error"]
        assert done.code in (3, 4)
        assert "staging lacks the extension ledger" in error["message"]
        shop.configure(staging="{engine: embedded, extensions: {skip: [ledger]}}")
        needed = shop.run("refresh", "--json").document["error"]
    assert "extension ledger would be left out of staging, but it is needed by" in needed["message"]
    assert "column paid of table public.entries" in needed["message"]
