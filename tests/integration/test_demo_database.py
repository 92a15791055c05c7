"""The demo's production loads, is the same every time, and its two migrations do what the demo says they do."""

from __future__ import annotations

import fnmatch
import os
import pwd
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from stagecopy.demo.generator import USERS, load
from stagecopy.demo.project import DemoProject, write_project
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.process import Identity, environment, run
from stagecopy.yamlfile import load as load_yaml

BINARIES = Path("/usr/lib/postgresql/15/bin")
USER_TABLE = "public.bazaar-vid_user"
RELATIONS = """
    SELECT c.oid, c.oid::pg_catalog.regclass::text
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relkind IN ('r', 'm', 'S')
    ORDER BY c.relname
"""
FOREIGN_KEYS_TO_USERS = """
    SELECT pg_catalog.count(*) FROM pg_catalog.pg_constraint
    WHERE contype = 'f' AND confrelid = 'public."bazaar-vid_user"'::pg_catalog.regclass
"""
COLUMNS = """
    SELECT c.relname, a.attname
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped
"""
RESERVED_DOMAINS = r"^[a-z0-9.]+@([a-z]+\.example|example\.(com|net|org))$"
names = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Address]:
    """A PostgreSQL 15 of our own on loopback, as superuser."""
    if not BINARIES.is_dir():
        pytest.skip(f"no PostgreSQL binaries in {BINARIES}")
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-demo-test-"))
    identity = _unprivileged(folder)
    password = folder / "password"
    password.write_text("scratch-password")
    password.chmod(0o644)
    data, port = folder / "data", _free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"

    def control(*words: str | Path) -> None:
        run(words, env=environment(), identity=identity, cwd=folder, timeout=60)

    try:
        control(
            BINARIES / "initdb",
            "-D",
            data,
            "-U",
            "boss",
            "-A",
            "scram-sha-256",
            f"--pwfile={password}",
            "-N",
            "-E",
            "UTF8",
        )
        control(BINARIES / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield Address("127.0.0.1", port, "boss", "scratch-password", "postgres")
        finally:
            control(BINARIES / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)


def _unprivileged(folder: Path) -> Identity | None:
    """PostgreSQL refuses to run as root: then it runs as the packaged user, who gets the folder."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return Identity(user.pw_name, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def database(server: Address, template: str = "template0") -> Iterator[Address]:
    """A database of its own, gone afterwards."""
    name = f"demo_{next(names)}"
    with connect_staging(server) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        try:
            yield server.to(database=name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def production(server: Address) -> Iterator[Address]:
    """The demo's production, loaded once and never changed."""
    with database(server) as address:
        began = time.monotonic()
        with connect_staging(address) as connection:
            load(connection)
        assert time.monotonic() - began < 5
        yield address


@pytest.fixture
def copy(server: Address, production: Address) -> Iterator[Address]:
    """A copy of it to change."""
    with database(server, production.database) as address:
        yield address


@pytest.fixture
def project(tmp_path: Path) -> DemoProject:
    """The demo's project folder."""
    return write_project(tmp_path / "demo")


def digests(connection: Connection) -> dict[str, str]:
    """A digest of all rows by relation; the names as a pinned session prints them."""
    digest = sql.SQL(
        "SELECT pg_catalog.md5(pg_catalog.string_agg(r::text, '|' ORDER BY r::text)) FROM (SELECT * FROM {}) AS r"
    )
    relations = connection.execute(RELATIONS).fetchall()
    return {name: str(scalar(connection, digest.format(sql.SQL(name)))) for _, name in relations}


def scalar(connection: Connection, query: str | sql.Composed) -> Any:
    """The one value of a query."""
    row = connection.execute(query.encode() if isinstance(query, str) else query).fetchone()
    assert row is not None
    return row[0]


def rows(connection: Connection, table: str) -> int:
    """How many rows *table* (``schema.table``) has."""
    return int(
        scalar(connection, sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(sql.Identifier(*table.split("."))))
    )


def migrate(address: Address, migration: Path) -> None:
    """Run a file as psql would: default settings, one statement at a time."""
    with psycopg.connect(address.url, autocommit=True) as connection:
        for statement in migration.read_text(encoding="utf-8").split(";\n"):
            connection.execute(statement.encode())


def test_production_holds_what_the_demo_tells(production: Address) -> None:
    with connect_staging(production) as connection:
        assert rows(connection, USER_TABLE) == USERS == 565
        names_of_people = scalar(connection, f"SELECT string_agg(name, ' ') FROM {quoted(USER_TABLE)}")
        assert all(letter in names_of_people for letter in ("ß", "é", "Ł", "陽", "ر", "ã", "Ґ", "ğ"))
        outside = f"SELECT count(*) FROM {quoted(USER_TABLE)} WHERE email !~ '{RESERVED_DOMAINS}'"
        assert scalar(connection, outside) == 0
        leaves = "SELECT count(*) FROM pg_catalog.pg_partition_tree('public.\"bazaar-vid_render_event\"') WHERE isleaf"
        assert scalar(connection, leaves) == 4
        assert rows(connection, "public.bazaar-vid_renders_per_plan") == 12
        assert scalar(connection, FOREIGN_KEYS_TO_USERS) == 4


def quoted(table: str) -> str:
    """``schema.table`` with both parts quoted."""
    return ".".join(f'"{part}"' for part in table.split("."))


def test_next_numbers_do_not_collide(copy: Address) -> None:
    with connect_staging(copy) as connection:
        user = scalar(connection, f"SELECT min(id) FROM {quoted(USER_TABLE)}")
        connection.execute(
            'INSERT INTO public."bazaar-vid_project" ("userId", title, props) VALUES (%s, %s, %s)', (user, "next", "{}")
        )
        newest = scalar(connection, 'SELECT max(number) FROM public."bazaar-vid_invoice"')
        assert scalar(connection, "SELECT nextval('public.\"bazaar-vid_invoice_number_seq\"')") == newest + 1


def test_two_loads_are_equal(server: Address, production: Address) -> None:
    with database(server) as again, connect_staging(again) as second, connect_staging(production) as first:
        load(second)
        assert digests(second) == digests(first)


def test_load_needs_no_superuser(server: Address) -> None:
    with database(server) as address, connect_staging(address) as admin:
        admin.execute("CREATE ROLE bazaar LOGIN PASSWORD 'bazaar-password'")
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO bazaar").format(sql.Identifier(address.database)))
        with connect_staging(address.to(user="bazaar", password="bazaar-password")) as connection:
            load(connection)
            assert rows(connection, USER_TABLE) == USERS
        admin.execute("DROP OWNED BY bazaar CASCADE")
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO boss").format(sql.Identifier(address.database)))
        admin.execute("DROP ROLE bazaar")


def test_bad_fix_loses_every_account_without_an_error(copy: Address, project: DemoProject) -> None:
    with connect_staging(copy) as connection:
        before = digests(connection)
        migrate(copy, project.bad_migration)
        after = digests(connection)
        assert rows(connection, USER_TABLE) == 0
        assert scalar(connection, FOREIGN_KEYS_TO_USERS) == 0
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {quoted(USER_TABLE).replace('"public"', "public")}


def test_safe_fix_keeps_every_value_and_reaches_the_same_column(copy: Address, project: DemoProject) -> None:
    with connect_staging(copy) as connection:
        before = digests(connection)
        migrate(copy, project.safe_migration)
        assert digests(connection) == before
        assert scalar(connection, FOREIGN_KEYS_TO_USERS) == 4
        assert scalar(connection, f"SELECT pg_typeof(id)::text FROM {quoted(USER_TABLE)} LIMIT 1") == "text"
        connection.execute(f"INSERT INTO {quoted(USER_TABLE)} (email) VALUES ('new@example.com')".encode())


def test_rules_cover_every_column_and_leave_nothing_to_decide(production: Address, project: DemoProject) -> None:
    document = load_yaml(project.rules, code="bad-rules").value
    patterns = [pattern["column"] for pattern in document["patterns"]]
    with connect_staging(production) as connection:
        columns = connection.execute(COLUMNS).fetchall()
    uncovered = []
    for table, column in columns:
        rule = document["tables"].get(f"public.{table}", {})
        known = rule.get("rows") == "none" or column in rule.get("columns", {})
        if not known and not any(fnmatch.fnmatchcase(column, pattern) for pattern in patterns):
            uncovered.append(f"{table}.{column}")
    assert uncovered == []
    assert set(document["tables"]) == {f"public.{table}" for table, _ in columns}
    assert "todo" not in project.rules.read_text(encoding="utf-8").lower()


def test_project_folder_can_be_written_twice(project: DemoProject) -> None:
    again = write_project(project.config.parent)
    assert again == project
    assert load_yaml(again.config, code="bad-config").value["project"] == "stagecopy-demo"
