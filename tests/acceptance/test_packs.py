"""Packs on databases that the frameworks' own migrations made and their own models filled.

The projects are installed from PyPI, npm or the distribution, so these tests run only with STAGECOPY_SLOW=1; what the
migrations made is recorded (with STAGECOPY_RECORD=1) and planned always, in tests/unit/masking/test_packs.py.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from psycopg import sql

from stagecopy.model.server import Address
from stagecopy.postgres.catalog import read_catalog
from stagecopy.postgres.connect import connect_staging
from tests.acceptance.frameworks.authjs import AuthJs
from tests.acceptance.frameworks.devise import Devise
from tests.acceptance.frameworks.django import Django
from tests.acceptance.frameworks.djstripe import APP, DjStripe
from tests.acceptance.frameworks.project import PEOPLE, PERSONAL, Project, personal, spoken
from tests.acceptance.harness import Shop, shop_of
from tests.unit.masking.recorded_tables import record

pytestmark = pytest.mark.skipif(
    os.environ.get("STAGECOPY_SLOW") != "1", reason="installs frameworks: with STAGECOPY_SLOW=1"
)
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
_KEYS = """
    SELECT n.nspname || '.' || c.relname, a.attname, fn.nspname || '.' || f.relname, fa.attname
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class f ON f.oid = k.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
    JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.confkey[1]
    WHERE k.contype = 'f' AND pg_catalog.cardinality(k.conkey) = 1
"""
Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def packed(fresh_database: Address) -> Iterator[Shop]:
    """A project of ours on the database of a framework's project."""
    with shop_of(fresh_database, "embedded") as made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of the framework's project, gone at the end: what is installed there is large."""
    with tempfile.TemporaryDirectory(prefix="stagecopy-framework-") as made:
        yield Path(made)


def rows_of(connection: Connection) -> dict[str, list[str]]:
    """All rows of all tables, as text."""
    found = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))
        found[f"{schema}.{table}"] = [row[0] for row in connection.execute(query)]
    return found


def joined(connection: Connection) -> dict[str, int]:
    """How many rows each foreign key joins."""
    found = {}
    for table, column, target, key in connection.execute(_KEYS).fetchall():
        here, there = sql.Identifier(*table.split(".")), sql.Identifier(*target.split("."))
        query = sql.SQL("SELECT a.{} FROM {} a JOIN {} b ON a.{} = b.{}")
        here_key, there_key = sql.Identifier(column), sql.Identifier(key)
        found[f"{table}.{column}"] = len(
            connection.execute(query.format(here_key, here, there, here_key, there_key)).fetchall()
        )
    return found


def refreshed(shop: Shop, packs: Sequence[str], hidden: Sequence[str], empty: Sequence[str]) -> Address:
    """Refresh by *packs* alone: nothing of *hidden* arrives, every row does but those of *empty*, every key joins."""
    shop.rules(f"use: [{', '.join(packs)}]\n")
    check = shop.run("masks", "check")
    assert check.code == 0, check.out + check.err
    assert shop.refreshed()["audit"]["leaks"] == 0
    with psycopg.connect(shop.production.url) as production, shop.staging() as staging:
        raw, copy = rows_of(production), rows_of(staging)
        text, left = (json.dumps(each, ensure_ascii=False).casefold() for each in (raw, copy))
        for value in hidden:
            said = json.dumps(json.dumps(value, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1].casefold()
            assert value.casefold() in text or said in text, f"{value} is not even in production"
            assert value.casefold() not in left, f"{value} came to staging"
            assert said not in left, f"{value} came to staging"
        assert {name: len(rows) for name, rows in copy.items()} == {
            name: 0 if name in empty else len(rows) for name, rows in raw.items()
        }
        expected = {name: 0 if name.rpartition(".")[0] in empty else n for name, n in joined(production).items()}
        assert joined(staging) == expected
    return address(shop)


def address(shop: Shop) -> Address:
    """Where staging is."""
    place = urlsplit(shop.run("staging", "url").out.strip())
    assert place.hostname
    assert place.port
    return Address(
        place.hostname, place.port, unquote(place.username or ""), unquote(place.password or ""), place.path[1:]
    )


def recorded(project: Project, name: str, only: tuple[str, ...] = ("",)) -> None:
    """Write down what the migrations made, when asked to; of tables whose names begin with one of *only*."""
    if os.environ.get("STAGECOPY_RECORD") == "1":
        with connect_staging(project.database) as connection:
            record(name, read_catalog(connection), only)


@pytest.mark.parametrize("version", ["4.2", "5.2"])
def test_django_auth(packed: Shop, folder: Path, version: str) -> None:
    project = Django(folder, packed.production)
    project.build(f"django~={version}.0")
    recorded(project, f"django-auth {version}")
    secrets = spoken(project.fill())
    known = personal(("username", "name", "email", "phone"))
    staging = refreshed(packed, ["django-auth"], [*known, *secrets], ["public.django_session"])
    assert spoken(project.read(staging)) == {
        "users": 3, "staff": [True] * 3, "groups": ["moderators of the west wing"] * 3, "allowed": True,
        "log": [True] * 3, "signed_in": [False] * 3, "found": [True] * 3,
    }  # fmt: skip


def test_authjs(packed: Shop, folder: Path) -> None:
    project = AuthJs(folder, packed.production)
    project.build("@auth/drizzle-adapter@1", "drizzle-orm@0.45", "drizzle-kit@0.31", "pg@8")
    recorded(project, "authjs 1.11")
    secrets = spoken(project.fill())
    known = personal(("name", "email", "uid", "secret", "agent"))
    empty = ["public.session", "public.verificationToken"]
    staging = refreshed(packed, ["authjs"], [*known, *secrets], empty)
    assert spoken(project.read(staging)) == [{"same": True, "scope": "openid email profile", "counter": 7}] * 3


def test_devise(packed: Shop, folder: Path) -> None:
    project = Devise(folder, packed.production)
    project.build()
    recorded(project, "devise 4.8")
    secrets = spoken(project.fill())
    refreshed_at = refreshed(packed, ["devise"], [*personal(("email", "uid", "secret")), *secrets], [])
    expected = {"found": True, "signed_in": False, "in_order": True, "count": 9, "failed": 4, "provider": "google"}
    assert spoken(project.read(refreshed_at)) == [expected] * 3


def test_dj_stripe(packed: Shop, folder: Path) -> None:
    project = DjStripe(folder, packed.production)
    project.build("dj-stripe~=2.11.0", "django~=5.2.0", apps=APP)
    recorded(project, "dj-stripe 2.11", ("djstripe", "auth_user"))
    secrets = spoken(project.fill())
    left_behind = ["apikey", "event", "idempotencykey", "webhookendpoint", "webhookeventtrigger"]
    hidden = [*personal(PERSONAL), *(person["postcode"] for person in PEOPLE), *secrets, "Zobbleshire", "110000000"]
    empty = [f"public.djstripe_{each}" for each in left_behind]
    said = spoken(project.read(refreshed(packed, ["django-auth", "dj-stripe"], hidden, empty)))
    assert said == {
        "customers": [[f"cus_{n}", -250, f"card_{n}", True, True] for n in (1, 2, 3)],
        "subscribed": [14700] * 3, "paid": [["49.00", "succeeded", 4900, True, "0000"]] * 3,
        "product": "Gold membership", "cards": [["0000", "visa"]] * 3,
    }  # fmt: skip
