"""A copy that takes long, from a production that does not like that: standbys, timeouts, lines that break."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.postgres.binaries import client_tools
from stagecopy.postgres.connect import connect_production
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.tools import production_environment, run_tool
from tests.acceptance.harness import Done, Shop, shop_of
from tests.acceptance.onlookers import copying, finished, newest_run, sessions, tell, until
from tests.acceptance.remains import remains
from tests.acceptance.slow_line import SlowLine, slow_line
from tests.integration.engine_fixtures import reachable_folder
from tests.integration.scratch_server import _identity, database_of, running_server
from tests.integration.test_survey import _standby

__all__ = ["reachable_folder"]
ROWS = 6000
WAYS = pytest.mark.parametrize(
    "way", [[], pytest.param(["--direct"], marks=pytest.mark.repeat)], ids=["with backup", "direct"]
)
_BIG = f"CREATE TABLE big AS SELECT i AS id, repeat('x', 1000) AS body FROM generate_series(1, {ROWS}) i"
_RETRYING = """
import os, pathlib, sys
from stagecopy.config.load import load_project
from stagecopy.flows.refresh import RefreshOptions, refresh
from stagecopy.report.progress import Silent
project = load_project(pathlib.Path("stagecopy.yaml"), os.environ)
options = RefreshOptions(direct="--direct" in sys.argv, retry=1, retry_pause=0.5)
sys.exit(refresh(project, options, Silent()).exit)
"""


@contextmanager
def _broken_in_the_middle(shop: Shop, way: list[str], breaking: Callable[[SlowLine], None]) -> Iterator[Done]:
    """A refresh over a slow line, with *breaking* done to it while rows come; staging must stay as it was."""
    before = remains(shop)
    url = shop.environ["STAGECOPY_PRODUCTION_URL"]
    with slow_line(shop.production, rate=1e6) as line:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        try:
            child = shop.start("refresh", "--json", *way)
            until(lambda: copying(shop.production), child=child)
            breaking(line)
            yield finished(child, seconds=60)
        finally:
            shop.environ["STAGECOPY_PRODUCTION_URL"] = url
    until(lambda: sessions(shop.production) == 0, seconds=10)
    assert remains(shop) == before
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM big").fetchone() == (ROWS,)


@pytest.fixture
def big_shop(embedded_shop: Shop) -> Shop:
    """A project with one table of some megabytes, served since yesterday."""
    tell(embedded_shop.production, _BIG)
    embedded_shop.keep_everything()
    embedded_shop.refreshed("--direct")
    return embedded_shop


@pytest.fixture(scope="module")
def pair(reachable_folder: Path) -> Iterator[tuple[Address, Address]]:
    """A primary and its standby, which waits half a second for whoever reads."""
    folder = reachable_folder / "pair"
    folder.mkdir()
    shutil.chown(folder, _identity().uid, _identity().gid)
    with running_server(wal_level="replica", max_wal_senders="4") as primary:
        tell(primary, _BIG)
        with _standby(primary, folder) as standby:
            tell(standby, "ALTER SYSTEM SET max_standby_streaming_delay = '500ms'", "SELECT pg_reload_conf()")
            yield primary, standby


def _vacuum(primary: Address) -> None:
    """Takes row versions away that the standby's snapshot still sees."""
    tell(primary, "UPDATE big SET body = body WHERE id <= 50", "VACUUM big")


@WAYS
def test_A40_a_standby_that_cannot_wait(pair: tuple[Address, Address], way: list[str]) -> None:
    primary, standby = pair
    with shop_of(standby, "embedded") as shop:
        shop.keep_everything()
        assert "standby" in {each["code"] for each in shop.refreshed("--direct")["fidelity"]}
        with _broken_in_the_middle(shop, way, lambda _: _vacuum(primary)) as done:
            error = done.document["error"]
            assert (done.code, error["code"]) == (3, "standby-conflict"), done.err
            assert "the standby ended our reading" in error["message"]
            assert "hot_standby_feedback" in error["hint"]
            last = done.err.strip().splitlines()[-1]
            assert "staging still serves 20" in last
            assert "next: stagecopy refresh --retry" in last


