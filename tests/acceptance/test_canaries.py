"""Three hundred values that must not leave production, in every place and spelling: a refresh leaves none anywhere.

With STAGECOPY_SLOW=1 each guard is switched off once, which proves that the search finds what gets out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stagecopy.files import remove_tree
from stagecopy.model.server import Address
from stagecopy.staging.engine import ADMIN
from tests.acceptance import canaries
from tests.acceptance.harness import Shop, shop_of
from tests.acceptance.unguarded import GUARDS
from tests.integration.scratch_server import database_of

_ALWAYS = ("audit",)
SLOW = os.environ.get("STAGECOPY_SLOW") == "1"


@pytest.fixture
def aviary(fresh_database: Address) -> Iterator[Shop]:
    """A project whose production is full of canaries; temporary files of its runs lie beside its home."""
    with shop_of(fresh_database, "embedded") as shop:
        _prepare(shop)
        yield shop


def _prepare(shop: Shop) -> None:
    temporary = shop.home.with_name("tmp")
    temporary.mkdir(mode=0o777)
    temporary.chmod(0o777)
    shop.environ["TMPDIR"] = str(temporary)
    shop.configure(production='{url: "${STAGECOPY_PRODUCTION_URL}", exclude: [aside.others]}')
    shop.rules(canaries.rules())
    shop.write("own.py", canaries.OWN_CODE)


def _plant(shop: Shop, *, external: bool) -> int:
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        return canaries.plant(connection, external=external)


def _found(shop: Shop) -> dict[str, list[str]]:
    """Whatever got out: into files, or into what staging shows to its superuser."""
    aside = (shop.home / "backups", shop.home / "pool.img")  # the pool is searched where it is mounted
    return canaries.found_below(shop.home, Path(shop.environ["TMPDIR"]), aside=aside)


def _shown(shop: Shop) -> dict[str, list[str]]:
    password = json.loads((shop.home / "secrets.json").read_text())["admin_password"]
    url = shop.run("staging", "url").out.strip()
    with psycopg.connect(url, user=ADMIN, password=password, autocommit=True) as staging:
        return canaries.found_in_relations(staging)


@pytest.mark.parametrize("external", [True, pytest.param(False, marks=pytest.mark.skipif(not SLOW, reason="the same"))])
def test_A35_no_canary_gets_out(aviary: Shop, external: bool) -> None:
    """There is no way to mask in place, which would leave raw values in dead rows, indexes and WAL."""
    assert aviary.run("refresh", "--in-place").code == 2
    assert _plant(aviary, external=external) >= 300
    done = aviary.run("refresh", "--json", "-v")
    assert done.code == 0, done.err
    assert _shown(aviary) == {}
    assert _found(aviary) == {}
    assert canaries.found((done.out + done.err).encode()) == []


@pytest.fixture(scope="module")
def cage(scratch_server: Address) -> Iterator[Shop]:
    """The same, filled once; what each test makes is destroyed after it."""
    with database_of(scratch_server) as production, shop_of(production, "embedded") as shop:
        _prepare(shop)
        _plant(shop, external=True)
        shop.production_sql(f"UPDATE few SET who = '{_COPY}' WHERE id = 2")
        yield shop


_COPY = next(iter(canaries.planted("plain").values()))  # in a kept column: only the audit can see that it is a copy


@pytest.fixture
def emptied(cage: Shop) -> Iterator[Shop]:
    """Nothing is left in it of the test before."""
    yield cage
    assert cage.run("staging", "destroy", "--yes").code == 0
    remove_tree(cage.home / "runs")


@pytest.mark.skipif(not SLOW, reason="with STAGECOPY_SLOW=1")
def test_A34_a_refused_copy_leaves_nothing(emptied: Shop) -> None:
    done = emptied.run("refresh", "--json", "-v")
    assert (done.code, done.document["error"]["code"], done.document["error"]["where"]) == (1, "leak", "public.few.who")
    assert _found(emptied) == {}
    assert canaries.found((done.out + done.err).encode()) == []


@pytest.mark.parametrize("guard", [name for name in GUARDS if SLOW or name in _ALWAYS])
def test_without_a_guard_a_canary_is_found(emptied: Shop, guard: str) -> None:
    copy = "x" if guard != "audit" else _COPY
    emptied.production_sql(f"UPDATE few SET who = '{copy}' WHERE id = 2")
    argv = [sys.executable, "-m", "tests.acceptance.unguarded", guard, "refresh", "--json"]
    done = subprocess.run(argv, cwd=emptied.folder, env=emptied.environ, capture_output=True, text=True, check=False)
    if done.returncode == 1:
        assert json.loads(done.stdout)["error"]["code"] == "leak"
    else:
        assert done.returncode == 0, done.stderr
        assert _found(emptied) != {}
        assert _shown(emptied) != {}
