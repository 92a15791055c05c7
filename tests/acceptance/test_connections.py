"""However production is written down, every connection and every child tool goes the same way, and no secret shows."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from stagecopy.model.server import Address
from tests.acceptance.harness import KEY, Done, Shop, shop_of
from tests.acceptance.onlookers import tell
from tests.integration.scratch_server import running_server

PASSWORD = """p@ss:w/o#r%d 'and "a \\ too"""
# What may lie about in a shell: none of it may lead anybody anywhere.
STRAY = {
    "PGHOST": "nowhere.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGDATABASE": "nothing",
    "PGSERVICE": "nonsense",
    "PGOPTIONS": "-c search_path=nowhere",
}


@dataclass
class Place:
    """The server with all its doors."""

    server: Address
    folder: Path

    @property
    def parts(self) -> dict[str, str]:
        """Connection parameters without a host."""
        return {"port": str(self.server.port), "user": "reader", "dbname": "postgres"}


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def _authority(folder: Path, name: str) -> None:
    subject = ["-subj", f"/CN={name}", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
    _openssl(folder, "req", "-x509", "-keyout", f"{name}.key", "-out", f"{name}.crt", *subject)


def _certificates(folder: Path) -> None:
    """A CA of our own, a server certificate for localhost, and another CA that signed nothing."""
    _authority(folder, "ca")
    _authority(folder, "other")
    request = ["-subj", "/CN=localhost", "-nodes", "-newkey", "rsa:2048", "-keyout", "server.key", "-out", "server.csr"]
    _openssl(folder, "req", *request)
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    _openssl(folder, "x509", "-req", "-in", "server.csr", *signing, "-out", "server.crt")
    (folder / "server.key").chmod(0o600)
    for name in (".", "server.key"):
        shutil.chown(folder / name, "postgres", "postgres")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A server with TLS, on both loopback addresses and a socket, and a reader with an awkward password."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-doors-"))
    folder.chmod(0o755)
    try:
        _certificates(folder)
        doors = {"unix_socket_directories": str(folder), "listen_addresses": _loopbacks()}
        tls = {"ssl": "on", "ssl_cert_file": f"{folder}/server.crt", "ssl_key_file": f"{folder}/server.key"}
        with running_server(**doors, **tls) as server:
            with psycopg.connect(server.url, autocommit=True) as admin:
                create = sql.SQL("CREATE ROLE reader LOGIN PASSWORD {} IN ROLE pg_read_all_data")
                admin.execute(create.format(sql.Literal(PASSWORD)))
            tell(server, "CREATE TABLE letters AS SELECT chr(96 + i) AS id FROM generate_series(1, 26) i")
            yield Place(server, folder)
    finally:
        shutil.rmtree(folder)


def _loopbacks() -> str:
    with closing(socket.socket(socket.AF_INET6)) as probe:
        return "127.0.0.1,::1" if probe.connect_ex(("::1", 9)) != 99 else "127.0.0.1"  # 99: no such address


@dataclass
class Seen:
    """What could be observed while a run was going on."""

    ways: set[tuple[str, bool, str | None]] = field(default_factory=set)  # application, TLS, client address
    commands: set[str] = field(default_factory=set)


@contextmanager
def _watching(server: Address) -> Iterator[Seen]:
    """Collect sessions on production and command lines on this machine while the block runs."""
    seen, stop = Seen(), threading.Event()
    query = (
        "SELECT split_part(application_name, '/', 1), ssl, host(client_addr) FROM pg_stat_activity"
        " JOIN pg_stat_ssl USING (pid) WHERE usename = 'reader' AND state IS NOT NULL"
    )

    def work() -> None:
        with psycopg.connect(server.url, autocommit=True) as connection:
            while not stop.wait(0.01):
                seen.ways.update(connection.execute(query.encode()).fetchall())
                seen.commands.update(_command_lines())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _command_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue


