"""A way to a server in a container that has no network and no socket here: through the Docker engine itself.

Each connection to a loopback port of this process becomes an ``exec`` in the container, whose standard streams go on
to the server: as well protected as the engine's own connection (TLS, ssh), nothing is published, and nothing listens
once we are gone. Needs bash in the image, which the official ones have.

Surprising: what comes back is cut into frames by the engine, what goes there is not.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stagecopy.errors import StagingError
from stagecopy.staging.docker_client import connect, docker_errors
from stagecopy.staging.ports import LOOPBACK
from stagecopy.staging.streams import exactly

if TYPE_CHECKING:
    from docker import DockerClient

_PIECE = 1 << 18
_HEADER = struct.Struct(">BxxxL")
_STDOUT = 1
# The postmaster is the container's first process and inherits orphans; one that a signal ended looks to it like a
# crashed backend, and it would restart. So nothing here dies of a signal but under the eyes of its parent.
_SCRIPT = """trap '' PIPE TERM HUP
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 1
cat <&3 & cat >&3
kill -9 $!; wait; exit 0"""


class Tunnel:
    """A loopback port that leads to *port* on the loopback of *container*, as long as this process lives.

    *container* is asked for at each connection, *at* is which port; any that is free by default.
    """

    def __init__(self, container: Callable[[], str], port: int, *, at: int = 0) -> None:
        self._container = container
        self._words = ["bash", "-c", _SCRIPT.format(port=port)]
        self._listener = socket.create_server((LOOPBACK, at))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="tunnel", daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with the container."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        """One connection, with a client of its own: the SDK's are not made for several threads."""
        with caller:
            try:
                client = connect()
            except StagingError:
                return  # the caller sees its connection end, and asks the engine itself
            try:
                with self._entered(client) as inside:
                    back = threading.Thread(target=_unframed, args=(inside, caller), daemon=True)
                    back.start()
                    _pumped(caller, inside)
                    back.join()
            except (StagingError, OSError):
                return
            finally:
                client.close()

    @contextmanager
    def _entered(self, client: DockerClient) -> Iterator[socket.socket]:
        with docker_errors("entering the container"):
            made = client.api.exec_create(self._container(), self._words, stdin=True, stderr=False, user="postgres")
            stream: Any = client.api.exec_start(made["Id"], socket=True)
        inside: socket.socket = getattr(stream, "_sock", stream)  # of a local engine it is wrapped as a file
        inside.settimeout(None)
        try:
            yield inside
        finally:
            stream._response.close()  # noqa: SLF001 - the SDK hangs it there, and there alone
            inside.close()


def _pumped(caller: socket.socket, inside: socket.socket) -> None:
    """Everything the caller sends, to its end; then the other side is told."""
    try:
        while piece := caller.recv(_PIECE):
            inside.sendall(piece)
    finally:
        with contextlib.suppress(OSError):
            inside.shutdown(socket.SHUT_WR if not hasattr(inside, "unwrap") else socket.SHUT_RDWR)


def _unframed(inside: socket.socket, caller: socket.socket) -> None:
    """What the server answers, without the engine's frames; the caller's connection ends with the server's."""
    try:
        while header := exactly(inside, _HEADER.size):
            kind, left = _HEADER.unpack(header)
            while left and (piece := inside.recv(min(left, _PIECE))):
                left -= len(piece)
                if kind == _STDOUT:
                    caller.sendall(piece)
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            caller.shutdown(socket.SHUT_RDWR)