def test_A40_retry_goes_on_after_a_standbys_conflict(pair: tuple[Address, Address]) -> None:
    primary, standby = pair
    with shop_of(standby, "embedded") as shop:
        shop.keep_everything()
        with slow_line(standby, rate=1e6) as line:
            environ = shop.environ | {"STAGECOPY_PRODUCTION_URL": line.address.url}
            argv = [sys.executable, "-c", _RETRYING]
            child = subprocess.Popen(argv, cwd=shop.folder, env=environ, stderr=subprocess.PIPE, text=True)
            until(lambda: copying(standby), child=child)
            _vacuum(primary)
            until(lambda: any("trying again" in each["message"] for each in newest_run(shop)), child=child)
            line.rate = 1e9
            assert finished(child).code == 0
        with shop.staging() as staging:
            assert staging.execute("SELECT count(*) FROM big").fetchone() == (ROWS,)


@WAYS
def test_A40_a_line_that_breaks(big_shop: Shop, way: list[str]) -> None:
    """Once with production reachable again at once, once not."""
    with _broken_in_the_middle(big_shop, way, SlowLine.cut) as done:
        assert (done.code, done.document["error"]["code"]) == (3, "connection-lost"), done.err
    with _broken_in_the_middle(big_shop, way, SlowLine.close) as done:
        assert (done.code, done.document["error"]["code"]) == (3, "connection-lost"), done.err
        assert "next: stagecopy refresh --retry" in done.err.strip().splitlines()[-1]


@WAYS
def test_A40_an_administrator_ends_the_holder(big_shop: Shop, way: list[str]) -> None:
    """The session with the snapshot goes, so the copy cannot be one moment's: the reason is said, not a symptom."""
    ours = "application_name LIKE 'stagecopy/%' AND application_name NOT LIKE '%/watcher' AND query NOT LIKE 'COPY%'"
    ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours} AND datname = current_database()"
    tell(big_shop.production, *(f"CREATE TABLE later_{number} (id int)" for number in range(3)))
    with _broken_in_the_middle(big_shop, way, lambda _: tell(big_shop.production, ending)) as done:
        error = done.document["error"]
        assert done.code == 3, done.err
        assert error["code"] in ("production-failed", "connection-lost")
        assert "another server answered" not in error["message"]


@WAYS
def test_A40_timeouts_of_the_role_do_not_end_it(way: list[str]) -> None:
    """Each is far shorter than the copy, the look around while a server of ours starts, and the pauses between."""
    with running_server() as server, psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute("CREATE ROLE reader LOGIN PASSWORD 'only-in-tests' IN ROLE pg_read_all_data")
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"):
            admin.execute(f"ALTER ROLE reader SET {name} = '400ms'".encode())
        with database_of(server) as production:
            tell(production, _BIG, "CREATE EXTENSION pg_trgm")
            reader = production.to(user="reader", password="only-in-tests")
            with shop_of(production, "embedded") as shop, slow_line(reader, rate=3e6) as line:
                shop.keep_everything()
                shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
                shop.refreshed(*way)
                with shop.staging() as staging:
                    assert staging.execute("SELECT count(*) FROM big").fetchone() == (ROWS,)


def _keepalive_seconds(port: int) -> float | None:
    """When the kernel will next ask whether the other end of the connection from *port* is there; None: never."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) == port and words[3] == "01":
            kind, _, when = words[5].partition(":")
            return int(when, 16) / 100 if kind == "02" else None
    raise AssertionError(port)


def test_A40_a_quiet_line_is_kept_awake(fresh_database: Address) -> None:
    """The session that holds the snapshot is silent for as long as the copy takes."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("only Linux shows its timers")
    dsn = Dsn.parse(fresh_database.url)
    with connect_production(dsn, application_name="stagecopy/test") as holder:
        raw = holder.pgconn.socket
        with psycopg.connect(fresh_database.url) as other:
            query = "SELECT client_port FROM pg_stat_activity WHERE pid = %s"
            ((port,),) = other.execute(query, (holder.info.backend_pid,)).fetchall()
        assert raw > 0
        assert 0 < (_keepalive_seconds(port) or 0) <= 60
    chosen = dsn.with_(keepalives_idle="600")
    with connect_production(chosen, application_name="stagecopy/test") as holder:
        assert holder.info.get_parameters()["keepalives_idle"] == "600"
    environ = production_environment(dsn, "stagecopy/test")
    argv = ["psql", "-XAtc", "SHOW tcp_keepalives_idle"]
    assert run_tool(client_tools(15), argv, environ).stdout.strip() == b"60"
