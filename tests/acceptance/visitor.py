"""Somebody who uses staging all the time: asks every 100 ms, by a new connection to the same URL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise

import psycopg

PAUSE = 0.1
ROWS = 1000


@dataclass(frozen=True)
class Visit:
    """When it was over, and which generation of rows was there; None when nobody answered."""

    at: float
    generation: int | None


class Visitor:
    """Reads table ``release``, of which all rows always say the same generation."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._leave = threading.Event()
        self.visits: list[Visit] = []
        self.thread = threading.Thread(target=self._stay)

    def _stay(self) -> None:
        while not self._leave.wait(PAUSE):
            generation = self._ask()
            self.visits.append(Visit(time.monotonic(), generation))

    def _ask(self) -> int | None:
        try:
            with psycopg.connect(self._url, autocommit=True, connect_timeout=2) as connection:
                found = connection.execute("SELECT generation, count(*) FROM release GROUP BY 1").fetchall()
        except psycopg.OperationalError:
            return None
        assert [count for _, count in found] == [ROWS], found
        return int(found[0][0])

    def leave(self) -> None:
        """Stop asking."""
        self._leave.set()
        self.thread.join()

    @property
    def longest_gap(self) -> float:
        """The longest time between two answers that followed each other."""
        times = [visit.at for visit in self.visits if visit.generation is not None]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def generations(self) -> list[int]:
        """What was seen, one entry for each change."""
        seen = [each.generation for each in self.visits if each.generation is not None]
        return [key for key, _ in groupby(seen)]


@contextmanager
def visiting(url: str) -> Iterator[Visitor]:
    """A visitor of *url* while the block runs. Rows that are neither whole nor alike fail the test."""
    visitor = Visitor(url)
    visitor.thread.start()
    try:
        yield visitor
    finally:
        visitor.leave()
