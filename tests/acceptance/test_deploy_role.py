"""A migration as the role that deploys it: what it may not do, what it takes on, and whose is what it makes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.integration.scratch_server import database_of

TABLES = ("users", "orgs", "plans")


@pytest.fixture(scope="module")
def roles(scratch_server: Address) -> Iterator[dict[str, str]]:
    """An owner, one who deploys and may become the owner, one who deploys and may not, one who reads."""
    names = {each: f"{each}_{secrets.token_hex(3)}" for each in ("owner", "deployer", "stranger", "reader")}
    with psycopg.connect(scratch_server.url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"CREATE ROLE {name} LOGIN".encode())
        connection.execute(f"GRANT {names['owner']} TO {names['deployer']}".encode())
    yield names
    with psycopg.connect(scratch_server.url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"DROP ROLE {name}".encode())


@pytest.fixture(scope="module")
def shop(scratch_server: Address, roles: dict[str, str]) -> Iterator[Shop]:
    """Three tables of the owner that the reader may read, and default privileges for what the owner makes."""
    owner, deployer, stranger, reader = roles.values()
    with database_of(scratch_server) as production, shop_of(production, "embedded") as shop:
        shop.keep_everything()
        shop.production_sql(
            f"ALTER SCHEMA public OWNER TO {owner}; GRANT CREATE ON SCHEMA public TO {deployer}, {stranger};"
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {reader};"
            f"SET ROLE {owner};"
            + "".join(f"CREATE TABLE {each} (id int PRIMARY KEY, name text);" for each in TABLES)
            + "INSERT INTO users SELECT i, 'n' || i FROM generate_series(1, 40) i"
        )
        shop.refreshed()
        yield shop


def test_what_the_role_may_not_do_fails_with_the_owner_named(shop: Shop, roles: dict[str, str]) -> None:
    shop.write("own.sql", "ALTER TABLE users ADD COLUMN seen int;\n")
    done = shop.run("trial", "own.sql", "--role", roles["stranger"], "--json")
    assert (done.code, done.document["migration"]["error"]["sqlstate"]) == (5, "42501")
    hint = done.document["error"]["hint"]
    assert f"it ran as {roles['stranger']}, and public.users belongs to {roles['owner']}" in hint
    reported = shop.run("trial", "own.sql", "--role", roles["stranger"])
    assert f"public.users belongs to {roles['owner']}" in " ".join(reported.out.split())
    assert shop.run("trial", "own.sql", "--role", roles["owner"], "--json").code == 0


def test_what_the_role_makes_is_its_own_and_default_privileges_are_those_of_whoever_makes_it(
    shop: Shop, roles: dict[str, str]
) -> None:
    shop.write("made.sql", "CREATE TABLE visits (id int);\n")
    alien = shop.run("trial", "made.sql", "--role", roles["stranger"], "--json")
    messages = {each["rule"]: each["message"] for each in alien.document["findings"]}
    assert messages["other-owner"].startswith(f"public.visits belongs to {roles['stranger']}, most other tables")
    assert messages["not-granted"].startswith(f"{roles['reader']} may read most other tables of public")
    shop.write("made.sql", f"SET ROLE {roles['owner']};\nCREATE TABLE visits (id int);\n")
    own = shop.run("trial", "made.sql", "--role", roles["deployer"], "--json")
    assert (own.code, own.document["ran_as"]) == (0, roles["deployer"])
    assert {"other-owner", "not-granted"} & {each["rule"] for each in own.document["findings"]} == set()
