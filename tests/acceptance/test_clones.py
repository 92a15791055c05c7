"""Named clones, and trials at the same time: nobody sees another's changes, and the snapshot stays as it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.files import locked
from stagecopy.home import Home
from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, kill, shop_of
from tests.acceptance.onlookers import finished, tell, until
from tests.acceptance.remains import remains
from tests.acceptance.shared_shops import Shops, shared
from tests.acceptance.trial_cases import snapshot_checksum
from tests.integration.scratch_server import database_of

METHODS = ("reflink", "overlay", "copy")
ITEMS = "CREATE TABLE item AS SELECT i AS id, 'item ' || i AS name FROM generate_series(1, 1000) i"


@contextmanager
def _production(server: Address) -> Iterator[Address]:
    """One table of a thousand rows."""
    with database_of(server) as production:
        _fill(production)
        yield production


def _fill(production: Address) -> None:
    tell(production, ITEMS, "ALTER TABLE item ADD PRIMARY KEY (id)")


@contextmanager
def _project(production: Address, engine: str) -> Iterator[Shop]:
    with shop_of(production, engine) as shop:
        yield _refreshed(shop)


def _refreshed(shop: Shop) -> Shop:
    shop.keep_everything()
    shop.refreshed()
    return shop


shops, _ = shared(_production, _project)


def _without_clones(shop: Shop) -> Iterator[Shop]:
    """The file's project, and afterwards no named clone of it."""
    yield shop
    for name in _listed(shop):
        assert shop.run("clone", "destroy", name, "--yes").code == 0
    until(lambda: not remains(shop)["processes"]["python"])  # the child that looked after them


@pytest.fixture
def stocked(shops: Shops, engine_name: str) -> Iterator[Shop]:
    """A refreshed project that tests share."""
    yield from _without_clones(shops(engine_name))


@pytest.fixture
def embedded_stocked(shops: Shops) -> Iterator[Shop]:
    yield from _without_clones(shops("embedded"))


def _stocked(shop: Shop) -> Shop:
    """One of a test's own, for what changes more than clones."""
    _fill(shop.production)
    return _refreshed(shop)


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM item").fetchone()
    assert row
    return int(row[0])


