"""ssh to a Docker engine: the user's own config counts, nothing ever asks, and each obstacle is named with its way out.

The server is one of our own on loopback, the engine behind it that of this machine.
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.docker_client import connect, docker_errors
from stagecopy.staging.docker_sockets import SOCKET, There
from stagecopy.staging.ssh_link import Target, close_links, link_to
from tests.integration.engine_fixtures import SMALL, SPEC, docker_engine, docker_required
from tests.integration.ssh_server import NAME, SshServer, ssh_server

pytestmark = [pytest.mark.docker]

URL = f"ssh://root@{NAME}"
_SOCKETS = Path("/root/.stagecopy-sockets")  # in the home of whom ssh logs in as


@pytest.fixture(scope="module")
def running() -> Iterator[SshServer]:
    """The server, started once for this file."""
    docker_required()
    with ssh_server() as server:
        yield server


@pytest.fixture
def server(running: SshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SshServer]:
    """The same, as what this process's environment names; what a test does to its files is undone."""
    files = [running.known, running.key, running.key.with_suffix(".pub"), running.folder / "config"]
    before = [each.read_text() for each in files]
    folders = running.folder / "t"
    folders.mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folders))  # tmp_path is made before, elsewhere
    for name, value in {**running.environ, "DOCKER_HOST": URL, "TMPDIR": str(folders)}.items():
        monkeypatch.setenv(name, value)
    yield running
    close_links()
    for path, text in zip(files, before, strict=True):
        path.write_text(text)
    deadline = time.monotonic() + 10  # a process that was killed may be seen for a moment
    while running.clients():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert list(folders.iterdir()) == []


def _refused() -> StagingError:
    started = time.monotonic()
    with pytest.raises(StagingError) as failure:
        connect()
    assert time.monotonic() - started < 10
    assert failure.value.exit_code == 4
    assert failure.value.hint
    return failure.value


def test_the_engine_answers_through_it_and_one_connection_serves_all(server: SshServer) -> None:
    first, second = connect(), connect()
    assert first.info()["ID"] == second.info()["ID"]
    assert link_to(URL).run('echo "$1"; exit 3', "a 'b\"").stdout == b"a 'b\"\n"
    assert len([words for words in server.clients() if words[0].endswith(b"ssh") and b"-N" in words]) == 1
    first.close()
    second.close()


def test_a_host_key_that_is_not_known(server: SshServer) -> None:
    server.known.write_text("")
    refused = _refused()
    assert (refused.code, refused.hint) == (
        "ssh-host-key",
        f"connect once by hand, compare the fingerprint and accept it:  ssh root@{NAME}",
    )
    assert server.known.read_text() == ""


def test_a_host_key_that_has_changed(server: SshServer) -> None:
    other = server.new_key("other")
    server.known.write_text(f"{server.known.read_text().partition(' ')[0]} {other}")
    refused = _refused()
    assert refused.code == "ssh-host-key"
    assert f"ssh-keygen -R {NAME}" in str(refused.hint)


def test_a_key_that_is_not_let_in(server: SshServer) -> None:
    server.new_key("user")
    refused = _refused()
    assert refused.code == "ssh-denied"
    assert "ssh-add" in str(refused.hint)


def test_a_key_with_a_passphrase_asks_nobody(server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    words = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a long secret", "-f", str(server.key)]
    subprocess.run(words, check=True, capture_output=True)
    assert _refused().code == "ssh-denied"


def test_a_machine_that_does_not_listen(server: SshServer) -> None:
    config = server.folder / "config"
    config.write_text(f"Host {NAME}\n HostName 127.0.0.1\n Port 1\n")
    refused = _refused()
    assert refused.code == "ssh-failed"
    assert "Connection refused" in refused.message


def test_no_ssh_program_here(server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    refused = _refused()
    assert refused.code == "ssh-missing"
    assert "apt-get install openssh-client" in str(refused.hint)


@pytest.mark.parametrize("url", ["ssh://", "ssh://root:secret@far", "ssh://-oProxyCommand=x", "ssh://far:port"])
def test_addresses_that_name_no_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    refused = _refused()
    assert refused.code == "ssh-address"
    assert "secret" not in refused.message


def test_the_parts_of_an_address() -> None:
    target = Target.parse("ssh://ada@far:2222/run/user/1000/docker.sock")
    assert target == Target("far", "ada", 2222, "/run/user/1000/docker.sock")
    assert (target.typed, Target.parse("ssh://far/")) == ("-p 2222 ada@far", Target("far"))


def test_no_socket_there(server: SshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"{URL}{tmp_path}/docker.sock")
    assert "there is no Docker socket" in _refused().message
    (tmp_path / "docker.sock").touch()
    assert "may not open" in _refused().message
    (tmp_path / "docker.sock").unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "docker.sock"))
        assert "no Docker engine answers" in _refused().message


