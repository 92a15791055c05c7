"""The program that runs a command in namespaces of its own, from which only the clone can be reached.

Started by sandbox.py as ``python -m stagecopy.trial.inside FD``; over that socket comes what to run, and back go the
listening sockets of the new network, on which the outside serves the clone. Surprising: three processes. The first
makes the namespaces (a pid namespace holds only what is born later), the second is the first process in them, builds
the file system and collects orphans, the third becomes the command. All rights are given up before that.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from stagecopy.trial import kernel
from stagecopy.trial.room import SOCKETS, Room, build

_SIOCSIFFLAGS, _SIOCGIFFLAGS, _IFF_UP = 0x8914, 0x8913, 1
_SPACES = kernel.NEWNS | kernel.NEWUTS | kernel.NEWIPC | kernel.NEWPID | kernel.NEWNET
NOT_FOUND = 127
FAILED = 125  # of this program, not of the command


def main() -> int:
    """The first of the three processes; returns the command's exit code, in each of them."""
    control = socket.socket(fileno=int(sys.argv[1]))
    plan = json.loads(_line(control))
    kernel.die_with_parent()
    doing = "namespaces"
    try:
        _leave()
        doing = "starting a process"
        child = os.fork()
    except OSError as failure:
        return _tell(control, failure, doing)
    if child == 0:
        return _first(control, plan)
    control.close()
    return _code(os.waitpid(child, 0)[1])


def _leave() -> None:
    if kernel.may_administer():
        kernel.unshare(_SPACES)
        return
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.NEWUSER | _SPACES)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def _first(control: socket.socket, plan: dict[str, Any]) -> int:
    """Process 1 of the sandbox."""
    doing = "the network"
    try:
        kernel.die_with_parent()
        _raise_loopback()
        doing = "the file system"
        build(Room(plan["project"], plan["readable"], plan["hidden"], plan["home"]))
        doing = "sockets"
        listeners = _listeners(int(plan["port"]))
        doing = "giving up rights"
        kernel.give_up_rights()
        socket.send_fds(control, [b"{}\n"], [each.fileno() for each in listeners])
        for each in listeners:
            each.close()
        _line(control)  # the outside serves now
        control.close()
        doing = "starting the command"
        child = os.fork()
    except OSError as failure:
        return _tell(control, failure, doing)
    return _become(plan) if child == 0 else _collected(child)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = b"lo".ljust(16, b"\0")
        asked = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, name + bytes(24))
        flags = struct.unpack_from("h", asked, 16)[0] | _IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, name + struct.pack("h", flags) + bytes(22))


def _listeners(port: int) -> list[socket.socket]:
    made = [socket.create_server(("127.0.0.1", port), backlog=64)]
    if socket.has_ipv6:
        with suppress(OSError):
            made.append(socket.create_server(("::1", port), family=socket.AF_INET6, backlog=64))
    for folder in SOCKETS:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(f"{folder}/.s.PGSQL.{port}")
        listener.listen(64)
        made.append(listener)
    return made


def _become(plan: dict[str, Any]) -> int:
    try:
        os.setsid()
        for number in range(1, signal.NSIG):
            with suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
        os.chdir(plan["cwd"])
        os.closerange(3, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 1 << 20 else 1 << 16)
        os.execvpe(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606 - this is what the program is for
    except OSError as failure:
        os.write(2, f"{plan['argv'][0]}: {failure.strerror}\n".encode())
    return NOT_FOUND


def _collected(command: int) -> int:
    """Wait for the command, and for every orphan on the way: nobody else does."""
    while True:
        ended, status = os.wait()
        if ended == command:
            return _code(status)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _line(control: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n"):
        piece = control.recv(1 << 16)
        if not piece:
            raise ConnectionResetError(0, "who started us is gone")
        found += piece
    return found


def _tell(control: socket.socket, failure: OSError, doing: str) -> int:
    what = f"{doing}: {failure.strerror}" + (f" ({failure.filename})" if failure.filename else "")
    with suppress(OSError):
        control.sendall(json.dumps({"failed": what}).encode() + b"\n")
    return FAILED


if __name__ == "__main__":
    os._exit(main())  # what Python does at its end has been left behind with the old root
