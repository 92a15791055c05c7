"""From the end of a migration's last statement to the difference, by touched blocks and by reading everything.

One table of ROWS rows (default 20,000,000) with a primary key, frozen, and one of a tenth. Five rows are changed in
both, in fresh clones each time: at most 1 s, and at most 1.3 times a tenth of the rows. SCATTERED rows (default a
twentieth) all over the large one, and all rows of the small one: never slower than 1.2 times reading everything, which
counts the changed values too. Both take turns; the best of ROUNDS.

Takes 8 GB below TMPDIR by default, in a pool that shares blocks where one can be made, else 12 GB. Peak memory is that
of this process.
"""

from __future__ import annotations

import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.diff.compare import Known, compare
from stagecopy.diff.proof import LITTLE_WAL
from stagecopy.files import remove_tree
from stagecopy.home import open_home
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.walrange import wal_start
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.pool import make_pool, remove_pool
from stagecopy.staging.wal import WalSource

ROWS = int(os.environ.get("ROWS", "20000000"))
SCATTERED = int(os.environ.get("SCATTERED", str(ROWS // 20)))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
MAJOR = int(os.environ.get("MAJOR", "15"))
SMALL = ROWS // 10
FIVE = "UPDATE public.big SET note = 'changed' WHERE id = ANY (ARRAY[7, {rows} / 5, {rows} / 3, {rows} / 2, {rows}])"
MANY = "UPDATE public.big SET note = 'changed' WHERE id % ({rows} / {count}) = 0"
ALL = "UPDATE public.big SET account = account + 1"
_AFTER = ServerOptions(settings={"wal_keep_size": "16GB"})
_TABLE = (
    """CREATE TABLE public.big AS
       SELECT i::bigint AS id, now() - i * interval '1 s' AS at, (i % 100000)::int AS account, md5(i::text) AS note
         FROM generate_series(1, {rows}) i""",
    "ALTER TABLE public.big ADD PRIMARY KEY (id)",
)


@dataclass(frozen=True)
class Took:
    """Seconds until the difference was known, and how the table was compared."""

    seconds: float
    method: str
    changed: int


def source(rows: int) -> str:
    """The data directory of that size."""
    return f"source-{rows}"


def make(engine: EmbeddedEngine, rows: int) -> None:
    """A stopped data directory with the table in it."""
    engine.initialise(source(rows), "snapshot", run="bench", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
    with connect_staging(
        engine.start(source(rows), ServerOptions(settings={"maintenance_work_mem": "1GB"}))
    ) as session:
        with session.transaction():  # all in one, so that nothing of it goes through the log
            for statement in _TABLE:
                session.execute(statement.format(rows=rows).encode())
        session.execute("VACUUM (FREEZE, ANALYZE)")
    engine.stop(source(rows))


@contextmanager
def clones(engine: EmbeddedEngine, rows: int) -> Iterator[tuple[Address, Address, WalSource]]:
    """Both sides of a trial."""
    try:
        for name in ("before", "after"):
            engine.clone(source(rows), name, "clone", run="bench")
        before, after = engine.start("before", ServerOptions()), engine.start("after", _AFTER)
        yield before, after, WalSource(engine, "after", wal_start(after))
    finally:
        for name in ("before", "after"):
            engine.destroy(name)


def few(engine: EmbeddedEngine) -> dict[int, Took]:
    """Five rows in tables of both sizes, by turns: the best of ROUNDS."""
    took: dict[int, list[Took]] = {SMALL: [], ROWS: []}
    for _ in range(ROUNDS):
        for rows, rounds in took.items():
            with clones(engine, rows) as (before, after, log):
                change(after, FIVE, rows)
                rounds.append(once(before, after, Known(log, {"public.big": rows})))
    return {rows: best(rounds) for rows, rounds in took.items()}


def many(engine: EmbeddedEngine, rows: int, statement: str) -> tuple[Took, Took]:
    """With the log and without, by turns on one pair of clones: comparing changes nothing."""
    with clones(engine, rows) as (before, after, log):
        change(after, statement, rows)
        once(before, after, Known())  # the first reader of changed rows has more to do
        quick, whole = [], []
        for _ in range(ROUNDS):
            quick.append(once(before, after, Known(log, {"public.big": rows})))
            whole.append(once(before, after, Known()))
        return best(quick), best(whole)


def change(after: Address, statement: str, rows: int) -> None:
    """Run it."""
    with connect_staging(after) as session:
        session.execute(statement.format(rows=rows, count=SCATTERED).encode())


def best(rounds: list[Took]) -> Took:
    """The quickest."""
    return min(rounds, key=lambda took: took.seconds)


def once(before: Address, after: Address, known: Known) -> Took:
    """One comparison."""
    began = time.perf_counter()
    difference = compare(before, after, known=known)
    seconds = time.perf_counter() - began
    table = next(each for each in difference.tables if each.name == "public.big")
    return Took(seconds, table.method, table.changed)


def line(label: str, took: Took, against: Took | None, bar: str) -> str:
    """One line of the table."""
    ratio = f"{took.seconds / against.seconds:.2f}" if against else ""
    return f"| {label} | {took.method} | {took.changed:,} | {took.seconds:.2f} | {ratio} | {bar} |"


def table(engine: EmbeddedEngine) -> list[str]:
    """All lines."""
    five = few(engine)
    made = [
        line(f"5 of {SMALL:,} rows", five[SMALL], None, "1 s"),
        line(f"5 of {ROWS:,} rows", five[ROWS], five[SMALL], "1 s and 1.3"),
    ]
    for rows, statement, label in ((ROWS, MANY, f"{SCATTERED:,} scattered"), (SMALL, ALL, "all")):
        quick, whole = many(engine, rows, statement)
        made.append(line(f"{label} of {rows:,} rows, reading everything", whole, None, ""))
        made.append(line(f"{label} of {rows:,} rows", quick, whole, "1.2"))
    return made


def main() -> None:
    """Measure and print."""
    binaries = find(MAJOR, programs=SERVER, newer=False)
    base = Path(tempfile.mkdtemp(prefix="stagecopy-bench-", dir=os.environ.get("TMPDIR")))
    base.chmod(0o711)
    home = open_home(base / "home", "bench-diff")
    try:
        pool = make_pool(home, "auto", base)
        engine = EmbeddedEngine(
            "bench", root=base / "data", binaries=binaries, admin_password=secrets.token_hex(16), pool=pool
        )
        try:
            for rows in (SMALL, ROWS):
                make(engine, rows)
            lines = table(engine)
            method = engine.clone_method(source(ROWS))[0]
        finally:
            for each in engine.directories():
                engine.destroy(each.name)
    finally:
        remove_pool(home)
        remove_tree(base)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    load = os.getloadavg()[0]
    print(f"PostgreSQL {binaries.version}, {os.cpu_count()} CPUs, load {load:.1f}, clones by {method}, peak {peak} MB")
    print(f"a log below {LITTLE_WAL >> 20} MB is always read")
    print("| change | method | rows changed | seconds | ratio | bar |\n|---|---|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
