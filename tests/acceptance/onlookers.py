"""What a test sees of a run from outside: its log, its sessions on production, and somebody who changes production."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from stagecopy.model.server import Address
from tests.acceptance.harness import Done, Shop

STAGES = (
    "guard", "plan", "staging", "dump", "schema", "rows", "indexes", "finish", "verify", "audit", "seal", "swap",
    "retain",
)  # fmt: skip
STEP = 0.002  # seconds between two looks when the moment counts
_OURS = "application_name LIKE 'stagecopy/%%' AND datname = current_database()"


def ask(server: Address, query: str) -> list[tuple[Any, ...]]:
    """The rows of one query."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def tell(server: Address, *statements: str) -> None:
    """Run statements, each committed by itself."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def until(
    condition: Callable[[], object],
    *,
    seconds: float = 60,
    pause: float = 0.02,
    child: subprocess.Popen[str] | None = None,
) -> None:
    """Wait for *condition*; an assertion fails when it does not come, or when *child* ends before."""
    end = time.monotonic() + seconds
    while not condition():
        assert child is None or child.poll() is None, child.communicate()
        assert time.monotonic() < end, "it did not come about"
        time.sleep(pause)


def sessions(server: Address, condition: str = "true") -> int:
    """How many sessions of stagecopy, its watcher aside, work on that database of production."""
    query = f"SELECT count(*) FROM pg_stat_activity WHERE {_OURS} AND application_name NOT LIKE '%%/watcher'"
    return int(ask(server, f"{query} AND {condition}".replace("%%", "%"))[0][0])


def copying(server: Address) -> bool:
    """Whether rows are on their way: the server may have sent all, into buffers that the client still empties."""
    return sessions(server, "query LIKE 'COPY %'") > 0


def waiting_for_lock(server: Address) -> bool:
    """Whether stagecopy waits for somebody's lock."""
    return sessions(server, "wait_event_type = 'Lock'") > 0


def finished(child: subprocess.Popen[str], *, seconds: float = 120) -> Done:
    """Wait for a run that was started."""
    out, err = child.communicate(timeout=seconds)
    return Done(child.returncode, out, err)


def newest_run(shop: Shop, *, verb: str = "refresh") -> list[dict[str, Any]]:
    """The log of the newest run."""
    logs = sorted(shop.home.glob("runs/*/log.jsonl"))
    return [json.loads(line) for line in logs[-1].read_text().splitlines(keepends=True) if line.endswith("\n")]


def reached(shop: Shop, stage: str, *words: str) -> subprocess.Popen[str]:
    """A refresh that has just begun *stage*."""
    before = set(shop.home.glob("runs/*"))
    child = shop.start("refresh", *words)
    logs = {run / "log.jsonl" for run in before}
    until(lambda: set(shop.home.glob("runs/*/log.jsonl")) - logs, pause=STEP, child=child)
    log = (set(shop.home.glob("runs/*")) - before).pop() / "log.jsonl"
    until(lambda: f'"stage {stage}"' in log.read_text(), pause=STEP, child=child)
    return child


def snapshot_in_the_making(shop: Shop) -> Path:
    """The embedded engine's folder of what the newest run is making."""
    name = f"snapshot-{max(shop.home.glob('runs/*')).name}"
    return next(folder for folder in (shop.home / "engine" / name, shop.home / "pool/engine" / name) if folder.exists())


@dataclass
class Deploy:
    """Somebody's statement on production: how long it took and how it ended."""

    pid: int = 0
    seconds: float = 0.0
    error: str | None = None


@contextmanager
def deploying(server: Address, statement: str, *, name: str = "deploy") -> Iterator[Deploy]:
    """Run *statement* in a session of its own while the block runs; it has ended when the block is left."""
    deploy, connected = Deploy(), threading.Event()

    def work() -> None:
        with psycopg.connect(server.url, autocommit=True, application_name=name) as connection:
            deploy.pid = connection.info.backend_pid
            connected.set()
            began = time.monotonic()
            try:
                connection.execute(statement.encode())
            except psycopg.Error as failure:
                deploy.error = failure.sqlstate
            deploy.seconds = time.monotonic() - began

    thread = threading.Thread(target=work)
    thread.start()
    connected.wait(10)
    try:
        yield deploy
    finally:
        thread.join()
