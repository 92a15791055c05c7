"""A connection to another machine by its user's own ssh program, and what goes through it: forwards and commands.

The ssh program, because the user's ~/.ssh/config, agent, known hosts and jump hosts then count. It never asks: there is
no terminal to ask on, so what needs an answer fails with the words that say what to do.

Surprising: a shell stands between us and ssh. It holds the end of a pipe of ours, and ends ssh and removes the folder
of its sockets when that breaks, which is also what happens when we are killed. ssh is in a session of its own, or
Ctrl-C would end it before we have cleaned up on the other side.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.process import Finished, ProcessError
from stagecopy.redact import scrub

_OPEN_SECONDS = 30.0  # a key on a stick wants to be touched
_CALL_SECONDS = 20.0
_LOOK_AGAIN = 0.02
_GOODBYE_SECONDS = 5.0
_LAST_WORDS_SECONDS = 0.5
_INSTALL = "apt-get install openssh-client  (dnf install openssh-clients, apk add openssh-client)"
_OPTIONS = {
    "BatchMode": "yes",
    "ClearAllForwardings": "yes",  # those of the user's config are for the user's own sessions; ours come later
    "ConnectTimeout": "10",
    "ControlMaster": "yes",
    "ControlPersist": "no",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "ServerAliveCountMax": "3",
    "ServerAliveInterval": "10",  # a connection that hangs is given up after half a minute
    "StreamLocalBindMask": "0177",
}
_WATCH = """exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ read -r _ <&3; kill $child; } 2>/dev/null &
watcher=$!
wait $child
code=$?
kill $watcher 2>/dev/null
rm -rf -- "$0"
exit $code"""


@dataclass(frozen=True, slots=True)
class Target:
    """Who is meant by ``ssh://user@host:port/path``; the config of ssh fills in what is missing."""

    host: str
    user: str | None = None
    port: int | None = None
    path: str = ""

    @classmethod
    def parse(cls, url: str) -> Target:
        """Raises StagingError ``ssh-address``."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        user = unquote(parts.username) if parts.username else None
        if not host or parts.password or host.startswith("-") or (user or "").startswith("-"):
            raise StagingError(
                "ssh-address", f"{scrub(url)} names no machine for ssh", hint="ssh://USER@HOST[:PORT][/path/to.sock]"
            )
        return cls(host, user, port, parts.path if parts.path != "/" else "")

    @property
    def words(self) -> tuple[str, ...]:
        """For the end of ssh's command line."""
        where = f"{self.user}@{self.host}" if self.user else self.host
        return (*(("-p", str(self.port)) if self.port else ()), "--", where)

    @property
    def typed(self) -> str:
        """What people type behind ``ssh``."""
        return shlex.join(word for word in self.words if word != "--")


