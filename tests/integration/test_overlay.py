"""Clones by overlay: the snapshot is never written to, and no mount, volume or folder outlives a clone."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.files import remove_tree
from stagecopy.model.server import Address
from stagecopy.model.staging import DataDirectory, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.bases import removable
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import connect
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.mounts import mounts_below
from stagecopy.staging.overlay import overlays
from tests.integration.engine_fixtures import IMAGE, SMALL, SPEC, docker_required

ANY_PORT = ServerOptions(settings=SMALL)
PASSWORD = "made-up"


@dataclass
class Place:
    """One engine without a pool, and a look at what is there that does not go through it."""

    kind: str
    project: str
    home: Path

    def engine(self) -> Engine:
        """The engine, as each process has its own."""
        if self.kind == "docker":
            sockets = self.home / "s"
            return DockerEngine(
                self.project,
                major=15,
                image=IMAGE,
                admin_password=PASSWORD,
                sockets=sockets,
                home="0a1b2c",  # as every flow says it: the mark of each volume holds it
            )
        programs = find(15, programs=SERVER, newer=False)
        return EmbeddedEngine(self.project, root=self.home / "engine", binaries=programs, admin_password=PASSWORD)

    def remains(self) -> list[str]:
        """Mounts, folders, volumes and containers."""
        found = [str(path) for path in mounts_below(self.home)]
        found += [path.name for path in (self.home / "engine").glob("*")]
        if self.kind == "docker":
            client = connect()
            label: dict[str, str | list[str] | bool] = {"label": f"stagecopy.project={self.project}"}
            found += [volume.name for volume in client.volumes.list(filters=label)]
            found += [str(box.name) for box in client.containers.list(all=True, filters=label)]
            client.close()
        return sorted(found)


@pytest.fixture(scope="module", params=["embedded", pytest.param("docker", marks=pytest.mark.docker)])
def place(request: pytest.FixtureRequest, reachable_folder: Path) -> Iterator[Place]:
    """Each engine with a snapshot ``base``, where clones are made by overlay. Skips where they are not."""
    if request.param == "docker":
        docker_required()
    home = Path(tempfile.mkdtemp(dir=reachable_folder))
    home.chmod(0o711)
    made = Place(request.param, f"test-{secrets.token_hex(3)}", home)
    try:
        engine = made.engine()
    except StagingError as missing:
        pytest.skip(missing.message)
    try:
        engine.initialise("base", "snapshot", run="run-1", spec=SPEC)
        with connect_staging(engine.start("base", ANY_PORT)) as connection:
            for table in ("item", "other"):
                query = f"CREATE TABLE public.{table} AS SELECT n AS id FROM pg_catalog.generate_series(1, 50000) n"
                connection.execute(query.encode())
            connection.execute("VACUUM (FREEZE, ANALYZE)")
        engine.stop("base")
        method, why, _ = engine.clone_method("base")
        if method != "overlay":
            pytest.skip(f"clones are made by {method} here: {why}")
        before = engine.checksum("base")
        yield made
        assert engine.checksum("base") == before
    finally:
        for directory in removable(engine.directories()):
            engine.destroy(directory.name)
        left = made.remains()
        remove_tree(home)
    assert left == []


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    """The engine; after each test nothing but ``base`` is there."""
    made = place.engine()
    left = place.remains()
    yield made
    for directory in removable(made.directories()):
        if directory.name != "base":
            made.destroy(directory.name)
    assert place.remains() == left


def _count(address: Address) -> int:
    with connect_staging(address) as connection:
        row = connection.execute("SELECT pg_catalog.count(*) FROM public.item").fetchone()
    assert row
    return int(row[0])


def _change(address: Address, *statements: str) -> None:
    with connect_staging(address) as connection:
        for statement in (*statements, "CHECKPOINT"):
            connection.execute(statement.encode())


HEAVY = (
    "UPDATE public.item SET id = id + 1",
    "DELETE FROM public.item WHERE id <= 1001",
    "VACUUM (FULL) public.item",
    "DROP TABLE public.other",
    "CREATE DATABASE more",
    "DROP DATABASE more",
    "ALTER SYSTEM SET work_mem = '5MB'",
    "SELECT pg_catalog.pg_switch_wal()",
)


def test_whatever_is_done_to_a_clone_the_snapshot_stays(engine: Engine) -> None:
    before = engine.checksum("base")
    assert [engine.clone("base", name, "clone", run="run-2") for name in ("one", "two")] == ["overlay"] * 2
    assert engine.checksum("one") == before
    one, two = (engine.start(name, ANY_PORT) for name in ("one", "two"))
    _change(one, *HEAVY)
    assert (_count(one), _count(two)) == (49000, 50000)
    engine.stop("one")
    engine.sync("one")
    assert engine.checksum("base") == before != engine.checksum("one")
    assert _count(engine.start("one", ANY_PORT)) == 49000


def test_a_snapshot_stays_as_long_as_a_clone_stands_on_it(engine: Engine) -> None:
    engine.clone("base", "one", "named", run="run-2")
    assert engine.directories() == (
        DataDirectory("base", "snapshot", "run-1", running=False),
        DataDirectory("one", "named", "run-2", running=False, base="base"),
    )
    with pytest.raises(StagingError) as refused:
        engine.destroy("base")
    assert (refused.value.code, "one" in refused.value.message) == ("snapshot-in-use", True)
    assert _count(engine.start("one", ANY_PORT)) == 50000


def test_a_clone_of_a_clone_is_a_copy_of_what_it_shows(engine: Engine) -> None:
    engine.clone("base", "one", "clone", run="run-2")
    _change(engine.start("one", ANY_PORT), "DELETE FROM public.item WHERE id <= 5")
    engine.stop("one")
    assert engine.clone_method("one")[0] == "copy"
    assert engine.clone("one", "two", "clone", run="run-2") == "copy"
    engine.copy("one", "three", "clone", run="run-2")
    engine.destroy("one")
    assert [_count(engine.start(name, ANY_PORT)) for name in ("two", "three")] == [49995] * 2


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_killed_server_can_be_started_again(engine: Engine, place: Place) -> None:
    engine.clone("base", "one", "clone", run="run-2")
    _change(engine.start("one", ANY_PORT), "DELETE FROM public.item WHERE id <= 5")
    if place.kind == "docker":
        client = connect()
        client.containers.get(f"stagecopy-{place.project}-one").kill()
        client.close()
    else:
        pid = int((place.home / "engine" / "one" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
    _until(lambda: engine.address("one") is None)
    engine.stop("one")
    assert _count(engine.start("one", ANY_PORT)) == 49995


CHILD = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from tests.integration.test_overlay import *
engine = Place({kind!r}, {project!r}, Path({home!r})).engine()
print("ready", flush=True)
for number in range(100):
    engine.clone("base", f"killed-{{number}}", "clone", run="run-9")
"""


