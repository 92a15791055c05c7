"""Several developers at once on one engine: nothing of one shows up at another's, and nothing is left of anybody.

Ada and Bob share a project and its home; Cleo has a project of her own; Dora works on Ada's project by its name, in a
home of her own, as on another laptop. What each may meet is her own project's rows, or the answer ``busy``.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.staging.docker_client import connect
from tests.acceptance.harness import PROGRAM, Done, Shop, kill, shop_of
from tests.acceptance.onlookers import tell, until
from tests.acceptance.remains import remains
from tests.integration.scratch_server import database_of

ROUNDS, ACTS = (20, 3) if os.environ.get("STAGECOPY_SLOW") == "1" else (1, 3)  # acts of each developer in a round
_LONGEST = 180.0  # seconds
_NATURAL = {"trial": "no-snapshot", "create": "no-snapshot", "drop": "no-such-clone", "look": "no-staging"}
_WORDS = {
    "refresh": ("refresh", "--json"),
    "direct": ("refresh", "--direct", "--json"),
    "trial": ("trial", "-e", "DELETE FROM public.item WHERE id <= 3", "--json"),
    "create": ("clone", "create", "mine", "--yes", "--json"),
    "drop": ("clone", "destroy", "mine", "--yes", "--json"),
    "destroy": ("staging", "destroy", "--yes", "--json"),
    "look": ("staging", "url"),
}
_OFTEN = ("refresh", "direct", "direct", "trial", "trial", "trial", "create", "create", "drop", "destroy")


@dataclass
class Developer:
    """Somebody at work on *shop*, whose production has *rows* rows."""

    name: str
    shop: Shop
    rows: int
    chance: random.Random
    met: list[str] = field(default_factory=list)

    def works(self) -> None:
        """Do some things one after the other, now and then pulling the plug."""
        for _ in range(ACTS):
            act = self.chance.choice(_OFTEN)
            if self.chance.random() < 0.2:
                child = self.shop.start(*_WORDS[act])
                time.sleep(self.chance.uniform(0.1, 4))
                kill(child)
                self.met.append(f"{act}: killed")
            else:
                self.judge(act, self.shop.run(*_WORDS[act], timeout=_LONGEST))

    def judge(self, act: str, done: Done) -> None:
        """It worked on this project's rows alone, or says that somebody else is at it."""
        code = (done.document.get("error") or {}).get("code", "done")
        self.met.append(f"{act}: {code}")
        if code == "done":
            if act == "trial":
                (table,) = done.document["tables"]
                assert (table["rows_before"], table["removed"]) == (self.rows, 3), self.met
            if act in ("refresh", "direct"):
                assert {each["name"]: each["rows"] for each in done.document["tables"]} == {
                    "public.item": self.rows,
                    "public.marker": 1,
                }
        else:
            assert code in ("busy", _NATURAL.get(act)), f"{self.name}, {self.met}: {done.err}"

    def looks(self) -> None:
        """Staging and the clone, as far as they are there, show this project's marker."""
        url = self.shop.run(*_WORDS["look"])
        urls = [url.out.strip()] if url.code == 0 else []
        assert urls or "nothing is served yet" in url.err, url.err
        listed = self.shop.run("clone", "list", "--json")
        assert listed.code == 0, listed.err
        for each in (*urls, *(clone["url"] for clone in listed.document["clones"])):
            with psycopg.connect(each) as connection:
                assert connection.execute("SELECT production FROM marker").fetchall() == [(self.rows,)]
                assert connection.execute("SELECT count(*) FROM item").fetchall() == [(self.rows,)]


@contextmanager
def _project(server: Address, engine: str, rows: int) -> Iterator[Shop]:
    """A project whose production has *rows* rows, and says so."""
    with database_of(server) as production, shop_of(production, engine) as shop:
        tell(
            production,
            f"CREATE TABLE item AS SELECT i AS id FROM generate_series(1, {rows}) i",
            f"CREATE TABLE marker AS SELECT {rows} AS production",
        )
        shop.keep_everything()
        yield shop


@contextmanager
def _another_home(shop: Shop) -> Iterator[Shop]:
    """The same project (its folder is checked out, its name is in stagecopy.yaml) in a home of somebody else's."""
    home = shop.home.parent / f"home-{secrets.token_hex(3)}"
    other = replace(shop, home=home, environ={**shop.environ, "STAGECOPY_HOME": str(home)})
    try:
        yield other
    finally:
        destroyed = other.run("staging", "destroy", "--yes")
        assert destroyed.code == 0, destroyed.err


