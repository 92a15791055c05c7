"""A refresh that fails at any step says so, leaves nothing of itself, and yesterday's staging serves on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.staging.docker_client import connect
from stagecopy.staging.postmaster import postmaster
from tests.acceptance.harness import Done, Shop, shop_of
from tests.acceptance.onlookers import copying, finished, newest_run, reached, snapshot_in_the_making, tell, until
from tests.acceptance.remains import remains
from tests.acceptance.slow_line import slow_line

ROWS = 30_000
DISK = 2_000_000_000
SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
RULES = """
tables:
  public.items: {columns: {mail: {mask: email}, code: {mask: hash}}}
patterns:
  - {column: "*", keep: not personal in this test}
"""


@pytest.fixture
def stocked_shop(shop: Shop) -> Shop:
    """A shop with many items and a first staging."""
    return _stocked(shop)


@pytest.fixture
def stocked_embedded_shop(embedded_shop: Shop) -> Shop:
    """The same on the embedded engine only."""
    return _stocked(embedded_shop)


def _stocked(shop: Shop) -> Shop:
    row = "i AS id, i || '@' || md5(i::text) || '.test' AS mail, NULL::text AS code, md5(i || 'x') AS noise"
    tell(
        shop.production,
        f"CREATE TABLE items AS SELECT {row} FROM generate_series(1, {ROWS}) i",
        "ALTER TABLE items ADD PRIMARY KEY (id)",
        "CREATE TABLE boxes (id int PRIMARY KEY, item int REFERENCES items)",
        "INSERT INTO boxes SELECT i, i FROM generate_series(1, 100) i",
    )
    shop.rules(RULES)
    shop.configure(staging=f"{{engine: {shop.engine}, keep: 1, pool: none}}")
    shop.refreshed()
    return shop


def _left(shop: Shop) -> dict[str, Counter[str]]:
    """What remains, backups aside: one that was whole before the failure is kept, but never more than two."""
    found = remains(shop)
    assert found["files"].pop("backups/ID") <= 2
    return found


def _failed_cleanly(shop: Shop, done: Done, before: object) -> dict[str, str]:
    """Its error, after looking at what a failure must leave: yesterday's staging and nothing else."""
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("refresh failed: ")
    assert "staging still serves 20" in last
    assert _left(shop) == before
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM items").fetchone() == (ROWS,)
    error = done.document["error"]
    assert isinstance(error, dict)
    return error


def _last_stage(shop: Shop) -> str:
    messages = [str(each["message"]) for each in newest_run(shop)]
    return [text for text in messages if text.startswith("stage ")][-1].split()[1]


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A disk of its own whose size can be changed; needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0711", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


@pytest.fixture
def small_disk_shop(fresh_database: Address) -> Iterator[Shop]:
    """A stocked shop whose home is a disk of its own."""
    with _small_disk() as disk, shop_of(fresh_database, "embedded") as shop:
        shop.home = disk / "home"
        shop.environ["STAGECOPY_HOME"] = str(shop.home)
        yield _stocked(shop)


def _resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def test_A41_disk_full_at_each_step(small_disk_shop: Shop) -> None:
    shop, disk = small_disk_shop, small_disk_shop.home.parent
    before = _left(shop)
    for stage in ("guard", "staging", "dump", "rows", "seal", "swap") if SLOW else ("staging", "rows", "swap"):
        child = reached(shop, stage, "--json")
        child.send_signal(signal.SIGSTOP)  # or the stage may be over before the disk is small
        _resize(disk, shutil.disk_usage(disk).used + 100_000)
        child.send_signal(signal.SIGCONT)
        done = finished(child)
        _resize(disk, DISK)
        assert done.code == 4, done.err
        _failed_cleanly(shop, done, before)
    shop.refreshed()


@pytest.mark.repeat_on_docker
def test_A41_server_ends_while_rows_are_loaded(stocked_shop: Shop) -> None:
    shop = stocked_shop
    before = _left(shop)
    with slow_line(shop.production, rate=1e6) as line:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        for how in ("kill", "stop"):
            child = shop.start("refresh", "--json", "--direct")
            until(lambda: copying(shop.production), child=child)
            _end_server(shop, how)
            done = finished(child)
            assert (done.code, _last_stage(shop)) == (4, "rows")
            assert _failed_cleanly(shop, done, before)["where"] in ("public.items", "public.boxes")


