"""Leads the sockets of a sandbox to the clone, and to nothing else, and reads along (see wire.py).

Surprising: it says no to encryption itself. What is asked for inside the sandbox does not leave this machine, and what
goes on from here is encrypted as the clone's address says.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from stagecopy.model.server import Address
from stagecopy.staging.streams import exactly
from stagecopy.trial.upstream import dial
from stagecopy.trial.wire import Session, Story

_PIECE = 1 << 18
_START = struct.Struct(">II")
_MESSAGE, _BOUND = struct.Struct(">cI"), b"SCRAM-SHA-256-PLUS\0"
_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
_LONGEST_START = 10_000  # the server's own limit
_END_SECONDS = 1.0  # for the server to notice that a client is gone; what it still works on then is ended by others
_STEP = 0.05


class Relay:
    """Serves *listeners* until it is closed; what went over them is in ``story``."""

    def __init__(self, clone: Address, *, one_database: bool = False) -> None:
        self._clone = clone
        self._one_database = one_database
        self._options = dict(clone.more).get("options", "")
        self.story = Story()
        self._listeners: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._over = threading.Event()

    def serve(self, listeners: Sequence[socket.socket]) -> None:
        """Take connections from now on."""
        self._listeners += listeners
        for listener in listeners:
            self._begin(self._accept, listener)

    def close(self) -> None:
        """Take no more; returns when those that are open have ended, which they do with the command."""
        self._over.set()
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one
            listener.close()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout=2 * _END_SECONDS)

    def _begin(self, work: Callable[..., None], *given: socket.socket) -> None:
        thread = threading.Thread(target=work, args=given, name="relay", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._begin(self._connection, client)

    def _connection(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            packet = _start_packet(client)
            if packet is None:
                return
            if self._one_database and _START.unpack_from(packet)[1] != _CANCEL:
                asked = _asked(packet)
                if asked.get(b"database", asked.get(b"user", b"")) != self._clone.database.encode():
                    client.sendall(_ELSEWHERE)
                    return
            with dial(self._clone) as server:
                if _START.unpack_from(packet)[1] == _CANCEL:
                    server.sendall(packet)
                    return
                server.sendall(_with_options(packet, self._options))
                self._pumped(client, server)

    def _pumped(self, client: socket.socket, server: socket.socket) -> None:
        session = Session(self.story)
        if isinstance(server, ssl.SSLSocket):
            with suppress(OSError):
                _in_turns(client, server, session)
            session.over()
            return
        back = threading.Thread(target=_answers, args=(server, client, session), name="relay", daemon=True)
        back.start()
        with suppress(OSError):
            while piece := client.recv(_PIECE):
                session.client_sent(piece)
                server.sendall(piece)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)
        while back.is_alive() and not self._over.is_set():
            back.join(timeout=_STEP)  # a server that nobody listens to any more works on, as in production
        back.join(timeout=_END_SECONDS)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        session.over()


def _answers(server: socket.socket, client: socket.socket, session: Session) -> None:
    with suppress(OSError):
        while piece := server.recv(_PIECE):
            session.server_sent(piece)
            client.sendall(piece)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _in_turns(client: socket.socket, server: ssl.SSLSocket, session: Session) -> None:
    """Both ways in one thread: of one TLS connection two may not be in use at the same time."""
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        selector.register(server, selectors.EVENT_READ)
        while True:
            for ready, _ in selector.select():
                if ready.fileobj is client:
                    if not (piece := client.recv(_PIECE)):
                        return
                    session.client_sent(piece)
                    server.sendall(piece)
                    continue
                while piece := server.recv(_PIECE):
                    session.server_sent(piece)
                    client.sendall(_unbound(piece))
                    if not server.pending():
                        break
                else:
                    return


def _unbound(piece: bytes) -> bytes:
    """Not the offer to bind the password to a TLS channel: the client has none, and takes it for an attack."""
    kind, length = _MESSAGE.unpack_from(piece) if len(piece) >= _MESSAGE.size else (b"", 0)
    if kind != b"R" or length + 1 != len(piece) or _BOUND not in piece:
        return piece
    rest = piece[_MESSAGE.size :].replace(_BOUND, b"")
    return _MESSAGE.pack(kind, len(rest) + 4) + rest


def _start_packet(client: socket.socket) -> bytes | None:
    """What the client begins with, after it was told that nothing is encrypted here; None if it leaves."""
    while True:
        head = exactly(client, _START.size)
        if not head:
            return None
        length, code = _START.unpack(head)
        if not _START.size <= length <= _LONGEST_START:
            return None
        body = exactly(client, length - _START.size)
        if code not in (_SSL, _GSS):
            return head + body
        client.sendall(b"N")


def _with_options(packet: bytes, options: str) -> bytes:
    """The packet with what every session of the clone must begin with, before what the client asks for."""
    if not options:
        return packet
    pairs = _asked(packet)
    asked = pairs.get(b"options", b"")
    pairs[b"options"] = b" ".join(each for each in (options.encode(), asked) if each)
    body = b"".join(name + b"\0" + value + b"\0" for name, value in pairs.items()) + b"\0"
    return _START.pack(_START.size + len(body), _START.unpack_from(packet)[1]) + body


def _asked(packet: bytes) -> dict[bytes, bytes]:
    """The parameters of a start-up packet."""
    words = packet[_START.size : -1].split(b"\0")[:-1]  # it ends with an empty name
    return dict(zip(words[::2], words[1::2], strict=False))


def _refusal(message: str) -> bytes:
    body = f"SFATAL\0VFATAL\0C42501\0M{message}\0\0".encode()
    return b"E" + struct.pack(">I", len(body) + 4) + body


_ELSEWHERE = _refusal("a trial stays in its own database: there is no other to connect to")