@pytest.fixture
def developers(scratch_server: Address, engine_name: str) -> Iterator[list[Developer]]:
    """Ada, Bob, Cleo and Dora."""
    with ExitStack() as stack:
        ours = stack.enter_context(_project(scratch_server, engine_name, 50))
        cleos = stack.enter_context(_project(scratch_server, engine_name, 70))
        doras = stack.enter_context(_another_home(ours))
        shops = {"Ada": ours, "Bob": ours, "Cleo": cleos, "Dora": doras}
        yield [
            Developer(name, shop, 70 if shop is cleos else 50, random.Random(number))  # noqa: S311 - not a secret
            for number, (name, shop) in enumerate(shops.items())
        ]


def _docker_things_are_of_one_project(shops: list[Shop]) -> None:
    """A container mounts volumes of its own project and home only, and names begin with their project's."""
    client = connect()
    try:
        for name in {shop.name for shop in shops}:
            ours: dict[str, str | list[str] | bool] = {"label": f"stagecopy.project={name}"}
            volumes = {volume.name: volume.attrs["Labels"] for volume in client.volumes.list(filters=ours)}
            assert all(volume.startswith(f"stagecopy-{name}-") for volume in volumes)
            for box in client.containers.list(all=True, filters=ours, ignore_removed=True):
                assert str(box.name).startswith(f"stagecopy-{name}-")
                mounted = [mount.get("Name") for mount in box.attrs["Mounts"] if mount["Type"] == "volume"]
                homes = {volumes[volume]["stagecopy.home"] for volume in mounted if volume in volumes}
                assert homes <= {box.labels["stagecopy.home"]}
    finally:
        client.close()


def _folders_are_of_one_project(shop: Shop) -> None:
    for mark in (*shop.home.glob("engine/*/mark.json"), *shop.home.glob("pool/engine/*/mark.json")):
        assert json.loads(mark.read_text())["project"] == shop.name


def _nothing_is_left(shop: Shop) -> None:
    left = remains(shop)
    kept = ("runs", "engine", "snapshots", "backups", "tmp", "binaries", "place.json")
    files = [name for name in left["files"] if name not in kept and not name.startswith("backups/")]
    assert files == []
    assert [left[what] for what in ("processes", "docker")] == [Counter(), Counter()]


@pytest.mark.slow
@pytest.mark.repeat_on_docker
def test_developers_at_once_do_not_meet(developers: list[Developer]) -> None:
    for _ in range(ROUNDS):
        with ThreadPoolExecutor(len(developers)) as threads:
            for done in [threads.submit(each.works) for each in developers]:
                done.result()
        for each in developers:
            each.looks()
            _folders_are_of_one_project(each.shop)
        if developers[0].shop.engine == "docker":
            _docker_things_are_of_one_project([each.shop for each in developers])
    met = Counter(said for each in developers for said in each.met)
    assert sum(number for said, number in met.items() if said.endswith(": done")) >= ROUNDS * ACTS, met
    for shop in {id(each.shop): each.shop for each in developers}.values():
        destroyed = shop.run("staging", "destroy", "--yes")
        assert destroyed.code == 0, destroyed.err
    for each in developers:
        _nothing_is_left(each.shop)


def test_destroy_waits_for_nobody_and_ends_nobody(embedded_shop: Shop) -> None:
    shop = embedded_shop
    tell(shop.production, "CREATE TABLE item AS SELECT 1 AS id")
    shop.keep_everything()
    shop.refreshed("--direct")
    trial = shop.start("trial", "-e", "SELECT pg_catalog.pg_sleep(3)", "--json")
    until(lambda: any(path.exists() for path in shop.home.glob("runs/*/lock")) and _busy(shop), child=trial)
    out, err = trial.communicate(timeout=60)
    assert trial.returncode == 0, out + err
    shop.refreshed("--direct")


def _busy(shop: Shop) -> bool:
    """Whether `staging destroy` is refused for somebody's sake. It must not get through here."""
    if not any("trial begins" in log.read_text() for log in shop.home.glob("runs/*/log.jsonl")):
        return False
    done = shop.run("staging", "destroy", "--yes", "--json")
    assert (done.code, done.document["error"]["code"]) == (4, "busy"), done.err
    return True


