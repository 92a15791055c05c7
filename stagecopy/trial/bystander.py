"""Somebody who holds what a migration wants, and does something when he is waited for.

Surprising: his session ends whatever happens to him: what goes wrong here must not stand in the way for good.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from contextlib import ExitStack, closing, suppress
from types import TracebackType
from typing import Self

import psycopg

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.postgres.impact import somebody_waits_for

LOOK = 0.01  # seconds


class Bystander(ABC):
    """``with`` it: in place from the beginning of the block, gone at its end."""

    def __init__(self, address: Address, name: str) -> None:
        self._address = address
        self._stack = ExitStack()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)

    @abstractmethod
    def _take(self, session: Connection) -> None:
        """Hold it."""

    @abstractmethod
    def _met(self, session: Connection, observer: Connection) -> None:
        """Somebody waits for *session*."""

    def __enter__(self) -> Self:
        try:
            self._session = self._stack.enter_context(closing(connect_staging(self._address)))
            self._observer = self._stack.enter_context(closing(connect_staging(self._address)))
            self._take(self._session)
        except BaseException:
            self._stack.close()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._stack.close()

    def _watch(self) -> None:
        process = self._session.info.backend_pid
        with closing(self._session), suppress(psycopg.Error, StagingError):
            while not self._over.wait(LOOK):
                if somebody_waits_for(self._observer, process):
                    self._met(self._session, self._observer)
                    return
