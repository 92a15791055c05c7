"""One database with the shapes that copying tools trip over, refreshed on both engines and looked at from outside.

The schemas are in nasty_schemas/, a file per family; each test looks at one family. What no test mentions is covered by
the comparison of every row and of every definition.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from stagecopy import process
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from tests.acceptance import database_equality as equality
from tests.acceptance.harness import Shop, shop_of
from tests.integration.engine_fixtures import docker_required
from tests.integration.scratch_server import BINARIES, running_server

FOLDER = Path(__file__).with_name("nasty_schemas")
NAME = 'Nasty "Shop" 50%.db'
MASKS = {
    ("my.schema", "a.b", "E Mail"): {"mask": "email"},
    ("UPPER Case", "a.b", "E Mail"): {"mask": "email"},
    ('quo"te', 't"a"b', 'c"d'): {"mask": "hash"},
    ("a02", "one", "c"): {"mask": "hash"},
    ("a09", "people", "email"): {"mask": "email"},
    ("a11", "dated", "born"): {"mask": "shift_date", "days": "9000"},
    ("a11", "hashed", "email"): {"mask": "email"},
    ("a12", "parent", "v"): {"mask": "hash"},
    ("a14", "texts", "masked"): {"mask": "hash"},
}
ROUTED = ("a11.dated", "a11.hashed")
SETTINGS: tuple[LiteralString, ...] = (  # what changes how values are printed, or ends who takes his time
    'search_path = a02, "my.schema"',
    "timezone = 'Europe/Berlin'",
    "app.secret = 'do not copy'",
    "statement_timeout = '5s'",
    "idle_session_timeout = '3s'",
    "idle_in_transaction_session_timeout = '1s'",
    "bytea_output = escape",
    "DateStyle = 'SQL, DMY'",
    "IntervalStyle = sql_standard",
    "extra_float_digits = -3",
    "client_encoding = 'LATIN1'",
    "row_security = off",
    "quote_all_identifiers = on",
    "standard_conforming_strings = off",
    "default_transaction_isolation = serializable",
    "xmloption = document",
    "lc_monetary = 'C.utf8'",
)


@dataclass(frozen=True)
class Copied:
    """The project after a refresh, what the refresh said, and a connection to either side."""

    shop: Shop
    refresh: Any
    production: equality.Connection
    staging: equality.Connection

    def both(self, query: str) -> tuple[list[Any], list[Any]]:
        """What *query* gives in production and in staging."""
        before, after = (each.execute(query.encode()).fetchall() for each in (self.production, self.staging))
        return before, after

    def one(self, query: str) -> Any:
        """The one value that *query* gives in staging."""
        row = self.staging.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="module")
def nasty() -> Iterator[Address]:
    """The database, on a server of its own: roles belong to a whole server."""
    with running_server() as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
            address = server.to(database=NAME)
            for path in sorted(FOLDER.glob("*.sql")):
                _load(address, path)
            for setting in SETTINGS:
                admin.execute(sql.SQL("ALTER DATABASE {} SET {}").format(sql.Identifier(NAME), sql.SQL(setting)))
        yield address


def _load(address: Address, path: Path) -> None:
    env = process.environment({"PGPASSWORD": address.password})
    where = ["-h", address.host, "-p", str(address.port), "-U", address.user, "-d", address.database]
    argv: list[str | Path] = [BINARIES / "psql", *where, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path]
    child = process.start(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = child.communicate()
    assert child.returncode == 0, f"{path.name}: {errors.decode()[-500:]}"


@pytest.fixture(scope="module", params=["embedded", pytest.param("docker", marks=pytest.mark.docker)])
def copied(request: pytest.FixtureRequest, nasty: Address) -> Iterator[Copied]:
    """One refresh with the masks above; all else is kept. Rows come from the dump on one engine, by COPY on another."""
    if request.param == "docker":
        docker_required()
    with shop_of(nasty, request.param) as shop:
        shop.rules(_rules())
        refresh = shop.refreshed(*(["--direct"] if shop.engine == "docker" else []))
        with equality.look(nasty.url) as production, equality.look(refresh["staging"]["url"]) as staging:
            yield Copied(shop, refresh, production, staging)


def _rules() -> str:
    patterns = [
        {**{key: _literal(name) for key, name in zip(("schema", "table", "column"), names, strict=True)}, **mask}
        for names, mask in MASKS.items()
    ]
    return f"patterns: {json.dumps([*patterns, {'column': '*', 'keep': 'nothing personal'}])}\n"


def _literal(name: str) -> str:
    """A name in a pattern, where * and ? are wild: none of the masked names has one."""
    assert not set("*?[") & set(name)
    return name


def _masked() -> dict[str, list[str]]:
    return {f"{schema}.{table}": [column] for schema, table, column in MASKS}


def test_every_row_arrives_and_masked_values_differ(copied: Copied) -> None:
    found = equality.compare_rows(copied.production, copied.staging, _masked(), routed=ROUTED)
    assert found == equality.Differences((), ())


def test_everything_is_defined_as_in_production(copied: Copied) -> None:
    assert equality.changed_definitions(copied.production, copied.staging) == []
    assert equality.sequence_states(copied.staging) == equality.sequence_states(copied.production)


def test_A01_odd_names_are_masked_and_tried(copied: Copied) -> None:
    masked = {table["name"]: table["masked"] for table in copied.refresh["tables"]}
    assert masked["my.schema.a.b"] == masked["UPPER Case.a.b"] == ["E Mail"]
    assert masked['quo"te.t"a"b'] == ['c"d']
    statement = 'DELETE FROM "my.schema"."a.b" WHERE "a.b" > 13'
    done = copied.shop.run("trial", "--role", "Shop Owner", "-e", statement, "--json")
    assert done.code == 1, done.err
    assert [(each["name"], each["removed"]) for each in done.document["tables"]] == [("my.schema.a.b", 37)]
    assert (done.document["schema"], done.document["ran_as"]) == ([], "Shop Owner")


def test_A02_tables_without_columns_keep_their_rows(copied: Copied) -> None:
    rows = {table["name"]: table["rows"] for table in copied.refresh["tables"]}
    assert [rows[f"a02.{name}"] for name in ("nothing", "all_gone", "only_generated", "wide")] == [2, 2, 1, 2]
    assert copied.one("SELECT count(*) FROM a02.nothing") == 2


def test_A05_views_and_matviews_are_filled_in_order(copied: Copied) -> None:
    for view in ("v", "m1", "a_m2", "r"):
        before, after = copied.both(f"SELECT * FROM a05.{view} ORDER BY 1")
        assert before == after != [], view
    populated = "SELECT relname, relispopulated FROM pg_class WHERE relkind = 'm' ORDER BY 1"
    before, after = copied.both(populated)
    assert before == after
    assert ("empty_on_purpose", False) in after


def test_A03_tables_of_one_name_in_two_schemas_are_told_apart(copied: Copied) -> None:
    for schema in ("my.schema", "UPPER Case"):
        before, after = copied.both(f'SELECT count(*), count(DISTINCT "E Mail") FROM "{schema}"."a.b"')
        assert before == after
        raw, masked = copied.both(f'SELECT "E Mail" FROM "{schema}"."a.b" ORDER BY 1')
        assert not {*raw} & {*masked} - {(None,), ("",)}


def test_A06_keys_of_every_kind_arrive(copied: Copied) -> None:
    query = (
        "SELECT conname, contype::text, condeferrable, condeferred, convalidated, pg_get_constraintdef(c.oid)"
        " FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = 'a06' ORDER BY 1, 6"
    )
    before, after = copied.both(query)
    assert before == after
    assert {row[1] for row in after} >= {"x", "u", "p", "f", "c"}
    before, after = copied.both("SELECT indexdef FROM pg_indexes WHERE schemaname = 'a06' ORDER BY 1")
    assert before == after
    assert any("NULLS NOT DISTINCT" in row[0] for row in after)
    assert any("WHERE (a > 0)" in row[0] for row in after)


def test_A07_cluster_order_replica_identity_and_partition_indexes_are_as_they_were(copied: Copied) -> None:
    query = (
        "SELECT c.relname, c.relreplident::text, i.indisclustered, i.indisreplident, p.inhparent::regclass::text"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid"
        " LEFT JOIN pg_inherits p ON p.inhrelid = c.oid WHERE nspname IN ('a06', 'a11') ORDER BY 1"
    )
    before, after = copied.both(query)
    assert before == after
    assert ("clustered_b_key", "n", True, True, None) in after
    assert any(row[4] and row[2] is False for row in after)  # an index attached to that of its parent


def test_A08_nothing_fires_while_the_copy_is_made(copied: Copied) -> None:
    assert copied.one("SELECT count(*) FROM a08.fired") == 0
    assert copied.one("SELECT count(*) FROM pg_event_trigger WHERE evtenabled = 'O'") == 2


def test_A09_generated_columns_follow_the_masked_ones(copied: Copied) -> None:
    assert equality.stale_generated(copied.staging) == []
    assert copied.one("SELECT count(*) FROM a09.people WHERE mail_lower ~ '^user[0-9]+@corp'") == 0
    assert copied.one("SELECT count(DISTINCT mail_lower) FROM a09.people") == 40


def test_A10_the_next_number_is_the_one_production_would_give(copied: Copied) -> None:
    with copied.staging.transaction(force_rollback=True):
        assert copied.one("INSERT INTO a10.always (v) VALUES ('next') RETURNING id") == 135
        assert copied.one('INSERT INTO a10."Mixed" DEFAULT VALUES RETURNING "Id" + "S" + "B"') == 9
        assert copied.one("INSERT INTO a10.unused DEFAULT VALUES RETURNING id") == 1
        assert copied.one("SELECT nextval('a10.set_not_called')") == 55


def test_A11_masked_partition_keys_are_routed_by_the_root(copied: Copied) -> None:
    before, after = copied.both("SELECT id, v, born FROM a11.dated ORDER BY id")
    assert [row[:2] for row in before] == [row[:2] for row in after]
    assert all(old[2] != new[2] for old, new in zip(before, after, strict=True))
    before, after = copied.both("SELECT n, email FROM a11.hashed ORDER BY n")
    assert [row[0] for row in before] == [row[0] for row in after] == list(range(1, 61))
    assert not {row[1] for row in before} & {row[1] for row in after}
    assert {table["name"] for table in copied.refresh["tables"]} >= {"a11_leaves.d1", "a11.attached", "a11.hashed_0"}


def test_A12_a_child_keeps_its_own_rows_and_no_others(copied: Copied) -> None:
    before, after = copied.both("SELECT tableoid::regclass::text, id FROM a12.parent ORDER BY id")
    assert before == after
    assert len(after) == 12


def test_A14_A15_text_without_a_mask_is_the_same_to_the_byte(copied: Copied) -> None:
    before, after = copied.both("SELECT id, convert_to(t, 'UTF8') FROM a14.texts ORDER BY id")
    assert before == after
    before, after = copied.both("SELECT id, masked IS NULL, masked = '' FROM a14.texts ORDER BY id")
    assert before == after


def test_A16_numbers_and_times_at_their_limits_are_exact(copied: Copied) -> None:
    """Production's settings would print fewer digits, other dates and other spans of time."""
    names = ("b", "n", "f", "r", "d", "ts", "t", "i", "tz")
    before, after = copied.both(f"SELECT {', '.join(f'{name}::text' for name in names)} FROM a14.numbers ORDER BY b")
    assert before == after
    said = {text for row in after for text in row}
    assert {"9007199254740993", "-9223372036854775808", "9" * 400, "0.30000000000000004", "-0", "infinity"} <= said
    binary = ", ".join(f"encode({kind}send({name}), 'hex')" for name, kind in (("f", "float8"), ("i", "interval_")))
    before, after = copied.both(f"SELECT {binary} FROM a14.numbers ORDER BY b")
    assert before == after


