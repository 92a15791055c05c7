"""What holds only on a server that is not ours: marks, rights, sessions, quotas, and which servers are refused."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stagecopy.errors import StagecopyError, StagingError, UsageError
from stagecopy.flows.ground_shared import obstacles
from stagecopy.home import NamedServer
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.postgres import databases
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.mark import Mark
from stagecopy.staging.server_access import faults, makeable_extensions, open_access
from stagecopy.staging.server_engine import ServerEngine
from stagecopy.staging.server_names import fitted, words_of
from tests.integration.engine_fixtures import SPEC
from tests.integration.scratch_server import _identity, running_server
from tests.integration.server_lab import PLACE, ServerLab, named, server_lab
from tests.integration.test_endpoint import needs_pooler, open_folder, pooled
from tests.integration.test_survey import _standby

__all__ = ["open_folder"]
ANY = ServerOptions()
RUN = "-20261123-120000-abcd"


@pytest.fixture(scope="module", params=["mighty", "limited"])
def place(request: pytest.FixtureRequest) -> Iterator[ServerLab]:
    """A project on a scratch server, as a superuser and as a role that may make databases and roles."""
    with server_lab(request.param) as made:
        yield made


@pytest.fixture
def engine(place: ServerLab) -> Iterator[ServerEngine]:
    """Its engine; what a test leaves behind is destroyed."""
    found = place.engine
    assert isinstance(found, ServerEngine)
    yield found
    for directory in found.directories():
        found.destroy(directory.name)


@contextmanager
def refused(code: str, failure: type[StagecopyError] = StagingError) -> Iterator[None]:
    with pytest.raises(failure) as raised:
        yield
    assert raised.value.code == code


@contextmanager
def limit(engine: ServerEngine, *, count: int | None = None, size: int | None = None) -> Iterator[None]:
    """A smaller quota for a moment."""
    usual = engine._server
    assert usual is not None
    engine._server = replace(usual, databases=count, bytes=size)
    try:
        yield
    finally:
        engine._server = usual


def say(address: Address, query: str) -> list[tuple[object, ...]]:
    with connect_staging(address) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def snapshot(engine: ServerEngine, name: str = "snapshot") -> str:
    """A stopped database with three rows, as a refresh leaves one."""
    engine.initialise(name, "snapshot", run="run-1", spec=SPEC)
    address = engine.start(name, ANY)
    say(address, "CREATE TABLE public.item AS SELECT n FROM pg_catalog.generate_series(1, 3) n")
    engine.stop(name)
    return name


def test_a_sealed_snapshot_is_connected_to_by_nobody(place: ServerLab, engine: ServerEngine) -> None:
    snapshot(engine)
    for address in (engine.access.address, place.server):
        with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
            psycopg.connect(address.to(database=engine.names.database("snapshot")).url)


def test_what_is_served_has_one_name_and_the_sessions_of_others_stay(place: ServerLab, engine: ServerEngine) -> None:
    snapshot(engine)
    one, two = f"served{RUN}", f"served{RUN[:-1]}e"
    for name in (one, two):
        engine.clone("snapshot", name, "served", run="run-1")
    first = engine.start(one, ANY)
    assert first.database == engine.names.public(one) == engine.names.public(two) != engine.names.database(one)
    with (
        psycopg.connect(place.server.url, autocommit=True) as stranger,
        psycopg.connect(engine.access.address.to(database=first.database).url) as served,
    ):
        engine.stop(one)
        second = engine.start(two, ANY)
        assert second == first
        assert stranger.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError):
            served.execute("SELECT 1")
    assert engine.address(one) is None
    engine.destroy(one)
    assert say(second, "SELECT pg_catalog.count(*) FROM public.item") == [(3,)]


def test_only_those_let_in_may_connect_and_clones_have_the_same_rights_and_settings(
    place: ServerLab, engine: ServerEngine
) -> None:
    snapshot(engine)
    with connect_staging(place.server) as connection:
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'visitor'")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        databases.let_in(connection, engine.names.database("snapshot"), "guest", "CONNECT")
        databases.attach(connection, engine.names.database("snapshot"), "guest", "search_path=a, b")
    try:
        engine.clone("snapshot", "clone", "clone", run="run-1")
        address = engine.start("clone", ANY)
        with psycopg.connect(address.to(user="guest", password="guest").url) as guest:
            assert guest.execute("SHOW search_path").fetchone() == ("a, b",)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(address.to(user="visitor", password="visitor").url)
    finally:
        engine.destroy("clone")
        engine.destroy("snapshot")
        say(place.server, "DROP ROLE visitor")
        say(place.server, "DROP ROLE guest")


def test_a_mark_of_somebody_else_in_our_place_is_left_alone(place: ServerLab, engine: ServerEngine) -> None:
    database = engine.names.database("theirs")
    with connect_staging(place.server) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        databases.comment(connection, database, words_of(Mark("another.project", "theirs", "clone", "r")))
    try:
        assert engine.directories() == ()
        for action in (engine.destroy, engine.stop, engine.checksum, lambda name: engine.start(name, ANY)):
            with refused("not-ours"):
                action("theirs")
    finally:
        place.remove_unmarked("theirs")


def test_what_a_killed_maker_left_is_ours_and_goes_but_not_while_it_is_made(
    place: ServerLab, engine: ServerEngine
) -> None:
    snapshot(engine)
    database = engine.names.database("half")
    with connect_staging(engine.access.address) as making:
        databases.hold_name(making, database)
        databases.create_from(making, database, engine.names.database("snapshot"), owner=engine.names.keeper)
        assert [each.name for each in engine.directories()] == ["snapshot"]
        with refused("no-such-directory"):
            engine.stop("half")
    assert [(each.name, each.run) for each in engine.directories()] == [("half", ""), ("snapshot", "run-1")]
    engine.destroy("half")
    assert f"database {database}" not in place.leftovers()


def test_a_failed_making_leaves_nothing(place: ServerLab, engine: ServerEngine) -> None:
    with refused("server-locale"):
        engine.initialise("broken", "clone", run="r", spec=replace(SPEC, encoding="NOT-ONE"))
    assert not [each for each in place.leftovers() if each.startswith("database")]


@pytest.mark.parametrize(
    ("spec", "encoding", "collate"),
    [
        (ClusterSpec("UTF8", "xx_YY.UTF-8", "xx_YY.UTF-8"), "UTF8", "C.UTF-8"),
        (ClusterSpec("LATIN1", "xx_YY.ISO-8859-1", "xx_YY.ISO-8859-1"), "LATIN1", "C"),
        (SPEC, "UTF8", "C.UTF-8"),
    ],
    ids=["UTF8", "LATIN1", "exact"],
)
def test_a_locale_that_the_server_lacks_falls_back(
    engine: ServerEngine, spec: ClusterSpec, encoding: str, collate: str
) -> None:
    found = engine.initialise("elsewhere", "clone", run="r", spec=spec)
    assert [each.code for each in found] == ([] if spec == SPEC else ["other-collation"])
    shown = "SELECT datcollate, pg_catalog.pg_encoding_to_char(encoding) FROM pg_catalog.pg_database"
    address = engine.start("elsewhere", ANY)
    assert say(address, f"{shown} WHERE datname = current_database()") == [(collate, encoding)]


def test_a_prepared_transaction_does_not_keep_a_clone(engine: ServerEngine) -> None:
    snapshot(engine)
    engine.clone("snapshot", "clone", "clone", run="r")
    with connect_staging(engine.start("clone", ANY)) as connection:
        connection.execute("BEGIN; INSERT INTO public.item VALUES (4); PREPARE TRANSACTION 'left'")
    engine.destroy("clone")
    assert [each.name for each in engine.directories()] == ["snapshot"]


def test_a_quota_refuses_before_anything_is_made(engine: ServerEngine) -> None:
    snapshot(engine)
    engine.clone("snapshot", "named-mine" + RUN, "named", run="r")
    with limit(engine, count=2), pytest.raises(StagingError) as raised:
        engine.clone("snapshot", "third", "clone", run="r")
    assert raised.value.code == "quota-databases"
    assert "staging.quota.databases" in (raised.value.hint or "")
    assert "stagecopy clone destroy" in (raised.value.hint or "")
    with limit(engine, size=engine.usage()[1] + 1000), refused("quota-size"):
        engine.clone("snapshot", "third", "clone", run="r")
    with limit(engine, count=3, size=10 * engine.usage()[1]):
        engine.clone("snapshot", "third", "clone", run="r")
    assert engine.usage()[0] == 3


def test_a_trial_logs_in_as_an_ordinary_role_and_the_login_goes_with_the_clone(
    place: ServerLab, engine: ServerEngine
) -> None:
    snapshot(engine)
    with connect_staging(engine.access.address) as connection:
        engine.roles._make_own(connection, {}, engine.names.stand_in, sql.SQL("NOLOGIN"))
    engine.clone("snapshot", "clone", "clone", run="r")
    address = engine.start("clone", ANY)
    database = engine.names.database("clone")
    with connect_staging(engine.access.address) as connection:
        databases.attach(connection, database, engine.names.stand_in, "lock_timeout=7s")
    login = engine.let_in(address, engine.names.stand_in)
    with psycopg.connect(login.url, autocommit=True) as trial:
        row = trial.execute("SELECT current_user, session_user, current_setting('lock_timeout')").fetchone()
        assert row == (engine.names.stand_in, login.user, "7s")
        assert trial.execute("SELECT current_setting('is_superuser')").fetchone() == ("off",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            trial.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(engine.names.database("snapshot"))))
    for other in ("postgres", "limited", "nobody", engine.names.keeper):
        with refused("no-such-role", UsageError):
            engine.let_in(address, other)
    assert f"role {login.user}" in place.leftovers()
    engine.destroy("clone")
    assert f"role {login.user}" not in place.leftovers()


def test_long_names_stay_apart(engine: ServerEngine) -> None:
    names = ["named-" + "x" * 60 + end + RUN for end in ("a", "b")]
    snapshot(engine)
    for name in names:
        engine.clone("snapshot", name, "named", run="r")
        address = engine.start(name, ANY)
        assert len(address.database) <= 63
        say(address, f"CREATE TABLE public.of_{name[66]} ()")
    assert {each.name for each in engine.directories()} == {"snapshot", *names}
    assert fitted("é" * 5) == "é" * 5


def test_a_role_of_our_name_that_is_not_ours_is_not_taken(place: ServerLab, engine: ServerEngine) -> None:
    keeper = sql.Identifier(engine.names.keeper)
    engine.end()
    assert place.leftovers() == []
    with connect_staging(place.server) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(keeper))
    try:
        with refused("not-ours"):
            engine.initialise("any", "clone", run="r", spec=SPEC)
    finally:
        with connect_staging(place.server) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(keeper))


def test_another_server_than_the_one_remembered_is_said(place: ServerLab, engine: ServerEngine) -> None:
    moved = ServerEngine(place.project, place=PLACE, server=place.named, identity="7000000000000000000")
    with refused("other-server"):
        moved.directories()
    forgotten = ServerEngine(place.project, place=PLACE, server=None)
    with refused("no-staging-url", UsageError):
        forgotten.directories()
    assert place.named.url not in repr(engine._server)
    assert (engine.access.address.password or "-") not in repr(engine.access)


def test_what_a_role_lacks_is_said_at_once_with_the_statement(place: ServerLab) -> None:
    access = open_access(named(place.server, "poor"))
    try:
        found = faults(access, production_system="1", tools_major=99)
        assert [each.code for each in found] == ["server-rights", "server-older"]
        assert found[0].hint == 'ALTER ROLE "poor" CREATEDB CREATEROLE;'
        own = faults(access, production_system=access.system, tools_major=15)
        assert [each.code for each in own] == ["target-is-production"]
    finally:
        say(place.server, "DROP ROLE poor")


def test_what_only_a_superuser_can_make_is_listed_before_anything_is_written(
    place: ServerLab, fresh_database: Address
) -> None:
    for statement in (
        "CREATE FUNCTION public.length_of(text) RETURNS int LANGUAGE internal STRICT AS 'textlen'",
        "CREATE EXTENSION citext SCHEMA public",
        "CREATE TABLE public.walled (id int)",
        "ALTER TABLE public.walled ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    ):
        say(fresh_database, statement)
    with connect_staging(fresh_database) as production:
        access = open_access(place.named)
        found = obstacles(production, access)
    messages = " ".join(each.message for each in found)
    if access.facts.superuser:
        assert found == []
        return
    assert [each.code for each in found] == ["server-superuser", "server-row-security"]
    assert "public.length_of(" in messages
    assert "public.walled" in messages
    assert "citext" not in messages
    with connect_staging(access.address) as connection:
        makeable = makeable_extensions(connection, access)
    assert "citext" in makeable
    assert "dblink" not in makeable


@needs_pooler
@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_is_refused_and_nothing_is_set_through_it(
    scratch_server: Address, open_folder: Path, mode: str
) -> None:
    ignored = "extra_float_digits,options"
    with pooled(scratch_server, open_folder, mode, ignore=ignored) as address, refused("staging-pooler"):
        open_access(NamedServer(address.url))


def test_a_standby_is_refused_and_its_promoted_copy_known(reachable_folder: Path) -> None:
    folder = reachable_folder / secrets.token_hex(4)
    folder.mkdir()
    shutil.chown(folder, _identity().uid, _identity().gid)
    with running_server(wal_level="replica", max_wal_senders="4") as primary:
        system = open_access(NamedServer(primary.url)).system
        with _standby(primary, folder) as standby:
            with refused("server-standby"):
                open_access(NamedServer(standby.url))
            say(standby, "SELECT pg_catalog.pg_promote()")
            promoted = open_access(NamedServer(standby.url))
            found = faults(promoted, production_system=system, tools_major=15)
            assert [each.code for each in found] == ["target-is-production"]
    shutil.rmtree(folder)


@pytest.mark.parametrize("url", ["postgresql:///app", "postgresql://me@/app", "not a url"])
def test_a_url_without_a_host_is_refused(url: str) -> None:
    with refused("bad-dsn", UsageError):
        open_access(NamedServer(url))


def test_a_server_that_does_not_answer_is_said_without_its_password() -> None:
    with pytest.raises(StagingError) as raised:
        open_access(NamedServer("postgresql://me:canary-of-mine@127.0.0.1:1/app"))
    assert raised.value.code == "staging-unreachable"
    assert "canary" not in raised.value.message
