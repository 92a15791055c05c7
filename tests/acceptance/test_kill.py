"""A refresh killed at any moment: staging answers on, and the next run leaves no trace of the killed one."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.harness import Shop, kill
from tests.acceptance.onlookers import STAGES, STEP, copying, finished, newest_run, reached, sessions, tell, until
from tests.acceptance.remains import remains, results
from tests.acceptance.slow_line import slow_line
from tests.acceptance.visitor import PAUSE, ROWS, visiting

LONGEST_GAP = 2.0  # seconds
SLOW = os.environ.get("STAGECOPY_SLOW") == "1"


def _prepared(shop: Shop) -> Shop:
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE release (id int PRIMARY KEY, generation int NOT NULL)")
        connection.execute("INSERT INTO release SELECT i, 1 FROM generate_series(1, %s) i", (ROWS,))
        body = "repeat('x', 500) AS body"
        connection.execute(f"CREATE TABLE ballast AS SELECT i, {body} FROM generate_series(1, 20000) i".encode())
        connection.execute("CREATE INDEX ON ballast (i)")
    shop.keep_everything()
    shop.configure(staging=f"{{engine: {shop.engine}, keep: 1}}")
    shop.refreshed()
    _release(shop, 2)
    shop.refreshed()
    return shop


def _release(shop: Shop, generation: int) -> None:
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        connection.execute("UPDATE release SET generation = %s", (generation,))


def _durations(shop: Shop) -> dict[str, float]:
    """How long each stage of the newest run took."""
    marks = [(each["message"], datetime.fromisoformat(each["time"])) for each in newest_run(shop)]
    marks = [(text, at) for text, at in marks if text.startswith("stage ") or text == "refresh ends"]
    return {text.removeprefix("stage "): (later - at).total_seconds() for (text, at), (_, later) in pairwise(marks)}


def _killed_at(shop: Shop, stage: str, delay: float) -> None:
    """SIGKILL a refresh *delay* seconds after *stage* began; nothing of ours reads production a second later."""
    child = reached(shop, stage)
    time.sleep(delay)
    kill(child)
    until(lambda: sessions(shop.production) == 0, seconds=2)


def _kill_at(shop: Shop, points: list[tuple[str, float]]) -> float:
    """Kill one refresh after the other at *points*, then let one through. Returns the longest gap of a visitor."""
    url = shop.run("staging", "url").out.strip()
    never_killed, generation = remains(shop), 2
    with visiting(url) as visitor:
        for stage, delay in points:
            generation += 1
            _release(shop, generation)
            _killed_at(shop, stage, delay)
        _release(shop, generation + 1)
        assert shop.refreshed()["staging"]["url"] == url
    seen = visitor.generations()
    assert seen == sorted(seen)  # old or new rows, and never back to older ones
    assert seen[-1] == generation + 1
    assert visitor.longest_gap <= LONGEST_GAP
    assert remains(shop) == never_killed
    assert set(results(shop)[2:-1]) <= {"killed", "done"}  # done: it had ended before the signal came
    assert results(shop)[2:-1].count("killed") >= len(points) - 2
    assert results(shop)[-1] == "done"
    return visitor.longest_gap


@pytest.mark.slow
@pytest.mark.repeat_on_docker
def test_a_killed_refresh_is_as_if_it_never_was(shop: Shop) -> None:
    _prepared(shop)
    took = _durations(shop)
    assert tuple(took) == STAGES
    chance = random.Random(12)  # noqa: S311 - not a secret
    points = [(stage, delay) for stage in STAGES for delay in (0.0, chance.uniform(0, took[stage]))]
    if not SLOW:
        points = points[1::4]  # a moment of every other stage
    _kill_at(shop, points)


@pytest.mark.parametrize(
    "way", [[], pytest.param(["--direct"], marks=pytest.mark.repeat)], ids=["with backup", "direct"]
)
def test_nothing_reads_production_on_for_a_killed_refresh(embedded_shop: Shop, way: list[str]) -> None:
    shop = embedded_shop
    tell(shop.production, "CREATE TABLE big AS SELECT repeat('x', 1000) AS body FROM generate_series(1, 8000) i")
    shop.keep_everything()
    with slow_line(shop.production, rate=5e5) as line:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        child = shop.start("refresh", *way)
        until(lambda: copying(shop.production), child=child)
        kill(child)
        until(lambda: sessions(shop.production) == 0, seconds=3)  # the table alone would take 16 s


def _swapping(parent: int) -> int | None:
    """The process of the detached child that swaps."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return next(
            (int(each) for each in children if b"flows.swap" in Path(f"/proc/{each}/cmdline").read_bytes()), None
        )
    except OSError:
        return None


def _swap_of(parent: subprocess.Popen[str]) -> int:
    """The same, as soon as it is there."""
    until(lambda: _swapping(parent.pid) is not None, pause=STEP, child=parent)
    child = _swapping(parent.pid)
    assert child is not None
    return child


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _moments(shop: Shop, port: int) -> dict[str, Callable[[], bool]]:
    """The steps of a swap behind its begin, in their order, each with how it shows."""
    served = (shop.home / "served.json").read_text()
    return {
        "begun": lambda: True,
        "old one down": lambda: not _answers(port),
        "new one up": lambda: _answers(port),
        "written down": lambda: (shop.home / "served.json").read_text() != served,
    }


def test_a_killed_swap_is_finished_or_undone(embedded_shop: Shop) -> None:
    shop = _prepared(embedded_shop)
    url, never_killed = shop.run("staging", "url").out.strip(), remains(shop)
    port = int(url.rpartition(":")[2].partition("/")[0])
    for generation, moment in enumerate(_moments(shop, port), start=3):
        _release(shop, generation)
        parent = reached(shop, "swap")
        child = _swap_of(parent)
        for each, condition in _moments(shop, port).items():
            until(condition, pause=STEP, child=parent)
            if each == moment:
                break
        kill(parent)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        assert shop.run("staging", "url").out.strip() == url
        with visiting(url) as visitor:
            time.sleep(3 * PAUSE)
        assert visitor.generations() in ([generation - 1], [generation]), moment
        assert not (shop.home / "swap.json").exists()
    shop.refreshed()
    assert remains(shop) == never_killed


def test_refresh_survives_the_death_of_its_swap(embedded_shop: Shop) -> None:
    shop = _prepared(embedded_shop)
    never_killed = remains(shop)
    refresh = reached(shop, "swap")
    os.kill(_swap_of(refresh), signal.SIGKILL)
    assert finished(refresh).code == 0
    assert remains(shop) == never_killed


def test_a_refresh_that_is_told_to_end_takes_everything_along(embedded_shop: Shop) -> None:
    shop = _prepared(embedded_shop)
    never_told = remains(shop)
    told = {
        signal.SIGTERM: (143, "ended by SIGTERM", "terminated"),
        signal.SIGINT: (130, "interrupted", "interrupted"),
    }
    for stage, number, *flags in (
        ("dump", signal.SIGTERM),
        ("rows", signal.SIGINT, "--direct"),
        ("finish", signal.SIGTERM),
    ):
        child = reached(shop, stage, *flags)
        child.send_signal(number)
        done = finished(child)
        code, reason, word = told[number]
        assert (done.code, results(shop)[-1]) == (code, word)
        last = done.err.strip().splitlines()[-1]
        assert last.startswith(f"refresh failed: {reason}. staging still serves 20")
        assert f"next: stagecopy refresh. log: {shop.home}/runs/" in last
        assert remains(shop) == never_told
