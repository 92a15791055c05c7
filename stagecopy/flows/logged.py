"""Progress that is written down too: the log of a run that failed or was killed says how far it came."""

from __future__ import annotations

import logging

from stagecopy.model.progress import Progress

_log = logging.getLogger(__name__)


class Logged:
    """Passes everything on and logs stages, finished tables and notes."""

    def __init__(self, inner: Progress) -> None:
        self._inner = inner

    def stage(self, name: str) -> None:
        """See Progress."""
        _log.info("stage %s", name)
        self._inner.stage(name)

    def table(self, name: str, *, bytes_total: int) -> None:
        """See Progress."""
        self._inner.table(name, bytes_total=bytes_total)

    def advance(self, name: str, *, rows: int, bytes_done: int) -> None:
        """See Progress."""
        self._inner.advance(name, rows=rows, bytes_done=bytes_done)

    def finished(self, name: str, rows: int) -> None:
        """See Progress."""
        _log.info("table %s: %d rows", name, rows)
        self._inner.finished(name, rows)

    def note(self, text: str) -> None:
        """See Progress."""
        _log.info("%s", text)
        self._inner.note(text)
