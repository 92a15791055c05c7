"""One contract for every engine: the same tests, the same order of calls, whatever runs the servers."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, DataDirectory, Kind, ServerOptions
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.engine import ADMIN, Engine
from stagecopy.staging.ports import free_port
from stagecopy.staging.server_engine import inside
from tests.integration.engine_fixtures import EVERY_ENGINE, SMALL, SPEC, DockerLab, EmbeddedLab, Lab

ANY_PORT = ServerOptions(settings=SMALL)


@pytest.fixture(scope="session")
def base(lab: Lab) -> str:
    """A stopped snapshot with database ``shop`` and one table of three rows, made once per engine."""
    lab.engine.initialise("base", "snapshot", run="run-1", spec=SPEC)
    address = lab.engine.start("base", ServerOptions(settings=SMALL))
    if inside(lab.engine, address, "shop") != address:
        with connect_staging(address) as connection:
            connection.execute("CREATE DATABASE shop")
    with connect_staging(inside(lab.engine, address, "shop")) as connection:
        connection.execute("CREATE TABLE public.item (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO public.item SELECT n, 'item ' || n FROM pg_catalog.generate_series(1, 3) n")
    lab.engine.stop("base")
    return "base"


@pytest.fixture
def clone(lab: Lab, base: str) -> Iterator[str]:
    """A stopped copy of ``base``, destroyed after the test."""
    lab.engine.copy(base, "clone-of-base", "clone", run="run-2")
    yield "clone-of-base"
    lab.engine.destroy("clone-of-base")


def value(address: Address, query: str) -> object:
    with connect_staging(address) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def items(address: Address) -> object:
    return count(address.to(database="shop"))


def count(address: Address) -> object:
    return value(address, "SELECT pg_catalog.count(*) FROM public.item")


def on_port(port: int) -> ServerOptions:
    return ServerOptions(port=port, settings=SMALL)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(StagingError) as failure:
        yield
    assert failure.value.code == code


@contextmanager
def made(lab: Lab, name: str, kind: Kind = "clone", spec: ClusterSpec = SPEC) -> Iterator[tuple[str, ...]]:
    """A data directory of one test; yields the codes of what differs."""
    found = lab.engine.initialise(name, kind, run="run-3", spec=spec)
    try:
        yield tuple(finding.code for finding in found)
    finally:
        lab.engine.destroy(name)


def test_a_fresh_cluster_is_ours_alone_and_set_up_for_loading(lab: Lab) -> None:
    with made(lab, "fresh") as differs:
        address = lab.engine.start("fresh", ANY_PORT)
        assert differs == ()
        assert (address.host, address.user, address.password) == ("127.0.0.1", ADMIN, lab.password)
        assert value(address, "SELECT pg_catalog.string_agg(rolname, ',') FROM pg_roles WHERE rolcanlogin") == ADMIN
        assert value(address, "SELECT pg_catalog.current_setting('is_superuser')") == "on"
        shown = {name: value(address, f"SELECT pg_catalog.current_setting('{name}')") for name in (*SMALL, "fsync")}
        assert shown == {**SMALL, "fsync": "off"}
        assert value(address, "SELECT pg_catalog.current_setting('data_checksums')") == "off"
        assert (
            value(address, "SELECT pg_catalog.current_setting('server_version_num')::int / 10000") == lab.engine.major
        )


def test_a_copy_serves_the_same_rows_on_the_wanted_port_and_leaves_its_source_alone(
    lab: Lab, base: str, clone: str
) -> None:
    before = lab.engine.checksum(base)
    port = free_port()
    address = lab.engine.start(clone, on_port(port))
    assert address.port == port
    assert items(address) == 3
    with connect_staging(address.to(database="shop")) as connection:
        connection.execute("DELETE FROM public.item")
    lab.engine.stop(clone)
    assert lab.engine.checksum(base) == before
    assert lab.engine.checksum(clone) != before


@EVERY_ENGINE
def test_clones_do_not_see_each_other_nor_change_their_source(lab: Lab, base: str) -> None:
    before = lab.engine.checksum(base)
    expected = lab.engine.clone_method(base)[0]
    names = ("clone-one", "clone-two")
    try:
        assert [lab.engine.clone(base, name, "clone", run="run-2") for name in names] == [expected] * 2
        one, two = (lab.engine.start(name, ANY_PORT) for name in names)
        one, two = (inside(lab.engine, each, "shop") for each in (one, two))
        with connect_staging(one) as connection:
            connection.execute("DELETE FROM public.item WHERE id = 1")
        assert (count(one), count(two)) == (2, 3)
        lab.engine.stop(names[0])
        again = lab.engine.clone_method(names[0])[0]
        assert lab.engine.clone(names[0], "clone-of-clone", "clone", run="run-2") == again
        assert lab.engine.checksum(base) == before
    finally:
        for name in (*names, "clone-of-clone"):
            lab.engine.destroy(name)


@EVERY_ENGINE
def test_a_copy_is_the_same_files(lab: Lab, base: str, clone: str) -> None:
    lab.engine.sync(clone)
    assert lab.engine.checksum(clone) == lab.engine.checksum(base)


@EVERY_ENGINE
def test_directories_tell_kind_run_and_whether_it_runs(lab: Lab, base: str, clone: str) -> None:
    assert lab.engine.directories() == (
        DataDirectory(base, "snapshot", "run-1", running=False),
        DataDirectory(clone, "clone", "run-2", running=False),
    )
    assert lab.engine.address(clone) is None
    address = lab.engine.start(clone, ANY_PORT)
    assert lab.again().address(clone) == address
    assert [directory.running for directory in lab.again().directories()] == [False, True]


@EVERY_ENGINE
def test_a_running_server_is_neither_copied_nor_started_twice(lab: Lab, clone: str) -> None:
    lab.engine.start(clone, ANY_PORT)
    with refused("still-running"):
        lab.engine.start(clone, ANY_PORT)
    with refused("still-running"):
        lab.engine.copy(clone, "second", "clone", run="run-2")
    with refused("still-running"):
        lab.engine.checksum(clone)
    lab.engine.stop(clone)
    lab.engine.stop(clone)


@EVERY_ENGINE
def test_names_are_taken_once_and_known_before_use(lab: Lab, base: str) -> None:
    with refused("exists"):
        lab.engine.initialise(base, "clone", run="run-3", spec=SPEC)
    with refused("no-such-directory"):
        lab.engine.start("nobody", ANY_PORT)
    for name in ("../up", "a.b", "", "a b", "-a"):
        with refused("bad-name"):
            lab.engine.initialise(name, "clone", run="run-3", spec=SPEC)


def test_a_taken_port_is_said_and_nothing_is_lost(lab: Lab, clone: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with refused("port-in-use"):
            lab.engine.start(clone, on_port(listener.getsockname()[1]))
    assert [directory.running for directory in lab.engine.directories() if directory.name == clone] == [False]
    assert items(lab.engine.start(clone, ANY_PORT)) == 3


def test_a_setting_the_server_refuses_is_reported_from_its_log(lab: Lab, clone: str) -> None:
    with pytest.raises(StagingError) as failure:
        lab.engine.start(clone, ServerOptions(settings={"shared_buffers": "nonsense"}))
    assert failure.value.code == "start-failed"
    assert "shared_buffers" in failure.value.message
    assert not [line for line in lab.leftovers() if "process" in line or "container" in line]


@pytest.mark.parametrize("password", ["not-the-password", ""])
def test_a_wrong_password_is_refused(lab: Lab, clone: str, password: str) -> None:
    address = lab.engine.start(clone, ANY_PORT)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=address.host, port=address.port, user=ADMIN, password=password or None, dbname="postgres", passfile="/"
        )
    assert value(address, "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolcanlogin") is True


FAILING = (
    "INSERT INTO public.item VALUES (1, 'canary-7781')",
    "SELECT 'canary-7781'::int",
    "DO $$ BEGIN RAISE WARNING 'canary-7781'; RAISE LOG 'canary-7781'; RAISE EXCEPTION 'canary-7781'; END $$",
)


def test_the_log_has_no_values_of_a_failing_statement(lab: Lab, clone: str) -> None:
    address = lab.engine.start(clone, ANY_PORT)
    with connect_staging(address.to(database="shop")) as connection:
        for statement in FAILING:
            with pytest.raises(psycopg.Error, match=r"canary|duplicate"):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT %s::pg_catalog.text::pg_catalog.int4", ["canary-7781"])
    assert "canary" not in lab.log(clone)


def test_nobody_sees_the_password(lab: Lab, clone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGECOPY_KEY", "canary-of-the-environment")
    lab.engine.start(clone, ANY_PORT)
    seen = lab.visible(clone)
    assert "fsync=off" in seen
    assert lab.password not in seen
    assert "canary" not in seen
    assert lab.password not in repr(lab.engine.address(clone))


MISSING_LOCALES = [
    (ClusterSpec("UTF8", "xx_YY.UTF-8", "xx_YY.UTF-8"), "UTF8", "C.UTF-8"),
    (ClusterSpec("LATIN1", "xx_YY.ISO-8859-1", "xx_YY.ISO-8859-1"), "LATIN1", "C"),
]


@pytest.mark.parametrize(("spec", "encoding", "collate"), MISSING_LOCALES, ids=["UTF8", "LATIN1"])
def test_a_missing_locale_falls_back_and_keeps_the_encoding(
    lab: Lab, spec: ClusterSpec, encoding: str, collate: str
) -> None:
    with made(lab, "elsewhere", spec=spec) as differs:
        address = lab.engine.start("elsewhere", ANY_PORT)
        assert differs == ("other-collation",)
        assert value(address, "SELECT pg_catalog.current_setting('server_encoding')") == encoding
        assert value(address, "SELECT datcollate FROM pg_database WHERE datname = 'template1'") == collate


def test_an_encoding_that_does_not_exist_leaves_nothing(lab: Lab) -> None:
    before = lab.leftovers()
    with pytest.raises(StagingError, match="initdb"):
        lab.engine.initialise("broken", "clone", run="run-3", spec=replace(SPEC, encoding="NOT-ONE"))
    assert lab.leftovers() == before


def test_a_killed_server_can_be_stopped_and_started(lab: Lab, clone: str) -> None:
    address = lab.engine.start(clone, ANY_PORT)
    with connect_staging(address.to(database="shop")) as connection:
        connection.execute("INSERT INTO public.item VALUES (4, 'late')")
        connection.execute("CHECKPOINT")
    lab.kill(clone)
    wait_for(lambda: lab.engine.address(clone) is None)
    lab.engine.stop(clone)
    assert items(lab.engine.start(clone, ANY_PORT)) == 4


def wait_for(condition: object, seconds: float = 10.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


STRANGER = "kept-apart"


def test_what_is_not_ours_is_not_touched(lab: Lab, base: str) -> None:
    lab.engine.copy(base, STRANGER, "clone", run="run-2")
    other, its_name = lab.foreign(STRANGER)
    assert other.directories() == ()
    actions = (other.destroy, other.stop, other.checksum, lambda name: other.start(name, ANY_PORT))
    for action in actions:
        with refused("not-ours"):
            action(its_name)
    assert lab.engine.checksum(STRANGER) == lab.engine.checksum(base)
    lab.engine.destroy(STRANGER)


@EVERY_ENGINE
def test_what_has_no_mark_is_not_destroyed(lab: Lab) -> None:
    lab.unmarked("handmade")
    try:
        assert "handmade" not in [directory.name for directory in lab.engine.directories()]
        with refused("not-ours"):
            lab.engine.destroy("handmade")
        with refused("exists"):
            lab.engine.initialise("handmade", "clone", run="run-3", spec=SPEC)
    finally:
        lab.remove_unmarked("handmade")


CHILD = """
import sys
sys.path[:0] = {path!r}
from tests.integration.engine_fixtures import *
import os
from pathlib import Path
from stagecopy.model.staging import ServerOptions
lab = {lab}
lab.engine = lab.again()
"""


def in_child(lab: Lab, action: str) -> subprocess.Popen[bytes]:
    """The same lab in another process, doing *action*; the password travels by its environment, as a secret would."""
    made = f"(None, {lab.project!r}, os.environ['PASSWORD'], "
    if isinstance(lab, EmbeddedLab):
        cache = f"Path({str(lab.cache)!r})" if lab.cache else None
        made = f"EmbeddedLab{made}Path({str(lab.root)!r}), {lab.major}, {cache})"
    elif isinstance(lab, DockerLab):
        made = f"DockerLab{made}None, Path({str(lab.sockets)!r}))"
    script = CHILD.format(path=sys.path, lab=made) + action
    return subprocess.Popen([sys.executable, "-c", script], env={"PASSWORD": lab.password, "PATH": "/usr/bin:/bin"})


def test_a_killed_initialise_is_listed_and_goes_completely(lab: Lab) -> None:
    before = lab.leftovers()
    child = in_child(lab, "lab.engine.initialise('half', 'served', run='run-9', spec=SPEC)")
    wait_for(lambda: any(directory.name == "half" for directory in lab.engine.directories()))
    child.kill()
    child.wait()
    time.sleep(1.0)  # a request to Docker that outlived the child comes to its end
    # initdb's own bootstrap process outlives it by a moment and counts as running until it is gone
    wait_for(lambda: DataDirectory("half", "served", "run-9", running=False) in lab.engine.directories())
    lab.engine.destroy("half")
    assert lab.leftovers() == before


def test_a_server_outlives_the_process_that_started_it(lab: Lab, clone: str) -> None:
    child = in_child(lab, f"lab.engine.start({clone!r}, ServerOptions(settings=SMALL))")
    assert child.wait(30) == 0
    address = lab.engine.address(clone)
    assert address
    assert items(address) == 3


def test_a_prepared_server_takes_over_the_port_within_two_seconds(lab: Lab, base: str, clone: str) -> None:
    options = on_port(free_port())
    lab.engine.copy(base, "next", "served", run="run-2")
    lab.engine.start(clone, options)
    lab.engine.prepare_start("next", options)
    begin = time.monotonic()
    lab.engine.stop(clone)
    address = lab.engine.start("next", options)
    gap = time.monotonic() - begin
    assert items(address) == 3
    assert gap < 2.0, f"the port was unserved for {gap:.2f} s"
    lab.engine.destroy("next")


def test_what_was_prepared_for_other_options_is_made_anew(lab: Lab, clone: str) -> None:
    lab.engine.prepare_start(clone, on_port(free_port()))
    wanted = free_port()
    assert lab.engine.start(clone, on_port(wanted)).port == wanted


@EVERY_ENGINE
def test_destroying_a_running_server_leaves_nothing_and_twice_is_fine(lab: Lab, base: str) -> None:
    before = lab.leftovers()
    lab.engine.copy(base, "brief", "served", run="run-2")
    lab.engine.start("brief", ANY_PORT)
    lab.engine.destroy("brief")
    assert lab.leftovers() == before
    lab.engine.destroy("brief")


@EVERY_ENGINE
def test_each_engine_says_what_it_cannot_contain(lab: Lab) -> None:
    engine: Engine = lab.engine
    assert engine.contains_superusers is isinstance(lab, DockerLab)
    expected = [] if isinstance(lab, DockerLab) else ["not-isolated"]
    assert [finding.code for finding in engine.fidelity()] == expected
