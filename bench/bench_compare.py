"""A full comparison against reladiff: a table of ROWS rows whose one column was rewritten, 1,000 rows changed beside.

Both sides are embedded servers with copies of one directory. reladiff is a program of its own: PATH or RELADIFF names
it, and it connects to the same two servers; where it is missing, the table says so. *cast*: int to bigint, by which no
value changes. *update*: another value in every row. The best of ROUNDS, taken in turns; CPU is that of all processes,
servers included.

ROWS=3000000 is the default; takes 2 GB below TMPDIR.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.diff.compare import compare
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.embedded import EmbeddedEngine

ROWS = int(os.environ.get("ROWS", "3000000"))
ROUNDS = int(os.environ.get("ROUNDS", "2"))
MAJOR = int(os.environ.get("MAJOR", "15"))
RELADIFF = os.environ.get("RELADIFF") or shutil.which("reladiff")
_TABLE = (
    """CREATE TABLE public.orders AS
       SELECT i::bigint AS id, (i % 1000)::int AS customer, now() - i * interval '1 s' AS at,
              (i % 100000)::int AS cents, md5(i::text) AS note
         FROM generate_series(1, {rows}) i""",
    "ALTER TABLE public.orders ADD PRIMARY KEY (id)",
    "VACUUM (FREEZE, ANALYZE) public.orders",
)
_THOUSAND = "UPDATE public.orders SET note = 'changed' WHERE id % ({rows} / 1000) = 0"
CHANGES = {
    "cast": ("ALTER TABLE public.orders ALTER cents TYPE bigint", _THOUSAND),
    "update": ("UPDATE public.orders SET cents = cents + 1", _THOUSAND),
}


@dataclass(frozen=True)
class Took:
    """Seconds of the clock and of all CPUs."""

    seconds: float
    cpu: float
    said: str


def used(root: Path) -> float:
    """CPU seconds of our children and of both servers, sessions that have ended included."""
    own = sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in (0, -1))
    total = 0
    for name in ("before", "after"):
        pid = (root / name / "data" / "postmaster.pid").read_text().split()[0]
        total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
    return own + total / os.sysconf("SC_CLK_TCK")


def timed(root: Path, work: Callable[[], str]) -> Took:
    """What *work* took; a moment passes until servers have counted sessions that ended."""
    cpu, began = used(root), time.perf_counter()
    said = work()
    seconds = time.perf_counter() - began
    time.sleep(0.5)
    return Took(seconds, used(root) - cpu, said)


def ours(before: Address, after: Address) -> str:
    """Compare everything that there is."""
    table = next(each for each in compare(before, after).tables if each.name == "public.orders")
    return f"{table.changed:,} changed"


def theirs(before: Address, after: Address) -> str:
    """The same table, all of its columns, by key."""
    urls = [
        f"postgresql://{each.user}:{each.password}@{each.host}:{each.port}/{each.database}" for each in (before, after)
    ]
    argv = [str(RELADIFF), urls[0], "public.orders", urls[1], "public.orders", "-k", "id", "-c", "%", "--stats"]
    found = subprocess.run(argv, capture_output=True, text=True, check=False)
    lines = found.stdout.strip().splitlines() or found.stderr.strip().splitlines() or ["nothing"]
    return next((each for each in lines if "updated" in each or "diff" in each.lower()), lines[-1])[:60]


def best(rounds: list[Took]) -> Took:
    """The quickest."""
    return min(rounds, key=lambda took: took.seconds)


def lines(engine: EmbeddedEngine, root: Path, label: str) -> list[str]:
    """Both programs on one change, in turns."""
    for name in ("before", "after"):
        engine.clone("source", name, "clone", run="bench")
    try:
        before, after = engine.start("before", ServerOptions()), engine.start("after", ServerOptions())
        with connect_staging(after) as session:
            for statement in CHANGES[label]:
                session.execute(statement.format(rows=ROWS).encode())
        mine, other = [], []
        for _ in range(ROUNDS):
            mine.append(timed(root, lambda: ours(before, after)))
            if RELADIFF:
                other.append(timed(root, lambda: theirs(before, after)))
        one = best(mine)
        made = [f"| {label} | stagecopy | {one.seconds:.1f} | {one.cpu:.1f} | {one.said} | |"]
        if not other:
            return [*made, f"| {label} | reladiff | missing | | | not measured |"]
        two = best(other)
        ratio = f"{one.seconds / two.seconds:.2f}, of CPU {one.cpu / two.cpu:.2f}"
        return [*made, f"| {label} | reladiff | {two.seconds:.1f} | {two.cpu:.1f} | {two.said} | {ratio} |"]
    finally:
        for name in ("before", "after"):
            engine.destroy(name)


def main() -> None:
    """Measure and print."""
    binaries = find(MAJOR, programs=SERVER, newer=False)
    with tempfile.TemporaryDirectory(prefix="stagecopy-bench-", dir=os.environ.get("TMPDIR")) as folder:
        Path(folder).chmod(0o711)
        root = Path(folder) / "data"
        engine = EmbeddedEngine("bench", root=root, binaries=binaries, admin_password=secrets.token_hex(16))
        try:
            engine.initialise("source", "snapshot", run="bench", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
            with connect_staging(engine.start("source", ServerOptions())) as session:
                for statement in _TABLE:
                    session.execute(statement.format(rows=ROWS).encode())
            engine.stop("source")
            table = [line for label in CHANGES for line in lines(engine, root, label)]
        finally:
            for each in engine.directories():
                engine.destroy(each.name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"PostgreSQL {binaries.version}, {ROWS:,} rows, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {peak} MB"
    )
    print("| change | program | seconds | CPU seconds | found | ratio (bar 0.3) |\n|---|---|---|---|---|---|")
    print("\n".join(table))


if __name__ == "__main__":
    main()
