"""Programs in a sandbox on this machine, and the relay to a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stagecopy.config.load import load_project
from stagecopy.errors import StagingError
from stagecopy.flows import commands
from stagecopy.flows.workplace import open_workplace
from stagecopy.model.migration import ToolCommand
from stagecopy.model.server import Address
from stagecopy.trial.commanding import CommandRun, run_command
from stagecopy.trial.sandbox import Command, trouble
from tests.integration.scratch_server import running_server

_PSQL = "psql -X -v ON_ERROR_STOP=1"


def _environment(clone: Address, port: int) -> dict[str, str]:
    return {
        "PATH": "/usr/lib/postgresql/15/bin:/usr/bin:/bin", "HOME": "/home/nobody", "PGHOST": "127.0.0.1",
        "PGPORT": str(port), "PGUSER": clone.user, "PGPASSWORD": clone.password, "PGDATABASE": clone.database,
    }  # fmt: skip


def _run(clone: Address, folder: Path, script: str, *, contained: bool = True, budget: float = 60) -> CommandRun:
    def made(port: int) -> Command:
        return Command(
            argv=("sh", "-c", script),
            cwd=folder,
            env=_environment(clone, port),
            project=(folder,),
            hidden=(folder / "key", folder / "private"),
        )

    return run_command(made, clone, time_budget=budget, contained=contained)


@pytest.mark.parametrize("contained", [True, False])
def test_rows_go_both_ways_and_statements_are_read(fresh_database: Address, tmp_path: Path, contained: bool) -> None:
    script = f"""{_PSQL} -qc 'CREATE TABLE t (a text)' || exit 1
        seq 1 200000 | {_PSQL} -qc 'COPY t FROM STDIN' && {_PSQL} -Atc 'SELECT * FROM t' | tail -n 1"""
    ran = _run(fresh_database, tmp_path, script, contained=contained)
    assert (ran.ended.code, ran.ended.stdout, ran.story.sessions) == (0, "200000", 3), ran.ended
    assert [each.tag for each in ran.story.seen] == ["CREATE TABLE", "COPY 200000", "SELECT 200000"]


@pytest.fixture
def encrypted() -> Iterator[tuple[Address, Path]]:
    """A server with TLS, and its certificate, which is its own authority."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    with tempfile.TemporaryDirectory(prefix="stagecopy-tls-") as name:
        folder = Path(name)
        words = "req -x509 -nodes -newkey rsa:2048 -days 2 -keyout key -out crt -subj /CN=localhost"
        names = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(["openssl", *words.split(), *names], cwd=folder, check=True, capture_output=True)
        (folder / "key").chmod(0o600)
        for each in (folder, folder / "key"):
            shutil.chown(each, "postgres", "postgres")
        folder.chmod(0o755)
        with running_server(ssl="on", ssl_cert_file=f"{name}/crt", ssl_key_file=f"{name}/key") as server:
            yield server, folder / "crt"


def test_to_a_server_with_tls_it_is_spoken_outside(encrypted: tuple[Address, Path], tmp_path: Path) -> None:
    server, certificate = encrypted
    script = (
        f"{_PSQL} -Atc 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'"
        f" && {_PSQL} -Atc 'SELECT n FROM generate_series(1, 100000) n' | tail -n 1"
    )
    for mode in ("prefer", "require", "verify-full"):
        more = (("sslmode", mode), ("sslrootcert", str(certificate)))
        ran = _run(replace(server, host="localhost", more=more), tmp_path, script)
        assert ran.ended.stdout == "t\n100000", (mode, ran.ended)
    elsewhere = replace(server, more=(("sslmode", "verify-full"), ("sslrootcert", str(certificate))))
    assert _run(elsewhere, tmp_path, script).story.sessions == 0, "it is not called 127.0.0.1"


def test_the_clone_listens_on_sockets_too(fresh_database: Address, tmp_path: Path) -> None:
    script = f"PGHOST=/tmp {_PSQL} -qc 'SELECT 1' && env -u PGHOST {_PSQL} -h /run/postgresql -qc 'SELECT 2'"
    ran = _run(fresh_database, tmp_path, script)
    assert (ran.ended.code, ran.story.sessions) == (0, 2), ran.ended


def test_what_is_hidden_is_empty_and_what_is_written_is_gone(fresh_database: Address, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "file").write_text("secret")
    (tmp_path / "seen").write_text("plain")
    ran = _run(fresh_database, tmp_path, "cat key private/file seen; echo x > seen; rm -rf private key; ls -A /home")
    assert ran.ended.stdout == "plain" + "nobody"
    assert (tmp_path / "seen").read_text() == "plain"
    assert (tmp_path / "private" / "file").exists()


def test_when_its_time_is_over_all_of_it_ends(fresh_database: Address, tmp_path: Path) -> None:
    mark = f"7{os.getpid()}"
    began = time.monotonic()
    ran = _run(fresh_database, tmp_path, f"setsid sleep {mark} & sleep {mark}", budget=2)
    assert ran.ended.timed_out
    assert time.monotonic() - began < 30
    time.sleep(0.2)
    assert mark not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_the_sandbox_goes_with_who_made_it(tmp_path: Path) -> None:
    """kill -9 of the program leaves nothing behind that still works on a clone."""
    mark = f"8{os.getpid()}"
    code = (
        "from pathlib import Path\nfrom stagecopy.trial.sandbox import Command, start\n"
        f"c = Command(argv=('sleep', '{mark}'), cwd=Path('/'), env={{'PATH': '/usr/bin:/bin'}})\n"
        "r = start(c, lambda sockets: None)\nprint('up', flush=True)\nr.wait(600)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        child.kill()
    for _ in range(100):
        if mark not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout:
            return
        time.sleep(0.05)
    pytest.fail("it still runs")


def test_it_works_for_an_ordinary_user() -> None:
    """In a user namespace, where those are allowed; on such a machine as this one."""
    code = "from stagecopy.trial.sandbox import trouble\nprint(trouble())"
    environ = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", code]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stdout.startswith("namespaces: "):
        pytest.skip("no other user, no python that one may start, or no namespaces for it")
    assert done.stdout == "None\n"


def test_without_namespaces_it_says_what_is_missing() -> None:
    code = "from stagecopy.trial.sandbox import trouble\nprint(trouble())"
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    forbidden = (
        f"echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all {sys.executable} -c '{code}'"
    )
    argv = ["unshare", "--user", "--map-root-user", "sh", "-c", forbidden]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("namespaces: "), done


def test_the_verb_refuses_until_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stagecopy.yaml").write_text("version: 1\nproject: told\nproduction: {url: postgresql://h/d}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGECOPY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(commands, "_trouble", lambda: "no namespaces here")
    work = open_workplace(load_project(None, os.environ))
    command = ToolCommand(("alembic", "upgrade", "head"))
    with pytest.raises(StagingError, match="no namespaces here") as refused:
        commands.check_containment(work, command)
    assert refused.value.code == "not-contained"
    assert "--uncontained" in (refused.value.hint or "")
    commands.check_containment(work, ToolCommand(("x",), uncontained=True))
    commands.check_containment(work, command)


def test_trouble_is_none_where_tests_run() -> None:
    assert trouble() is None
