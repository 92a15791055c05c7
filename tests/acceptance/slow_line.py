"""A slow line to production: a relay that lets so many bytes a second through, so that a copy takes long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from stagecopy.model.server import Address

_PIECE = 1 << 14


class SlowLine:
    """Relays to one server; ``rate`` (bytes a second to the client, per connection) may be changed at any time."""

    def __init__(self, server: Address, rate: float) -> None:
        self.rate = rate
        self._target = (server.host, server.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(
            "127.0.0.1", self._listener.getsockname()[1], server.user, server.password, server.database
        )
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut every connection and take no more."""
        _close(self._listener)
        self.cut()

    def cut(self) -> None:
        """Cut every connection; new ones come through."""
        while self._sockets:
            _close(self._sockets.pop())

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket()
                server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)  # else the kernel takes megabytes ahead
                server.connect(self._target)
                self._sockets += [client, server]
                for source, sink, slow in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._relay, args=(source, sink, slow), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, slow: bool) -> None:
        try:
            while piece := source.recv(_PIECE):
                sink.sendall(piece)
                if slow:
                    time.sleep(len(piece) / self.rate)
        except OSError:
            source.close()  # with data unread: so the sender is told, as by a kernel, that nobody listens any more
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _close(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@contextmanager
def slow_line(server: Address, rate: float) -> Iterator[SlowLine]:
    """A slow line to *server*."""
    line = SlowLine(server, rate)
    try:
        yield line
    finally:
        line.close()
