"""Runs a command where it can reach the clone and nothing else: no network, no home folder, no other process.

``Sandbox().start(command, serve)`` starts it; *serve* gets the listening sockets that exist inside (loopback and unix)
and has to lead them to the clone. ``trouble()`` says why that cannot be done here. Surprising: what a command prints
is kept only at its end, and is never scrubbed here, for it may be asked for by somebody who may see it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from stagecopy import process
from stagecopy.errors import StagingError

PORT = 5432
_KEPT_LINES, _LONGEST_LINE = 40, 2000
_LISTENERS = 8
_START_SECONDS = 30.0
_INSIDE = "stagecopy.trial.inside"
Serve = Callable[[Sequence[socket.socket]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is run, and what it sees: *project* folders (what it writes there is thrown away), *readable* ones.

    *env* is its whole environment. Inside, the clone listens on *port* of loopback and in /tmp and /run/postgresql.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    project: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    stdin: bytes = b""
    port: int = PORT


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: the exit code as a shell counts it, the last lines it wrote, whether its time was used up."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool


@dataclass(slots=True)
class Running:
    """A command that was started."""

    child: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)
    _tails: list[deque[str]] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream in (self.child.stdout, self.child.stderr):
            assert stream is not None  # noqa: S101 - both are pipes
            tail: deque[str] = deque(maxlen=_KEPT_LINES)
            reader = threading.Thread(target=_keep_tail, args=(stream, tail), name="output", daemon=True)
            reader.start()
            self._tails.append(tail)
            self._readers.append(reader)

    def wait(self, seconds: float) -> Ended:
        """Its end, at the latest after *seconds*: then all of it is killed."""
        timed_out = False
        try:
            self.child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            self.end()
        for reader in self._readers:
            reader.join(timeout=5.0)  # a child that was not contained may have left one behind that holds the pipe
        stdout, stderr = ("\n".join(tail) for tail in self._tails)
        code = self.child.returncode
        code = code if code >= 0 else 128 - code
        return Ended(code, stdout, stderr, time.monotonic() - self.began, timed_out)

    def end(self) -> None:
        """Kill what still runs; a sandbox goes with its first process."""
        if self.child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, 9)
        self.child.wait()


class NotContainedError(StagingError):
    """There can be no sandbox here; the message says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__("not-contained", f"the command cannot be contained here: {reason}")
        self.reason = reason


def trouble() -> str | None:
    """Why a command cannot be contained on this machine, found by doing it; None when it can."""
    command = Command(argv=("true",), cwd=Path("/"), env={"PATH": "/usr/bin:/bin"})
    try:
        ended = start(command, _nobody).wait(_START_SECONDS)
    except NotContainedError as failure:
        return failure.reason
    return None if ended.code == 0 else f"a first command in the sandbox ended with exit code {ended.code}"


def start(command: Command, serve: Serve) -> Running:
    """Start *command* in a sandbox. Raises NotContainedError ``not-contained``."""
    if not sys.platform.startswith("linux"):
        raise NotContainedError(f"namespaces are the Linux kernel's, and this is {sys.platform}")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(_START_SECONDS)
        child = _started(
            [sys.executable, "-m", _INSIDE, str(theirs.fileno())], _own_environment(), command, [theirs.fileno()]
        )
        running = Running(child)
        theirs.close()
        try:
            ours.sendall(json.dumps(_plan(command)).encode() + b"\n")
            serve(_listeners(ours))
            ours.sendall(b"\n")
        except OSError as failure:
            running.end()
            raise NotContainedError(f"the sandbox did not come up ({failure})") from failure
        except BaseException:
            running.end()
            raise
    return running


def start_uncontained(command: Command) -> Running:
    """Start *command* as it is, with its scrubbed environment only: where its user said so. Raises ProcessError."""
    return Running(_started(list(command.argv), command.env, command, [], cwd=command.cwd))


def _started(
    argv: Sequence[str], env: Mapping[str, str], command: Command, fds: Sequence[int], *, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as stdin:
        stdin.write(command.stdin)
        stdin.seek(0)
        return process.start(
            argv,
            env=env,
            cwd=cwd,
            detached=True,
            stdin=stdin.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
        )


def _nobody(listeners: Sequence[socket.socket]) -> None:
    """Serve nothing: the first command asks for nothing."""
    for each in listeners:
        each.close()


def _own_environment() -> dict[str, str]:
    """For the interpreter that makes the sandbox, which the command can look at: where its modules are, no more."""
    modules = str(Path(__file__).resolve().parents[2])
    return {"PYTHONSAFEPATH": "1", "PYTHONPATH": modules}


def _plan(command: Command) -> dict[str, object]:
    env = {**command.env}
    return {
        "argv": list(command.argv),
        "cwd": str(command.cwd),
        "env": env,
        "project": [str(each) for each in command.project],
        "readable": [str(each) for each in command.readable],
        "hidden": [str(each) for each in command.hidden],
        "home": env.get("HOME", "/tmp"),  # noqa: S108 - inside
        "port": command.port,
    }


def _listeners(control: socket.socket) -> list[socket.socket]:
    data, fds, _, _ = socket.recv_fds(control, 1 << 16, _LISTENERS)
    answer = json.loads(data) if data else {"failed": "the sandbox ended at once"}
    if "failed" in answer:
        raise NotContainedError(str(answer["failed"]))
    return [socket.socket(fileno=fd) for fd in fds]


def _keep_tail(stream: IO[bytes], tail: deque[str]) -> None:
    """Read to the end; a line is cut where it gets too long to be one."""
    with stream:
        while line := stream.readline(_LONGEST_LINE):
            tail.append(line.decode("utf-8", "replace").rstrip("\n"))
