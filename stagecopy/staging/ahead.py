"""Makes the next pieces of a stream while the last one is still being written.

Surprising: without it the client masks while the server waits, and waits while the server parses; one wide table then
keeps one core of two busy. Two pieces ahead are enough, and bound the memory.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator

_DEPTH = 2
_POLL = 0.2  # seconds between two looks at whether anybody still wants pieces


def ahead(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    """Yield *pieces*, made by a thread of their own. An error while making one is raised here, in its place."""
    made: queue.Queue[bytes | BaseException | None] = queue.Queue(_DEPTH)
    unwanted = threading.Event()
    maker = threading.Thread(target=_make, args=(pieces, made, unwanted), name="ahead", daemon=True)
    maker.start()
    try:
        while (piece := made.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        unwanted.set()
        maker.join()


def _make(pieces: Iterator[bytes], made: queue.Queue[bytes | BaseException | None], unwanted: threading.Event) -> None:
    end: BaseException | None = None
    try:
        for piece in pieces:
            if not _put(made, piece, unwanted):
                break
    except BaseException as failure:  # noqa: BLE001 - handed to the reading thread, which raises it
        end = failure
    finally:
        if isinstance(pieces, Generator):
            with contextlib.suppress(ValueError):  # it is running or was closed by its own error
                pieces.close()
    _put(made, end, unwanted)


def _put(
    made: queue.Queue[bytes | BaseException | None], piece: bytes | BaseException | None, unwanted: threading.Event
) -> bool:
    while not unwanted.is_set():
        try:
            made.put(piece, timeout=_POLL)
        except queue.Full:
            continue
        return True
    return False
