"""What each migration tool's own table in production says of the files of a folder."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.config.load import Project, load_project
from stagecopy.flows.migrations import list_migrations
from stagecopy.model.migrations import Listing
from stagecopy.model.server import Address

_UP, _DOWN = "ALTER TABLE people ADD COLUMN plan text;\n", "ALTER TABLE people DROP COLUMN plan;\n"
_FLYWAY = """CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version text, description text,
    type text, script text, checksum int, installed_by text, installed_on timestamp DEFAULT now(), execution_time int,
    success bool)"""
_PRISMA = """CREATE TABLE _prisma_migrations (id text PRIMARY KEY, checksum text, finished_at timestamptz,
    migration_name text, logs text, rolled_back_at timestamptz, started_at timestamptz DEFAULT now(),
    applied_steps_count int DEFAULT 0)"""


@dataclass
class Place:
    """A project folder on a production of its own."""

    folder: Path
    production: Address

    @property
    def project(self) -> Project:
        """As the program finds it."""
        environ = {"STAGECOPY_PRODUCTION_URL": self.production.url, "STAGECOPY_HOME": str(self.folder / "home")}
        return load_project(self.folder / "stagecopy.yaml", environ)

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def place(fresh_database: Address, tmp_path: Path) -> Place:
    """An empty one."""
    made = Place(tmp_path, fresh_database)
    made.write("stagecopy.yaml", "version: 1\nproject: listing\n")
    return made


def tell(server: Address, *statements: str) -> None:
    """Run statements, each committed by itself."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _listing(place: Place, folder: str) -> Listing:
    found = list_migrations(place.project, place.folder / folder, offline=False)
    assert found.error is None
    return found


def _listed(place: Place, folder: str) -> dict[str, tuple[Any, ...]]:
    return {each.name: (each.state, each.has_down, each.changed) for each in _listing(place, folder).migrations}


def _sql(place: Place, *names: str, text: str = _UP) -> None:
    for name in names:
        place.write(name, text)


def test_golang_migrate_and_dbmate_note_versions(place: Place) -> None:
    _sql(place, "g/0001_a.up.sql", "g/0001_a.down.sql", "g/0002_b.up.sql", "g/0010_c.up.sql", "g/0011_d.up.sql")
    tell(
        place.production,
        "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
        "INSERT INTO schema_migrations VALUES (10, true)",
    )
    assert _listed(place, "g") == {
        "0001_a": ("applied", True, "unknown"),
        "0002_b": ("applied", False, "unknown"),
        "0010_c": ("failed", False, "unknown"),
        "0011_d": ("pending", False, None),
    }
    tell(
        place.production,
        "DROP TABLE schema_migrations",
        "CREATE TABLE schema_migrations (version varchar PRIMARY KEY)",
        "INSERT INTO schema_migrations VALUES ('20240101000000'), ('20230101000000')",
    )
    both = f"-- migrate:up\n{_UP}-- migrate:down\n{_DOWN}"
    _sql(place, "d/20240101000000_a.sql", "d/20240202000000_b.sql", text=both)
    assert _listed(place, "d") == {
        "20240101000000_a": ("applied", True, "unknown"),
        "20240202000000_b": ("pending", True, None),
        "20230101000000": ("applied", None, None),
    }


def test_flyway_and_prisma_keep_a_checksum(place: Place) -> None:
    _sql(
        place, "f/V1__a.sql", "f/V2__b.sql", "f/U2__b.sql", "f/V3__c.sql", "f/V4__d.sql", text="SELECT 1;\nSELECT 2;\n"
    )
    crc = zlib.crc32(b"SELECT 1;SELECT 2;")
    crc = crc - 2**32 if crc >= 2**31 else crc
    row = "INSERT INTO flyway_schema_history VALUES ({}, '{}', 'd', 'SQL', '{}', {}, 'me', now(), 1, {})"
    tell(
        place.production,
        _FLYWAY,
        row.format(1, "1", "V1__a.sql", crc, True),
        row.format(2, "2", "V2__b.sql", 5, True),
        row.format(3, "3", "V3__c.sql", crc, False),
    )
    assert _listed(place, "f") == {
        "V1__a": ("applied", False, "no"),
        "V2__b": ("applied", True, "yes"),
        "V3__c": ("failed", False, "no"),
        "V4__d": ("pending", False, None),
    }
    _sql(place, *(f"p/2024010{day}000000_{name}/migration.sql" for day, name in enumerate("abcd")))
    digest = hashlib.sha256(_UP.encode()).hexdigest()
    row = "INSERT INTO _prisma_migrations VALUES ('{0}', '{1}', {2}, '2024010{0}000000_{3}', 'raw', {4})"
    tell(
        place.production,
        _PRISMA,
        row.format(0, digest, "now()", "a", "NULL"),
        row.format(1, "0" * 64, "now()", "b", "NULL"),
        row.format(2, digest, "NULL", "c", "NULL"),
        row.format(3, digest, "NULL", "d", "now()"),
    )
    assert list(_listed(place, "p").values()) == [
        ("applied", False, "no"),
        ("applied", False, "yes"),
        ("failed", False, "no"),
        ("rolled-back", False, None),
    ]


