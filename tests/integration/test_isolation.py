"""A server that runs a trial on Docker: a superuser inside it attacks, and reaches nothing.

Every attack is first made from a server that is not isolated, where it must succeed, or it would prove nothing.
"""

from __future__ import annotations

import ipaddress
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.docker_client import connect
from tests.integration.engine_fixtures import SMALL, SPEC, DockerLab, docker_lab, docker_required

pytestmark = pytest.mark.docker

ISOLATED = ServerOptions(settings=SMALL, isolated=True)
LISTENER = """
import socket, sys
with socket.create_server((sys.argv[1], 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        server.accept()[0].close()
        print("reached", flush=True)
"""


@dataclass
class Peer:
    """Something that listens, as production might, and counts who comes."""

    host: str
    port: int
    process: subprocess.Popen[str]
    visits: list[str] = field(default_factory=list)

    def watch(self) -> None:
        assert self.process.stdout
        self.visits += self.process.stdout


@contextmanager
def listening(host: str, *prefix: str) -> Iterator[Peer]:
    words = [*prefix, sys.executable, "-c", LISTENER, host]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        peer = Peer(host, int(child.stdout.readline()), child)
        watcher = threading.Thread(target=peer.watch)
        watcher.start()
        try:
            yield peer
        finally:
            child.kill()
            watcher.join()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def routed_peer() -> Iterator[Peer]:
    """A machine that this one routes to, as an office network or a VPN is: a network namespace behind a pair."""
    tag = secrets.token_hex(3)
    name, here, there = f"stagecopy-{tag}", f"sca{tag}", f"scb{tag}"
    ours, theirs = _free_pair()
    _ip("netns", "add", name)
    try:
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        _ip("addr", "add", f"{ours}/30", "dev", here)
        _ip("link", "set", here, "up")
        for words in (["addr", "add", f"{theirs}/30", "dev", there], ["link", "set", there, "up"]):
            _ip("-n", name, *words)
        _ip("-n", name, "route", "add", "default", "via", ours)
        with listening(theirs, "ip", "netns", "exec", name) as peer:
            yield peer
    finally:
        _ip("netns", "delete", name)  # takes both ends of the pair with it


def _free_pair() -> tuple[str, str]:
    """Two addresses of a network of their own, in the range kept for tests of such devices."""
    network = ipaddress.ip_network(f"198.18.{secrets.randbelow(256)}.{4 * secrets.randbelow(64)}/30")
    first, second = network.hosts()
    return str(first), str(second)


@pytest.fixture(scope="module")
def lab(reachable_folder: Path) -> Iterator[DockerLab]:
    docker_required()
    client = connect()
    made = docker_lab(client, reachable_folder / "isolation")
    made.sockets.parent.mkdir()
    try:
        made.engine.initialise("base", "snapshot", run="run-1", spec=SPEC)
        with connect_staging(made.engine.start("base", ISOLATED)) as connection:
            connection.execute("CREATE EXTENSION dblink SCHEMA public")
            connection.execute("CREATE EXTENSION postgres_fdw SCHEMA public")
        made.engine.stop("base")
        yield made
    finally:
        for directory in made.engine.directories():
            made.engine.destroy(directory.name)
        left = made.leftovers()
        client.close()
    assert left == []


@contextmanager
def running(lab: DockerLab, name: str, options: ServerOptions) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    lab.engine.copy("base", name, "clone", run="run-2")
    try:
        with connect_staging(lab.engine.start(name, options)) as connection:
            yield connection
    finally:
        lab.engine.destroy(name)


@pytest.fixture(scope="module")
def inside(lab: DockerLab) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser in an isolated server."""
    with running(lab, "isolated", ISOLATED) as connection:
        yield connection


@pytest.fixture(scope="module")
def outside(lab: DockerLab) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser in a server that is not isolated."""
    with running(lab, "open", ServerOptions(settings=SMALL)) as connection:
        yield connection


def on_bridge(lab: DockerLab) -> dict[str, str]:
    """How the server that is not isolated is plugged into Docker's bridge."""
    box = lab.client.containers.get(f"stagecopy-{lab.project}-open")
    return dict(box.attrs["NetworkSettings"]["Networks"]["bridge"])


@pytest.fixture(scope="module")
def targets(lab: DockerLab, outside: object) -> Iterator[dict[str, Peer]]:
    """Where production could be, as a container might address it."""
    if not (shutil.which("ip") and shutil.which("iptables")):
        pytest.skip("needs iproute2 to make a peer")
    gateway = on_bridge(lab)["Gateway"]
    try:
        with ExitStack() as stack:
            peers = {
                "the host's loopback": stack.enter_context(listening("127.0.0.1")),
                "the bridge's gateway": stack.enter_context(listening(gateway)),
                "a routed peer": stack.enter_context(routed_peer()),
            }
            yield peers
    except subprocess.CalledProcessError as failure:
        pytest.skip(f"cannot make a network namespace: {failure.stderr.decode().strip()}")