class Link:
    """One authenticated connection; as long as this process lives and the other side does."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._program = _ssh()
        self.folder = Path(tempfile.mkdtemp(prefix="stagecopy-ssh-"))  # 0700
        self._control = self.folder / "control"
        self._last_words = ""
        self.at_end = contextlib.ExitStack()  # what goes with it
        self._said = self.at_end.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is one
        options = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
        words = ["sh", "-c", _WATCH, str(self.folder), self._program, "-N", "-T", "-S", str(self._control)]
        self._child = process.start(
            [*words, *options, *target.words],
            detached=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said.fileno(),
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether ssh still runs."""
        return self._child.poll() is None

    def ends(self, patience: float) -> bool:
        """Whether ssh ends within *patience* seconds; what went through it fails a moment earlier."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(patience)
        return not self.alive

    @property
    def said(self) -> str:
        """What ssh complained of, its last lines."""
        if self._said.closed:
            return self._last_words
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return scrub("\n".join(line.strip() for line in lines[-20:]))

    def forward(self, here: str | Path, there: str) -> None:
        """Lead connections to *here* (a path, or address:port) to *there*. Raises StagingError ``ssh-failed``."""
        self._control_command("forward", here, there)

    def cancel(self, here: str | Path, there: str) -> None:
        """End a forward; one that is gone is fine."""
        with contextlib.suppress(StagingError):
            self._control_command("cancel", here, there)
        if isinstance(here, Path):
            here.unlink(missing_ok=True)

    def run(self, script: str, *arguments: str) -> Finished:
        """Run a script of sh over there, through this connection. Raises StagingError ``ssh-failed`` when it cannot."""
        done = self._ssh_on_link(*self.command("sh", "-c", script, "sh", *arguments))
        if done.code == 255 and not self.alive:  # ssh's own failures
            raise self.failure()
        return done

    def command(self, *words: str) -> list[str]:
        """What to start for *words* to run over there, with its streams."""
        return [*self._client(), "-T", "--", self.target.host, shlex.join(words)]

    def failure(self) -> StagingError:
        """Why there is no connection, in our words."""
        return _failure(self.target, self.said)

    def close(self) -> None:
        """End it, and everything that goes through it."""
        assert self._child.stdin is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:  # its whole session, or ssh would be nobody's
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        self._last_words = self.said
        self.at_end.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        end = time.monotonic() + _OPEN_SECONDS
        while not self._control.exists():
            if not self.alive:
                raise self.failure()
            if time.monotonic() > end:
                raise StagingError(
                    "ssh-failed",
                    f"ssh to {self.target.typed} is not connected after {_OPEN_SECONDS:g} s",
                    hint=f"try it by hand:  ssh -o BatchMode=yes {self.target.typed} true",
                )
            time.sleep(_LOOK_AGAIN)

    def _client(self) -> list[str]:
        """ssh as a client of the connection that stands; it never makes one of its own."""
        return [self._program, "-F", "none", "-o", "ProxyCommand=false", "-S", str(self._control)]

    def _control_command(self, what: str, here: str | Path, there: str) -> None:
        done = self._ssh_on_link(*self._client(), "-O", what, "-L", f"{here}:{there}", "--", self.target.host)
        if done.code != 0:
            raise self.failure() if not self.alive else StagingError("ssh-failed", f"ssh does not forward: {done.tail}")

    def _ssh_on_link(self, *words: str) -> Finished:
        try:
            return process.run(words, check=False, timeout=_CALL_SECONDS)
        except ProcessError as failure:
            raise StagingError("ssh-failed", f"ssh to {self.target.typed}: {failure.message}") from failure


def _ssh() -> str:
    program = shutil.which("ssh")
    if program is None:
        raise StagingError("ssh-missing", "the Docker engine is reached by ssh, which is not here", hint=_INSTALL)
    return program


def _failure(target: Target, said: str) -> StagingError:
    last = said.splitlines()[-1] if said else "it ended without a word"
    who, by_hand = target.typed, f"ssh {target.typed}"
    if "HOST IDENTIFICATION HAS CHANGED" in said:
        hint = (
            f"ask who runs it why; if all is well:  ssh-keygen -R {target.host}  and connect once by hand:  {by_hand}"
        )
        return StagingError("ssh-host-key", f"{who} shows another host key than the one known here", hint=hint)
    if "Host key verification failed" in said or "host key is known" in said:
        hint = f"connect once by hand, compare the fingerprint and accept it:  {by_hand}"
        return StagingError("ssh-host-key", f"the host key of {who} is not known here", hint=hint)
    if "Permission denied" in said or "Too many authentication failures" in said:
        hint = f"load the key (ssh-add) or name it in ~/.ssh/config, until this works:  ssh -o BatchMode=yes {who} true"
        return StagingError("ssh-denied", f"{who} does not let us in without a password: {last}", hint=hint)
    return StagingError("ssh-failed", f"no ssh connection to {who}: {last}", hint=f"try it by hand:  {by_hand}")


_links: dict[str, Link] = {}
_lock = threading.Lock()


def link_to(url: str) -> Link:
    """This process's connection to the machine of *url*, made when there is none. Raises StagingError."""
    with _lock:
        found = _links.get(url)
        if found is None or not found.alive:
            if found:
                found.close()
            _links[url] = Link(Target.parse(url))
        return _links[url]


def lost_link() -> StagingError | None:
    """Why a connection of this process ended by itself, if one did just now."""
    return next((each.failure() for each in _links.values() if each.ends(_LAST_WORDS_SECONDS)), None)


@contextmanager
def naming_lost_link() -> Iterator[None]:
    """What fails because a connection ended, whatever noticed it first, is raised as that."""
    try:
        yield
    except StagingError as failure:
        lost = lost_link()
        if lost is None or lost.code == failure.code:
            raise
        raise StagingError(lost.code, f"{lost.message} ({failure.message})", hint=lost.hint) from failure


@atexit.register
def close_links() -> None:
    """End every connection of this process."""
    while _links:
        _links.popitem()[1].close()