def _refreshed(place: Place, url: str, *words: str, **environ: str) -> Seen:
    """Refresh by *url* among stray variables; the copy must be whole and no secret may show anywhere."""
    with shop_of(place.server, "embedded") as shop, _watching(place.server) as seen:
        shop.keep_everything()
        shop.environ |= STRAY | environ | {"STAGECOPY_PRODUCTION_URL": url}
        done = shop.run("refresh", *words)
        assert done.code == 0, done.err
        with shop.staging() as staging:
            assert staging.execute("SELECT count(*) FROM letters").fetchone() == (26,)
        _hides_secrets(shop, done, seen)
    tools = {"psql", "pg_dump"} if "--direct" in words else {"pg_dump"}
    assert all(any(tool in command for command in seen.commands) for tool in tools)
    return seen


def _hides_secrets(shop: Shop, done: Done, seen: Seen) -> None:
    ours = json.loads((shop.home / "secrets.json").read_text())
    secrets = [PASSWORD, quote(PASSWORD, safe=""), PASSWORD.replace("'", "\\'"), KEY, *ours.values()]
    runs = [path.read_text() for path in shop.home.glob("runs/*/*")]
    for text in (*seen.commands, *runs, done.out, done.err):
        assert [secret for secret in secrets if secret in text] == []


def test_A50_connection_strings_url(place: Place) -> None:
    url = f"postgresql://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{place.server.port}/postgres?sslmode=disable"
    assert {way[1:] for way in _refreshed(place, url).ways} == {(False, "127.0.0.1")}


def test_A50_connection_strings_ipv6(place: Place) -> None:
    if "::1" not in _loopbacks():
        pytest.skip("no IPv6 on this machine")
    seen = _refreshed(place, make_conninfo(host="::1", password=PASSWORD, **place.parts), "--direct")
    assert {way[1:] for way in seen.ways} == {(True, "::1")}


def test_A50_connection_strings_socket_and_passfile(place: Place) -> None:
    passfile = place.folder / "pgpass"
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    passfile.write_text(f"*:*:*:reader:{escaped}\n")
    passfile.chmod(0o600)
    url = f"postgresql://reader@/postgres?host={quote(str(place.folder), safe='')}&port={place.server.port}"
    seen = _refreshed(place, url, "--direct", PGPASSFILE=str(passfile))
    assert {way[1:] for way in seen.ways} == {(False, None)}


def test_A50_connection_strings_service_file_and_verified_tls(place: Place) -> None:
    """The string beats the service file (whose database does not exist), as libpq has it, for the tools too."""
    service = place.folder / "services"
    lines = {**place.parts, "host": "localhost", "dbname": "nothing", "password": PASSWORD}
    service.write_text("[production]\n" + "".join(f"{name}={value}\n" for name, value in lines.items()))
    trust = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(place.folder / "ca.crt")}
    seen = _refreshed(place, "service=production dbname=postgres", "--direct", PGSERVICEFILE=str(service), **trust)
    assert {way[1] for way in seen.ways} == {True}


def test_A50_connection_strings_wrong_certificate_authority(place: Place) -> None:
    parts = {**place.parts, "host": "localhost", "sslmode": "verify-full"}
    with shop_of(place.server, "embedded") as shop:
        shop.keep_everything()
        for changed, words in (
            ({"sslrootcert": str(place.folder / "other.crt")}, "certificate verify failed"),
            ({"sslrootcert": str(place.folder / "ca.crt"), "host": "127.0.0.1"}, "does not match"),
        ):
            given = {**parts, "password": PASSWORD, **changed}
            shop.environ["STAGECOPY_PRODUCTION_URL"] = make_conninfo("", **given)
            done = shop.run("refresh", "--json")
            assert (done.code, done.document["error"]["code"]) == (3, "production-unreachable")
            assert words in done.document["error"]["message"]
            assert PASSWORD not in done.out + done.err
