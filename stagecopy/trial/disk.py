"""Watches from a session of its own how much disk a migration takes at its worst moment.

Surprising: a rewrite needs its table twice, and nothing of it is left when it is over. So the size of the database's
files is looked at again and again; what comes and goes between two looks is missed, and is small.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psycopg

from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.costs import disk_taken

_SHORTEST, _LONGEST, _SHARE = 0.02, 0.25, 0.01  # pauses in seconds; the last as a part of the time gone by
_REST = 10  # so many times as long as a look takes is paused


class DiskWatch:
    """``with DiskWatch(address) as disk``: looks on until the block is left. When the server goes, so does the watch.

    ``before``: bytes of the database at first; ``most``: bytes at the worst moment, temporary files included.
    """

    def __init__(self, address: Address) -> None:
        self._connection = connect_staging(address, application_name="stagecopy-disk")
        self.before: int | None = None
        self.most: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="disk-watch", daemon=True)

    def __enter__(self) -> DiskWatch:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self._connection.close()

    @property
    def peak(self) -> int | None:
        """Bytes that were taken beside those of before, at the worst moment seen."""
        return None if self.before is None or self.most is None else max(0, self.most - self.before)

    def _watch(self) -> None:
        start, pause = time.monotonic(), 0.0
        while not self._stop.wait(pause):
            asked = time.monotonic()
            if not self._look():
                return
            now = time.monotonic()
            pause = max(_REST * (now - asked), min(_LONGEST, max(_SHORTEST, _SHARE * (now - start))))

    def _look(self) -> bool:
        """Whether it could be asked."""
        try:
            size, temporary = disk_taken(self._connection)
        except psycopg.Error:
            return False
        if self.before is None:
            self.before = size
        self.most = max(self.most or 0, size + temporary)
        return True
