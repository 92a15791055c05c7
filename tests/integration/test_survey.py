"""What a server tells of itself: asked of real ones, as the roles that will meet them."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.model.preflight import Survey
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.catalog import read_catalog
from stagecopy.postgres.connect import connect_production, connect_staging
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.preflight import available_extensions, extensions, used_roles
from stagecopy.production.preflight import Wanted, survey
from stagecopy.production.session import Scope, glance
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.extensions import Policy, decide
from tests.integration.engine_fixtures import reachable_folder
from tests.integration.scratch_server import BINARIES, _end, _free_port, _identity, _wait, running_server

__all__ = ["reachable_folder"]
PASSWORD = "only-in-tests"


@pytest.fixture
def stranger(fresh_database: Address) -> Iterator[Address]:
    """A role that owns nothing and was granted nothing."""
    name = f"stranger_{secrets.token_hex(4)}"
    with psycopg.connect(fresh_database.url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'".encode())
        yield fresh_database.to(user=name, password=PASSWORD)
        admin.execute(f"DROP OWNED BY {name}".encode())
        admin.execute(f"DROP ROLE {name}".encode())


def _survey(address: Address, *, direct: bool = False) -> Survey:
    with connect_production(Dsn.parse(address.url), application_name="stagecopy/test") as connection:
        catalog = read_catalog(connection)
        tables = [table.oid for table in catalog.tables if table.kind in ("r", "p")]
        return survey(connection, catalog, Wanted(tables, (), direct=direct))


def _grant(address: Address, sql: str) -> None:
    with psycopg.connect(address.url, autocommit=True) as admin:
        admin.execute(sql.encode())


def test_every_statement_it_names_is_enough(fresh_database: Address, stranger: Address) -> None:
    _grant(
        fresh_database,
        "CREATE SCHEMA inner_; CREATE TABLE inner_.a (id serial); CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY);"
        "SELECT lo_create(4711); CREATE TABLE parts (id int) PARTITION BY LIST (id);"
        "CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)",
    )
    found = _survey(stranger).obstacles
    assert {each.code for each in found} == {"not-readable", "schema-closed"}
    for each in found:
        _grant(fresh_database, each.remedy.partition(";")[0])
    assert _survey(stranger).obstacles == ()


def test_large_objects_matter_only_to_a_backup(fresh_database: Address, stranger: Address) -> None:
    _grant(fresh_database, "SELECT lo_create(0), lo_create(0)")
    assert [each.message for each in _survey(stranger).obstacles] == ["this role cannot read 2 large objects"]
    assert _survey(stranger, direct=True).obstacles == ()


def test_the_superuser_and_pg_read_all_data_see_no_obstacle(fresh_database: Address, stranger: Address) -> None:
    _grant(fresh_database, "CREATE SCHEMA s; CREATE TABLE s.a (id serial)")
    assert _survey(fresh_database).obstacles == ()
    _grant(fresh_database, f"GRANT pg_read_all_data TO {stranger.user}")
    assert _survey(stranger).obstacles == ()


def test_row_security_counts_unless_it_does_not_apply(fresh_database: Address, stranger: Address) -> None:
    _grant(fresh_database, "CREATE TABLE a (id int); ALTER TABLE a ENABLE ROW LEVEL SECURITY")
    _grant(fresh_database, f"GRANT SELECT ON a TO {stranger.user}")
    assert [each.code for each in _survey(stranger).obstacles] == ["row-security"]
    _grant(fresh_database, f"ALTER ROLE {stranger.user} BYPASSRLS")
    assert _survey(stranger).obstacles == ()
    _grant(fresh_database, f"ALTER ROLE {stranger.user} NOBYPASSRLS; ALTER TABLE a OWNER TO {stranger.user}")
    assert _survey(stranger).obstacles == ()
    _grant(fresh_database, "ALTER TABLE a FORCE ROW LEVEL SECURITY")
    assert [each.code for each in _survey(stranger).obstacles] == ["row-security"]


def test_tables_of_extensions_are_locked_by_a_dump_too(fresh_database: Address, stranger: Address) -> None:
    _grant(
        fresh_database,
        "CREATE EXTENSION citext; CREATE SCHEMA jobs; CREATE TABLE jobs.job (id int);"
        "ALTER EXTENSION citext ADD TABLE jobs.job",
    )
    closed, unreadable = _survey(stranger).obstacles
    assert (closed.code, unreadable.where) == ("schema-closed", "jobs.job")
    assert "of extension citext" in unreadable.message
    assert "skip" not in unreadable.remedy


def test_what_needs_an_extension_is_known(fresh_database: Address) -> None:
    _grant(
        fresh_database,
        "CREATE EXTENSION citext; CREATE EXTENSION pgcrypto; CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm;"
        "CREATE TABLE a (mail citext, tags citext[], token bytea DEFAULT gen_random_bytes(8));"
        "CREATE INDEX by_mail ON a USING gin ((mail::text) gin_trgm_ops)",
    )
    with connect_staging(fresh_database) as connection:
        users = {each.name: each.users for each in extensions(connection)}
    assert users["hstore"] == ()
    assert users["citext"] == ("column mail of table public.a", "column tags of table public.a")
    assert users["pgcrypto"] == ("default value for column token of table public.a",)
    assert users["pg_trgm"] == ("index public.by_mail",)


def test_roles_that_a_dump_would_name(fresh_database: Address, stranger: Address) -> None:
    with connect_staging(fresh_database) as connection:
        assert stranger.user not in used_roles(connection)
        assert fresh_database.user in used_roles(connection)  # it owns the database
        connection.execute("CREATE TABLE public.a (id int)")
        connection.execute(f"GRANT SELECT ON public.a TO {stranger.user}".encode())
        assert stranger.user in used_roles(connection)


def test_pgcrypto_is_missed_where_the_programs_lack_it(fresh_database: Address, reachable_folder: Path) -> None:
    try:
        last = find(18, programs=SERVER, newer=False)
    except StagingError as missing:
        pytest.skip(missing.message)
    root = reachable_folder / secrets.token_hex(4)
    engine = EmbeddedEngine("survey", root=root, binaries=last, admin_password=secrets.token_hex(8))
    engine.initialise("empty", "clone", run="r", spec=ClusterSpec("UTF8", "C", "C"))
    try:
        with connect_staging(engine.start("empty", ServerOptions())) as connection:
            available = available_extensions(connection)
    finally:
        engine.destroy("empty")
    if "pgcrypto" in available:
        pytest.skip("these programs have pgcrypto")
    _grant(fresh_database, "CREATE EXTENSION pgcrypto; CREATE EXTENSION citext")
    with connect_staging(fresh_database) as connection:
        present = extensions(connection)
    assert [each.message for each in decide(present, available, Policy()).obstacles] == [
        "staging lacks the extension pgcrypto"
    ]


@contextmanager
def _standby(primary: Address, folder: Path) -> Iterator[Address]:
    """A hot standby of *primary*, on loopback."""
    identity, port = _identity(), _free_port()
    env = process.environment({"PGPASSWORD": primary.password})
    target = ["-h", primary.host, "-p", str(primary.port), "-U", primary.user]
    data = folder / "standby"
    process.run([BINARIES / "pg_basebackup", *target, "-D", data, "-c", "fast", "-R"], env=env, identity=identity)
    argv: list[str | Path] = [BINARIES / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
    argv += ["-c", "unix_socket_directories=", "-c", "max_wal_senders=4", "-c", "max_prepared_transactions=10"]
    with (folder / "log").open("wb") as log:
        server = process.start(argv, env=env, cwd=data, identity=identity, stdout=log.fileno(), stderr=log.fileno())
    try:
        address = Address("127.0.0.1", port, primary.user, primary.password, primary.database)
        _wait(address, server, folder / "log")
        yield address
    finally:
        _end(server)


def test_a_standby_is_read_with_a_note_but_without_unlogged_rows(reachable_folder: Path) -> None:
    folder = reachable_folder / secrets.token_hex(4)
    folder.mkdir()
    shutil.chown(folder, _identity().uid, _identity().gid)
    with running_server(wal_level="replica", max_wal_senders="4") as primary:
        _grant(primary, "CREATE UNLOGGED TABLE a (id int); CREATE TABLE b (id int)")
        with _standby(primary, folder) as standby:
            scope = Scope((), (), 5.0, lambda _: frozenset())
            _, catalog, seen = glance(Dsn.parse(standby.url), "stagecopy/test", scope)
            assert catalog is not None
            assert [(each.code, each.where) for each in seen.obstacles] == [("unlogged-on-standby", "public.a")]
            assert "hot_standby_feedback = off" in seen.notes[0].message
    shutil.rmtree(folder)