def test_passwords_are_made_once(embedded_shop: Shop) -> None:
    """Of many first verbs at the same moment: else a server would have one that nobody remembers."""
    shop = embedded_shop
    code = (
        "import sys; from pathlib import Path; from stagecopy.home import open_home, secrets_of;"
        "print(secrets_of(open_home(Path(sys.argv[1]), 'p')).admin_password)"
    )
    argv = [sys.executable, "-c", code, str(shop.home)]
    children = [subprocess.Popen(argv, env=shop.environ, text=True, stdout=subprocess.PIPE) for _ in range(6)]
    assert len({child.communicate(timeout=60)[0] for child in children}) == 1


def test_what_the_dead_said_binds_nobody(embedded_shop: Shop) -> None:
    """Lock files and ledger entries of an earlier boot: a lock is what the kernel holds, a run is alive by its lock."""
    shop = embedded_shop
    tell(shop.production, "CREATE TABLE item AS SELECT i AS id FROM generate_series(1, 9) i")
    shop.keep_everything()
    shop.refreshed("--direct")
    dead = shop.home / "runs" / "20200101-000000-dead"
    dead.mkdir()
    (dead / "lock").write_text(f"{os.getpid()}\n")
    for name in ("refresh", "clone", "use", "swap", "prepare", "clones"):
        (shop.home / f"{name}.lock").write_text("pid 1, boot 00000000-0000-0000-0000-000000000000\n")
    assert shop.run("clone", "create", "mine", "--json").code == 0
    book = json.loads((shop.home / "clones.json").read_text())
    (mine,) = [each for each in book["clones"] if each["role"] == "named"]
    taken = {**mine, "role": "warm", "name": None, "expires": None, "port": None, "taken_by": dead.name}
    (shop.home / "clones.json").write_text(json.dumps({**book, "clones": [taken]}))
    assert shop.trial("DELETE FROM item WHERE id = 1").document["tables"][0]["removed"] == 1
    directories = shop.run("staging", "list", "--json").document["directories"]
    assert taken["directory"] not in [each["name"] for each in directories]
    assert json.loads((dead / "result.json").read_text())["error"]["code"] == "killed"


def _python_for_everybody() -> list[str]:
    """A Python that other users of this machine may run, with what we need; skips when there is none."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    for program in (sys.executable, "/usr/bin/python3"):
        path = ":".join([str(Path(__file__).parents[2]), *packages])
        argv = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", f"PYTHONPATH={path}", program]
        tried = subprocess.run([*argv, "-m", "stagecopy", "--version"], capture_output=True, check=False, cwd="/")
        if tried.returncode == 0:
            return argv
    pytest.skip("no Python here that another user may run")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_two_users_of_a_machine(fresh_database: Address) -> None:
    """Root and somebody else, each with the home that is the default, the project's name the same."""
    argv = _python_for_everybody()
    tell(fresh_database, "CREATE TABLE item AS SELECT i AS id FROM generate_series(1, 9) i")
    with shop_of(fresh_database, "embedded") as shop:
        shop.keep_everything()
        users = shop.folder.parent / "users"
        users.mkdir()
        users.chmod(0o777)
        for path in (shop.folder, *shop.folder.rglob("*")):
            path.chmod(0o755)
        (users / "project").symlink_to(shop.folder)
        environ = {name: value for name, value in shop.environ.items() if name not in ("STAGECOPY_HOME", "PYTHONPATH")}
        environ |= {"HOME": str(users / "nobody"), "XDG_STATE_HOME": str(users / "nobody")}
        done: dict[str, Done] = {}

        def both(*words: str) -> None:
            other = [*argv, "-m", *PROGRAM[2:], *words]

            def theirs() -> None:
                ended = subprocess.run(
                    other, cwd=shop.folder, env=environ, capture_output=True, text=True, check=False, timeout=_LONGEST
                )
                done["theirs"] = Done(ended.returncode, ended.stdout, ended.stderr)

            thread = threading.Thread(target=theirs)
            thread.start()
            done["ours"] = shop.run(*words)
            thread.join()

        try:
            both("refresh", "--direct", "--json")
            assert [each.code for each in done.values()] == [0, 0], done
            assert len({each.document["staging"]["url"] for each in done.values()}) == 2
            both("trial", "-e", "DELETE FROM item WHERE id = 1", "--json")
            assert [each.document["tables"][0]["removed"] for each in done.values()] == [1, 1]
            assert (users / "nobody" / "stagecopy" / shop.name).stat().st_mode & 0o777 == 0o700
        finally:
            both("staging", "destroy", "--yes", "--json")
        assert [each.code for each in done.values()] == [0, 0], done
        assert list((users / "nobody" / "stagecopy" / shop.name / "engine").iterdir()) == []
        _nothing_is_left(shop)
