"""Staging on a server that others use too: the whole story, what it refuses, and whom it leaves alone."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psycopg
import pytest

from stagecopy.home import Home, NamedServer
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.reopen import named_server
from stagecopy.staging.snapshots import read_served
from tests.acceptance.harness import Shop, kill, shop_of
from tests.integration.majors import SLOW
from tests.integration.scratch_server import _identity, database_of, running_server
from tests.integration.server_lab import named, things
from tests.integration.test_survey import _standby

slow = pytest.mark.skipif(not SLOW, reason="long: with STAGECOPY_SLOW=1")
SCHEMA = """
CREATE TABLE public.customer (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.boss_table (id serial PRIMARY KEY, note text);
CREATE INDEX ON public.boss_table (note);
CREATE VIEW public.names AS SELECT name FROM public.customer;
CREATE FUNCTION public.twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
INSERT INTO public.customer SELECT n, 'customer ' || n FROM generate_series(1, 400) n;
INSERT INTO public.boss_table (note) SELECT 'note ' || n FROM generate_series(1, 250) n;
GRANT SELECT ON public.customer, public.boss_table TO {reader};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {reader};
ALTER TABLE public.customer OWNER TO {app};
ALTER VIEW public.names OWNER TO {app};
ALTER DATABASE {database} OWNER TO {app};
ALTER DATABASE {database} SET work_mem = '9MB';
ALTER ROLE {app} IN DATABASE {database} SET lock_timeout = '7s';
"""
FOREIGN = """
SELECT rolname, rolsuper, rolcanlogin, rolpassword, (SELECT count(*) FROM pg_auth_members WHERE roleid = a.oid),
       shobj_description(oid, 'pg_authid')
  FROM pg_authid a WHERE rolname IN ('postgres', 'analyst', 'mighty', 'limited') ORDER BY 1
"""


@dataclass(frozen=True)
class Site:
    """A production with two roles of its own, and another server with a database and a role of somebody else."""

    production: Address
    app: str
    reader: str
    server: Address

    def url(self, role: str) -> str:
        """The staging server by the URL of *role*."""
        return named(self.server, role).url

    def foreign(self) -> list[object]:
        """All that is somebody else's on the staging server: roles with their passwords, rows."""
        found: list[object] = []
        with connect_staging(self.server) as connection:
            found += connection.execute(FOREIGN.encode()).fetchall()
        with connect_staging(self.server.to(database="theirs")) as connection:
            found += connection.execute("SELECT * FROM public.theirs ORDER BY 1").fetchall()
            found += connection.execute("SELECT datacl::text FROM pg_database WHERE datname = 'theirs'").fetchall()
        return found


def do(address: Address, script: str) -> None:
    with connect_staging(address) as connection:
        connection.execute(script.encode())


@pytest.fixture(scope="module")
def site(scratch_server: Address) -> Iterator[Site]:
    app, reader = (f"{word}_{secrets.token_hex(3)}" for word in ("app", "reader"))
    with database_of(scratch_server) as production, running_server() as server:
        do(production, f"CREATE ROLE {app} LOGIN CREATEDB; CREATE ROLE {reader}; GRANT {reader} TO {app}")
        do(production, SCHEMA.format(app=app, reader=reader, database=production.database))
        for statement in ("CREATE ROLE analyst LOGIN PASSWORD 'analyst'", "CREATE DATABASE theirs OWNER analyst"):
            do(server, statement)
        do(server.to(database="theirs"), "CREATE TABLE public.theirs AS SELECT generate_series(1, 9) n")
        yield Site(production, app, reader, server)
        do(production, f"ALTER DATABASE {production.database} OWNER TO postgres; DROP OWNED BY {app}, {reader}")
        do(production, f"DROP ROLE {app}, {reader}")


@contextmanager
def shop_on(site: Site, role: str = "limited", **staging: str) -> Iterator[Shop]:
    """A project whose staging is on the site's server; afterwards nothing of it is left there."""
    before = things(site.server)
    url = site.url(role)
    foreign = site.foreign()
    with shop_of(site.production, "server") as shop:
        words = "".join(f", {name}: {value}" for name, value in staging.items())
        shop.configure(staging=f'{{engine: server, url: "${{STAGECOPY_STAGING_URL}}"{words}}}')
        shop.environ["STAGECOPY_STAGING_URL"] = url
        shop.keep_everything()
        yield shop
    assert things(site.server) == before
    assert site.foreign() == foreign


def counted(url: str) -> tuple[object, ...]:
    query = "SELECT (SELECT count(*) FROM public.customer), (SELECT count(*) FROM public.boss_table)"
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row


def databases_of(site: Site) -> list[str]:
    return [each for each in things(site.server) if each.startswith("database stagecopy")]


@pytest.mark.parametrize("role", ["limited", pytest.param("mighty", marks=slow)])
def test_the_whole_story(site: Site, role: str) -> None:
    with shop_on(site, role) as shop:
        document = shop.refreshed()
        url = document["staging"]["url"]
        assert counted(url) == (400, 250)
        assert _owners_and_grants_came_along(site, url)
        assert {"role-replaced", "not-isolated", "database-owner"} <= {each["code"] for each in document["fidelity"]}
        with psycopg.connect(url, autocommit=True) as people:
            assert people.execute("SHOW work_mem").fetchone() == ("9MB",)
            assert people.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
            people.execute("DELETE FROM public.customer")
        tried = shop.trial("DELETE FROM public.customer WHERE id <= 30; CREATE TABLE public.made (id int)").document
        assert (tried["ran_as"], tried["clone"], tried["verdict"]) == (site.app, "template", "fail")
        lost = next(each for each in tried["tables"] if each["name"] == "public.customer")
        assert (lost["rows_before"], lost["rows_after"], lost["removed"]) == (400, 370, 30)
        forbidden = shop.trial(f"CREATE ROLE role_{secrets.token_hex(3)}")
        assert (forbidden.code, forbidden.document["migration"]["error"]["sqlstate"]) == (5, "42501")
        assert shop.trial("SHOW lock_timeout", "--role", "postgres").document["error"]["code"] == "no-such-role"
        killed = shop.trial("CREATE TABLE public.a (id int); CREATE TABLE public.b (id int)", "--interrupt").document
        assert [(each["left"], each["rerun"]) for each in killed["interrupt"]] == [
            (["table public.a left behind"], "fails")
        ]
        assert len(databases_of(site)) == 2
        made = shop.run("clone", "create", "mine", "--json").document
        with psycopg.connect(made["url"], autocommit=True) as mine:
            mine.execute("DELETE FROM public.customer WHERE id <= 100")
        assert (counted(made["url"])[0], counted(url)[0]) == (300, 0)
        again = shop.run("clone", "create", "mine", "--yes", "--json").document
        assert (again["url"], counted(again["url"])[0]) == (made["url"], 400)
        assert shop.run("clone", "destroy", "mine", "--yes").code == 0
        assert shop.run("staging", "reset", "--yes").code == 0
        assert (shop.run("staging", "url").out.strip(), counted(url)) == (url, (400, 250))
        assert shop.refreshed()["staging"]["url"] == url
        kept = shop.run("staging", "list", "--json").document["directories"]
        assert sorted(each["kind"] for each in kept) == ["served", "snapshot", "snapshot"]
        assert _never_written_down(shop)


def _never_written_down(shop: Shop) -> bool:
    password = shop.environ["STAGECOPY_STAGING_URL"].partition("://")[2].partition("@")[0].partition(":")[2]
    return not [
        path for path in shop.home.rglob("*") if path.is_file() and password.encode() in path.read_bytes()
    ] and bool(password)


def _owners_and_grants_came_along(site: Site, url: str) -> bool:
    names = "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    granted = "SELECT relname FROM pg_class WHERE relacl::text LIKE %s ORDER BY 1"
    with psycopg.connect(url) as people:
        owners = {str(name): str(owner) for name, owner in people.execute(names.encode())}
        readable = people.execute(granted, (f"%{site.reader}=r/%",)).fetchall()
        assert people.execute("SELECT public.twice(21)").fetchone() == (42,)
        owner = people.execute("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'")
        assert owner.fetchone() == (site.app,)
    assert owners["customer"] == owners["names"] == site.app
    assert owners["boss_table"].startswith("stagecopy.")
    assert owners["boss_table"].endswith(".owner")
    return readable == [("boss_table",), ("customer",)]


def refused(shop: Shop, code: str) -> str:
    """Refresh, which must be refused with *code*; returns what it said."""
    done = shop.run("refresh", "--json")
    assert done.document["error"]["code"] == code, done.err
    assert done.code == 4
    return str(done.document["error"]["message"])


def test_production_itself_is_refused_and_nothing_is_written(site: Site) -> None:
    before = things(site.production)
    with shop_of(site.production, "server") as shop:
        shop.keep_everything()
        shop.environ["STAGECOPY_STAGING_URL"] = site.production.to(database="postgres").url
        assert "system identifier" in refused(shop, "target-is-production")
        checked = shop.run("doctor", "--json").document["checks"]
        assert [each["state"] for each in checked if "system identifier" in each["message"]] == ["fail"]
        assert things(site.production) == before


def test_the_handshake_knows_production_where_identifiers_are_hidden(site: Site) -> None:
    guest = f"guest_{secrets.token_hex(3)}"
    server = site.production.to(database="postgres")
    do(server, f"CREATE ROLE {guest} LOGIN CREATEDB CREATEROLE PASSWORD 'guest-guest'")
    do(server, "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_control_system() FROM PUBLIC")
    before = things(server)
    try:
        with shop_of(site.production, "server") as shop:
            shop.keep_everything()
            shop.environ["STAGECOPY_STAGING_URL"] = server.to(user=guest, password="guest-guest").url
            assert "production server itself" in refused(shop, "target-is-production")
            assert things(server) == before
    finally:
        do(server, "GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() TO PUBLIC")
        do(server, f"DROP ROLE {guest}")


@slow
def test_a_promoted_copy_of_production_is_refused() -> None:
    folder = Path(f"/tmp/stagecopy-copy-{secrets.token_hex(3)}")
    folder.mkdir()
    shutil.chown(folder, _identity().uid, _identity().gid)
    try:
        with (
            running_server(wal_level="replica", max_wal_senders="4") as primary,
            _standby(primary, folder) as copy,
            shop_of(primary, "server") as shop,
        ):
            shop.keep_everything()
            shop.environ["STAGECOPY_STAGING_URL"] = copy.url
            refused(shop, "server-standby")
            do(copy, "SELECT pg_catalog.pg_promote()")
            refused(shop, "target-is-production")
            assert not [each for each in things(copy) if "stagecopy" in each]
    finally:
        shutil.rmtree(folder)


def test_a_full_quota_refuses_before_anything_is_made(site: Site) -> None:
    with shop_on(site, quota="{databases: 4}") as shop:
        shop.refreshed("--direct")
        shop.refreshed("--direct")
        before, url = databases_of(site), shop.run("staging", "url").out.strip()
        assert len(before) == 3
        assert "allows 4" in refused(shop, "quota-databases")
        assert databases_of(site) == before
        assert counted(url) == (400, 250)
        assert shop.trial("SELECT 1").document["error"]["code"] == "quota-databases"
        assert databases_of(site) == before


def test_two_projects_on_one_server_do_not_touch_each_other(site: Site) -> None:
    with shop_on(site, "mighty") as one:
        url = one.refreshed("--direct")["staging"]["url"]
        others = databases_of(site)
        with shop_on(site, "limited") as two:
            two.refreshed("--direct")
            assert two.trial("DELETE FROM public.customer").document["verdict"] == "fail"
        assert databases_of(site) == others
        assert counted(url) == (400, 250)
        assert one.trial("DELETE FROM public.customer WHERE id = 1").document["ran_as"] == site.app


def test_two_homes_of_one_project_share_its_roles_and_nothing_else(site: Site) -> None:
    with shop_on(site) as one:
        url = one.refreshed("--direct")["staging"]["url"]
        first = one.environ["STAGECOPY_HOME"]
        one.environ["STAGECOPY_HOME"] = f"{first}-other"
        other = one.refreshed("--direct")["staging"]["url"]
        assert other != url
        assert one.run("staging", "destroy", "--yes").code == 0
        assert f"role {site.app}" in things(site.server)
        one.environ["STAGECOPY_HOME"] = first
        assert counted(url) == (400, 250)
        assert one.trial("DELETE FROM public.customer WHERE id = 1").document["ran_as"] == site.app


def test_a_role_of_the_same_name_that_is_not_ours_is_left_alone(site: Site) -> None:
    do(site.server, f"CREATE ROLE {site.app} LOGIN CREATEROLE PASSWORD 'of-somebody-else'")
    query = "SELECT a::text FROM pg_authid a WHERE rolname = '" + site.app + "'"
    try:
        with connect_staging(site.server) as connection:
            before = connection.execute(query.encode()).fetchall()
        with shop_on(site) as shop:
            document = shop.refreshed("--direct")
            replaced = [each["message"] for each in document["fidelity"] if each["code"] == "role-replaced"]
            assert site.app in replaced[0]
            assert counted(document["staging"]["url"]) == (400, 250)
            tried = shop.trial("DELETE FROM public.customer WHERE id <= 3; ALTER TABLE public.boss_table ADD x int")
            assert tried.document["error"] is None
            assert tried.document["ran_as"].endswith(".owner")
            with connect_staging(site.server) as connection:
                assert connection.execute(query.encode()).fetchall() == before
                members = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid IN (roleid, member)"
                row = connection.execute(f"{members} WHERE r.rolname = '{site.app}'".encode()).fetchone()
                assert row == (0,)
    finally:
        do(site.server, f"DROP ROLE {site.app}")


def test_a_schema_public_of_a_superuser_is_no_more_open_than_in_production(site: Site) -> None:
    do(site.production, "ALTER SCHEMA public OWNER TO postgres")
    do(site.production, f"GRANT USAGE ON SCHEMA public TO {site.reader} WITH GRANT OPTION")
    try:
        with shop_on(site) as shop:
            url = shop.refreshed("--direct")["staging"]["url"]
            with psycopg.connect(url) as people:
                row = people.execute("SELECT pg_get_userbyid(nspowner), nspacl::text FROM pg_namespace"
                                     " WHERE nspname = 'public'").fetchone()  # fmt: skip
            assert row is not None
            assert row[0].endswith(".owner")
            assert f"{site.reader}=U*/" in row[1]
            assert shop.trial("CREATE TABLE public.made (id int)").document["migration"]["error"]["sqlstate"] == "42501"
    finally:
        do(site.production, f"REVOKE ALL ON SCHEMA public FROM {site.reader}")
        do(site.production, "ALTER SCHEMA public OWNER TO pg_database_owner")


def test_a_killed_refresh_is_cleaned_up_by_the_next(site: Site) -> None:
    with shop_on(site) as shop:
        url = shop.refreshed("--direct")["staging"]["url"]
        before = set(databases_of(site))
        child = shop.start("refresh", "--direct")
        end = time.monotonic() + 60
        while not (new := set(databases_of(site)) - before):
            assert time.monotonic() < end, "no database was made"
            time.sleep(0.01)
        kill(child)
        assert counted(url) == (400, 250)
        assert shop.trial("DELETE FROM public.customer WHERE id = 1").code == 1
        assert not new & set(databases_of(site))
        assert shop.refreshed("--direct")["staging"]["url"] == url


@pytest.mark.parametrize("closed", [pytest.param(False, marks=slow), True], ids=["before", "between"])
def test_a_killed_swap_is_finished_by_the_next_verb(site: Site, closed: bool) -> None:
    with shop_on(site) as shop:
        document = shop.refreshed("--direct")
        url = document["staging"]["url"]
        with psycopg.connect(url, autocommit=True) as people:
            people.execute("DELETE FROM public.customer")
        home = Home(shop.home, shop.name, NamedServer(shop.environ["STAGECOPY_STAGING_URL"]))
        served, engine = read_served(home), named_server(home, shop.name)
        assert served
        new = f"served-20260101-000000-{secrets.token_hex(2)}"
        engine.clone(f"snapshot-{document['snapshot']}", new, "served", run="r")
        if closed:
            engine.stop(served.directory)
        swap = asdict(replace(served, directory=new))
        home.swap.write_text(json.dumps({"new": swap, "project": shop.name}))
        assert shop.run("staging", "url").out.strip() == url
        assert counted(url) == (400, 250)
        assert [each.name for each in engine.directories() if each.kind == "served"] == [new]


def test_a_server_needs_its_url_and_a_url_its_engine(site: Site) -> None:
    with shop_of(site.production, "embedded") as shop:
        shop.keep_everything()
        for staging, environ, code in (
            ("{engine: server}", None, "no-staging-url"),
            ('{engine: embedded, url: "postgresql://me@here/app"}', None, "staging-url-unused"),
            ("{engine: server}", "postgresql://me@/app", "bad-dsn"),
        ):
            shop.configure(staging=staging)
            shop.environ["STAGECOPY_STAGING_URL"] = environ or ""
            done = shop.run("refresh", "--json")
            assert (done.code, done.document["error"]["code"]) == (2, code)
        shop.environ.pop("STAGECOPY_STAGING_URL")
        shop.configure(staging="{engine: embedded}")
