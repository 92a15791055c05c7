"""Runs a pgbench script on the clone before a migration and during it, and reads the latencies from pgbench's logs.

Surprising: pgbench writes its log when it ends, and of what is under way when its time is over it says nothing. So it
is given a day, and told that its time is over (SIGALRM, its own timer) a moment after the migration has ended. A client
that meets an error other than a deadlock is over; before version 15 a deadlock ends it too.
"""

from __future__ import annotations

import math
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from stagecopy.errors import StagingError, UsageError
from stagecopy.model.impact import Latencies
from stagecopy.model.staging import Binaries
from stagecopy.postgres.binaries import find
from stagecopy.postgres.tools import cleaned, start_tool

_CLIENTS = 4
_A_DAY = 86_400
_TAIL = 0.3  # seconds after the migration in which those who waited for it get through
_PATIENCE = 10.0
_DETAILED = 15  # from this major on failures are told by kind, and deadlocks do not end a client
_RUNS_PROGRAMS = re.compile(r"(?m)^\s*\\(?:set)?shell\b")
_ABORTED = re.compile(r"client (\d+) (?:script \d+ )?aborted")
_COMMENTS = re.compile(r"(?m)--.*$")
_OUR_COPY = re.compile(r"\S*/workload\.sql:")
_DEADLOCK = "deadlock detected"


@dataclass(frozen=True, slots=True)
class _Transaction:
    """On this machine's clock; ``failed``: in pgbench's word for it."""

    client: int
    begin: float
    end: float
    failed: str | None


@dataclass(frozen=True, slots=True)
class _Aborted:
    """A client that an error ended, when it was heard."""

    client: int
    at: float
    deadlock: bool


def programs(major: int, *, cache: Path) -> Binaries:
    """The folder with pgbench. Raises StagingError ``no-pgbench``."""
    try:
        return find(major, programs=("pgbench",), newer=True, cache=cache)
    except StagingError:
        hint = f"install it: apt-get install postgresql-{major}  or  dnf install postgresql{major}-contrib"
        message = f"--workload runs pgbench, and there is none of PostgreSQL {major} or newer on this machine"
        raise StagingError("no-pgbench", message, hint=f"{hint}  or  stagecopy doctor --install {major}") from None


def script_of(path: Path) -> bytes:
    """The text of a workload. Raises UsageError ``no-such-file``, ``bad-workload``."""
    try:
        text = path.read_bytes()
    except OSError as failure:
        raise UsageError("no-such-file", f"cannot read {path}: {failure.strerror}", where=str(path)) from None
    if b"\0" in text or not _COMMENTS.sub("", text.decode("utf-8", "replace")).strip():
        hint = "write it for pgbench: SQL and \\set"
        raise UsageError("bad-workload", f"{path} holds no statement", hint=hint, where=str(path))
    if _RUNS_PROGRAMS.search(text.decode("utf-8", "replace")):
        message = f"{path} runs programs of this machine (\\shell, \\setshell)"
        raise UsageError("bad-workload", message, hint="leave that out: a workload is SQL and \\set")
    return text


class Pgbench:
    """``with Pgbench(programs, environment, script) as bench``: it runs until ``stop``, or until the block is left."""

    def __init__(self, binaries: Binaries, env: Mapping[str, str], script: bytes) -> None:
        self._binaries = binaries
        self._env = env
        self._script = script
        self._seen: list[_Transaction] = []
        self._aborted: list[_Aborted] = []
        self._said: list[str] = []

    def __enter__(self) -> Pgbench:
        self._temporary = tempfile.TemporaryDirectory(prefix="stagecopy-workload-", ignore_cleanup_errors=True)
        folder = self._folder = Path(self._temporary.name)
        (folder / "workload.sql").write_bytes(self._script)
        options = ["-n", "-c", str(_CLIENTS), "-j", "1", "-T", str(_A_DAY), "-f", str(folder / "workload.sql")]
        options += ["-l", f"--log-prefix={folder / 'log'}"]
        options += ["--failures-detailed"] if self._binaries.major >= _DETAILED else []
        try:
            self._child = start_tool(self._binaries, ["pgbench", *options], self._env)
        except BaseException:
            self._temporary.cleanup()
            raise
        self._listener = threading.Thread(target=self._listen, name="workload", daemon=True)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child.poll() is None:
            self._child.terminate()
        self._end()
        self._temporary.cleanup()

    def stop(self) -> None:
        """End it with the transactions that are under way, and read its log."""
        time.sleep(_TAIL)
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGALRM)
        self._end()
        for path in self._folder.glob("log*"):
            self._seen += [_read(line.split()) for line in path.read_text(encoding="utf-8").splitlines()]

    @property
    def complaint(self) -> str:
        """What it says of itself, without values."""
        return _OUR_COPY.sub("line ", cleaned("\n".join(self._said)))

    def latencies(self, begin: float, end: float) -> Latencies:
        """Of transactions that were under way between two moments (time.time())."""
        seen = [each for each in self._seen if each.begin < end and each.end > begin]
        aborted = [each for each in self._aborted if begin < each.at < end + _TAIL]
        times = sorted(each.end - each.begin for each in seen if each.failed is None)
        waits = [each.at - self._last_end(each) for each in aborted]  # waiting ends in an error as well
        return Latencies(
            transactions=len(times),
            failed=sum(each.failed is not None for each in seen) + len(aborted),
            deadlocks=sum(each.failed == "deadlock" for each in seen) + sum(each.deadlock for each in aborted),
            median=statistics.median(times) if times else None,
            p95=times[math.ceil(0.95 * len(times)) - 1] if times else None,
            longest=max([*times, *waits], default=None),
        )

    def _last_end(self, aborted: _Aborted) -> float:
        """When the transaction began that ended a client, which is in no log: where its last one ended."""
        return max((each.end for each in self._seen if each.client == aborted.client), default=aborted.at)

    def _listen(self) -> None:
        assert self._child.stderr is not None  # noqa: S101 - a pipe was asked for
        for line in self._child.stderr:
            text = line.decode("utf-8", "replace")
            self._said = [*self._said[-20:], text.rstrip()]
            if found := _ABORTED.search(text):
                self._aborted.append(_Aborted(int(found[1]), time.time(), _DEADLOCK in text))

    def _end(self) -> None:
        try:
            self._child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._listener.join()
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()


def _read(words: Sequence[str]) -> _Transaction:
    """client, number, microseconds or why it failed, script, seconds, microseconds of its end."""
    end = int(words[4]) + int(words[5]) / 1e6
    took, failed = (int(words[2]) / 1e6, None) if words[2].isdecimal() else (0.0, words[2])
    return _Transaction(int(words[0]), end - took, end, failed)