def test_A17_money_is_the_same_whatever_lc_monetary_says(copied: Copied) -> None:
    before, after = copied.both("SELECT m::numeric FROM a14.numbers ORDER BY b")
    assert before == after
    assert len(after) == 3
    with psycopg.connect(copied.shop.production.url) as plain, connect_staging(copied.shop.production) as ours:
        said = [each.execute("SHOW lc_monetary").fetchone() for each in (plain, ours)]
    assert said == [("C.utf8",), ("C",)]  # what writes and reads rows is of one mind, whatever a database says


def test_A18_values_of_every_kind_are_the_same(copied: Copied) -> None:
    before, after = copied.both("SELECT t::text FROM a14.types t ORDER BY 1")
    assert before == after
    assert copied.one("""SELECT j::text = '{"a":1, "a":2}' AND jb = 'null' FROM a14.types WHERE c = 'ab'""")


def test_A25_circular_foreign_keys_hold(copied: Copied) -> None:
    assert copied.one("SELECT count(*) FROM a06.left_one l JOIN a06.right_one r ON l.other = r.id") == 2
    assert copied.one("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated") == 1


def test_A47_what_must_not_come_along_is_named(copied: Copied) -> None:
    said = {each["code"]: each["message"] for each in copied.refresh["fidelity"]}
    assert "large objects" in said["left-behind"]
    assert "user mappings" in said["left-behind"]
    assert "app.secret" in said["settings-left"]
    gone = ("pg_largeobject_metadata", "pg_user_mapping", "pg_subscription")
    assert [copied.one(f"SELECT count(*) FROM {table}") for table in gone] == [0, 0, 0]
    with psycopg.connect(copied.refresh["staging"]["url"]) as plain:
        assert plain.execute("SHOW search_path").fetchone() == ('a02, "my.schema"',)
        assert plain.execute("SHOW timezone").fetchone() == ("Europe/Berlin",)


