"""A clone, its first SELECT and its first UPDATE on the largest table: by each method, and at a tenth of the data.

The snapshot is a table of ROWS rows (default 20,000,000) with three indexes, frozen. The bar is on reflink: at most
1 s in all, and at most 1.2 times the time at a tenth of the rows. Disk is what the clone took.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.home import open_home
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries, ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import docker_answers
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.pool import NO_POOL, Pool, make_pool, remove_pool

ROWS = int(os.environ.get("ROWS", "20000000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
MAJOR = 15
_TABLE = (
    "CREATE TABLE public.big (id bigint, at timestamptz, account int, note text)",
    """INSERT INTO public.big SELECT i, now() - i * interval '1 s', i % 100000, pg_catalog.md5(i::text)
       FROM pg_catalog.generate_series(1, {rows}) i""",
    "ALTER TABLE public.big ADD PRIMARY KEY (id)",
    "CREATE INDEX ON public.big (at)",
    "CREATE INDEX ON public.big (account)",
    "VACUUM (FREEZE, ANALYZE) public.big",
)


@dataclass
class Took:
    """Seconds of each step of one clone, and bytes on the disk."""

    clone: float
    start: float
    select: float
    update: float
    disk: int = 0

    @property
    def bar(self) -> float:
        """What the bar is on: a running server is the engine's affair."""
        return self.clone + self.select + self.update


def snapshot(engine: Engine, name: str, rows: int) -> None:
    """A stopped, flushed data directory with the table in it."""
    engine.initialise(name, "snapshot", run="bench", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
    address = engine.start(name, ServerOptions(settings={"maintenance_work_mem": "512MB"}))
    with connect_staging(address) as connection:
        for statement in _TABLE:
            connection.execute(statement.format(rows=rows).encode())
    engine.stop(name)
    engine.sync(name)


def used(folder: Path) -> int:
    os.sync()
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def one_clone(engine: Engine, source: str, folder: Path, rows: int) -> tuple[str, Took]:
    """Make one, look at a row, change one, destroy it."""
    before = used(folder)
    began = time.perf_counter()
    method = engine.clone(source, "clone", "clone", run="bench")
    cloned = time.perf_counter()
    address = engine.start("clone", ServerOptions())
    started = time.perf_counter()
    selected, updated = first_queries(address, rows)
    took = Took(cloned - began, started - cloned, selected, updated)
    engine.stop("clone")
    took.disk = used(folder) - before
    engine.destroy("clone")
    return method, took


def first_queries(address: Address, rows: int) -> tuple[float, float]:
    with connect_staging(address) as connection:
        began = time.perf_counter()
        connection.execute("SELECT * FROM public.big WHERE id = %s", (rows // 2,)).fetchall()
        selected = time.perf_counter()
        connection.execute("UPDATE public.big SET note = 'changed' WHERE id = %s", (rows // 3,))
        return selected - began, time.perf_counter() - selected


def median(engine: Engine, label: str, folder: Path, rows: int) -> float:
    """Make a snapshot of *rows* rows, clone it ROUNDS times, print the round of the median."""
    snapshot(engine, "source", rows)
    found = [one_clone(engine, "source", folder, rows) for _ in range(ROUNDS)]
    engine.destroy("source")
    method, took = sorted(found, key=lambda each: each[1].bar)[ROUNDS // 2]
    print(
        f"{label:20} {method:8} {rows:>11,} rows  clone {took.clone:6.3f}  start {took.start:6.3f}"
        f"  SELECT {took.select:6.3f}  UPDATE {took.update:6.3f}  sum without start {took.bar:6.3f} s"
        f"  disk {took.disk / 1e6:8.1f} MB",
        flush=True,
    )
    return took.bar


def engines(base: Path, binaries: Binaries, pool: Pool) -> dict[str, Engine]:
    password = secrets.token_urlsafe(18)
    made: dict[str, Engine] = {}
    for label, place in (("pool", pool), ("no pool", NO_POOL)):
        made[f"embedded, {label}"] = EmbeddedEngine(
            "bench-clones", root=base / "servers", binaries=binaries, admin_password=password, pool=place
        )
        if docker_answers():
            made[f"docker, {label}"] = DockerEngine(
                "bench-clones", major=MAJOR, image=f"postgres:{MAJOR}", admin_password=password, pool=place
            )
    return made


def main() -> None:
    base = Path(tempfile.mkdtemp(prefix="stagecopy-bench-"))
    base.chmod(0o711)
    home = open_home(base / "home", "bench-clones")
    pool = make_pool(home, "auto", base)
    print(f"{os.cpu_count()} CPUs, PostgreSQL {MAJOR}; {pool.why}")
    try:
        for label, engine in engines(base, find(MAJOR, programs=SERVER, newer=False), pool).items():
            folder = pool.folder if pool.folder and "no pool" not in label else base
            try:
                small, large = (median(engine, label, folder, rows) for rows in (ROWS // 10, ROWS))
                print(f"{label:20} ten times the data: {large / small:.2f} x")
            finally:
                for directory in engine.directories():
                    engine.destroy(directory.name)
    finally:
        remove_pool(home)
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
