"""What looks like a PostgreSQL on its port, asks for the password in the clear, and writes down what it hears."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CLEARTEXT = b"R" + struct.pack(">ii", 8, 3)


@contextmanager
def impostor(port: int = 0) -> Iterator[list[bytes]]:
    """Runs until the end of the block; yields the passwords it was told."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        threading.Thread(target=_serve, args=(listener, heard), daemon=True).start()
        yield heard
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, heard: list[bytes]) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller, suppress(OSError):
            caller.settimeout(5)
            caller.recv(4096)
            caller.sendall(_CLEARTEXT)
            if answer := caller.recv(4096):
                heard.append(answer)