def _delete(url: str, below: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM item WHERE id <= %s", (below,))


def _created(shop: Shop, *words: str) -> Any:
    done = shop.run("clone", "create", *words, "--json")
    assert done.code == 0, done.err
    return done.document


def _listed(shop: Shop) -> dict[str, Any]:
    done = shop.run("clone", "list", "--json")
    assert done.code == 0, done.err
    return {each["name"]: each for each in done.document["clones"]}


@pytest.mark.repeat_on_docker
def test_a_named_clone_is_ones_own_and_is_reset_at_its_address(stocked: Shop) -> None:
    before = snapshot_checksum(stocked)
    ada, bob = _created(stocked, "ada"), _created(stocked, "bob", "--ttl", "2d")
    assert ada["url"] != bob["url"]
    assert ada["clone"] in METHODS
    _delete(ada["url"], 10)
    _delete(bob["url"], 500)
    served = stocked.run("staging", "url").out.strip()
    assert [_count(url) for url in (ada["url"], bob["url"], served)] == [990, 500, 1000]
    refused = stocked.run("clone", "create", "ada", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "not-confirmed")
    assert _count(ada["url"]) == 990
    again = _created(stocked, "ada", "--yes")
    assert again["url"] == ada["url"]
    assert [_count(url) for url in (ada["url"], bob["url"])] == [1000, 500]
    assert {name: each["running"] for name, each in _listed(stocked).items()} == {"ada": True, "bob": True}
    assert snapshot_checksum(stocked) == before


def test_a_named_clone_outlives_refreshes_and_trials_until_it_is_destroyed(embedded_shop: Shop) -> None:
    embedded_shop.configure(staging="{engine: embedded, keep: 1}")
    shop = _stocked(embedded_shop)
    url = _created(shop, "ada")["url"]
    _delete(url, 10)
    shop.refreshed()
    assert shop.trial("SELECT 1").code == 0
    shop.refreshed()
    assert _count(url) == 990
    assert shop.run("clone", "destroy", "ada").code == 2
    assert shop.run("clone", "destroy", "ada", "--yes").code == 0
    assert _listed(shop) == {}
    gone = shop.run("clone", "destroy", "ada", "--yes", "--json")
    assert (gone.code, gone.document["error"]["code"]) == (2, "no-such-clone")


def test_a_clone_whose_time_is_over_goes_without_any_verb(embedded_stocked: Shop) -> None:
    shop = embedded_stocked
    left = remains(shop)
    _created(shop, "brief", "--ttl", "250ms")
    until(lambda: remains(shop) == left)
    _created(shop, "brief", "--ttl", "250ms")
    _created(shop, "long")
    until(lambda: set(_listed(shop)) == {"long"})
    kinds = [each["kind"] for each in shop.run("staging", "list", "--json").document["directories"]]
    assert kinds.count("named") == 1


def test_a_verb_waits_for_the_end_of_expired_clones_and_for_nobody_else(embedded_stocked: Shop) -> None:
    shop = embedded_stocked
    home = Home(shop.home, shop.name)
    with locked(home.lock("clone"), wait=False):
        busy = shop.run("clone", "list", "--json")
        assert (busy.code, busy.document["error"]["code"]) == (4, "busy")
        with locked(home.expiring, wait=False):
            waiting = shop.start("clone", "list")
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(2)
    assert finished(waiting).code == 0


def _watcher(shop: Shop) -> int:
    """The process that ends clones in time."""
    found: list[int] = []

    def there() -> bool:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if f"stagecopy.flows.expiry\0{shop.home}\0".encode() in path.read_bytes():
                    found.append(int(path.parent.name))
        return bool(found)

    until(there)
    return found[0]


def test_a_clone_in_use_is_not_ended_under_anybodys_feet(embedded_stocked: Shop) -> None:
    shop = embedded_stocked
    url = _created(shop, "ada", "--ttl", "2s")["url"]
    with psycopg.connect(url) as user:
        time.sleep(4)
        assert user.execute("SELECT count(*) FROM item").fetchone() == (1000,)
        os.kill(_watcher(shop), signal.SIGKILL)  # as a reboot would; the verbs look themselves then
        time.sleep(3)
        assert set(_listed(shop)) == {"ada"}
        assert shop.trial("SELECT 1").code == 0
        assert user.execute("SELECT count(*) FROM item").fetchone() == (1000,)
    for _ in range(4):  # nobody stays, but somebody comes by
        assert _count(url) == 1000
        time.sleep(1)
    until(lambda: not list(shop.home.glob("*/named-*")) and not list(shop.home.glob("pool/engine/named-*")))


@pytest.mark.parametrize("words", [("create", "a/b"), ("create", "x" * 41), ("create", "ada", "--ttl", "soon")])
def test_what_cannot_be_made_is_refused(embedded_stocked: Shop, words: tuple[str, ...]) -> None:
    done = embedded_stocked.run("clone", *words, "--json")
    assert done.document["error"]["code"] == ("usage" if "--ttl" in words else "bad-name")
    assert _listed(embedded_stocked) == {}


def test_without_a_snapshot_there_is_no_clone(embedded_shop: Shop) -> None:
    done = embedded_shop.run("clone", "create", "ada", "--json")
    assert (done.code, done.document["error"]["code"]) == (6, "no-snapshot")


def _trial(shop: Shop, below: int) -> subprocess.Popen[str]:
    sql = f"DELETE FROM public.item WHERE id <= {below}; SELECT pg_catalog.pg_sleep(1)"
    return shop.start("trial", "-e", sql, "--json")


@pytest.mark.repeat_on_docker
def test_trials_at_the_same_time_see_their_own_changes_only(stocked: Shop) -> None:
    before, left = snapshot_checksum(stocked), remains(stocked)
    trials = {below: _trial(stocked, below) for below in (1, 20, 300)}
    methods = set()
    for below, child in trials.items():
        document = json.loads(child.communicate(timeout=120)[0])
        (table,) = document["tables"]
        assert (table["removed"], table["rows_before"]) == (below, 1000)
        methods.add(document["clone"])
    assert methods <= set(METHODS)
    assert len(methods) == 1
    assert snapshot_checksum(stocked) == before
    assert remains(stocked) == left


@pytest.mark.repeat_on_docker
def test_a_killed_trial_leaves_nothing_after_the_next(stocked: Shop) -> None:
    assert stocked.trial("SELECT 1").code == 0
    left = remains(stocked)
    for pause in (0.4, 1.2):  # at whichever moment of it that is on this machine
        child = _trial(stocked, 5)
        time.sleep(pause)
        kill(child)
    assert stocked.trial("DELETE FROM public.item WHERE id = 7").document["tables"][0]["removed"] == 1
    assert remains(stocked) == left


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a pool")
def test_the_pool_comes_back_after_a_reboot_and_goes_with_staging(embedded_shop: Shop) -> None:
    shop = _stocked(embedded_shop)
    pool = shop.home / "pool"
    if not os.path.ismount(pool):
        pytest.skip("no pool on this machine")
    remains(shop)  # waits for the child that makes clones ahead: nothing may be at work in the pool
    (data,) = pool.glob("engine/served-*/data")
    server = int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    os.kill(server, signal.SIGINT)
    until(lambda: not Path(f"/proc/{server}/cwd").exists())  # its file goes before it does
    subprocess.run(["umount", str(pool)], check=True)
    assert _count(shop.run("staging", "url").out.strip()) == 1000
    assert shop.trial("SELECT 1").document["clone"] == "reflink"
    assert (shop.run("staging", "destroy", "--yes").code, pool.exists()) == (0, False)
    assert str(shop.home) not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    loops = subprocess.run(["losetup", "-a"], capture_output=True, text=True, check=True).stdout
    assert str(shop.home) not in loops


@pytest.mark.repeat
def test_without_a_pool_clones_are_overlays_or_copies(embedded_shop: Shop) -> None:
    embedded_shop.configure(staging="{engine: embedded, pool: none, keep: 1}")
    shop = _stocked(embedded_shop)
    assert not (shop.home / "pool.img").exists()
    done = shop.trial("DELETE FROM public.item WHERE id <= 3")
    assert done.document["tables"][0]["removed"] == 3
    assert done.document["clone"] in METHODS
    url = _created(shop, "ada")["url"]
    _delete(url, 10)
    assert {each["clone"] for each in _listed(shop).values()} == {done.document["clone"]}
    for _ in range(2):
        shop.refreshed()  # the snapshot below the clone is one too many, and stays
        assert _count(url) == 990
    assert len(list(shop.home.glob("engine/snapshot-*"))) == (2 if done.document["clone"] == "overlay" else 1)
    assert shop.run("clone", "destroy", "ada", "--yes").code == 0
    shop.refreshed()
    assert len(list(shop.home.glob("engine/snapshot-*"))) == 1
    assert shop.trial("DELETE FROM public.item WHERE id <= 3").document["tables"][0]["removed"] == 3
    assert shop.run("staging", "destroy", "--yes").code == 0
    assert str(shop.home) not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_a_folder_can_be_the_pool(embedded_shop: Shop) -> None:
    elsewhere = embedded_shop.folder.parent / "elsewhere"
    elsewhere.mkdir(mode=0o711)
    embedded_shop.configure(staging=f"{{engine: embedded, pool: {elsewhere}}}")
    shop = _stocked(embedded_shop)
    assert list(elsewhere.glob(f"stagecopy-{shop.name}/engine/snapshot-*"))
    shop.configure(staging="{engine: embedded, pool: none, keep: 1}")
    assert shop.trial("DELETE FROM public.item WHERE id <= 3").document["tables"][0]["removed"] == 3
    shop.refreshed()
    until(lambda: not list(elsewhere.glob(f"stagecopy-{shop.name}/engine/*")))
    assert shop.run("staging", "destroy", "--yes").code == 0
    assert list(elsewhere.iterdir()) == []
