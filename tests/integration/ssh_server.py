"""An ssh server of our own, and the ssh program set up for it as a user's would be, without touching the user's files.

ssh reads the home that the password file names, whatever HOME says. So a program of that name, early in PATH, hands it
a config of the test.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.scratch_server import _free_port

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
NAME = "far-away"  # known to the test's config of ssh alone


@dataclass
class SshServer:
    """One that runs unless it was ended, in a network namespace perhaps; the folder has the files of both sides."""

    folder: Path
    network: str | None
    child: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What makes programs find the test's ssh."""
        return {"PATH": f"{self.folder}/bin{os.pathsep}{os.environ['PATH']}"}

    @property
    def known(self) -> Path:
        """The user's known hosts."""
        return self.folder / "known"

    @property
    def key(self) -> Path:
        """The user's key."""
        return self.folder / "user"

    def new_key(self, name: str) -> str:
        """Make a key, or another one of the same name; returns its public half."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        return path.with_suffix(".pub").read_text()

    def clients(self) -> list[list[bytes]]:
        """The ssh programs that run with this server's config, and the shells that watch them."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if {f"{self.folder}/config".encode(), f"{self.folder}/bin/ssh".encode()} & set(words):
                found.append(words)
        return found

    def begin(self) -> None:
        """Start it, again perhaps."""
        inside = ["nsenter", f"--net=/run/netns/{self.network}"] if self.network else []
        words = [*inside, str(SSHD), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with (self.folder / "log").open("wb") as log:
            self.child = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while "Server listening" not in (said := (self.folder / "log").read_text()):
            if self.child.poll() is not None or time.monotonic() > deadline:
                pytest.fail(said)
            time.sleep(0.02)

    def end(self) -> None:
        """End it with every connection it has."""
        if self.child is None:
            return
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        self.child.terminate()
        self.child.wait(10)
        for pid in children:
            subprocess.run(["kill", "-9", pid], check=False, capture_output=True)
        self.child = None


def _set_up(server: SshServer, address: str, port: int, options: Sequence[str]) -> None:
    host_key, user_key = server.new_key("host"), server.new_key("user")
    folder = server.folder
    (folder / "authorized").write_text(user_key)
    server.known.write_text(f"[{address}]:{port} {host_key}")
    settings = [
        f"ListenAddress {address}:{port}", f"HostKey {folder}/host", f"AuthorizedKeysFile {folder}/authorized",
        "PidFile none", "UsePAM no", "StrictModes no", "PasswordAuthentication no", "PermitRootLogin prohibit-password",
        "KbdInteractiveAuthentication no", *options,
    ]  # fmt: skip
    (folder / "sshd_config").write_text("\n".join(settings) + "\n")
    (folder / "config").write_text(
        f"Host {NAME}\n HostName {address}\n Port {port}\n IdentityFile {server.key}\n IdentitiesOnly yes\n"
        f" IdentityAgent none\n UserKnownHostsFile {server.known}\n GlobalKnownHostsFile none\n"
        f" LocalForward 127.0.0.1:1 127.0.0.1:1\n"  # one that fails, as a user's own may: it must not matter
    )
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "ssh"
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {shlex.quote(str(folder / "config"))} "$@"\n')
    program.chmod(0o755)


@contextmanager
def ssh_server(
    *, address: str = "127.0.0.1", network: str | None = None, options: Sequence[str] = ()
) -> Iterator[SshServer]:
    """Start it (in a network namespace) with sshd *options*; skips where there is none or we are not root."""
    if SSHD is None or shutil.which("ssh") is None or os.geteuid() != 0:
        pytest.skip("needs an ssh server and root")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # which the system's service would have made
    folder, port = Path(tempfile.mkdtemp(prefix="stagecopy-sshd-")), _free_port()
    server = SshServer(folder, network)
    try:
        _set_up(server, address, port, options)
        server.begin()
        yield server
    finally:
        server.end()
        shutil.rmtree(folder)
