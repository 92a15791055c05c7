"""Managed services, made of ordinary roles: nobody there is a superuser, and the provider's own things are about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.acceptance.test_preflight import _STATEMENT, _pretend_extension
from tests.integration.scratch_server import running_server

PASSWORD = "only-in-tests"


@dataclass(frozen=True)
class Provider:
    """The role that is root there, the group it gives its customers, further roles, and an extension of its own."""

    root: str
    group: str
    others: tuple[str, ...]
    extension: str


PROVIDERS = {
    "rds": Provider("rdsadmin", "rds_superuser", ("rds_replication", "rds_password", "rds_iam"), "rds_tools"),
    "cloudsql": Provider(
        "cloudsqladmin",
        "cloudsqlsuperuser",
        ("cloudsqlagent", "cloudsqliamuser", "cloudsqlreplica"),
        "google_vacuum_mgmt",
    ),
    "azure": Provider("azuresu", "azure_pg_admin", ("azure_superuser",), "azure"),
}
_OWNED_BY_THE_PROVIDER = """
CREATE EXTENSION pg_trgm;
COMMENT ON EXTENSION pg_trgm IS 'made by the provider';
COMMENT ON EXTENSION plpgsql IS 'changed by the provider';
COMMENT ON SCHEMA public IS 'of the provider';
"""
_OF_THE_CUSTOMER = """
CREATE TABLE accounts (id serial PRIMARY KEY, mail text);
INSERT INTO accounts (mail) VALUES ('a@corp.test'), ('b@corp.test'), ('c@corp.test');
CREATE INDEX ON accounts USING gin (mail gin_trgm_ops);
CREATE TABLE invoices (id int REFERENCES accounts);
INSERT INTO invoices VALUES (1), (2);
CREATE SEQUENCE tickets START 7;
CREATE TABLE tenants (id int, owner name DEFAULT current_user);
INSERT INTO tenants SELECT i, CASE WHEN i = 1 THEN 'reader' ELSE 'master' END FROM generate_series(1, 5) i;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants USING (owner = current_user);
CREATE SCHEMA closed;
CREATE TABLE closed.cards (id int);
GRANT SELECT ON accounts, tenants, accounts_id_seq TO reader;
"""


@contextmanager
def _service(provider: Provider) -> Iterator[tuple[Address, Address]]:
    """The customer's database there, as its *master* and as a *reader* whom it has let in."""
    with running_server() as server:
        with psycopg.connect(server.url, autocommit=True) as boot:
            boot.execute(f"CREATE ROLE {provider.root} SUPERUSER".encode())
            for name in (provider.group, *provider.others):
                boot.execute(f"CREATE ROLE {name}".encode())
            boot.execute(f"GRANT pg_monitor, pg_signal_backend TO {provider.group} WITH ADMIN OPTION".encode())
            boot.execute(
                f"CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}' IN ROLE {provider.group};"
                f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'".encode()
            )
            boot.execute(b"CREATE DATABASE shop OWNER master")
        with psycopg.connect(server.to(database="shop").url, autocommit=True) as boot:
            boot.execute(f"SET ROLE {provider.root}; {_OWNED_BY_THE_PROVIDER}".encode())
            boot.execute(f"GRANT CREATE ON SCHEMA public TO {provider.group} WITH GRANT OPTION".encode())
            boot.execute("RESET ROLE")
            _pretend_extension(boot, provider.extension)
        master = server.to(user="master", password=PASSWORD, database="shop")
        with psycopg.connect(master.url, autocommit=True) as customer:
            customer.execute(_OF_THE_CUSTOMER)
        yield master, master.to(user="reader")


@pytest.fixture(params=sorted(PROVIDERS) if os.environ.get("STAGECOPY_SLOW") == "1" else ["rds"])
def provider(request: pytest.FixtureRequest) -> Provider:
    """Each provider in turn."""
    return PROVIDERS[request.param]


def _sees_all(shop: Shop, provider: Provider) -> None:
    """Staging has every row, what the customer made, and nothing that only the provider can make."""
    with shop.staging() as staging:
        for table, rows in {"accounts": 3, "invoices": 2}.items():
            assert staging.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (rows,)
        assert staging.execute("SELECT last_value FROM tickets").fetchone() == (7,)
        roles = {name for (name,) in staging.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()}
        assert not roles & {provider.root, provider.group, "master"}
        extensions = {name for (name,) in staging.execute("SELECT extname FROM pg_extension").fetchall()}
        assert extensions == {"plpgsql", "pg_trgm"}


def test_A47_a_managed_service(provider: Provider) -> None:
    """The reader learns all at once, nothing is copied cut; its master runs what is named, and then it works."""
    with _service(provider) as (master, reader), shop_of(reader, "embedded") as shop:
        shop.keep_everything()
        done = shop.run("refresh", "--json")
        assert (done.code, done.document["error"]["code"]) == (3, "preflight"), done.err
        message = done.document["error"]["message"]
        for part in (
            'GRANT SELECT ON TABLE "public"."invoices" TO "reader";',
            'GRANT SELECT ON SEQUENCE "public"."tickets" TO "reader";',
            'GRANT USAGE ON SCHEMA "closed" TO "reader";',
            'GRANT SELECT ON TABLE "closed"."cards" TO "reader";',
            "[row-security] row security hides rows from this role: public.tenants",
            "or leave it out with `skip: reason` in the rules",
        ):
            assert part in message
        assert message.count("\n  - ") == 5, message
        assert provider.extension not in message
        with psycopg.connect(master.url, autocommit=True) as customer:
            for statement in _STATEMENT.findall(message):
                if "BYPASSRLS" not in statement:  # that one the provider keeps to itself, hence the rule below
                    customer.execute(statement.encode())
        shop.rules(
            "tables:\n  public.tenants: {skip: row security hides it}\n"
            'patterns:\n  - {column: "*", keep: nothing personal in this test}\n'
        )
        document = shop.refreshed()
        codes = [each["code"] for each in document["fidelity"]]
        assert {"provider-roles", "extension-skipped"} <= set(codes)
        assert "public.tenants" not in {each["name"] for each in document["tables"]}
        _sees_all(shop, provider)


def test_A47_its_master_reads_all_it_owns(provider: Provider) -> None:
    """Row security does not bind an owner unless it is forced: then it is an error again, never fewer rows."""
    with _service(provider) as (master, _), shop_of(master, "embedded") as shop:
        shop.keep_everything()
        shop.refreshed("--direct")
        _sees_all(shop, provider)
        with shop.staging() as staging:
            assert staging.execute("SELECT count(*) FROM tenants").fetchone() == (5,)
        with psycopg.connect(master.url, autocommit=True) as customer:
            customer.execute("ALTER TABLE tenants FORCE ROW LEVEL SECURITY")
        for words in ((), ("--direct",)):
            done = shop.run("refresh", "--json", *words)
            assert done.code == 3, done.err
            assert "[row-security]" in done.document["error"]["message"]
        with shop.staging() as staging:
            assert staging.execute("SELECT count(*) FROM tenants").fetchone() == (5,)
