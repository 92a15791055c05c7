"""Real databases as production, on both engines: init, decide the todos, refresh, and an independent look at it all."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from stagecopy.model.server import Address
from tests.acceptance import database_equality as equality
from tests.acceptance.harness import Done, Shop, shop_of
from tests.integration.engine_fixtures import docker_required
from tests.integration.sample_databases import SAMPLES, create_sample

PERSONAL: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parents[1] / "personal.yaml").read_text())
MOST_TODO = 0.10
SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
# Masked by the first rules though not on the list of columns that must differ everywhere.
ALSO_MASKED = {"employee_small": {"public.employee": ["gender"]}}


@dataclass(frozen=True)
class Copied:
    """A production database, the project on it after init and refresh, and what the verbs said."""

    name: str
    shop: Shop
    init: Any
    again: Any | None
    refresh: Any

    @property
    def masked(self) -> dict[str, list[str]]:
        """The columns whose values must differ."""
        return PERSONAL[self.name]


@pytest.fixture(scope="module")
def load(scratch_server: Address) -> Callable[[str], Address]:
    """Loads a sample once, whichever engines look at it, and fills its materialized views."""
    return functools.cache(lambda name: _filled(create_sample(scratch_server, name)))


def _filled(address: Address) -> Address:
    with psycopg.connect(address.url, autocommit=True) as connection:
        for name in connection.execute("SELECT schemaname, matviewname FROM pg_matviews").fetchall():
            connection.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(*name)))
    return address


_EVERY = [
    pytest.param((name, engine), id=f"{name}-{engine}", marks=[pytest.mark.docker] if engine == "docker" else [])
    for name in SAMPLES
    for engine in ("embedded", "docker")
    if SLOW or engine == "embedded"
]


@pytest.fixture(scope="module", params=_EVERY)
def copied(request: pytest.FixtureRequest, load: Callable[[str], Address]) -> Iterator[Copied]:
    """Init, the todos decided, one refresh."""
    name, engine = request.param
    if engine == "docker":
        docker_required()
    with shop_of(load(name), engine) as shop:
        _as_a_newcomer(shop)
        first = _initialised(shop)
        again = _initialised_again(shop) if engine == "embedded" else None  # no engine is chosen yet: once is enough
        _decide(shop, first["todo"])
        _choose_engine(shop)
        yield Copied(name, shop, first, again, shop.refreshed())


def _initialised_again(shop: Shop) -> Any:
    before = _texts(shop)
    document = _initialised(shop)
    assert _texts(shop) == before
    return document


def _as_a_newcomer(shop: Shop) -> None:
    """No config file, no key, a home of the user's own to put one."""
    (shop.folder / "stagecopy.yaml").unlink()
    del shop.environ["STAGECOPY_KEY"]
    shop.environ["XDG_CONFIG_HOME"] = str(shop.folder.parent / "config")


def _initialised(shop: Shop) -> Any:
    done = shop.run("init", "--json")
    assert done.code == 0, done.err
    return done.document


def _texts(shop: Shop) -> dict[Path, bytes]:
    """Every file the newcomer now has, with its content."""
    return {path: path.read_bytes() for path in shop.folder.parent.rglob("*") if path.is_file()}


def _decide(shop: Shop, todo: list[str]) -> None:
    rules = [
        {**dict(zip(("schema", "table", "column"), name.split("."), strict=True)), "keep": "looked at by hand"}
        for name in todo
    ]
    if rules:
        shop.write("masking-rules/decided.yaml", "version: 1\npatterns: " + json.dumps(rules) + "\n")


def _choose_engine(shop: Shop) -> None:
    path = shop.folder / "stagecopy.yaml"
    text = path.read_text(encoding="utf-8")
    assert "engine: auto" in text
    path.write_text(text.replace("engine: auto", f"engine: {shop.engine}"), encoding="utf-8")


@pytest.fixture(scope="module")
def production(copied: Copied) -> Iterator[equality.Connection]:
    """Production as its superuser."""
    with equality.look(copied.shop.production.url) as connection:
        yield connection


@pytest.fixture(scope="module")
def staging(copied: Copied) -> Iterator[equality.Connection]:
    """What the refresh says it serves."""
    with equality.look(copied.refresh["staging"]["url"]) as connection:
        yield connection


