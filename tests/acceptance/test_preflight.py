"""Whatever stands in the way of a refresh is said at once, before anything moves, with what mends it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.integration.scratch_server import database_of, running_server

READER, PASSWORD = "Reader of all", "only-in-tests"
_STATEMENT = re.compile(r"; ((?:GRANT|ALTER ROLE) [^;]+;)")
_MANAGED = """
CREATE ROLE rds_superuser;
CREATE ROLE rds_replication;
CREATE ROLE rdsadmin SUPERUSER;
CREATE ROLE app LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser;
CREATE ROLE "Reader of all" LOGIN PASSWORD 'only-in-tests';
"""
_APP = """
SET ROLE app;
CREATE TABLE accounts (id serial PRIMARY KEY, mail text);
INSERT INTO accounts (mail) VALUES ('a'), ('b');
CREATE TABLE "Odd Table" (id int);
CREATE SEQUENCE tickets;
CREATE TABLE tenants (id int);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE SCHEMA vault;
CREATE TABLE vault.cards (id int);
GRANT SELECT ON accounts, tenants, accounts_id_seq, vault.cards TO "Reader of all";
GRANT SELECT ON accounts TO rds_superuser;
"""


@pytest.fixture(scope="module")
def managed_server() -> Iterator[Address]:
    """A server as managed services run it, made of ordinary roles: the owner is no superuser."""
    with running_server() as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute(_MANAGED)
        yield server


@contextmanager
def _managed_shop(server: Address, *, engine: str = "embedded") -> Iterator[tuple[Shop, psycopg.Connection]]:
    """A project that reads as a role that owns nothing, and its production's administrator."""
    with database_of(server) as production, psycopg.connect(production.url, autocommit=True) as admin:
        name = sql.Identifier(production.database)
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO app").format(name))
        admin.execute("ALTER SCHEMA public OWNER TO app")
        admin.execute(_APP)
        admin.execute("RESET ROLE")
        with shop_of(production.to(user=READER, password=PASSWORD), engine) as shop:
            shop.keep_everything()
            yield shop, admin


def _pretend_extension(admin: psycopg.Connection, *names: str) -> None:
    """The catalog's row of an extension whose files are nowhere: what a provider's own look like from outside."""
    admin.execute("SET allow_system_table_mods = on")
    for name in names:
        admin.execute(
            "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)"
            " SELECT (SELECT max(oid::bigint) + 60000 FROM pg_extension)::oid, %s, oid, 2200, false, '1.0'"
            " FROM pg_roles WHERE rolname = 'postgres'",
            (name,),
        )


def _all_in_the_way(shop: Shop) -> str:
    done = shop.run("refresh", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "preflight"), done.err
    assert "things stand in the way" in done.err.strip().splitlines()[-1]
    assert not (shop.home / "engine").exists() or list((shop.home / "engine").iterdir()) == []
    return str(done.document["error"]["message"])


def test_a_role_that_owns_nothing_learns_all_at_once_and_the_statements_mend_it(managed_server: Address) -> None:
    with _managed_shop(managed_server) as (shop, admin):
        _pretend_extension(admin, "rds_tools", "made_elsewhere")
        message = _all_in_the_way(shop)
        for part in (
            f'GRANT USAGE ON SCHEMA "vault" TO "{READER}";',
            f'GRANT SELECT ON TABLE "public"."Odd Table" TO "{READER}";',
            f'GRANT SELECT ON SEQUENCE "public"."tickets" TO "{READER}";',
            f'[row-security] row security hides rows from this role: public.tenants; ALTER ROLE "{READER}" BYPASSRLS;',
            "[extension-missing] staging lacks the extension made_elsewhere",
            "staging.extensions: {skip: [made_elsewhere]}",
        ):
            assert part in message
        assert "rds_tools" not in message
        for statement in _STATEMENT.findall(message):
            admin.execute(statement.encode())
        shop.configure(staging="{engine: embedded, extensions: {skip: [made_elsewhere]}}")
        document = shop.refreshed()
        codes = ("extension-skipped", "provider-roles")
        said = [each["message"] for each in document["fidelity"] if each["code"] in codes]
        assert said == [
            "the provider's roles are not in staging: rds_replication, rdsadmin",
            "the provider's roles that the schema names are ordinary ones in staging: rds_superuser",
            "extension made_elsewhere is not in staging: staging.extensions.skip names it",
            "extension rds_tools is not in staging: it belongs to production's provider",
        ]
        with shop.staging() as staging:
            assert staging.execute("SELECT count(*) FROM accounts").fetchone() == (2,)
            assert staging.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^rds'").fetchall() == [
                ("rds_superuser",)
            ]
        admin.execute(sql.SQL("ALTER ROLE {} NOBYPASSRLS").format(sql.Identifier(READER)))


@pytest.mark.repeat_on_docker
def test_pg_read_all_data_and_bypassrls_are_enough(managed_server: Address, engine_name: str) -> None:
    with _managed_shop(managed_server, engine=engine_name) as (shop, admin):
        reader = sql.Identifier(READER)
        admin.execute(sql.SQL("ALTER ROLE {} BYPASSRLS; GRANT pg_read_all_data TO {}").format(reader, reader))
        try:
            shop.refreshed()
        finally:
            admin.execute(sql.SQL("ALTER ROLE {} NOBYPASSRLS; REVOKE pg_read_all_data FROM {}").format(reader, reader))


