"""Masked refresh against pg_dump + pg_restore unmasked, on the same data, the same server settings, the same machine.

Prints wall seconds of each run and the ratio of the medians (design bars: with backup <= 1.0, masked / keep <= 1.15).
ROWS in the environment sets the size (default 1,000,000 wide rows and as many narrow ones).
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import CLIENT, SERVER, find
from stagecopy.postgres.tools import staging_environment
from stagecopy.staging.embedded import EmbeddedEngine

ROWS = int(os.environ.get("ROWS", "1000000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
MAJOR = 15
SCHEMA = f"""
CREATE TABLE wide (id bigint PRIMARY KEY, email text NOT NULL, full_name text, phone text, city text, note text,
                   created_at timestamptz, amount numeric(12,2), flag boolean, code int);
INSERT INTO wide SELECT i, 'user' || i || '@corp.test', 'First' || i % 5000 || ' Last' || i % 9000,
       '+49 30 ' || 1000000 + i, 'City ' || i % 1000, repeat(md5(i::text), 3), now() - i * interval '1 s',
       i % 100000 / 100.0, i % 2 = 0, i % 1000 FROM generate_series(1, {ROWS}) i;
CREATE TABLE narrow (id bigint PRIMARY KEY, wide_id bigint REFERENCES wide, at timestamptz, value double precision);
INSERT INTO narrow SELECT i, i, now() - i * interval '1 s', random() FROM generate_series(1, {ROWS}) i;
CREATE INDEX ON wide (email);
CREATE INDEX ON wide (created_at);
CREATE INDEX ON narrow (at);
"""
MASKED = """version: 1
tables:
  public.wide:
    columns: {email: {mask: email}, full_name: {mask: name}, phone: {mask: phone}, city: {mask: city}}
patterns:
  - {column: "*", keep: made for a benchmark}
"""
KEPT = 'version: 1\npatterns:\n  - {column: "*", keep: made for a benchmark}\n'


def refresh(base: Path, production: Address, rules: str, *words: str) -> float:
    """One refresh of a project whose staging exists already; seconds of the whole command."""
    project = base / "project"
    (project / "masking-rules").mkdir(parents=True, exist_ok=True)
    (project / "masking-rules" / "rules.yaml").write_text(rules)
    (project / "stagecopy.yaml").write_text(
        "version: 1\nproject: bench\nproduction: {url: '${STAGECOPY_PRODUCTION_URL}'}\nstaging: {engine: embedded}\n"
    )
    environ = {
        **os.environ,
        "STAGECOPY_PRODUCTION_URL": production.url,
        "STAGECOPY_KEY": "0123456789abcdef0123456789abcdef",
        "STAGECOPY_HOME": str(base / "home"),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    return timed([sys.executable, "-m", "stagecopy", "refresh", "--quiet", *words], environ, project)


def timed(argv: list[str], environ: dict[str, str], folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run(argv, env=environ, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def plain(engine: EmbeddedEngine, base: Path, production: Address, number: int) -> float:
    """pg_dump -Fd -j2 and pg_restore -j2 into an empty server of the same settings; seconds of both."""
    tools = find(MAJOR, programs=CLIENT, newer=False)
    name = f"plain-{number}"
    engine.initialise(name, "clone", run="bench", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
    target = engine.start(name, ServerOptions(settings={"maintenance_work_mem": "256MB"}))
    dump = base / "dump"
    shutil.rmtree(dump, ignore_errors=True)
    took = timed(
        [f"{tools.folder}/pg_dump", "-Fd", "-j2", "-Z1", "-f", str(dump)], staging_environment(production), base
    )
    took += timed(
        [f"{tools.folder}/pg_restore", "-j2", "-O", "-d", "postgres", str(dump)], staging_environment(target), base
    )
    engine.destroy(name)
    return took


def median(label: str, run: Callable[[int], float]) -> float:
    seconds = [run(number) for number in range(ROUNDS)]
    print(f"{label:34} {statistics.median(seconds):7.2f} s   ({', '.join(f'{each:.2f}' for each in seconds)})")
    return statistics.median(seconds)


def main() -> None:
    base = Path(tempfile.mkdtemp(prefix="stagecopy-bench-"))
    base.chmod(0o711)
    engine = EmbeddedEngine(
        "bench",
        root=base / "servers",
        binaries=find(MAJOR, programs=SERVER, newer=False),
        admin_password=secrets.token_urlsafe(18),
    )
    try:
        engine.initialise("production", "served", run="bench", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
        production = engine.start("production", ServerOptions())
        with psycopg.connect(production.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE app; ALTER DATABASE postgres OWNER TO app; SET ROLE app")
            connection.execute(SCHEMA.encode())
            connection.execute("RESET ROLE")
            connection.execute("VACUUM (FREEZE, ANALYZE)")
        refresh(base, production, MASKED)  # the first one makes the home; not counted
        peer = median("pg_dump + pg_restore, unmasked", lambda number: plain(engine, base, production, number))
        masked = median("refresh, masked, with backup", lambda _: refresh(base, production, MASKED))
        kept = median("refresh, everything kept", lambda _: refresh(base, production, KEPT))
        direct = median("refresh --direct, masked", lambda _: refresh(base, production, MASKED, "--direct"))
        print(f"masked with backup / peer  {masked / peer:.2f}   --direct / peer  {direct / peer:.2f}")
        print(f"masked / kept              {masked / kept:.2f}")
        environ = {**os.environ, "STAGECOPY_HOME": str(base / "home"), "PYTHONPATH": str(Path(__file__).parents[1])}
        timed([sys.executable, "-m", "stagecopy", "staging", "destroy", "--yes"], environ, base / "project")
    finally:
        for directory in engine.directories():
            engine.destroy(directory.name)
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