def test_init_leaves_few_columns_to_a_human(copied: Copied) -> None:
    counts = copied.init["columns"]
    assert len(copied.init["todo"]) == counts["todo"] <= MOST_TODO * sum(counts.values())


def test_init_makes_what_is_missing_and_changes_nothing_later(copied: Copied) -> None:
    assert copied.init["exit"] == 0
    key = Path(copied.init["key"])
    assert key.stat().st_mode & 0o777 == 0o600
    assert not key.is_relative_to(copied.shop.folder)
    if copied.again is not None:
        assert copied.again == {**copied.init, "config": None, "key": None, "rules": None}


def test_refresh_masks_the_personal_columns_and_no_others(copied: Copied) -> None:
    masked = {table["name"]: table["masked"] for table in copied.refresh["tables"] if table["masked"]}
    wanted = {table: set(columns) for table, columns in copied.masked.items()}
    for table, columns in ALSO_MASKED.get(copied.name, {}).items():
        wanted[table] = wanted.get(table, set()) | set(columns)
    assert {table: set(columns) for table, columns in masked.items()} == wanted


def test_every_row_is_there_and_only_personal_values_differ(
    copied: Copied, production: equality.Connection, staging: equality.Connection
) -> None:
    found = equality.compare_rows(production, staging, copied.masked)
    also = {f"{table}.{name}" for table, names in ALSO_MASKED.get(copied.name, {}).items() for name in names}
    assert found.raw == ()
    assert {each.partition(":")[0] for each in found.other} - also == set(), found.other


def test_everything_is_defined_as_in_production(production: equality.Connection, staging: equality.Connection) -> None:
    assert equality.changed_definitions(production, staging) == []
    assert equality.sequence_states(staging) == equality.sequence_states(production)
    assert equality.stale_generated(staging) == []
    assert equality.filled_matviews(staging) == equality.filled_matviews(production)


def test_production_is_as_it_was(copied: Copied, production: equality.Connection) -> None:
    who = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stagecopy%'"
    assert production.execute(who).fetchone() == (0,)
    assert copied.refresh["exit"] == 0


@dataclass(frozen=True)
class Tried:
    """Two trials made at the same time, and what the second must report."""

    reading: Done
    deleting: Done
    lost: dict[str, int]


@pytest.fixture(scope="module")
def tried(copied: Copied) -> Tried:
    """One trial that reads, one that empties a table."""
    table, lost = _doomed(copied)
    statements = ("SELECT 1", f"DELETE FROM ONLY {table}")
    with ThreadPoolExecutor() as pool:
        reading, deleting = pool.map(lambda each: copied.shop.run("trial", "-e", each, "--json"), statements)
    return Tried(reading, deleting, lost)


def test_a_trial_that_reads_passes(tried: Tried) -> None:
    document = tried.reading.document
    assert (tried.reading.code, document["verdict"]) == (0, "pass"), tried.reading.err
    assert (document["tables"], document["schema"]) == ([], [])


def test_a_trial_that_deletes_counts_what_is_lost(tried: Tried) -> None:
    document = tried.deleting.document
    assert (tried.deleting.code, document["verdict"]) == (1, "fail"), tried.deleting.err
    assert {each["name"]: each["removed"] for each in document["tables"] if each["removed"]} == tried.lost
    blamed = {each["subject"] for each in document["findings"] if each["rule"] == "rows-lost"}
    assert blamed == set(tried.lost)


def _doomed(copied: Copied) -> tuple[str, dict[str, int]]:
    """The largest table that can be emptied, as SQL names it, and the rows each table loses with it: tried here."""
    url = copied.refresh["staging"]["url"]
    with psycopg.connect(url, autocommit=True) as staging:  # with the database's own settings: triggers rely on them
        before = equality.row_counts(staging)
        for name in sorted(before, key=lambda name: (-before[name], name)):
            table = sql.Identifier(*name)
            try:
                with staging.transaction(force_rollback=True):
                    staging.execute(sql.SQL("DELETE FROM ONLY {}").format(table))
                    staging.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    after = equality.row_counts(staging)
            except psycopg.errors.ForeignKeyViolation:
                continue
            lost = {".".join(each): before[each] - after[each] for each in before if before[each] > after[each]}
            return table.as_string(None), lost
    raise AssertionError("nothing can be deleted")
