"""Productions behind something: poolers and addresses where servers take turns are told before anything is touched."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from stagecopy.model.server import Address
from tests.acceptance.harness import Done, Shop
from tests.acceptance.onlookers import ask, tell
from tests.acceptance.remains import remains
from tests.integration.scratch_server import running_server
from tests.integration.test_endpoint import _pass_on, needs_pooler, open_folder, pooled

__all__ = ["open_folder"]


@pytest.fixture
def served_shop(embedded_shop: Shop) -> Shop:
    """A project that serves one row from yesterday; production has two by now."""
    tell(embedded_shop.production, "CREATE TABLE people (id int)", "INSERT INTO people VALUES (1)")
    embedded_shop.keep_everything()
    embedded_shop.refreshed("--direct")
    tell(embedded_shop.production, "INSERT INTO people VALUES (2)")
    return embedded_shop


def _of_ours(shop: Shop) -> dict[str, Counter[str]]:
    """All but sessions: a pooler keeps its own to the server, under the name of whoever used them last."""
    return {what: found for what, found in remains(shop).items() if what != "sessions"}


def _refused(shop: Shop, url: str, *words: str) -> Done:
    """A refresh by *url*, which must end with exit 3 before it made or removed anything."""
    before = _of_ours(shop)
    direct = shop.environ["STAGECOPY_PRODUCTION_URL"]
    shop.environ["STAGECOPY_PRODUCTION_URL"] = url
    try:
        done = shop.run("refresh", "--json", *words)
    finally:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = direct
    assert done.code == 3, done.err
    assert _of_ours(shop) == before
    assert not any('"stage staging"' in log.read_text() for log in sorted(shop.home.glob("runs/*/log.jsonl"))[-1:])
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM people").fetchone() == (1,)
    return done


@needs_pooler
def test_A39_pgbouncer_in_transaction_mode(served_shop: Shop, open_folder: Path) -> None:
    with pooled(served_shop.production, open_folder, "transaction") as pool:
        message = _refused(served_shop, pool.url).document["error"]["message"]
        assert "[pooler]" in message
        assert "is a connection pooler: it shares server sessions between clients" in message
        with psycopg.connect(pool.url, autocommit=True) as application:
            application.execute("INSERT INTO people VALUES (3)")  # no session of ours was left read-only behind it
        assert ask(pool, "SHOW default_transaction_read_only") == [("off",)]


def test_A39_neon_pooled_host(served_shop: Shop) -> None:
    production = served_shop.production
    host = "ep-cool-leaf-123-pooler.eu-central-1.aws.neon.tech"
    place = {"host": host, "hostaddr": production.host, "port": str(production.port)}
    url = make_conninfo(production.url, **place)
    message = _refused(served_shop, url).document["error"]["message"]
    assert "Neon's pooled endpoint" in message
    assert "name the server itself in production.url: ep-cool-leaf-123.eu-central-1.aws.neon.tech" in message
    assert production.password not in message


@contextmanager
def _reader_endpoint(servers: list[Address]) -> Iterator[Address]:
    """One port; connection after connection goes to the servers of the list, and over again."""
    turns = cycle(servers)
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            while True:
                try:
                    client, _ = door.accept()
                except OSError:
                    return
                target = next(turns)
                other = socket.create_connection((target.host, target.port))
                for one, two in ((client, other), (other, client)):
                    threading.Thread(target=_pass_on, args=(one, two), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        first = servers[0]
        yield Address("127.0.0.1", door.getsockname()[1], first.user, first.password, first.database)
        door.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture(scope="module")
def second() -> Iterator[Address]:
    """The other instance."""
    with running_server() as server:
        yield server


@pytest.mark.parametrize("turns", ["ab", "aab", "aaab"])
def test_A39_reader_endpoint_with_two_instances(served_shop: Shop, second: Address, turns: str) -> None:
    """Whichever of our connections meets the other instance first: looks, the session that locks, its watcher."""
    first = served_shop.production
    tell(second, f"ALTER ROLE postgres PASSWORD '{first.password}'", f'CREATE DATABASE "{first.database}"')
    try:
        tell(second.to(password=first.password, database=first.database), "CREATE TABLE people (id int)")
        servers = {"a": first, "b": second}
        with _reader_endpoint([servers[each] for each in turns]) as endpoint:
            message = _refused(served_shop, endpoint.url, "--direct").document["error"]["message"]
        assert "reached two servers" in message
        assert "a snapshot of one is unknown to the other" in message
    finally:
        again = second.to(password=first.password)
        tell(again, f'DROP DATABASE "{first.database}"', f"ALTER ROLE postgres PASSWORD '{second.password}'")
