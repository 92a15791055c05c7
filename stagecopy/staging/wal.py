"""Reads a running server's write-ahead log through pg_waldump of its own major, wherever the engine has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from stagecopy.errors import StagingError
from stagecopy.postgres.walrange import WalEnd, WalStart
from stagecopy.redact import scrub

CHUNK_BYTES = 1 << 20
PROGRAM = "pg_waldump"
_RESOURCES = ("Heap", "Heap2", "XLOG", "Storage", "Database", "Transaction", "Generic")
_SEVERAL_RESOURCES = 15  # from this major on -r may be given more than once


@runtime_checkable
class DumpsWal(Protocol):
    """An engine that can run pg_waldump on a directory whose server runs."""

    def dump_wal(self, name: str, arguments: Sequence[str]) -> Iterator[bytes]:
        """What pg_waldump prints on the log of *name*, in pieces.

        Raises StagingError ``wal-unreadable`` after the last piece when it failed or warned, ``no-waldump`` when there
        is no such program.
        """


@dataclass(frozen=True, slots=True)
class WalSource:
    """The log of one running clone, from its start on."""

    engine: DumpsWal
    name: str
    start: WalStart

    def read(self, end: WalEnd) -> Iterator[bytes]:
        """The text of all records up to *end*."""
        words = [f"--timeline={self.start.timeline}", f"--start={self.start.lsn}", f"--end={end.lsn}"]
        if self.start.major >= _SEVERAL_RESOURCES:
            words += [f"--rmgr={each}" for each in _RESOURCES]
        # Files are named, or pg_waldump looks at any: one that lies ready for later is empty, which it takes ill.
        return self.engine.dump_wal(self.name, [*words, self.start.file, end.file])


def ended_badly(code: int | None, said: bytes) -> StagingError | None:
    """The failure that an exit code and what stood in stderr mean, if any: whoever warned may have left things out."""
    if code == 0 and not said.strip():
        return None
    last = scrub(said.decode("utf-8", "replace").strip()[-300:])
    return StagingError("wal-unreadable", f"{PROGRAM} ended with exit code {code}: {last}")
