"""Works on several items of a stream at a time and hands the results out in order.

Surprising: polars lets go of the interpreter's lock, so two threads keep two cores busy; what comes out does not tell
how many there were. In the whole process two items are worked on at a time, however many streams there are, which
bounds the memory.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")
AT_ONCE = min(2, os.cpu_count() or 1)
_turns = threading.BoundedSemaphore(2)


def in_order(
    work: Callable[[_Item], _Made],
    items: Iterable[_Item],
    *,
    at_once: int = AT_ONCE,
    alone: Callable[[_Item], bool] = lambda _: False,
) -> Generator[_Made, None, None]:
    """What *work* makes of each of *items*. Its error is raised in the place of what it would have made.

    Items that are to be worked on *alone* wait until all before them are done.
    """

    def in_turn(item: _Item) -> _Made:
        with _turns:
            return work(item)

    pool = ThreadPoolExecutor(at_once, "side-by-side")
    waiting: deque[Future[_Made]] = deque()
    try:
        for item in items:
            if alone(item):
                while waiting:
                    yield waiting.popleft().result()
                yield work(item)
                del item  # it may be large, and the next one is made first
                continue
            waiting.append(pool.submit(in_turn, item))
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