def _end_server(shop: Shop, how: str) -> None:
    """End the server that is being loaded, from outside."""
    if shop.engine == "docker":
        run = max(shop.home.glob("runs/*")).name
        client = connect()
        container = client.containers.get(f"stagecopy-{shop.name}-snapshot-{run}")
        container.kill() if how == "kill" else container.stop()
        client.close()
    else:
        server = postmaster(snapshot_in_the_making(shop) / "data")
        assert server is not None
        os.kill(server.pid, signal.SIGKILL if how == "kill" else signal.SIGINT)


@pytest.mark.repeat
def test_A41_pg_dump_is_killed(stocked_embedded_shop: Shop) -> None:
    shop = stocked_embedded_shop
    before = _left(shop)
    with slow_line(shop.production, rate=5e5) as line:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        child = shop.start("refresh", "--json")
        until(lambda: copying(shop.production), child=child)
        (leader,) = [
            int(found.parent.name)
            for found in Path("/proc").glob("[0-9]*/comm")
            if _text(found) == "pg_dump\n" and int(_text(found.parent / "stat").split()[3]) == child.pid
        ]
        os.kill(leader, signal.SIGKILL)
        done = finished(child)
    assert done.code == 3
    assert "ended by signal 9" in _failed_cleanly(shop, done, before)["message"]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def test_A42_writer_error_on_last_batch(stocked_embedded_shop: Shop) -> None:
    shop = stocked_embedded_shop
    before = _left(shop)
    for statements, undo, where, stage in (
        (
            ["UPDATE items SET code = 'ok-personal' WHERE id = 1", "ALTER TABLE items ADD CHECK (code LIKE 'ok%')"],
            ["ALTER TABLE items DROP CONSTRAINT items_code_check"],
            "public.items",
            "rows",
        ),
        (["CREATE UNIQUE INDEX one ON items (split_part(mail, '@', 2))"], ["DROP INDEX one"], None, "indexes"),
    ):
        tell(shop.production, *statements)
        done = shop.run("refresh", "--json")
        error = _failed_cleanly(shop, done, before)
        assert (done.code, error["where"], _last_stage(shop)) == (4, where, stage)
        log = json.dumps(newest_run(shop))
        assert re.search(r"ok-personal|\.test", done.err + done.out + log) is None
        tell(shop.production, *undo)
    shop.rules(RULES.replace("{columns:", "{rows: none, columns:"))
    done = shop.run("refresh", "--json")
    error = _failed_cleanly(shop, done, before)
    assert (done.code, error["code"], _last_stage(shop)) == (2, "bad-rules", "plan")


def test_A42_rows_are_counted(stocked_embedded_shop: Shop) -> None:
    """A cut dump and a row that went away in staging are found, by whatever they happened."""
    shop = stocked_embedded_shop
    before = _left(shop)
    child = reached(shop, "schema", "--json")
    child.send_signal(signal.SIGSTOP)
    biggest = max(shop.home.glob("backups/.partial-*/dump/*.dat.gz"), key=lambda path: path.stat().st_size)
    os.truncate(biggest, biggest.stat().st_size // 2)
    child.send_signal(signal.SIGCONT)
    done = finished(child)
    assert done.code == 4
    assert _failed_cleanly(shop, done, before)["code"] == "dump-damaged"
    child = reached(shop, "indexes", "--json")
    child.send_signal(signal.SIGSTOP)
    _delete_a_row(shop)
    child.send_signal(signal.SIGCONT)
    done = finished(child)
    assert done.code == 4
    error = _failed_cleanly(shop, done, before)
    assert (error["code"], error["where"]) == ("rows-missing", "public.items")
    assert error["message"] == f"{ROWS} rows were copied but staging holds {ROWS - 1}"


def _delete_a_row(shop: Shop) -> None:
    """In the snapshot that is being made."""
    server = postmaster(snapshot_in_the_making(shop) / "data")
    assert server is not None
    password = json.loads((shop.home / "secrets.json").read_text())["admin_password"]
    with psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user="stagecopy_admin",
        password=password,
        dbname=shop.production.database,
    ) as connection:
        connection.execute("DELETE FROM items WHERE id = 777")  # one that no box holds