def said(connection: psycopg.Connection[tuple[object, ...]], program: str) -> str:
    """What *program* prints inside the server's container."""
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE TEMPORARY TABLE heard (line text)")
        connection.execute(sql.SQL("COPY heard FROM PROGRAM {} WITH (DELIMITER E'\\x01')").format(sql.Literal(program)))
        return "\n".join(str(line) for (line,) in connection.execute("SELECT line FROM heard"))


def by_dblink(connection: psycopg.Connection[tuple[object, ...]], host: str, port: int) -> str:
    conninfo = f"host={host} port={port} user=u password=p dbname=d connect_timeout=3"
    with pytest.raises(psycopg.Error) as failure:
        connection.execute("SELECT public.dblink_connect(%s)", (conninfo,))
    return str(failure.value)


def by_foreign_table(connection: psycopg.Connection[tuple[object, ...]], host: str, port: int) -> str:
    with connection.transaction(force_rollback=True):
        server = sql.SQL("CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host {}, port {})")
        connection.execute(server.format(sql.Literal(host), sql.Literal(str(port))))
        connection.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER away OPTIONS (user 'u', password 'p')")
        connection.execute("CREATE FOREIGN TABLE public.away (n int) SERVER away")
        with pytest.raises(psycopg.Error) as failure:
            connection.execute("SELECT * FROM public.away")
    return str(failure.value)


def by_shell(connection: psycopg.Connection[tuple[object, ...]], host: str, port: int) -> str:
    return said(connection, f"timeout 3 bash -c 'exec 3<>/dev/tcp/{host}/{port} && echo closed the connection' 2>&1; :")


ATTACKS = (by_dblink, by_foreign_table, by_shell)
IN_VAIN = ("Network is unreachable", "Connection refused")


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("place", ["the bridge's gateway", "a routed peer"])
def test_what_is_not_isolated_reaches_it(
    outside: psycopg.Connection[tuple[object, ...]], targets: dict[str, Peer], place: str, attack: object
) -> None:
    assert callable(attack)
    peer = targets[place]
    before = len(peer.visits)
    assert "closed the connection" in attack(outside, peer.host, peer.port)
    deadline = time.monotonic() + 5
    while len(peer.visits) == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(peer.visits) > before


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("place", ["the host's loopback", "the bridge's gateway", "a routed peer"])
def test_an_isolated_superuser_reaches_nobody(
    inside: psycopg.Connection[tuple[object, ...]], targets: dict[str, Peer], place: str, attack: object
) -> None:
    assert callable(attack)
    peer = targets[place]
    before = len(peer.visits)
    answer = attack(inside, peer.host, peer.port)
    assert any(words in answer for words in IN_VAIN), answer
    assert len(peer.visits) == before


@pytest.mark.parametrize("attack", ATTACKS)
def test_other_containers_are_out_of_reach(
    lab: DockerLab,
    inside: psycopg.Connection[tuple[object, ...]],
    outside: psycopg.Connection[tuple[object, ...]],
    attack: object,
) -> None:
    """The attacked one is a PostgreSQL on Docker's bridge, as a project's own often is."""
    assert callable(attack)
    host = on_bridge(lab)["IPAddress"]
    assert any(words in attack(outside, host, 5432) for words in ("password authentication failed", "closed the conn"))
    assert "Network is unreachable" in attack(inside, host, 5432)


def test_there_is_no_network_inside(inside: psycopg.Connection[tuple[object, ...]]) -> None:
    devices = said(inside, "cut -d: -f1 -s /proc/net/dev | tr -d ' '").split()
    assert [name for name in devices if not name.startswith("Inter") and name != "face"] == ["lo"]
    assert said(inside, "timeout 5 getent hosts deb.debian.org; :") == ""
    assert said(inside, "wc -l < /proc/net/route") == "1"  # its heading
    found = said(inside, "cut -c55- /proc/net/unix").split()
    assert {name for name in found if name.startswith(("@", "/"))} <= {"/stagecopy-socket/.s.PGSQL.5432"}


def test_files_are_those_of_the_container(inside: psycopg.Connection[tuple[object, ...]], tmp_path: Path) -> None:
    number = inside.execute("SELECT lo_import('/etc/passwd')").fetchone()
    row = inside.execute("SELECT lo_get(%s)", number).fetchone()
    assert row
    assert isinstance(row[0], bytes)
    assert row[0] != Path("/etc/passwd").read_bytes()
    assert row[0].decode().strip() == said(inside, "cat /etc/passwd")
    (tmp_path / "secret").write_text("secret")
    tmp_path.chmod(0o755)
    with pytest.raises(psycopg.errors.UndefinedFile):
        inside.execute("SELECT lo_import(%s)", (str(tmp_path / "secret"),))
    with pytest.raises(psycopg.errors.UndefinedFile):
        inside.execute("SELECT pg_read_file(%s)", (str(tmp_path / "secret"),))


