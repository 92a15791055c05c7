"""Commands that migrate by themselves: what the clone heard of them, and what they cannot reach."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from stagecopy.model.server import Address
from tests.acceptance.escapes import WAYS
from tests.acceptance.harness import Done, Shop, shop_of
from tests.acceptance.onlookers import ask
from tests.integration.engine_fixtures import docker_required
from tests.integration.scratch_server import database_of

PYTHON = sys.executable
PASSWORD = "found-in-a-config-file"
_ESCAPES = Path(__file__).with_name("escapes.py")
_USERS = """
CREATE TABLE users (id int PRIMARY KEY, email text);
INSERT INTO users SELECT n, 'person' || n || '@corp.test' FROM generate_series(1, 100) AS n;
"""
_CONNECTED = "import os, psycopg\nwith psycopg.connect(os.environ['DATABASE_URL']) as clone:\n"
# Where everything is as on this machine, these work; what only root may do is not among them.
_WORK_OUTSIDE = {
    "production_by_address",
    "production_by_name",
    "a_datagram_to_the_machine",
    "a_socket_in_tmp",
    "an_abstract_socket",
    "a_socket_in_the_project",
    "the_password_file_at_home",
    "the_home_of_stagecopy",
    "production_in_an_environment",
    "a_process_outside",
    "a_file_outside",
}


@pytest.fixture(scope="module")
def shop(scratch_server: Address) -> Iterator[Shop]:
    """One refreshed project for all tests of this file: trials change nothing of it."""
    with database_of(scratch_server) as production, shop_of(production, "embedded") as made:
        yield _filled(made)


def _filled(shop: Shop) -> Shop:
    shop.production_sql(_USERS)
    shop.keep_everything()
    shop.refreshed()
    return shop


def _tried(shop: Shop, code: str, *words: str) -> Done:
    shop.write("migrate.py", code)
    return shop.run("trial", "--json", *words, "--", PYTHON, "migrate.py")


def _rules(done: Done) -> set[str]:
    return {each["rule"] for each in done.document["findings"]}


def _texts(done: Done) -> list[str]:
    return [each["sql"] for each in done.document["migration"]["statements"]]


def test_what_a_command_does_is_judged_and_listed(shop: Shop) -> None:
    code = _CONNECTED + (
        "    clone.execute('UPDATE users SET email = %s WHERE id <= %s', ('x', 3))\n"
        "    clone.execute('DELETE FROM users WHERE id = 100; CREATE TABLE t (a int)')\n"
    )
    done = _tried(shop, code)
    assert done.code == 1, done.err
    assert "rows-lost" in _rules(done)
    migration = done.document["migration"]
    assert _texts(done) == [
        "BEGIN",
        "UPDATE users SET email = $1 WHERE id <= $2",
        "DELETE FROM users WHERE id = 100",
        "CREATE TABLE t (a int)",
        "COMMIT",
    ]
    assert [each["rows"] for each in migration["statements"]] == [None, 3, 1, None, None]
    digest = hashlib.sha256()
    for text in _texts(done):
        digest.update(f"{len(text)}:{text}".encode())
    assert migration["sha256"] == digest.hexdigest()
    command = migration["command"]
    assert (command["exit"], command["sessions"], command["contained"]) == (0, 1, True)
    (table,) = (each for each in done.document["tables"] if each["name"] == "public.users")
    assert (table["removed"], table["changed"]) == (1, 3)


def test_a_command_that_fails_ends_with_5_and_names_the_statement(shop: Shop) -> None:
    code = _CONNECTED + (
        "    clone.execute(\"UPDATE users SET email = 'kept' WHERE id = 1\")\n    clone.commit()\n"
        "    clone.execute('INSERT INTO users VALUES (%s, %s)', (7, '-'.join(['a', 'raw', 'value'])))\n"
    )
    done = _tried(shop, code)
    assert done.code == 5
    assert done.document["error"]["code"] == "migration-failed"
    assert done.document["migration"]["error"]["sqlstate"] == "23505"
    failed = done.document["migration"]["statements"][done.document["migration"]["error"]["statement"] - 1]
    assert failed["sql"].startswith("INSERT INTO users")
    assert [each["changed"] for each in done.document["tables"]] == [1], "what it committed before is told"
    assert "a-raw-value" not in done.out + done.err
    assert "(7)" not in done.out + done.err, "the key stands in DETAIL"


def test_B53_a_command_with_nothing_to_do_has_no_effect(shop: Shop) -> None:
    code = _CONNECTED + (
        "    clone.execute('CREATE TABLE IF NOT EXISTS alembic_version (version_num text)')\n"
        "    clone.execute('SELECT version_num FROM alembic_version')\n"
    )
    done = _tried(shop, code)
    assert done.code == 1
    assert "no-effect" in _rules(done)


def test_a_command_that_ends_inside_a_transaction_is_told(shop: Shop) -> None:
    code = _CONNECTED + "    clone.execute('DELETE FROM users')\n    clone.pgconn.finish()\n    os._exit(0)\n"
    done = _tried(shop, code)
    assert done.code == 1
    assert "left-open" in _rules(done)
    assert done.document["tables"] == []


def test_a_command_that_never_comes_to_the_clone_is_not_ours(shop: Shop) -> None:
    done = _tried(shop, "print('Applied 3 migrations.')")
    assert done.code == 5
    assert done.document["error"]["code"] == "not-our-clone"
    missing = shop.run("trial", "--json", "--", "no-such-migration-tool")
    assert (missing.code, missing.document["error"]["code"]) == (5, "not-our-clone")
    assert missing.document["error"]["hint"].startswith("there is no program no-such-migration-tool here: install it")
    shop.environ["LICENSE_TOKEN"] = "of-a-registry"
    try:
        asking = _tried(shop, "import os\nprint('starting for somebody@corp.test')\nos.environ['LICENSE_TOKEN']")
        passed = _tried(shop, f"{_CONNECTED}    os.environ['LICENSE_TOKEN']\n")
    finally:
        del shop.environ["LICENSE_TOKEN"]
    assert "pass what is harmless with --env LICENSE_TOKEN" in asking.document["error"]["hint"]
    assert "--env LICENSE_TOKEN" in passed.document["error"]["hint"], "also where it did come to the clone"
    assert "KeyError: 'LICENSE_TOKEN'" in asking.document["error"]["message"]


def test_the_time_budget_ends_a_command_and_what_it_started(shop: Shop) -> None:
    shop.configure(trial="{time_budget: 2s}")
    code = _CONNECTED + "    clone.execute('DELETE FROM users; SELECT pg_sleep(600)')\n"
    try:
        done = _tried(shop, code)
    finally:
        shop.configure()
    assert done.code == 5
    assert "time budget" in done.document["migration"]["error"]["message"]
    assert done.document["tables"] == [], "its statement is ended too, not left to commit"


def test_the_environment_leads_to_the_clone_and_holds_no_secret(shop: Shop) -> None:
    production = shop.production
    given = {
        "APP_DATABASE_URL": f"postgresql+psycopg://{production.url.partition('://')[2]}?sslmode=require",
        "DB_HOST": production.host,
        "DB_PASSWORD": production.password,
        "REPORTS": f"see {production.password} there",
        "AWS_SECRET_ACCESS_KEY": "of-a-cloud",
        "SECRET_KEY": "of-the-framework",
        "LICENSE_TOKEN": "of-a-registry",
        "COLOUR": "blue",
    }
    shop.environ |= given
    shop.write(".env", f"ONLY_IN_FILE=postgres://{production.url.partition('://')[2]}\nPLAIN=x\n")
    code = _CONNECTED + "    clone.execute('CREATE TABLE t (a int)')\nimport sys\n"
    code += f"print(*(f'{{k}}={{v}}' for k, v in os.environ.items() if k in {[*given, 'ONLY_IN_FILE', 'PLAIN']}))\n"
    code += "sys.exit(3)\n"
    try:
        done = _tried(shop, code, "--env", "LICENSE_TOKEN")
    finally:
        for name in given:
            del shop.environ[name]
        (shop.folder / ".env").unlink()
    assert production.password not in done.out + done.err
    environment = done.document["migration"]["command"]["environment"]
    assert set(environment["removed"]) >= {"REPORTS", "AWS_SECRET_ACCESS_KEY", "STAGECOPY_PRODUCTION_URL"}
    assert set(environment["replaced"]) >= {"APP_DATABASE_URL", "DB_PASSWORD", "SECRET_KEY", "ONLY_IN_FILE"}
    output = done.document["migration"]["command"]["output"].splitlines()[-1]
    said = dict(word.split("=", 1) for word in output.split())
    assert said["APP_DATABASE_URL"].startswith("postgresql+psycopg://")
    assert "127.0.0.1:5432/" in said["APP_DATABASE_URL"]
    assert "sslmode" not in said["APP_DATABASE_URL"]
    assert said["ONLY_IN_FILE"].startswith("postgres://")
    assert (said["COLOUR"], said["LICENSE_TOKEN"]) == ("blue", "of-a-registry")
    assert said["SECRET_KEY"] not in ("", "of-the-framework")
    assert not {"PLAIN", "REPORTS", "AWS_SECRET_ACCESS_KEY"} & set(said)


def test_what_a_command_writes_in_its_project_is_gone_with_it(shop: Shop) -> None:
    code = _CONNECTED + (
        "    clone.execute('CREATE TABLE t (a int)')\nopen('generated.txt', 'w').write('x')\n"
        "os.unlink('stagecopy.yaml')\n"
    )
    done = _tried(shop, code)
    assert done.code == 0, done.err
    assert not (shop.folder / "generated.txt").exists()
    assert (shop.folder / "stagecopy.yaml").exists()


def test_a_hard_coded_production_is_left_alone(shop: Shop) -> None:
    """Proved by the number that production's next transaction will have: every change takes one."""
    production = shop.production
    upcoming = "SELECT pg_snapshot_xmax(pg_current_snapshot())"
    shop.write("settings.py", f"URL = {production.url!r}\n")
    code = (
        "import psycopg, settings\nwith psycopg.connect(settings.URL) as there:\n    there.execute('ANALYZE users')\n"
    )
    before = ask(production, upcoming)
    done = _tried(shop, code)
    assert (done.code, done.document["error"]["code"]) == (5, "not-our-clone")
    assert production.password not in done.out + done.err
    assert ask(production, upcoming) == before
    subprocess.run([PYTHON, shop.folder / "migrate.py"], cwd=shop.folder, check=True)
    assert ask(production, upcoming) != before, "uncontained it comes there"


