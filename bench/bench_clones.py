"""A clone, its first SELECT and its first UPDATE on the largest table, by each method, and at a tenth of the data.

The snapshot is one table of ROWS rows (default 20,000,000) with a primary key and two more indexes, frozen. Seconds are
those from nothing to the row changed: clone, server start, SELECT and UPDATE by primary key; the best of ROUNDS, in
which both sizes take turns, so that what else the machine does hits both.
*overlay warm* is a clone that was made ahead, as each trial finds one: its time begins at the server's start. Disk is
what the clone has taken by then. The bars are on reflink: at most 1 s, and at most 1.2 times a tenth of the rows.

*staging reset* and *clone create* (of one that is there) are whole commands, on reflink, old server to new.

ENGINES="embedded docker" measures both; embedded alone is the default. METHODS="reflink reset overlay copy" are all.
Takes up to 8 GB of disk below TMPDIR.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.files import remove_tree
from stagecopy.home import Home, open_home, secrets_of
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries, ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.bases import removable
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.pool import NO_POOL, Pool, make_pool, remove_pool
from stagecopy.staging.reopen import spec_of
from stagecopy.staging.roles import SERVED_ROLE
from stagecopy.staging.snapshots import Snapshot, save
from stagecopy.staging.space import docker_root

ROWS = int(os.environ.get("ROWS", "20000000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
ENGINES = os.environ.get("ENGINES", "embedded").split()
MAJOR = 15
PROJECT = "bench-clones"
IMAGE = f"postgres:{MAJOR}"
METHODS = os.environ.get("METHODS", "reflink reset overlay copy").split()
SIZES = (ROWS // 10, ROWS)
_TABLE = (
    "CREATE TABLE public.big (id bigint, at timestamptz, account int, note text)",
    """INSERT INTO public.big SELECT i, now() - i * interval '1 s', i % 100000, pg_catalog.md5(i::text)
       FROM pg_catalog.generate_series(1, {rows}) i""",
    "ALTER TABLE public.big ADD PRIMARY KEY (id)",
    "CREATE INDEX ON public.big (at)",
    "CREATE INDEX ON public.big (account)",
)


@dataclass
class Took:
    """What one method took: seconds by rows, in parts and in all, and bytes by rows."""

    parts: dict[int, dict[str, float]] = field(default_factory=dict)
    disk: dict[int, int] = field(default_factory=dict)

    def add(self, rows: int, parts: dict[str, float], disk: int) -> None:
        """Keep the best round, and the most disk."""
        if rows not in self.parts or sum(parts.values()) < self.seconds(rows):
            self.parts[rows] = parts
        self.disk[rows] = max(disk, self.disk.get(rows, 0))

    def seconds(self, rows: int) -> float:
        """In all."""
        return sum(self.parts[rows].values())


Results = dict[str, Took]


def source(rows: int) -> str:
    """The snapshot of that size."""
    return f"source-{rows}"


def snapshot(engine: Engine, rows: int) -> None:
    """A stopped, flushed data directory with the table in it."""
    name = source(rows)
    engine.initialise(name, "snapshot", run="bench", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
    address = engine.start(name, ServerOptions(settings={"maintenance_work_mem": "1GB"}))
    with connect_staging(address) as connection:
        with connection.transaction():  # all in one, so that nothing of it goes through the WAL
            for statement in _TABLE:
                connection.execute(statement.format(rows=rows).encode())
        connection.execute("VACUUM (FREEZE, ANALYZE) public.big")
        connection.execute(f"CREATE ROLE {SERVED_ROLE} LOGIN".encode())
    engine.stop(name)
    engine.sync(name)


def first_queries(address: Address, rows: int) -> tuple[float, float]:
    """Seconds of the first SELECT and of the first UPDATE."""
    with connect_staging(address) as connection:
        began = time.perf_counter()
        connection.execute("SELECT * FROM public.big WHERE id = %s", (rows // 2,)).fetchall()
        selected = time.perf_counter()
        connection.execute("UPDATE public.big SET note = 'changed' WHERE id = %s", (rows // 3,))
        return selected - began, time.perf_counter() - selected


def one_clone(engine: Engine, rows: int, make: Callable[[], object], *, ahead: bool) -> dict[str, float]:
    """Make one, look at a row, change one; the clone stays."""
    began = time.perf_counter()
    make()
    if ahead:
        engine.prepare_start("clone", ServerOptions())
    cloned = time.perf_counter()
    address = engine.start("clone", ServerOptions())
    started = time.perf_counter()
    selected, updated = first_queries(address, rows)
    parts = {"start": started - cloned, "select": selected, "update": updated}
    return parts if ahead else {"clone": cloned - began, **parts}


def allocated(*folders: Path) -> int:
    """Bytes that the files below take on the disk."""
    return sum(path.lstat().st_blocks * 512 for folder in folders for path in (folder, *folder.rglob("*")))


@dataclass
class Bench:
    """Both engines' places, below one folder."""

    base: Path
    home: Home
    binaries: Binaries
    pool: Pool
    results: Results = field(default_factory=dict)

    def engine(self, kind: str, pool: Pool) -> Engine:
        """An engine with that pool; its password is the home's, so that the program can open it too."""
        password = secrets_of(self.home).admin_password
        if kind == "docker":
            return DockerEngine(
                PROJECT, major=MAJOR, image=IMAGE, admin_password=password, sockets=self.home.sockets, pool=pool
            )
        return EmbeddedEngine(
            PROJECT, root=self.home.engine, binaries=self.binaries, admin_password=password, pool=pool
        )

    def disk(self, kind: str, method: str) -> int:
        """Bytes the clone takes: on the pool by what is missing there, elsewhere by its own files."""
        if method == "reflink":
            assert self.pool.folder
            os.sync()
            found = os.statvfs(self.pool.folder)
            return (found.f_blocks - found.f_bfree) * found.f_frsize
        if kind == "docker":
            volume = f"stagecopy-{PROJECT}-clone" + (".layers" if method == "overlay" else "")
            return allocated((docker_root() or Path("/nonexistent")) / "volumes" / volume)
        folder = self.home.engine / "clone"
        return allocated(folder / ("upper" if method == "overlay" else "data"))

    def measure(self, kind: str, engine: Engine, label: str) -> None:
        """ROUNDS clones of each size by one method."""
        for _ in range(ROUNDS):
            for rows in SIZES:
                self.results.setdefault(f"{kind}, {label}", Took()).add(rows, *self.one(kind, engine, label, rows))

    def one(self, kind: str, engine: Engine, label: str, rows: int) -> tuple[dict[str, float], int]:
        """One clone: seconds of its parts, and the bytes it takes."""
        method = label.split(maxsplit=1)[0]
        before = self.disk(kind, method) if method == "reflink" else 0

        def make() -> None:
            if method == "copy":
                engine.copy(source(rows), "clone", "clone", run="bench")
                return
            found = engine.clone(source(rows), "clone", "clone", run="bench")
            assert found == method, f"clones are made by {found} here, not by {method}"

        try:
            parts = one_clone(engine, rows, make, ahead=label.endswith("warm"))
            engine.stop("clone")
            return parts, self.disk(kind, method) - before
        finally:
            engine.destroy("clone")

    def reset(self, engine: Engine) -> None:
        """`staging reset` and `clone create` over an old one: the whole command, as people wait for it."""
        (self.base / "stagecopy.yaml").write_text(
            f"version: 1\nproject: {PROJECT}\nproduction: {{url: postgresql://nobody@localhost/nothing}}\n"
        )
        for words in (("staging", "reset"), ("clone", "create", "ada")):
            for again in range(ROUNDS + 1):
                for rows in SIZES:
                    self.newest(engine, rows)
                    seconds = self.command(*words, "--yes")
                    if again:  # there is nothing to take the place of at first
                        label = f"{engine.name}, {' '.join(words[:2])}"
                        self.results.setdefault(label, Took()).add(rows, {"command": seconds}, 0)
        self.command("clone", "destroy", "ada", "--yes")
        for manifest in self.home.snapshots.glob("*.json"):
            manifest.unlink()
        self.home.served.unlink()

    def newest(self, engine: Engine, rows: int) -> None:
        """Make that snapshot the newest; the other stays one, too."""
        now = datetime.now(UTC)
        for number, each in enumerate(sorted(SIZES, key=lambda size: size == rows)):
            manifest = Snapshot(
                id=f"20260101-00000{number}-0000",
                directory=source(each),
                taken_at=now,
                engine=spec_of(engine, image=IMAGE, home=self.home),
                database="postgres",
                trial_role="postgres",
                stand_in=False,
                key_id="none",
                rows={},
                masked={},
                fidelity=(),
            )
            save(self.home, manifest)

    def command(self, *words: str) -> float:
        """Seconds of one command of the program."""
        environ = {
            **os.environ,
            "STAGECOPY_HOME": str(self.home.path),
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "PYTHONDONTWRITEBYTECODE": "",  # compiled once, as what is installed is
            "PYTHONPYCACHEPREFIX": str(self.base / "compiled"),
        }
        argv = [sys.executable, "-m", "stagecopy", *words, "--quiet"]
        began = time.perf_counter()
        subprocess.run(argv, env=environ, cwd=self.base, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    def run(self, kind: str) -> None:
        """All methods on one engine."""
        if self.pool.folder is None:
            print(f"no reflink: {self.pool.why}")
        elif {"reflink", "reset"} & set(METHODS):
            with made(self.engine(kind, self.pool)) as engine:
                if "reflink" in METHODS:
                    self.measure(kind, engine, "reflink")
                if "reset" in METHODS:
                    self.reset(engine)
        if {"overlay", "copy"} & set(METHODS):
            with made(self.engine(kind, NO_POOL)) as engine:
                self.plain(kind, engine)

    def plain(self, kind: str, engine: Engine) -> None:
        """The methods that need no pool."""
        method, why, _ = engine.clone_method(source(ROWS))
        if method != "overlay":
            print(f"no overlay: {why}")
        elif "overlay" in METHODS:
            self.measure(kind, engine, "overlay cold")
            self.measure(kind, engine, "overlay warm")
        if "copy" in METHODS:
            self.measure(kind, engine, "copy")


@contextmanager
def made(engine: Engine) -> Iterator[Engine]:
    """The engine with a snapshot of each size on it, and nothing afterwards."""
    try:
        for rows in SIZES:
            snapshot(engine, rows)
        yield engine
    finally:
        for directory in removable(engine.directories()):
            engine.destroy(directory.name)


def table(results: Results) -> None:
    """One line for each method."""
    small, large = SIZES
    sizes = f"{small / 1e6:g} M", f"{large / 1e6:g} M"
    print(
        f"{'seconds, best of ' + str(ROUNDS):24} {sizes[0]:>8} {sizes[1]:>8} {'ratio':>6} {'disk at ' + sizes[1]:>14}"
    )
    for label, took in results.items():
        seconds = took.seconds(small), took.seconds(large)
        disk = f"{took.disk[large] / 1e6:,.1f} MB" if took.disk[large] else ""
        parts = " + ".join(f"{name} {value:.3f}" for name, value in took.parts[large].items())
        print(f"{label:24} {seconds[0]:8.3f} {seconds[1]:8.3f} {seconds[1] / seconds[0]:6.2f} {disk:>14}   {parts}")


def main() -> None:
    base = Path(tempfile.mkdtemp(prefix="stagecopy-bench-"))
    base.chmod(0o711)
    home = open_home(base / "home", PROJECT)
    try:
        bench = Bench(base, home, find(MAJOR, programs=SERVER, newer=False), make_pool(home, "auto", base))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        print(f"{os.cpu_count()} CPUs, {memory:.0f} GiB, PostgreSQL {MAJOR}; {bench.pool.why}", flush=True)
        for kind in ENGINES:
            bench.run(kind)
        print(f"load of the last minutes: {' '.join(f'{each:.1f}' for each in os.getloadavg())}")
        table(bench.results)
    finally:
        remove_pool(home)
        remove_tree(base)


if __name__ == "__main__":
    main()