@pytest.mark.parametrize("pause", [0.01, 0.03, 0.07, 0.2])
def test_a_clone_killed_on_the_way_goes_completely(engine: Engine, place: Place, pause: float) -> None:
    script = CHILD.format(path=sys.path, kind=place.kind, project=place.project, home=str(place.home))
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()
    time.sleep(pause)
    child.kill()
    child.communicate()
    time.sleep(0.5 if place.kind == "docker" else 0)  # a request to Docker outlives the child that made it
    for directory in removable(engine.directories()):
        if directory.run == "run-9":
            engine.destroy(directory.name)
    engine.destroy("never-made")  # sweeps what was not listed yet, ...
    engine.clone_method()  # ... and what was just being tried
    assert [each.name for each in engine.directories()] == ["base"]


@pytest.fixture
def embedded(engine: Engine, place: Place) -> tuple[Engine, Path]:
    """The embedded engine alone, with the folder of its data directories."""
    if place.kind != "embedded":
        pytest.skip("the Docker engine mounts by itself")
    return engine, place.home / "engine"


def test_what_is_not_looked_at_takes_no_room(embedded: tuple[Engine, Path]) -> None:
    engine, folder = embedded
    engine.clone("base", "one", "clone", run="run-2")
    upper = folder / "one" / "upper"
    assert list(upper.iterdir()) == []
    address = engine.start("one", ANY_PORT)
    assert _count(address) == 50000
    with connect_staging(address) as connection:
        query = "SELECT pg_catalog.pg_relation_filepath(oid) FROM pg_catalog.pg_class WHERE relname = %s"
        item, other = (connection.execute(query, (name,)).fetchone() for name in ("item", "other"))
    assert item
    assert other
    assert [(upper / item[0]).exists(), (upper / other[0]).exists()] == [True, False]


def test_after_a_reboot_a_clone_is_as_it_was(embedded: tuple[Engine, Path]) -> None:
    engine, folder = embedded
    engine.clone("base", "one", "clone", run="run-2")
    engine.clone("base", "two", "clone", run="run-2")
    _change(engine.start("one", ANY_PORT), "DELETE FROM public.item WHERE id <= 5")
    engine.stop("one")
    for place in mounts_below(folder):
        subprocess.run(["umount", str(place)], check=True)
    assert engine.address("one") is None
    assert _count(engine.start("one", ANY_PORT)) == 49995
    engine.destroy("two")  # without ever being mounted again


def test_a_clone_whose_snapshot_is_gone_says_so(embedded: tuple[Engine, Path]) -> None:
    engine, folder = embedded
    engine.clone("base", "one", "clone", run="run-2")
    for place in mounts_below(folder):
        subprocess.run(["umount", str(place)], check=True)
    (folder / "base").rename(folder / "elsewhere")
    try:
        with pytest.raises(StagingError) as gone:
            engine.start("one", ANY_PORT)
        assert (gone.value.code, "base" in gone.value.message) == ("base-gone", True)
        engine.destroy("one")
    finally:
        (folder / "elsewhere").rename(folder / "base")


def test_a_mount_in_what_a_killed_process_left_is_swept(embedded: tuple[Engine, Path]) -> None:
    _, folder = embedded
    part = folder.parent / f".part-{2**22 + 1}-probe"  # above the largest process id of Linux
    part.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(part)], check=True)
    assert overlays(folder.parent)
    assert not part.exists()


def test_over_an_overlay_it_falls_to_copy(embedded: tuple[Engine, Path]) -> None:
    """As in a container without a volume: the kernel takes no overlay as the layer that is written to."""
    _, folder = embedded
    box = folder.parent / "box"
    for name in ("lower", "upper", "work", "seen"):
        (box / name).mkdir(parents=True)
    layers = f"lowerdir={box}/lower,upperdir={box}/upper,workdir={box}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", str(box / "seen")], check=True)
    try:
        assert not overlays(box / "seen")
        programs = find(15, programs=SERVER, newer=False)
        inner = EmbeddedEngine("test", root=box / "seen" / "engine", binaries=programs, admin_password=PASSWORD)
        assert inner.clone_method()[0] == "copy"
        assert list((box / "seen").iterdir()) == []
    finally:
        subprocess.run(["umount", str(box / "seen")], check=True)
        remove_tree(box)