@contextmanager
def _bait(shop: Shop) -> Iterator[None]:
    """Everything that escapes.py looks for, and the file that tells it where."""
    with ExitStack() as stack:
        outside = shop.home.parent / "outside"
        outside.mkdir(exist_ok=True)
        home = outside.with_name("people-home")
        home.mkdir(exist_ok=True)
        (home / ".pgpass").write_text(f"*:*:*:*:{PASSWORD}")
        sleeper = subprocess.Popen(["sleep", "600"])
        stack.callback(sleeper.wait)
        stack.callback(sleeper.kill)
        everywhere = _listening(stack, socket.AF_INET, ("0.0.0.0", 0))  # noqa: S104 - its address is what is tried
        echo = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        echo.bind(("127.0.0.1", 0))
        threading.Thread(target=_echo, args=(echo,), daemon=True).start()
        unix, inside = str(outside / "server.sock"), str(shop.folder / "server.sock")
        abstract = f"stagecopy-test-{sleeper.pid}"
        for path in (unix, inside, "\0" + abstract):
            _listening(stack, socket.AF_UNIX, path)
        stack.callback(Path(inside).unlink)
        given = {
            "production": [shop.production.host, shop.production.port],
            "machine": "127.0.0.2",
            "port_everywhere": everywhere.getsockname()[1],
            "udp": echo.getsockname()[1],
            "unix": unix,
            "abstract": abstract,
            "inside": inside,
            "docker": "/var/run/docker.sock",
            "pgpass": str(home / ".pgpass"),
            "home": str(shop.home),
            "pid": sleeper.pid,
            "outside": str(outside),
            "password": shop.production.password,
        }
        shutil.copy(_ESCAPES, shop.folder / "escapes.py")
        shop.write("escapes.json", json.dumps(given))
        yield


