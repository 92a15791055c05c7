"""The few calls of the Linux kernel that make a sandbox and that Python does not offer.

Surprising: only the standard library is imported, for this runs in a bare interpreter inside the sandbox. Numbers of
system calls without a function in the C library are per kind of processor; elsewhere there is no sandbox.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache
from pathlib import Path

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, SLAVE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 19
_KEPT = 1 | 2 | 4 | 8 | 1024 | 2048  # what statvfs tells and a remount must repeat; RELATIME is the default
_DETACH = 2
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_AMBIENT_CLEAR = 4
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
_CAPABILITIES_VERSION = 0x20080522
_SYS_ADMIN = 21


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, doing: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), doing)


def unshare(flags: int) -> None:
    """Leave the namespaces that *flags* name for new ones. Raises OSError."""
    _checked(_libc().unshare(flags), "unshare")


def mount(source: str, target: str | Path, kind: str = "", flags: int = 0, *, options: str = "") -> None:
    """mount(2). Raises OSError with the target as its file name."""
    words = [each.encode() or None for each in (source, str(target), kind)]
    _checked(_libc().mount(*words, ctypes.c_ulong(flags), options.encode() or None), str(target))


def make_read_only(target: str) -> None:
    """Remount *target*, keeping the restrictions that it has already: a user namespace may not lift them."""
    flags = os.statvfs(target).f_flag & _KEPT
    mount("", target, flags=flags | REMOUNT | BIND | RDONLY | NOSUID | NODEV)


def change_root(new: str) -> None:
    """Make *new* the root and let go of the old one. Raises OSError."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(0, f"not known for {platform.machine()}", "pivot_root")
    os.chdir(new)
    _checked(_libc().syscall(ctypes.c_long(number), b".", b"."), "pivot_root")
    _checked(_libc().umount2(b".", _DETACH), "umount2")
    os.chdir("/")


def put_root_below(new: str, old: str) -> None:
    """Make *new* the root and keep the old one in its folder *old*. Raises OSError."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(0, f"not known for {platform.machine()}", "pivot_root")
    _checked(_libc().syscall(ctypes.c_long(number), new.encode(), old.encode()), "pivot_root")
    os.chdir("/")


def die_with_parent() -> None:
    """Be killed when the process that started us ends."""
    _checked(_libc().prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl")


def may_administer() -> bool:
    """Whether this process may make namespaces without one for users first."""
    with Path("/proc/self/status").open(encoding="ascii", errors="replace") as lines:
        found = next((line.split()[1] for line in lines if line.startswith("CapEff:")), "0")
    return bool(int(found, 16) >> _SYS_ADMIN & 1)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("words", ctypes.c_uint32 * 6),)  # effective, permitted, inheritable, twice


def give_up_rights() -> None:
    """No capability, and no way to get one back by running a program. Raises OSError."""
    libc = _libc()
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # beyond the last one that this kernel knows
    libc.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    _checked(libc.capset(ctypes.byref(_Header(_CAPABILITIES_VERSION, 0)), ctypes.byref(_Sets())), "capset")
    _checked(libc.prctl(_PR_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