def test_data_of_others_is_not_there(lab: DockerLab, inside: psycopg.Connection[tuple[object, ...]]) -> None:
    found = said(inside, "find / -name PG_VERSION -not -path '/proc/*' 2>/dev/null | grep -v /base/; :").split()
    assert found == ["/stagecopy/pgdata/PG_VERSION"]
    volumes = said(inside, "grep -o '/volumes/[^ ]*' /proc/self/mountinfo; :").split()
    mounted = lab.client.containers.get(f"stagecopy-{lab.project}-isolated").attrs["Mounts"]
    names = [mount["Name"] for mount in mounted if mount["Type"] == "volume"]  # one of them the image's own, empty
    assert sorted(volumes) == sorted(f"/volumes/{name}/_data" for name in names)
    assert len([name for name in names if name.startswith("stagecopy-")]) == 1
    assert said(inside, "find / -name '*.sock' -not -path '/proc/*' 2>/dev/null; :") == ""


def test_nothing_becomes_more_powerful_inside(inside: psycopg.Connection[tuple[object, ...]]) -> None:
    status = dict(
        line.split(":\t", 1) for line in said(inside, "grep -E 'Cap|NoNewPrivs' /proc/self/status").split("\n")
    )
    assert {name: int(value, 16) for name, value in status.items()} == {
        "CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0, "NoNewPrivs": 1,
    }  # fmt: skip


def test_the_socket_cannot_be_replaced_from_inside(
    lab: DockerLab, inside: psycopg.Connection[tuple[object, ...]]
) -> None:
    """A link in its place would lead us, and our password, to another server of this machine."""
    address = lab.again().address("isolated")
    assert address
    with socket.socket(socket.AF_UNIX) as elsewhere:
        place = lab.sockets.parent / "elsewhere"
        elsewhere.bind(str(place))
        tricks = f"ln -sf {place} /stagecopy-socket/.s.PGSQL.5432 2>&1; mkdir /stagecopy-socket/full 2>&1; :"
        assert said(inside, tricks).count("Permission denied") == 2
        assert lab.again().address("isolated") == address
        with connect_staging(address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        place.unlink()


def test_a_link_that_waits_where_the_socket_should_be_is_not_followed(lab: DockerLab) -> None:
    with running(lab, "tricked", ISOLATED):
        address = lab.engine.address("tricked")
        assert address
        folder = Path(address.host)
        (folder / ".s.PGSQL.5432").unlink()
        (folder / "in" / ".s.PGSQL.5432").symlink_to("/run/other/.s.PGSQL.5432")
        with pytest.raises(Exception, match="none, so it is not used"):
            lab.engine.address("tricked")
        assert list(folder.glob(".s*")) == []


def test_the_folder_is_closed_to_everybody_else_and_gone_with_the_server(lab: DockerLab) -> None:
    with running(lab, "brief", ISOLATED):
        address = lab.engine.address("brief")
        assert address
        assert len(address.host + "/.s.PGSQL.5432") <= 107
        assert [oct(path.stat().st_mode & 0o777) for path in (lab.sockets, Path(address.host))] == ["0o700"] * 2
        lab.engine.stop("brief")
        assert not Path(address.host).exists()
    assert not Path(address.host).exists()


def test_the_url_leads_there_too(lab: DockerLab) -> None:
    with running(lab, "by-url", ISOLATED):
        address = lab.engine.address("by-url")
        assert address
        with psycopg.connect(address.url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (address.user,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address.to(password="wrong").url)


def test_a_home_too_deep_for_a_socket_is_isolated_as_well(lab: DockerLab, targets: dict[str, Peer]) -> None:
    """The way is then a tunnel through the engine."""
    deep = docker_lab(lab.client, lab.sockets.parent / ("deep" * 20))
    deep.engine.initialise("one", "clone", run="run-1", spec=SPEC)
    try:
        address = deep.engine.start("one", ISOLATED)
        assert deep.engine.fidelity() == ()
        assert address.host == "127.0.0.1"
        with connect_staging(address) as connection:
            for peer in targets.values():
                answer = by_shell(connection, peer.host, peer.port)
                assert any(words in answer for words in IN_VAIN), answer
            connection.execute("CREATE TABLE public.big AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        again = deep.again().address("one")
        assert again
        with connect_staging(again) as connection, connection.cursor() as cursor:
            with cursor.copy("COPY public.big TO STDOUT") as copy:
                assert sum(len(piece) for piece in copy) == 1001 * 20000
            with connect_staging(address) as second:  # a connection that is broken off harms no other
                second.pgconn.finish()
            assert cursor.execute("SELECT count(*) FROM public.big").fetchone() == (20000,)
        deep.engine.stop("one")
    finally:
        deep.engine.destroy("one")
    assert deep.leftovers() == []
