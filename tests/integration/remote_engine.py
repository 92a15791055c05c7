"""A second Docker engine, as far away as one machine allows: in a network of its own, spoken to by TCP and TLS.

It sees neither this machine's loopback nor the folders of *hidden*, and is ended by its process id.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagecopy.staging.docker_client import connect
from tests.integration.engine_fixtures import IMAGE, docker_required

NEEDED = ("dockerd", "containerd", "ip", "nsenter", "unshare", "openssl", "iptables", "docker")


@dataclass(frozen=True)
class RemoteEngine:
    """How to speak to it, the folder whose contents it does not see, and the network namespace it is in."""

    host: str
    certificates: Path
    hidden: Path
    network: str
    socket: Path  # which only somebody over there should open

    @property
    def address(self) -> str:
        """Where its machine is reached."""
        return self.host.removeprefix("tcp://").partition(":")[0]

    @property
    def environ(self) -> dict[str, str]:
        """What a user sets."""
        return {"DOCKER_HOST": self.host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(self.certificates)}


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def _certificates(folder: Path, address: str) -> None:
    """An authority, and from it one certificate for the engine and one for who speaks to it."""
    folder.mkdir()
    new = ("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-batch")
    subject = ("-subj", "/CN=stagecopy-test", "-keyout", folder / "ca-key.pem", "-out", folder / "ca.pem")
    _run(*new, "-x509", "-days", "1", *subject)
    for name, purpose in (("server-", "serverAuth"), ("", "clientAuth")):
        request, more = folder / f"{name}request.pem", folder / f"{name}more"
        more.write_text(f"extendedKeyUsage={purpose}\nsubjectAltName=IP:{address}\n")
        _run(*new, "-subj", f"/CN={purpose}", "-keyout", folder / f"{name}key.pem", "-out", request)
        signed = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca-key.pem", "-CAcreateserial", "-extfile", more)
        _run("openssl", "x509", "-req", "-days", "1", "-in", request, "-out", folder / f"{name}cert.pem", *signed)


@contextmanager
def _network(name: str) -> Iterator[str]:
    """A network namespace that is reached from here; yields its address."""
    tag = name.removeprefix("stagecopy-")
    block = secrets.randbelow(64) * 4
    here, there = f"198.19.0.{block + 1}", f"198.19.0.{block + 2}"
    _run("ip", "netns", "add", name)
    try:
        _run("ip", "link", "add", f"sch{tag}", "type", "veth", "peer", "name", f"sci{tag}", "netns", name)
        _run("ip", "addr", "add", f"{here}/30", "dev", f"sch{tag}")
        _run("ip", "link", "set", f"sch{tag}", "up")
        for words in (("addr", "add", f"{there}/30", "dev", f"sci{tag}"), ("link", "set", f"sci{tag}", "up")):
            _run("ip", "-n", name, *words)
        _run("ip", "-n", name, "link", "set", "lo", "up")
        yield there
    finally:
        _run("ip", "netns", "delete", name)


@contextmanager
def _daemon(network: str, address: str, base: Path) -> Iterator[subprocess.Popen[bytes]]:
    certificates, hidden = base / "certificates", base / "hidden"
    hidden.mkdir(mode=0o711)
    (base / "data").mkdir(mode=0o711)
    # Its data are in memory: a second engine on the same disk would make both wait.
    script = 'mount -t tmpfs none "$0" && mount -t tmpfs -o size=4g none "$1" && shift && exec dockerd "$@"'
    words = ["nsenter", f"--net=/run/netns/{network}", "unshare", "--mount", "sh", "-c", script, hidden, base / "data"]
    words += [f"--host=unix://{base}/docker.sock"]
    words += [f"--host=tcp://{address}:2376", "--tlsverify", f"--tlscacert={certificates}/ca.pem"]
    words += [f"--tlscert={certificates}/server-cert.pem", f"--tlskey={certificates}/server-key.pem"]
    words += [f"--data-root={base}/data", f"--exec-root={base}/exec", f"--pidfile={base}/pid"]
    words += ["--bip=198.18.255.1/24", "--log-level=warn"]
    with (base / "log").open("wb") as log:
        child = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(60)


def _wait(engine: RemoteEngine, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environ.items():
            patch.setenv(name, value)
        while True:
            try:
                connect(timeout=5).close()
            except Exception as failure:  # noqa: BLE001 - of whatever kind, it is not there yet
                if child.poll() is not None or time.monotonic() > deadline:
                    pytest.skip(f"no second Docker engine here ({failure}): {log.read_text()[-500:]}")
                time.sleep(0.2)
            else:
                return


def _give_image(engine: RemoteEngine) -> None:
    with subprocess.Popen(["docker", "save", IMAGE], stdout=subprocess.PIPE) as saved:
        far = {**os.environ, **engine.environ}
        subprocess.run(["docker", "load"], stdin=saved.stdout, env=far, check=True, capture_output=True)


@contextmanager
def remote_engine() -> Iterator[RemoteEngine]:
    """Start it with the test image inside; skips where that cannot be done."""
    docker_required()
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"needs {', '.join(missing)}")
    name, base = f"stagecopy-{secrets.token_hex(3)}", Path(tempfile.mkdtemp(prefix="stagecopy-remote-"))
    base.chmod(0o711)
    try:
        with _network(name) as address:
            _certificates(base / "certificates", address)
            engine = RemoteEngine(
                f"tcp://{address}:2376", base / "certificates", base / "hidden", name, base / "docker.sock"
            )
            with _daemon(name, address, base) as child:
                _wait(engine, child, base / "log")
                _give_image(engine)
                yield engine
    finally:
        subprocess.run(["rm", "-rf", str(base)], check=False)
