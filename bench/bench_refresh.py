"""Masked refresh against pg_dump + pg_restore unmasked and against itself with every column kept.

One wide table (20 columns, 8 of them masked, three indexes) and a narrow one of as many rows that refers to it. In each
of ROUNDS (default 2) every way of copying runs once, in turn, so that what else the machine does hits all; the best
counts. Seconds are those of the whole command. The peer is given an empty server of the same settings, two jobs and the
same compression; its server's start is not counted, ours is.

*unaudited* is the same refresh with nobody watching the rows (``unaudited.py``). What the audit costs is its own stage
and what watching adds to that of the rows; the load is rows and indexes of the unaudited run. ROWS sets the size
(default 3,000,000).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import CLIENT, SERVER, find
from stagecopy.postgres.tools import staging_environment
from stagecopy.staging.embedded import EmbeddedEngine

ROWS = int(os.environ.get("ROWS", "3000000"))
ROUNDS = int(os.environ.get("ROUNDS", "2"))
MAJOR = 15
HERE = Path(__file__).parent
SPEC = ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8")
SCHEMA = f"""
CREATE TABLE wide (id bigint PRIMARY KEY, email text NOT NULL, full_name text, phone text, city text, street text,
                   username text, born date, note text, blob text, created_at timestamptz, updated_at timestamptz,
                   amount numeric(12,2), tax numeric(12,2), flag boolean, active boolean, code int, plan text, ref uuid,
                   score double precision);
INSERT INTO wide SELECT i, 'user' || i || '@corp.test', 'First' || i % 5000 || ' Last' || i % 9000,
       '+49 30 ' || 1000000 + i, 'City ' || i % 1000, i % 300 || ' Main Street ' || i % 7000, 'user_' || i,
       date '2020-01-01' - i % 20000, left(md5(i::text) || ' ' || md5((i + 1)::text), 60), repeat(md5(i::text), 3),
       now() - i * interval '1 s', now() - i * interval '1 min', i % 100000 / 100.0, i % 1999 / 100.0, i % 2 = 0,
       i % 3 = 0, i % 1000, 'plan ' || i % 5, md5(i::text)::uuid, i / 7.0
  FROM generate_series(1, {ROWS}) i;
CREATE TABLE narrow (id bigint PRIMARY KEY, wide_id bigint REFERENCES wide, at timestamptz, value double precision);
INSERT INTO narrow SELECT i, i, now() - i * interval '1 s', random() FROM generate_series(1, {ROWS}) i;
CREATE INDEX ON wide (email);
CREATE INDEX ON wide (created_at);
CREATE INDEX ON narrow (at);
"""
MASKED = """version: 1
tables:
  public.wide:
    columns: {email: {mask: email}, full_name: {mask: name}, phone: {mask: phone}, city: {mask: city},
              street: {mask: address}, username: {mask: username}, born: {mask: shift_date}, note: {mask: text}}
patterns:
  - {column: "*", keep: made for a benchmark}
"""
KEPT = 'version: 1\npatterns:\n  - {column: "*", keep: made for a benchmark}\n'


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one command, and of a refresh's stages."""

    seconds: float
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def load(self) -> float:
        """What the audit is compared with."""
        return self.stages["rows"] + self.stages["indexes"]


