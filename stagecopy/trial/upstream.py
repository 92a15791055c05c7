"""A plain connection to the clone for bytes that somebody else speaks: over a socket's folder, TCP, or TLS.

Surprising: TLS is spoken from here on, whatever the client speaks: between it and us there is only this machine.
"""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress

from stagecopy.model.server import Address

_SSL_REQUEST = struct.pack(">II", 8, 80877103)
_SECONDS = 15.0


def dial(address: Address) -> socket.socket:
    """Connect to the server of *address*. Raises OSError."""
    if address.host.startswith("/"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(f"{address.host}/.s.PGSQL.{address.port}")
        except OSError:
            made.close()
            raise
        return made
    more = dict(address.more)
    made = socket.create_connection((more.get("hostaddr", address.host), address.port), timeout=_SECONDS)
    with suppress(OSError):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        made = _encrypted(made, address, more)
    except OSError:
        made.close()
        raise
    made.settimeout(None)
    return made


def _encrypted(plain: socket.socket, address: Address, more: dict[str, str]) -> socket.socket:
    """As libpq does by ``sslmode``; addresses without one are those of our own servers, which have no TLS."""
    mode = more.get("sslmode", "disable")
    if mode in ("disable", "allow"):
        return plain
    plain.sendall(_SSL_REQUEST)
    if plain.recv(1) != b"S":
        if mode == "prefer":
            return plain
        raise OSError(0, "the server speaks no TLS")
    context = ssl.create_default_context(cafile=more.get("sslrootcert") if mode.startswith("verify") else None)
    context.check_hostname = mode == "verify-full"
    if not mode.startswith("verify"):
        context.verify_mode = ssl.CERT_NONE
    if "sslcert" in more:
        context.load_cert_chain(more["sslcert"], more.get("sslkey"), more.get("sslpassword"))
    return context.wrap_socket(plain, server_hostname=address.host)