def _listening(stack: ExitStack, family: int, address: object) -> socket.socket:
    listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    listener.bind(address)  # type: ignore[arg-type]  # a pair or a path
    listener.listen()
    return listener


def _echo(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data, caller = server.recvfrom(1)
            server.sendto(data, caller)


def _ways_out(shop: Shop) -> tuple[set[str], set[str]]:
    """Which of the ways work in a trial, and which without it."""
    with _bait(shop):
        shop.environ["HOME"] = str(shop.home.parent / "people-home")
        contained = shop.run(
            "trial", "--json", "--", "sh", "-c", 'psql -qc "CREATE TABLE t (a int)"; python3 escapes.py; exit 3'
        )
        said = contained.document["migration"]["command"]["output"]
        free = subprocess.run(
            [PYTHON, "escapes.py", *_WORK_OUTSIDE], cwd=shop.folder, capture_output=True, text=True, check=True,
            env={"PATH": shop.environ["PATH"], "PASSWORD_OF_PRODUCTION": shop.production.password},
        )  # fmt: skip
        (shop.home.parent / "outside" / "written").unlink(missing_ok=True)
    return _worked(said.splitlines()), _worked(free.stdout.splitlines())


def _worked(lines: Sequence[str]) -> set[str]:
    (line,) = (each for each in lines if each.startswith("tried "))
    return set(line.partition("worked:")[2].split())


def test_no_way_leads_out_of_a_command(shop: Shop) -> None:
    contained, free = _ways_out(shop)
    assert len(WAYS) >= 15
    assert contained == set()
    assert free == _WORK_OUTSIDE, "where nothing contains it, they work"


@pytest.mark.docker
@pytest.mark.skipif(os.environ.get("STAGECOPY_SLOW") != "1", reason="the engine changes little: with STAGECOPY_SLOW=1")
def test_no_way_leads_out_of_a_command_on_docker(fresh_database: Address) -> None:
    docker_required()
    with shop_of(fresh_database, "docker") as shop:
        contained, _ = _ways_out(_filled(shop))
        assert contained == set()