@dataclass(frozen=True, slots=True)
class Lab:
    """Where it all happens, and the production that is copied."""

    base: Path
    engine: EmbeddedEngine
    production: Address

    def refresh(self, rules: str, *words: str, audited: bool = True) -> Took:
        """One refresh of a project whose staging exists already."""
        self.project(rules)
        program = ["-m", "stagecopy"] if audited else [str(HERE / "unaudited.py")]
        seconds = self.timed([sys.executable, *program, "refresh", "--quiet", *words], self.environ)
        newest = max((self.base / "home" / "runs").iterdir())
        return Took(seconds, _stages(newest / "log.jsonl"))

    def project(self, rules: str) -> None:
        """The project with these rules."""
        folder = self.base / "project" / "masking-rules"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rules.yaml").write_text(rules)
        (folder.parent / "stagecopy.yaml").write_text(
            "version: 1\nproject: bench\nproduction: {url: '${STAGECOPY_PRODUCTION_URL}'}\n"
            "staging: {engine: embedded}\n"
        )

    @property
    def environ(self) -> dict[str, str]:
        """That of the program."""
        return {
            **os.environ,
            "STAGECOPY_PRODUCTION_URL": self.production.url,
            "STAGECOPY_KEY": "0123456789abcdef0123456789abcdef",
            "STAGECOPY_HOME": str(self.base / "home"),
            "PYTHONPATH": str(HERE.parent),
        }

    def timed(self, argv: list[str], environ: dict[str, str]) -> float:
        """Seconds of one command."""
        began = time.perf_counter()
        subprocess.run(argv, env=environ, cwd=self.base / "project", check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    def peer(self) -> Took:
        """pg_dump -Fd -j2 and pg_restore -j2 into an empty server of the same settings."""
        tools = find(MAJOR, programs=CLIENT, newer=False)
        dump = self.base / "dump"
        shutil.rmtree(dump, ignore_errors=True)
        self.engine.initialise("peer", "clone", run="bench", spec=SPEC)
        target = self.engine.start("peer", ServerOptions(settings={"maintenance_work_mem": "256MB"}))
        words = ["pg_dump", "-Fd", "-j2", "-Z1", "-f", str(dump)]
        took = self.timed([f"{tools.folder}/{words[0]}", *words[1:]], staging_environment(self.production))
        words = ["pg_restore", "-j2", "-O", "-d", "postgres", str(dump)]
        took += self.timed([f"{tools.folder}/{words[0]}", *words[1:]], staging_environment(target))
        self.engine.destroy("peer")
        return Took(took)


def _stages(log: Path) -> dict[str, float]:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    begun = [(each["message"], datetime.fromisoformat(each["time"])) for each in lines if "message" in each]
    marks = [(words.removeprefix("stage "), at) for words, at in begun if words.startswith("stage ")]
    marks.append(("end", begun[-1][1]))
    return {name: (until - at).total_seconds() for (name, at), (_, until) in pairwise(marks)}


@contextmanager
def lab() -> Iterator[Lab]:
    """Made for this bench, gone after it."""
    base = Path(tempfile.mkdtemp(prefix="stagecopy-bench-"))
    base.chmod(0o711)
    binaries = find(MAJOR, programs=SERVER, newer=False)
    password = secrets.token_urlsafe(18)
    engine = EmbeddedEngine("bench", root=base / "servers", binaries=binaries, admin_password=password)
    try:
        engine.initialise("production", "served", run="bench", spec=SPEC)
        production = engine.start("production", ServerOptions())
        with psycopg.connect(production.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE app; ALTER DATABASE postgres OWNER TO app; SET ROLE app")
            connection.execute(SCHEMA.encode())
            connection.execute("RESET ROLE")
            connection.execute("VACUUM (FREEZE, ANALYZE)")
        made = Lab(base, engine, production)
        try:
            yield made
        finally:
            made.timed([sys.executable, "-m", "stagecopy", "staging", "destroy", "--yes"], made.environ)
    finally:
        for directory in engine.directories():
            engine.destroy(directory.name)
        shutil.rmtree(base)


def measure(ways: dict[str, Callable[[], Took]]) -> dict[str, Took]:
    """The best of each way, all of them in turn in every round."""
    took: dict[str, list[Took]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            took[name].append(way())
    for name, each in took.items():
        print(f"{name:26} {', '.join(f'{one.seconds:.1f}' for one in each)} s", flush=True)
    return {name: min(each, key=lambda one: one.seconds) for name, each in took.items()}


def main() -> None:
    with lab() as made:
        made.refresh(MASKED)  # the first one makes the home; not counted
        ways: dict[str, Callable[[], Took]] = {"pg_dump + pg_restore": made.peer}
        for label, words in (("with backup", ()), ("--direct", ("--direct",))):
            ways[f"masked, {label}"] = partial(made.refresh, MASKED, *words)
            ways[f"unaudited, {label}"] = partial(made.refresh, MASKED, *words, audited=False)
            ways[f"kept, {label}"] = partial(made.refresh, KEPT, *words)
        best = measure(ways)
    peer = best["pg_dump + pg_restore"]
    print(f"{ROWS:,} rows a table, {os.cpu_count()} CPUs, load {os.getloadavg()[1]:.1f}, PostgreSQL {MAJOR}")
    print(f"{'':14} {'masked / peer':>14} {'unaudited / kept':>17} {'audit / load':>13}    (at most 1.0, 1.15, 0.4)")
    for label in ("with backup", "--direct"):
        masked, unaudited, kept = (best[f"{way}, {label}"] for way in ("masked", "unaudited", "kept"))
        audit = masked.stages["audit"] + max(0.0, masked.stages["rows"] - unaudited.stages["rows"])
        print(
            f"{label:14} {masked.seconds / peer.seconds:14.2f} {unaudited.seconds / kept.seconds:17.2f}"
            f" {audit / unaudited.load:13.2f}"
        )


if __name__ == "__main__":
    main()
