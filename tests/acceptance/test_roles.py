"""As whom a migration runs: production's owner, never a superuser, and what such a role can and cannot do."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from stagecopy.model.server import Address
from tests.acceptance.harness import Done, Shop, shop_of
from tests.acceptance.shared_shops import EACH_ENGINE, EMBEDDED, shared
from tests.integration.scratch_server import database_of

OWNER = f"keeper-{secrets.token_hex(3)}"  # its quotes are needed; roles belong to the whole scratch server
READER = f"reader-{secrets.token_hex(3)}"
ESCAPES = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")
NO_SUPERUSER = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolsuper AND pg_has_role(session_user, oid, 'MEMBER')) THEN
        RAISE EXCEPTION 'a superuser is within reach';
    END IF;
END $$
"""
ALL_REFUSED = """
DO $$
DECLARE attempt text;
BEGIN
    FOREACH attempt IN ARRAY ARRAY[
        'COPY (SELECT 1) TO PROGRAM ''true''',
        'COPY app.notes FROM ''/etc/hostname''',
        'COPY app.notes TO ''/tmp/notes''',
        'SELECT pg_read_file(''/etc/hostname'')',
        'SELECT lo_import(''/etc/hostname'')',
        'CREATE FUNCTION app.f() RETURNS int LANGUAGE c AS ''x'', ''y''',
        'CREATE ROLE other SUPERUSER',
        'CREATE ROLE other',
        'GRANT pg_execute_server_program TO CURRENT_USER',
        'SET ROLE stagecopy_admin',
        'SET SESSION AUTHORIZATION stagecopy_admin'
    ] LOOP
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN insufficient_privilege THEN
            CONTINUE;
        END;
        RAISE EXCEPTION 'allowed: %', attempt;
    END LOOP;
END $$
"""


@contextmanager
def _owned_production(server: Address) -> Iterator[Address]:
    """A database of an ordinary role that may do more than is good on the server it runs on."""
    with psycopg.connect(server.url, autocommit=True) as admin:
        for name, power in ((OWNER, "CREATEROLE"), (READER, "")):
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN {}").format(sql.Identifier(name), sql.SQL(power)))
        for group in ESCAPES:
            admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(OWNER)))
        try:
            with database_of(server) as production:
                _fill(admin, production)
                yield production
        finally:
            for name in (OWNER, READER):
                admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _fill(admin: psycopg.Connection[tuple[object, ...]], production: Address) -> None:
    database, owner = sql.Identifier(production.database), sql.Identifier(OWNER)
    admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner))
    with psycopg.connect(production.url, autocommit=True) as inside:
        inside.execute(sql.SQL("CREATE SCHEMA app AUTHORIZATION {}").format(owner))
        inside.execute(sql.SQL("SET ROLE {}").format(owner))
        inside.execute("CREATE TABLE app.notes AS SELECT i AS id, 'note ' || i AS body FROM generate_series(1, 50) i")
        inside.execute(sql.SQL("GRANT USAGE ON SCHEMA app TO {}").format(sql.Identifier(READER)))
        inside.execute(sql.SQL("GRANT SELECT ON app.notes TO {}").format(sql.Identifier(READER)))


@contextmanager
def _project(production: Address, engine: str) -> Iterator[Shop]:
    with shop_of(production, engine) as made:
        made.keep_everything()
        made.refreshed()
        yield made


shops, shop = shared(_owned_production, _project)


def _sqlstate(done: Done) -> str | None:
    error = done.document["migration"]["error"]
    return error["sqlstate"] if error else None


@EACH_ENGINE
def test_a_migration_runs_as_the_owner_in_production(shop: Shop) -> None:
    done = shop.trial(f"{NO_SUPERUSER}; DELETE FROM app.notes WHERE id = 1; ALTER TABLE app.notes ADD COLUMN x int")
    assert (done.code, done.document["ran_as"]) == (1, OWNER)
    codes = {each["code"] for each in done.document["fidelity"]}
    assert "role-replaced" not in codes
    assert ({"role-limited", "not-isolated"} <= codes) is (shop.engine == "embedded")


@EMBEDDED
def test_what_needs_a_superuser_fails_as_it_would_for_the_role(shop: Shop) -> None:
    done = shop.trial("ALTER SYSTEM SET archive_command TO 'true'")
    assert (done.code, _sqlstate(done)) == (5, "42501")
    assert done.document["error"]["code"] == "migration-failed"


@EMBEDDED
def test_no_way_leads_out_of_an_engine_that_contains_nothing(shop: Shop) -> None:
    """Production's own grants of such power do not come along."""
    done = shop.trial(ALL_REFUSED)
    assert (done.code, done.document["migration"]["error"]) == (0, None)


@EMBEDDED
def test_no_role_that_can_be_used_is_a_superuser(shop: Shop) -> None:
    with shop.staging() as staging:
        superusers = staging.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
        assert superusers == [("stagecopy_admin",)]  # it alone keeps the server; nobody is given its password
        reach = "SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')"
        reached = {str(row[0]) for row in staging.execute(reach)}
        assert {"stagecopy", OWNER, READER} <= reached
        assert not reached & {"stagecopy_admin", *ESCAPES}
        assert staging.execute("DELETE FROM app.notes WHERE id = 1").rowcount == 1


@EMBEDDED
def test_a_named_role_is_taken_with_its_rights(shop: Shop) -> None:
    done = shop.trial("SELECT count(*) FROM app.notes; DELETE FROM app.notes", "--role", READER)
    assert (done.document["ran_as"], _sqlstate(done)) == (READER, "42501")
    assert done.document["migration"]["error"]["statement"] == 2
    shop.configure(trial=f"{{role: {READER}}}")
    try:
        assert shop.trial("SELECT 1").document["ran_as"] == READER
        assert shop.trial("SELECT 1", "--role", OWNER).document["ran_as"] == OWNER
    finally:
        shop.configure()


@EMBEDDED
@pytest.mark.parametrize("name", ["nobody-of-that-name", "stagecopy_admin", "pg_monitor"])
def test_a_role_that_is_none_of_production_is_refused(shop: Shop, name: str) -> None:
    done = shop.trial("SELECT 1", "--role", name)
    assert (done.code, done.document["error"]["code"]) == (2, "no-such-role")
    assert name in done.document["error"]["message"]
