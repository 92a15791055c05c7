"""A person at a terminal: the program on a pseudo-terminal, questions awaited and answered."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.acceptance.harness import PROGRAM, Shop


class Terminal:
    """What was shown so far, and the keys to press."""

    def __init__(self, master: int, child: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._child = child
        self._seen = 0
        self.shown = ""

    def expect(self, text: str, *, seconds: float = 60) -> None:
        """Wait until *text* is shown after what was awaited before."""
        deadline = time.monotonic() + seconds
        while text not in self.shown[self._seen :]:
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"{text!r} was not shown:\n{self.shown}")
        self._seen = self.shown.index(text, self._seen) + len(text)

    def type(self, text: str) -> None:
        """Type it, and Enter."""
        os.write(self._master, text.encode() + b"\n")

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.write(self._master, b"\x03")

    def ended(self) -> int:
        """Wait for the end. Returns the exit code."""
        deadline = time.monotonic() + 60
        while self._read(deadline - time.monotonic()):
            pass
        return self._child.wait(timeout=10)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: the other side is closed
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


def _control() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def at_terminal(shop: Shop, *words: str) -> Iterator[Terminal]:
    """``stagecopy WORDS`` in the project's folder, on a terminal of its own."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [*PROGRAM, *words],
        cwd=shop.folder,
        env=shop.environ | {"TERM": "dumb"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_control,  # noqa: PLW1509 - before exec, the child is alone with its terminal
    )
    os.close(slave)
    try:
        yield Terminal(master, child)
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        child.wait()
        os.close(master)