FAILING_VIEW = """
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE notes (id int);
CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM notes';
CREATE MATERIALIZED VIEW totals AS SELECT app.total() AS n;
"""


def test_A05_a_matview_that_cannot_be_filled_fails_the_refresh(embedded_shop: Shop) -> None:
    with psycopg.connect(embedded_shop.production.url, autocommit=True) as production:
        production.execute(FAILING_VIEW)
    embedded_shop.keep_everything()
    done = embedded_shop.run("refresh", "--json")
    assert done.code == 4
    assert "REFRESH MATERIALIZED VIEW app.totals" in done.document["error"]["message"]
    assert embedded_shop.run("staging", "url").code == 4


def test_a_database_sorts_by_the_same_rules(scratch_server: Address) -> None:
    name = f"icu_{secrets.token_hex(3)}"
    with psycopg.connect(scratch_server.url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'".encode())
    production = scratch_server.to(database=name)
    words = "SELECT string_agg(w, '' ORDER BY w) FROM pg_catalog.unnest(ARRAY['b', 'B', 'a', 'A', 'ä', 'z']) w"
    with shop_of(production, "embedded") as shop:
        shop.keep_everything()
        shop.refreshed()
        with psycopg.connect(production.url) as here, shop.staging() as there:
            assert here.execute(words).fetchone() == there.execute(words).fetchone() == ("aAäbBz",)
