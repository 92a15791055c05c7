"""Tries to get out of a sandbox in many ways and says which of them worked; run by itself, standard library only.

escapes.json beside it tells where things are: `production` [host, port], another address of the `machine`, listening
sockets (`unix`, `abstract`, `inside` the project, `udp`), a file with a secret (`pgpass`), stagecopy's `home`, a `pid`
outside, a folder `outside`, and the `password` that must be in no environment. Words name the ways to try; default all.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GIVEN: dict[str, Any] = {}
WAYS: dict[str, Callable[[], object]] = {}
_SECONDS = 3


def way(function: Callable[[], object]) -> Callable[[], object]:
    """One way out: it returns something true, or raises."""
    WAYS[function.__name__] = function
    return function


def _tcp(host: str, port: int, family: int = socket.AF_INET) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(_SECONDS)
        caller.connect((host, port))
        return True


def _unix(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.connect(path)
        return True


def _shell(words: str) -> bool:
    return subprocess.run(["sh", "-c", words], capture_output=True, timeout=20, check=False).returncode == 0


@way
def production_by_address() -> object:
    return _tcp(*GIVEN["production"])


@way
def production_by_name() -> object:
    return _tcp("localhost", GIVEN["production"][1])


@way
def production_by_another_address_of_the_machine() -> object:
    return _tcp(GIVEN["machine"], GIVEN["port_everywhere"])


@way
def a_datagram_to_the_machine() -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.settimeout(_SECONDS)
        caller.sendto(b"x", ("127.0.0.1", GIVEN["udp"]))
        return caller.recv(1)


@way
def a_network_besides_loopback() -> object:
    return any(name != "lo" for _, name in socket.if_nameindex())


@way
def a_raw_socket() -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP):
        return True


@way
def a_socket_in_tmp() -> object:
    return _unix(GIVEN["unix"])


@way
def an_abstract_socket() -> object:
    return _unix("\0" + GIVEN["abstract"])


@way
def a_socket_in_the_project() -> object:
    return _unix(GIVEN["inside"])


@way
def the_docker_engine() -> object:
    return _unix(GIVEN["docker"])


@way
def the_password_file_at_home() -> object:
    return Path(GIVEN["pgpass"]).read_text()


@way
def the_home_of_stagecopy() -> object:
    return os.listdir(GIVEN["home"])  # noqa: PTH208 - a folder or nothing


@way
def production_in_an_environment() -> object:
    places = [*Path("/proc").glob("[0-9]*/environ"), *Path("/proc").glob("[0-9]*/cmdline")]
    return any(GIVEN["password"].encode() in _bytes(each) for each in places)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@way
def a_process_outside() -> object:
    os.kill(GIVEN["pid"], 0)
    return "sleep" in (Path("/proc") / str(GIVEN["pid"]) / "cmdline").read_text()


@way
def the_root_of_a_process_outside() -> object:
    return any(Path(f"/proc/{pid}/root{GIVEN['pgpass']}").exists() for pid in (1, os.getppid(), GIVEN["pid"]))


@way
def the_namespaces_of_a_process_outside() -> object:
    return _shell(f"nsenter -t {GIVEN['pid']} -n -m true")


@way
def namespaces_of_its_own_and_then_unmounting() -> object:
    hidden = GIVEN["pgpass"]
    return _shell(f"unshare -Urm sh -c 'umount -l {Path(hidden).parent} /tmp; umount -l /; cat {hidden}'")


@way
def another_root() -> object:
    os.mkdir("/tmp/deeper")  # noqa: PTH102
    os.chroot("/tmp/deeper")
    os.chdir("/" + "../" * 30)
    os.chroot(".")
    return Path(GIVEN["pgpass"]).exists()


@way
def the_disk_itself() -> object:
    disk = Path(GIVEN["outside"]).stat().st_dev
    os.mknod("/tmp/disk", 0o60600, disk)
    return Path("/tmp/disk").open("rb").read(1)


@way
def files_that_are_open_already() -> object:
    return any(os.path.isdir(f"/proc/self/fd/{fd}") for fd in range(3, 256) if _is_open(fd))  # noqa: PTH112


def _is_open(fd: int) -> bool:
    try:
        return bool(os.fstat(fd))
    except OSError:
        return False


@way
def a_file_outside() -> object:
    return (Path(GIVEN["outside"]) / "written").write_text("x")


@way
def a_program_of_everybody() -> object:
    return Path("/usr/local/bin/stagecopy-escape").write_text("x")


@way
def a_program_that_the_kernel_starts() -> object:
    pattern = Path("/proc/sys/kernel/core_pattern")
    with pattern.open("r+") as file:
        return file.fileno()


@way
def rights_of_an_administrator() -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    os.mkdir("/tmp/mounted")  # noqa: PTH102
    done = libc.mount(b"tmpfs", b"/tmp/mounted", b"tmpfs", ctypes.c_ulong(0), None) == 0
    return done and libc.umount2(b"/tmp/mounted", 2) == 0


def main() -> None:
    """Write one line: the ways that worked."""
    GIVEN.update(json.loads(Path(__file__).with_name("escapes.json").read_text()))
    worked, wanted = [], sys.argv[1:] or list(WAYS)
    for name in wanted:
        child = os.fork()  # a way may change what the next one sees
        if child == 0:
            try:
                os._exit(0 if WAYS[name]() else 1)
            except BaseException:  # noqa: BLE001 - however it fails, it did not work
                os._exit(1)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            worked.append(name)
    sys.stdout.write(f"tried {len(wanted)}, worked: {' '.join(worked)}\n")


if __name__ == "__main__":
    main()
