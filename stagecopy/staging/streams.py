"""Reading from sockets what has a known size."""

from __future__ import annotations

import socket


def exactly(stream: socket.socket, size: int) -> bytes:
    """The next *size* bytes, or none when the stream ends first."""
    found = b""
    while len(found) < size:
        piece = stream.recv(size - len(found))
        if not piece:
            return b""
        found += piece
    return found
