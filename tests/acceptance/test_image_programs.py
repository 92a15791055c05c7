"""A machine with Docker and no PostgreSQL of its own: pg_dump comes out of the staging image."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.staging.docker_client import connect
from tests.acceptance.harness import Shop, hide_embedded, shop_of
from tests.integration.engine_fixtures import IMAGE, docker_required
from tests.integration.majors import SLOW, programs_of
from tests.integration.scratch_server import running_server

if TYPE_CHECKING:
    from docker import DockerClient

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that is its own authority, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    return _issue(folder, "cert"), folder / "cert.key"


def _issue(folder: Path, name: str) -> Path:
    words = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    argv = ["openssl", "req", "-x509", "-days", "2", *words, "-keyout", f"{folder}/{name}.key"]
    subprocess.run([*argv, "-out", f"{folder}/{name}.pem"], check=True, capture_output=True)
    return folder / f"{name}.pem"


@pytest.fixture(scope="module")
def secured(certificate: tuple[Path, Path]) -> Iterator[Address]:
    """A production that is asked for TLS."""
    with running_server() as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            data = Path(_one(admin, "SHOW data_directory"))
            for path, name in zip(certificate, ("server.crt", "server.key"), strict=True):
                shutil.copy(path, data / name)
                shutil.chown(data / name, "postgres", "postgres")
                (data / name).chmod(0o600)
            admin.execute("ALTER SYSTEM SET ssl = on")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute("CREATE TABLE t (id int PRIMARY KEY, mail text); INSERT INTO t VALUES (1, 'a'), (2, 'b')")
        yield server


def _one(admin: psycopg.Connection, query: str) -> str:
    row = admin.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def bare_shop(secured: Address) -> Iterator[Shop]:
    """A project on such a machine."""
    docker_required()
    with shop_of(secured, "docker") as shop:
        shop.environ["STAGECOPY_PROGRAMS"] = "/nonexistent/{major}"
        hide_embedded(shop)
        shop.keep_everything()
        yield shop


def _tools(shop: Shop) -> str:
    document = shop.run("doctor", "--json").document
    (line,) = [each for each in document["checks"] if each["name"] == "tools"]
    return str(line["message"])


def _rows(shop: Shop) -> list[tuple[int, str]]:
    with shop.staging() as staging:
        return staging.execute("SELECT id, mail FROM t ORDER BY id").fetchall()


def test_A49_programs_come_out_of_the_image_speak_tls_and_leave_nothing_on_the_engine(
    bare_shop: Shop, certificate: tuple[Path, Path]
) -> None:
    shop = bare_shop
    url = shop.production.url.replace("127.0.0.1", "localhost") + "?sslmode=verify-full"
    shop.environ["STAGECOPY_PRODUCTION_URL"] = f"{url}&sslrootcert={certificate[0]}"
    done = shop.run("refresh", "--json")
    assert done.code == 0, done.err
    assert "client programs: PostgreSQL 15" in done.err
    assert _rows(shop) == [(1, "a"), (2, "b")]
    (tree,) = (shop.home / "binaries").glob("image-15-*")
    before = tree.stat().st_mtime_ns
    assert "(image; production's own major), speaks TLS" in _tools(shop)
    assert tree.stat().st_mtime_ns == before
    assert _refusals(tree, url, shop.production.password, certificate[0]) == [False, True]
    client = connect()
    try:
        filters = {"label": [f"stagecopy.project={shop.name}", "stagecopy.role=tools"]}
        assert client.api.containers(all=True, filters=filters) == []
    finally:
        client.close()


def _refusals(tree: Path, url: str, password: str, authority: Path) -> list[bool]:
    """Whether pg_dump itself refuses the server: with its own authority, and with somebody else's."""
    answers = []
    for path in (authority, _issue(authority.parent, "another")):
        env = {"PATH": "/usr/bin:/bin", "PGPASSWORD": password, "PGSSLROOTCERT": str(path)}
        argv: list[str | Path] = [tree / "bin" / "pg_dump", "--schema-only", "--dbname", url]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is ("certificate verify failed" not in done.stderr), done.stderr
        answers.append(done.returncode != 0)
    return answers


def test_A49_without_docker_the_next_rung_is_taken_and_what_failed_is_said(bare_shop: Shop) -> None:
    shop = bare_shop
    shop.configure(staging="{engine: auto}")
    shop.environ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    done = shop.run("refresh", "--json")
    error = done.document["error"]
    assert (done.code, error["code"]) == (4, "no-binaries")
    assert "no Docker engine answers" in error["message"]
    assert "stagecopy doctor --install 15" in error["hint"]
    del shop.environ["DOCKER_HOST"]


def test_A49_an_image_without_the_programs_is_said(bare_shop: Shop) -> None:
    shop = bare_shop
    client = connect()
    tag = f"stagecopy-test-empty:{shop.name}"
    try:
        client.api.import_image_from_data(_empty_tar(), repository=tag.partition(":")[0], tag=tag.partition(":")[2])
        shop.configure(staging=f"{{engine: docker, image: '{tag}'}}")
        message = _tools(shop)
    finally:
        client.images.remove(tag)
        client.close()
        shop.configure()
    assert message.endswith("none comes out of an image: the image has no program pg_dump")


def _empty_tar() -> bytes:
    return b"\0" * 10240


@pytest.mark.skipif(not SLOW, reason="builds an image; with STAGECOPY_SLOW=1")
def test_A49_an_image_of_a_newer_major_is_taken_and_said(bare_shop: Shop) -> None:
    shop = bare_shop
    del shop.environ["STAGECOPY_PROGRAMS"]
    client = connect()
    tag = f"stagecopy-test-17:{shop.name}"
    try:
        _image_of_17(client, tag)
        shop.configure(staging=f"{{engine: docker, image: '{tag}'}}")
        document = shop.refreshed()
        assert "staging runs PostgreSQL 17, production runs 15" in [each["message"] for each in document["fidelity"]]
        with shop.staging() as staging:
            assert staging.info.server_version // 10000 == 17
        assert shop.trial("DELETE FROM t WHERE id = 1").document["tables"][0]["removed"] == 1
        assert shop.run("staging", "destroy", "--yes").code == 0
    finally:
        client.images.remove(tag, force=True)
        client.close()


def _image_of_17(client: DockerClient, tag: str) -> None:
    """The test image with the programs of 17 before its own."""
    tree = programs_of(17).parent
    recipe = f"FROM {IMAGE}\nCOPY . /opt/17\nENV PG_MAJOR=17 PATH=/opt/17/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as packed:
        for name in ("bin", "lib", "share"):
            packed.add(tree / name, arcname=name)
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(recipe)
        packed.addfile(entry, io.BytesIO(recipe.encode()))
    context.seek(0)
    client.images.build(fileobj=context, custom_context=True, tag=tag, rm=True)