def test_A48_missing_extensions_are_skipped_when_told_to_unless_something_needs_them(managed_server: Address) -> None:
    with database_of(managed_server) as production, psycopg.connect(production.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE plain (id int)")
        _pretend_extension(admin, "made_elsewhere")
        with shop_of(production, "embedded") as shop:
            shop.keep_everything()
            done = shop.run("refresh", "--json")
            assert (done.code, done.document["error"]["code"]) == (4, "preflight"), done.err
            shop.configure(staging="{engine: embedded, extensions: {missing: skip}}")
            shop.refreshed("--direct")
            admin.execute("CREATE FUNCTION strange(int) RETURNS int LANGUAGE sql AS 'SELECT 1'")
            admin.execute("ALTER TABLE plain ADD doubled int DEFAULT strange(1)")
            admin.execute(
                "INSERT INTO pg_depend SELECT 'pg_proc'::regclass, 'strange'::regproc, 0, 'pg_extension'::regclass,"
                " oid, 0, 'e' FROM pg_extension WHERE extname = 'made_elsewhere'"
            )
            done = shop.run("refresh", "--json")
            assert done.code == 4
            needed = "needed by default value for column doubled of table public.plain"
            assert needed in done.document["error"]["message"]


def test_A20_bytes_that_are_no_text_are_named_with_their_column() -> None:
    with running_server() as server, psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        production = server.to(database="old")
        with psycopg.connect(production.url, autocommit=True) as inside, shop_of(production, "embedded") as shop:
            inside.execute("CREATE TABLE people (id int, name text)")
            inside.execute("INSERT INTO people VALUES (1, 'plain')")
            shop.keep_everything()
            codes = [each["code"] for each in shop.refreshed()["fidelity"]]
            assert "encoding-sql-ascii" in codes
            inside.execute(r"INSERT INTO people VALUES (2, convert_from('\x4dfc6c6c6572', 'SQL_ASCII'))")
            for flags in ([], ["--direct"]):
                shop.keep_everything()
                shop.refreshed(*flags)
                with shop.staging() as staging:
                    found = staging.execute("SELECT name::bytea FROM people WHERE id = 2").fetchone()
                assert found == (b"M\xfcller",)
                shop.rules("tables: {public.people: {columns: {name: {mask: text}, id: {keep: a number}}}}\n")
                done = shop.run("refresh", "--json", *flags)
                assert (done.code, done.document["error"]["code"]) == (3, "rows-not-utf8"), done.err
                assert done.document["error"]["where"] == "public.people.name"


def test_more_tables_than_production_can_lock() -> None:
    with (
        running_server(max_locks_per_transaction="10", max_connections="20", max_prepared_transactions="0") as server,
        psycopg.connect(server.url, autocommit=True) as admin,
        shop_of(server, "embedded") as shop,
    ):
        for start in range(0, 600, 100):
            names = "".join(f"CREATE TABLE tenant_{number} (id int);" for number in range(start, start + 100))
            admin.execute(names.encode())
        shop.keep_everything()
        done = shop.run("refresh", "--json")
        assert done.code == 3
        message = done.document["error"]["message"]
        assert "a dump locks 600 relations" in message
        assert "ALTER SYSTEM SET max_locks_per_transaction = 64;" in message
        shop.configure(
            production='{url: "${STAGECOPY_PRODUCTION_URL}", exclude: ['
            + ", ".join(f"public.tenant_{number}" for number in range(10, 600))
            + "]}"
        )
        assert len(shop.refreshed()["tables"]) == 10


def test_a_disk_that_is_too_small_is_known_beforehand(embedded_shop: Shop) -> None:
    with psycopg.connect(embedded_shop.production.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE big AS SELECT i AS id FROM generate_series(1, 1000) i")
    embedded_shop.keep_everything()
    done = embedded_shop.run("refresh")
    assert done.code == 0
    line = next(line for line in done.err.splitlines() if "needs about" in line)
    assert re.search(r"disk of \S+: the backup with the snapshot.* needs about [0-9.]+ MB, free [0-9.]+ [GT]B", line)


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A file system of 40 MB on *folder*."""
    folder.mkdir(mode=0o711)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m,mode=0711", "stagecopy-test", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_too_small_stops_it_before_anything_is_written(embedded_shop: Shop) -> None:
    shop = embedded_shop
    with psycopg.connect(shop.production.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE big (id int)")
    shop.keep_everything()
    small = shop.home.parent / "small"
    home = shop.environ["STAGECOPY_HOME"]
    with _small_disk(small):
        shop.environ["STAGECOPY_HOME"] = str(small / "home")
        try:
            done = shop.run("refresh", "--json")
            checked = shop.run("doctor")
            kept = list((small / "home" / "engine").iterdir())
        finally:
            shop.environ["STAGECOPY_HOME"] = home
    assert (done.code, done.document["error"]["code"]) == (4, "preflight"), done.err
    assert "[disk-full-ahead]" in done.document["error"]["message"]
    assert kept == []
    assert checked.code == 4
    assert re.search(r"^fail  disk ", checked.out, re.MULTILINE)