def test_drizzle_skips_what_came_late_and_goose_counts_its_last_word(place: Place) -> None:
    _sql(place, *(f"z/000{number}_{name}.sql" for number, name in enumerate("abc")))
    entries = [
        {"idx": n, "when": when, "tag": f"000{n}_{c}"}
        for n, (c, when) in enumerate(zip("abc", (10, 5, 30), strict=True))
    ]
    digest = hashlib.sha256(_UP.encode()).hexdigest()
    place.write("z/meta/_journal.json", json.dumps({"version": "7", "dialect": "postgresql", "entries": entries}))
    tell(
        place.production,
        "CREATE SCHEMA drizzle",
        "CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)",
        f"INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{digest}', 10)",
        "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied bool, tstamp timestamp DEFAULT now())",
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (2, false)",
    )
    assert [each[::2] for each in _listed(place, "z").values()] == [
        ("applied", "no"),
        ("skipped", None),
        ("pending", None),
    ]
    _sql(place, "o/00001_a.sql", "o/00002_b.sql", "o/00003_c.sql", text=f"-- +goose Up\n{_UP}-- +goose Down\n{_DOWN}")
    assert [each[0] for each in _listed(place, "o").values()] == ["applied", "rolled-back", "pending"]


_REVISION = "revision = '{}'\ndown_revision = {!r}\ndef upgrade(): pass\ndef downgrade():\n    {}\n"
_DJANGO = """
from django.db import migrations
class Migration(migrations.Migration):
    operations = [migrations.RunPython(print{})]
"""


def test_alembic_and_django_are_read_not_run(place: Place) -> None:
    place.write("a/versions/z_first.py", _REVISION.format("aaa", None, "op.drop_table('x')"))
    place.write("a/versions/y_second.py", _REVISION.format("bbb", "aaa", "pass"))
    place.write("a/versions/x_third.py", "raise SystemExit(3)\n" + _REVISION.format("ccc", "bbb", "op.execute('')"))
    place.write("a/env.py", "")
    place.write("app/migrations/__init__.py", "")
    place.write("app/migrations/0001_initial.py", _DJANGO.format(", print"))
    place.write("app/migrations/0002_more.py", _DJANGO.format(""))
    tell(
        place.production,
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('bbb')",
        "CREATE TABLE django_migrations (id bigserial, app varchar, name varchar, applied timestamptz)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('app', '0001_initial', now()),"
        " ('app', '0000_gone', now()), ('auth', '0001_initial', now())",
    )
    assert _listed(place, "a") == {
        "z_first": ("applied", True, "unknown"),
        "y_second": ("applied", False, "unknown"),
        "x_third": ("pending", True, None),
    }
    assert _listed(place, "app") == {
        "app.0001_initial": ("applied", True, "unknown"),
        "app.0002_more": ("pending", False, None),
        "app.0000_gone": ("applied", None, None),
    }
    tell(place.production, "UPDATE alembic_version SET version_num = 'elsewhere'")
    assert {each.name: each.state for each in _listing(place, "a").migrations} == {
        "z_first": "unknown",
        "y_second": "unknown",
        "x_third": "unknown",
        "elsewhere": "applied",
    }


def test_a_list_nobody_may_read_says_which_grant_is_missing(place: Place) -> None:
    _sql(place, "m/0001_a.up.sql")
    tell(
        place.production,
        "CREATE TABLE schema_migrations (version bigint, dirty bool)",
        "DO $$ BEGIN CREATE ROLE lister LOGIN PASSWORD 'lister'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    asked = Place(place.folder, place.production.to(user="lister", password="lister"))
    found = _listing(asked, "m")
    assert "GRANT SELECT ON public.schema_migrations" in (found.note or "")
    assert found.migrations[0].state == "unknown"
