"""Loopback ports.

Surprising: a port found free may be taken a moment later; only the server's own bind decides, so callers retry.
"""

from __future__ import annotations

import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"
TRIES = 5


def free_port() -> int:
    """A loopback port that is free now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def first_free_port(start: int) -> int:
    """The first loopback port from *start* on that nobody listens on."""
    for port in range(start, start + 1000):
        if is_free(port):
            return port
    return free_port()


def is_free(port: int) -> bool:
    """Whether nobody listens on that loopback port now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
