"""The pool and what lies in it: clones share blocks and nothing else, and no mount or loop device outlives it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.files import remove_tree
from stagecopy.home import Home, open_home
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging import pool as pools
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.overlay import overlays
from stagecopy.staging.pool import NO_POOL, Pool, find_pool, make_pool, remove_pool
from stagecopy.staging.reflink import reflinks
from tests.integration.engine_fixtures import IMAGE, SMALL, SPEC, docker_required

ANY_PORT = ServerOptions(settings=SMALL)


@dataclass
class Place:
    """A home with its pool."""

    home: Home
    pool: Pool

    def mounts(self) -> list[str]:
        """Mounts and loop devices of this home, as the kernel lists them."""
        loops = subprocess.run(["losetup", "-a"], capture_output=True, text=True, check=True).stdout.splitlines()
        lines = [*Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines(), *loops]
        return [line for line in lines if str(self.home.path) in line]


@pytest.fixture
def place(reachable_folder: Path) -> Iterator[Place]:
    """A home with a new pool, removed after the test. Skips where none can be made."""
    base = Path(tempfile.mkdtemp(dir=reachable_folder))
    base.chmod(0o711)
    home = open_home(base / "home", f"test-{secrets.token_hex(3)}")
    made = Place(home, make_pool(home, "auto", base))
    try:
        if made.pool.folder is None:
            pytest.skip(made.pool.why)
        yield made
        remove_pool(home)
        assert made.mounts() == []
        assert sorted(path.name for path in home.path.iterdir() if "pool" in path.name) == ["pool.lock"]
    finally:
        remove_pool(home)
        remove_tree(base)


@pytest.fixture(params=["embedded", pytest.param("docker", marks=pytest.mark.docker)])
def engine(request: pytest.FixtureRequest, place: Place) -> Iterator[Engine]:
    """Each engine on that pool, with a snapshot ``base`` of one table of three rows."""
    made: Engine
    if request.param == "docker":
        docker_required()
        made = DockerEngine(place.home.project, major=15, image=IMAGE, admin_password="made-up", pool=place.pool)
    else:
        programs = find(15, programs=SERVER, newer=False)
        made = EmbeddedEngine(
            place.home.project, root=place.home.engine, binaries=programs, admin_password="made-up", pool=place.pool
        )
    try:
        made.initialise("base", "snapshot", run="run-1", spec=SPEC)
        with connect_staging(made.start("base", ANY_PORT)) as connection:
            connection.execute("CREATE TABLE public.item AS SELECT n AS id FROM pg_catalog.generate_series(1, 3) n")
        made.stop("base")
        yield made
    finally:
        for directory in made.directories():
            made.destroy(directory.name)


def _count(address: Address) -> int:
    with connect_staging(address) as connection:
        row = connection.execute("SELECT pg_catalog.count(*) FROM public.item").fetchone()
    assert row
    return int(row[0])


def _delete(address: Address) -> None:
    with connect_staging(address) as connection:
        connection.execute("DELETE FROM public.item WHERE id = 1")
        connection.execute("CHECKPOINT")


def test_clones_share_blocks_and_no_changes(place: Place, engine: Engine) -> None:
    before, others = engine.checksum("base"), place.mounts()
    assert engine.clone_method()[0] == engine.clone_method("base")[0] == "reflink"
    assert [engine.clone("base", name, "clone", run="run-2") for name in ("one", "two")] == ["reflink"] * 2
    assert engine.checksum("one") == before
    one, two = (engine.start(name, ANY_PORT) for name in ("one", "two"))
    _delete(one)
    assert (_count(one), _count(two)) == (2, 3)
    assert engine.checksum("base") == before
    for name in ("one", "two"):
        engine.destroy(name)
    assert [directory.name for directory in engine.directories()] == ["base"]
    assert place.mounts() == others
    assert not [path for path in place.home.path.glob("pool/*/*") if path.name.endswith(("one", "two"))]


def test_a_clone_takes_next_to_no_room(place: Place, engine: Engine) -> None:
    assert place.pool.folder
    free = os.statvfs(place.pool.folder).f_bfree
    engine.clone("base", "one", "clone", run="run-2")
    taken = (free - os.statvfs(place.pool.folder).f_bfree) * os.statvfs(place.pool.folder).f_frsize
    engine.destroy("one")
    assert taken < 8 << 20


def test_a_mount_that_is_gone_comes_back_with_all_in_it(place: Place) -> None:
    assert place.pool.folder
    (place.pool.folder / "kept").write_text("kept", encoding="utf-8")
    subprocess.run(["umount", str(place.pool.folder)], check=True)
    assert find_pool(place.home) == place.pool
    assert (place.pool.folder / "kept").read_text(encoding="utf-8") == "kept"


def test_the_pool_grows_to_what_the_disk_has(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_pool(place.home)
    monkeypatch.setattr(pools, "_SHARE", 0.01)
    small = make_pool(place.home, "auto", place.home.path)
    assert small.folder
    before = os.statvfs(small.folder).f_blocks
    monkeypatch.setattr(pools, "_SHARE", 0.05)
    make_pool(place.home, "auto", place.home.path)
    assert os.statvfs(small.folder).f_blocks > 1.2 * before


def test_a_mount_of_somebody_else_is_not_touched(place: Place) -> None:
    assert place.pool.folder
    remove_pool(place.home)
    place.pool.folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place.pool.folder)], check=True)
    try:
        chosen = make_pool(place.home, "auto", place.home.path)
        assert (chosen.folder, "could not be made" in chosen.why) == (None, True)
        assert os.path.ismount(place.pool.folder)
    finally:
        subprocess.run(["umount", str(place.pool.folder)], check=True)


def test_what_stands_in_the_way_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_pool(place.home)
    monkeypatch.setattr(pools, "_PROGRAMS", {"mkfs.nothing": "nothingprogs"})
    chosen = make_pool(place.home, "auto", place.home.path)
    assert (chosen.folder, chosen.why, chosen.better) == (
        None,
        "mkfs.nothing not found",
        "apt-get install nothingprogs",
    )
    assert find_pool(place.home) == chosen
    assert place.mounts() == []


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from stagecopy.home import Home
from stagecopy.staging.pool import make_pool
make_pool(Home(Path({home!r}), {project!r}), "auto", Path("/"))
"""


