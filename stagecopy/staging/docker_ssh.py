"""The socket of a Docker engine on another machine, led here by ssh.

Surprising: ssh learns of a socket it cannot lead to only when somebody connects, and says no more than that it failed;
so we ask over there what is wrong. Where its server leads no sockets at all, each connection becomes a
``docker system dial-stdio`` over there, as the docker program itself does it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from contextlib import closing
from pathlib import Path

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.process import ProcessError
from stagecopy.staging.ssh_link import Link, link_to

_SOCKET = "/var/run/docker.sock"
_ANSWER_SECONDS = 15.0
_PING = b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n"
_DIAGNOSE = """[ -e "$1" ] || exit 41
[ -S "$1" ] && [ -r "$1" ] && [ -w "$1" ] || exit 42
command -v docker >/dev/null || exit 0
docker -H "unix://$1" version >/dev/null 2>&1 || exit 43"""
_NOTHING, _CLOSED, _SILENT = 41, 42, 43  # anything else: it answers there, so the ssh server is in the way
_log = logging.getLogger(__name__)
_lock = threading.Lock()


def docker_socket(url: str) -> str:
    """A ``unix://`` address of this process that leads to the engine at *url*.

    Raises StagingError: ``ssh-…``, or ``docker-unreachable`` when there is no engine to be used behind it.
    """
    link = link_to(url)
    here = link.folder / "docker"
    with _lock:
        if not here.exists():
            _lead(link, here)
    return f"unix://{here}"


def _lead(link: Link, here: Path) -> None:
    there = link.target.path or _SOCKET
    link.forward(here, there)
    if _answers(here):
        _log.info("the Docker engine of %s is reached through its socket, led here by ssh", link.target.typed)
        return
    link.cancel(here, there)
    if obstacle := _obstacle(link, there):
        raise obstacle
    _dial(link, here, there)
    if not _answers(here):
        here.unlink()
        raise StagingError(
            "docker-unreachable",
            f"the ssh server of {link.target.typed} leads to no sockets, and `docker system dial-stdio` fails there",
            hint="AllowStreamLocalForwarding yes  in its sshd_config, or install the docker program there",
        )
    _log.info("the Docker engine of %s is reached by dial-stdio: ssh leads no sockets there", link.target.typed)


def _answers(here: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as door:
        door.settimeout(_ANSWER_SECONDS)
        try:
            door.connect(str(here))
            door.sendall(_PING)
            return bool(door.recv(1))
        except OSError:
            return False


def _obstacle(link: Link, there: str) -> StagingError | None:
    """What is wrong with the socket over there, if that can be told."""
    code, who = link.run(_DIAGNOSE, there).code, link.target.typed
    if code == _NOTHING:
        hint = f"start Docker there, or name its socket:  DOCKER_HOST=ssh://{link.target.host}/path/to/docker.sock"
        return StagingError("docker-unreachable", f"there is no Docker socket {there} on {who}", hint=hint)
    if code == _CLOSED:
        hint = "there:  sudo usermod -aG docker $USER  and log in anew"
        return StagingError("docker-unreachable", f"{who} may not open {there} (not in the group docker)", hint=hint)
    if code == _SILENT:
        hint = "start Docker there:  sudo systemctl start docker"
        return StagingError("docker-unreachable", f"no Docker engine answers at {there} on {who}", hint=hint)
    return None


def _dial(link: Link, here: Path, there: str) -> None:
    """Serve *here* with one dial-stdio for each connection, as long as this process and the link live."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(here))  # in a folder of mode 0700
    listener.listen()
    words = link.command("docker", "-H", f"unix://{there}", "system", "dial-stdio")
    link.at_end.callback(_silence, listener)
    threading.Thread(target=_serve, args=(listener, words), name="dial-stdio", daemon=True).start()


def _silence(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one
    listener.close()


def _serve(listener: socket.socket, words: list[str]) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller, contextlib.suppress(ProcessError):
            child = process.start(words, stdin=caller.fileno(), stdout=caller.fileno())
            threading.Thread(target=child.wait, daemon=True).start()
