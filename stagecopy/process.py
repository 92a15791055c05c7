"""The one door to child processes.

Argument lists only, never a shell; secrets travel in the environment or a password file; an error shows the program,
its exit code and the scrubbed tail of its stderr, never its environment.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.redact import scrub

_TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class Identity:
    """The operating-system user a child runs as (PostgreSQL refuses to run as root)."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished child: its exit code and what it printed."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes
    stderr: str

    @property
    def tail(self) -> str:
        """The last lines of stderr (stdout when stderr is empty), without secrets."""
        text = self.stderr if self.stderr.strip() else self.stdout.decode("utf-8", "replace")
        return scrub("\n".join(text.strip().splitlines()[-_TAIL_LINES:]))


class ProcessError(StagingError):
    """A child ended with an error, or could not be started. ``finished`` is None when it never ran."""

    def __init__(self, message: str, *, finished: Finished | None = None, hint: str | None = None) -> None:
        super().__init__("child-failed", message, hint=hint)
        self.finished = finished


def start(  # noqa: PLR0913 - the streams of Popen, by keyword only
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    identity: Identity | None = None,
    detached: bool = False,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child and return it. ``env`` is the whole environment (None inherits), the streams are Popen's.

    Raises ProcessError when the program cannot be started.
    """
    words = [str(word) for word in argv]
    try:
        return subprocess.Popen(
            words,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=detached,
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
        )
    except OSError as failure:
        raise ProcessError(f"cannot start {words[0]}: {failure.strerror}") from failure


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    identity: Identity | None = None,
    check: bool = True,
    timeout: float | None = None,
) -> Finished:
    """Run a child to its end, collecting its output. Raises ProcessError on a non-zero code when ``check``."""
    child = start(
        argv,
        env=env,
        cwd=cwd,
        identity=identity,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        stdout, stderr = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as late:
        child.kill()
        child.communicate()
        raise ProcessError(f"{Path(str(argv[0])).name} did not end within {timeout:g} s") from late
    except BaseException:
        child.kill()
        child.wait()
        raise
    words = tuple(str(word) for word in argv)
    finished = Finished(words, child.returncode, stdout, stderr.decode("utf-8", "replace"))
    if check and finished.code != 0:
        name = Path(words[0]).name
        raise ProcessError(f"{name} ended with exit code {finished.code}: {finished.tail}", finished=finished)
    return finished


def environment(extra: Mapping[str, str] | None = None, *, drop_prefix: str = "PG") -> dict[str, str]:
    """The environment for a child: ours without variables starting with *drop_prefix*, plus *extra*.

    libpq reads every PG* variable, so a stray PGHOST of the user's shell must not redirect a client tool.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(drop_prefix)}
    clean.update(extra or {})
    return clean