@pytest.mark.parametrize("pause", [0.35, 0.4, 0.45, 0.5, 0.6])
def test_a_killed_run_leaves_a_pool_that_works_or_none(place: Place, pause: float) -> None:
    remove_pool(place.home)
    script = CHILD.format(path=sys.path, home=str(place.home.path), project=place.home.project)
    child = subprocess.Popen([sys.executable, "-c", script])
    time.sleep(pause)
    child.kill()
    child.wait()
    again = make_pool(place.home, "auto", place.home.path)
    assert again.folder
    assert reflinks(again.folder)
    assert len(place.mounts()) == 2  # one mount, one loop device


def test_none_and_a_folder_of_ones_own(place: Place) -> None:
    assert make_pool(place.home, "none", place.home.path).folder is None
    given = place.home.path / "given"
    given.mkdir(mode=0o711)
    own = make_pool(place.home, str(given), given)
    assert own.folder == given / f"stagecopy-{place.home.project}"
    assert place.pool.folder in own.others  # what lies in the older pool is still found
    remove_pool(place.home)
    assert list(given.iterdir()) == []


def test_copies_are_named_by_what_they_are(reachable_folder: Path) -> None:
    base = Path(tempfile.mkdtemp(dir=reachable_folder))
    try:
        expected = "reflink" if reflinks(base) else "overlay" if overlays(base) else "copy"
        programs = find(15, programs=SERVER, newer=False)
        engine = EmbeddedEngine("test", root=base / "x", binaries=programs, admin_password="made-up", pool=NO_POOL)
        assert engine.clone_method()[0] == expected
    except StagingError as missing:
        pytest.skip(missing.message)
    finally:
        remove_tree(base)