def test_a_server_that_leads_to_no_sockets(server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ssh_server(options=["AllowStreamLocalForwarding no"]) as strict:
        monkeypatch.setenv("PATH", strict.environ["PATH"])
        client = connect()
        assert client.ping()
        assert len(client.images.list()) > 0
        client.close()
        close_links()
        assert strict.clients() == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a socket that the SDK leaks then
def test_a_connection_that_is_lost_says_so(server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ssh_server() as brief:
        monkeypatch.setenv("PATH", brief.environ["PATH"])
        client = connect()
        brief.end()
        with pytest.raises(StagingError, match="asking") as lost, docker_errors("asking"):
            client.info()
        assert lost.value.code == "ssh-failed"
        assert _refused().code == "ssh-failed"
    del client, lost
    gc.collect()


def test_isolated_servers_there_are_reached_by_their_sockets(server: SshServer, tmp_path: Path) -> None:
    """A folder too deep for sockets makes this machine look like another one, with folders only ssh leads to."""
    project, deep = f"test-{secrets.token_hex(3)}", tmp_path / ("deep" * 20) / "s"
    engine = docker_engine(project, secrets.token_urlsafe(18), deep)
    engine.initialise("one", "clone", run="run-1", spec=SPEC)
    try:
        address = engine.start("one", ServerOptions(settings=SMALL, isolated=True))
        assert Path(address.host).parent == link_to(URL).folder
        with connect_staging(address) as connection:
            assert connection.execute("SELECT inet_server_addr()").fetchone() == (None,)
        client = connect()
        container = client.containers.get(f"stagecopy-{project}-one")
        assert container.attrs["HostConfig"]["NetworkMode"] == "none"
        client.close()
        assert engine.fidelity() == ()
        (folder,) = _SOCKETS.iterdir()
        assert [oct(each.stat().st_mode & 0o777) for each in (_SOCKETS, folder, folder / "in")] == ["0o700"] * 3
        assert not (folder / "in" / SOCKET).exists()
    finally:
        engine.destroy("one")
    assert not _SOCKETS.exists()


def test_a_link_in_place_of_a_socket_there_is_not_followed(server: SshServer) -> None:
    folders = There(link_to(URL))
    inside = Path(folders.fresh("one"))
    try:
        assert folders.bring_out(str(inside)) == folders.bring_out(str(inside))  # nothing there yet
        (inside / SOCKET).symlink_to("/run/other/.s.PGSQL.5432")
        with pytest.raises(StagingError, match="none, so it is not used"):
            folders.bring_out(str(inside))
        assert list(inside.parent.glob(".s*")) == []
    finally:
        folders.remove("one")
    assert not _SOCKETS.exists()


_HOLD = """import sys, time
from stagecopy.staging.docker_client import connect
connect()
try:
    print("there", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    connect().ping()
    print("still there", flush=True)
"""


def _holder() -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD], env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "there\n"
    return child


def test_a_killed_run_leaves_no_ssh_and_no_folder(server: SshServer) -> None:
    child = _holder()
    assert server.clients()
    child.kill()
    child.communicate()
    deadline = time.monotonic() + 5
    while server.clients() or any((server.folder / "t").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_connection_outlives_ctrl_c_until_we_have_cleaned_up(server: SshServer) -> None:
    child = _holder()
    os.killpg(child.pid, signal.SIGINT)
    assert child.communicate(timeout=20)[0] == "still there\n"
    assert child.returncode == 0
