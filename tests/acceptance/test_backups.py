"""Backups as people use them: taken, listed, read again, proven, put back; and every kind of damage recognised."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.backups.checking import verify
from stagecopy.backups.record import look
from stagecopy.model.backup import Backup
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.process import environment
from tests.acceptance.database_equality import changed_definitions, compare_rows, sequence_states
from tests.acceptance.database_equality import look as connected
from tests.acceptance.harness import Shop, shop_of
from tests.integration.majors import SLOW
from tests.integration.scratch_server import BINARIES, database_of, running_server

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, mood mood);
CREATE TABLE posts (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE, body text);
CREATE TABLE plans (id int PRIMARY KEY, name text);
CREATE TABLE tick AS SELECT 'abcdefgh' AS word;
CREATE TABLE tock AS SELECT 'hgfedcba' AS word;
CREATE TABLE events (at date, what text) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO users SELECT i, 'u' || i || '@canary-raw.example', 'ok' FROM generate_series(1, 300) i;
INSERT INTO posts (user_id, body) SELECT i, E'line\\nnext \\\\ and\\ttab' FROM generate_series(1, 200) i;
INSERT INTO plans VALUES (1, 'free'), (2, NULL), (3, '');
INSERT INTO events VALUES ('2020-05-05', 'a'), ('2021-05-05', 'b'), ('2021-06-05', 'c');
CREATE VIEW named AS SELECT id, email FROM users;
SELECT lo_from_bytea(4711, 'raw bytes');
"""
ROWS = {"users": 300, "posts": 200, "plans": 3, "tick": 1, "tock": 1, "events_old": 1, "events_new": 2}
GUIDE = Path(__file__).parents[2] / "docs/backup-recovery-procedures.md"


def listed(shop: Shop) -> dict[str, dict[str, Any]]:
    """What `backup list` says, by id, the newest first."""
    done = shop.run("backup", "list", "--json")
    assert done.code == 0, done.err
    return {each["id"]: each for each in done.document["backups"]}


def created(shop: Shop, *words: str) -> dict[str, Any]:
    """Take a backup, which must succeed; returns it."""
    done = shop.run("backup", "create", "--json", *words)
    assert done.code == 0, done.err
    return dict(done.document["backup"])


def steps(name: str, backup: Path) -> str:
    """The commands that the guide gives under that name."""
    found = re.search(rf"<!-- steps: {name} -->\n```\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, name
    return found[1].replace("BACKUP", str(backup))


def typed(text: str, address: Address) -> subprocess.CompletedProcess[str]:
    """Type them into a shell, with PostgreSQL's own programs."""
    reach = {
        "PGHOST": address.host,
        "PGPORT": str(address.port),
        "PGUSER": address.user,
        "PGPASSWORD": address.password,
    }
    env = {**environment(reach), "PATH": f"{BINARIES}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-e", "-c", text], env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def emergency() -> Iterator[Address]:
    """A server that has nothing to do with production."""
    with running_server() as address:
        yield address


@pytest.fixture(scope="module")
def shop(scratch_server: Address) -> Iterator[Shop]:
    """A project whose production is small and has a bit of everything."""
    try:
        with database_of(scratch_server) as production, shop_of(production, "embedded") as made:
            made.production_sql(SCHEMA)
            yield made
    finally:
        with connect_staging(scratch_server) as admin:
            admin.execute("DROP ROLE IF EXISTS backup_reader")


@pytest.fixture(scope="module")
def whole(shop: Shop) -> dict[str, Any]:
    """One backup of it."""
    shop.production_sql("CREATE ROLE backup_reader; GRANT SELECT ON plans TO backup_reader")
    return created(shop)


@pytest.fixture(scope="module")
def sample(whole: dict[str, Any]) -> Path:
    """Its folder, to be copied and damaged."""
    return Path(whole["folder"])


def test_what_is_backed_up_comes_back_with_plain_tools_and_with_ours(
    shop: Shop, whole: dict[str, Any], sample: Path, emergency: Address
) -> None:
    assert (whole["state"], whole["kind"], whole["rows"]) == ("verified", "whole", sum(ROWS.values()))
    manifest = json.loads((sample / "manifest.json").read_text())
    assert {name: each["rows"] for name, each in manifest["tables"].items()} == {f"public.{n}": ROWS[n] for n in ROWS}
    assert (manifest["source"]["name"], manifest["large_objects"]) == (shop.production.database, 1)
    assert manifest["lsn"]
    assert not re.search("PASSWORD|SCRAM-SHA-256|md5", (sample / "globals.sql").read_text())
    same = emergency.to(database=shop.production.database)
    checked = typed(steps("check", sample), same)
    assert checked.returncode == 0, checked.stdout
    assert {line.rpartition(": ")[2] for line in checked.stdout.splitlines()} == {"OK"}
    roles = typed(steps("roles", sample), same)
    assert [line for line in roles.stderr.splitlines() if "postgres" not in line] == []
    restored = typed(steps("restore", sample), same)
    assert restored.returncode == 0, restored.stderr
    _equals_production(shop, same)
    _restored_by_us(shop, whole["id"], emergency)


def _equals_production(shop: Shop, address: Address) -> None:
    with connected(shop.production.url) as production, connected(address.url) as there:
        differences = compare_rows(production, there, {})
        assert (differences.other, differences.raw) == ((), ())
        assert sequence_states(production) == sequence_states(there)
        assert changed_definitions(production, there) == []
        row = there.execute("SELECT lo_get(4711)").fetchone()
        assert row is not None
        assert bytes(row[0]) == b"raw bytes"


def _restored_by_us(shop: Shop, backup: str, emergency: Address) -> None:
    """Never onto production, also when it is down, never over anything; then all of it."""
    on_production = shop.run("backup", "restore", backup, "--to", shop.production.url, "--json")
    assert (on_production.code, on_production.document["error"]["code"]) == (4, "target-is-production")
    shop.environ["STAGECOPY_PRODUCTION_URL"] = "postgresql://nobody@127.0.0.1:1/d"  # it is down
    down = shop.run("backup", "restore", backup, "--to", shop.production.url, "--json")
    assert (down.code, down.document["error"]["code"]) == (4, "target-is-production")
    filled = emergency.to(database=shop.production.database)
    over = shop.run("backup", "restore", backup, "--to", filled.url, "--json")
    assert (over.code, over.document["error"]["code"]) == (4, "target-not-empty")
    with database_of(emergency) as empty:
        shop.environ["STAGECOPY_RESTORE_URL"] = empty.url
        done = shop.run("backup", "restore", backup, "--json")
        assert done.code == 0, done.err
        assert {each["name"]: each["rows"] for each in done.document["tables"]} == {
            f"public.{n}": ROWS[n] for n in ROWS
        }
        assert empty.password not in done.out + done.err
        shop.environ["STAGECOPY_PRODUCTION_URL"] = shop.production.url
        _equals_production(shop, empty)


def test_a_backup_for_a_migration_holds_what_its_trial_touched(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.production_sql(SCHEMA)
    shop.keep_everything()
    shop.configure(watch="{critical: [public.plans]}")
    first = created(shop)
    fresh = shop.refreshed()
    seen = listed(shop)
    assert list(seen) == [fresh["backup"], first["id"]]
    assert {each["state"] for each in seen.values()} == {"verified"}
    state = json.loads((shop.home / "backups" / fresh["backup"] / "state.json").read_text())
    assert set(state["checks"].values()) == {"restored"}
    text = "DELETE FROM users WHERE id <= 10;\nDELETE FROM events WHERE at < '2021-01-01';\n"
    shop.write("migration.sql", text)
    untried = shop.run("backup", "create", "--for", "migration.sql", "--json")
    assert (untried.code, untried.document["error"]["code"]) == (2, "not-tried")
    assert untried.document["error"]["hint"] == "stagecopy trial migration.sql"
    assert shop.trial(text).code == 1
    made = created(shop, "--for", "migration.sql")
    folder = shop.home / "backups" / made["id"]
    manifest = json.loads((folder / "manifest.json").read_text())
    expected = {"users": 300, "posts": 200, "plans": 3, "events_old": 1}
    assert {name: each["rows"] for name, each in manifest["tables"].items()} == {
        f"public.{name}": rows for name, rows in expected.items()
    }
    assert (made["kind"], made["migration"], made["state"]) == ("for", manifest["migration"]["sha256"], "verified")
    shop.write("migration.sql", text + "-- another text\n")
    assert shop.run("backup", "create", "--for", "migration.sql").code == 2
    proven = shop.run("backup", "verify", fresh["backup"], "--prove", "--json")
    assert proven.code == 0, proven.err
    (each,) = proven.document["backups"]
    assert (each["state"], "indexes sound" in (each["amcheck"] or "not available")) == ("proven", True)
    assert not list(shop.home.glob("engine/prove-*"))
    _missing_until_pruned(shop, first["id"])


def _missing_until_pruned(shop: Shop, backup: str) -> None:
    """A folder that somebody removed is missed until a person says that it may be."""
    shutil.rmtree(shop.home / "backups" / backup)
    assert listed(shop)[backup]["state"] == "missing"
    assert shop.run("backup", "verify", backup).code == 4
    assert "is missing" in shop.run("status").out
    dry = shop.run("backup", "prune", "--dry-run", "--json")
    assert [each["id"] for each in dry.document["backups"] if not each["kept"]] == []
    assert backup in listed(shop)
    assert shop.run("backup", "prune", "--yes").code == 0
    assert backup not in listed(shop)


def _copy(sample: Path, place: Path, name: str | None = None) -> Path:
    target = place / (name or sample.name)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(sample, target)
    return target


def _seen(folder: Path) -> tuple[Backup, Backup]:
    """As a list shows it, and after a full reading."""
    return look(folder), verify(folder, tools=None, jobs=1)


def _recognised(folder: Path) -> None:
    before, after = _seen(folder)
    assert not before.sound, before
    assert after.state == "damaged", after
    assert look(folder).state == "damaged"


def _files(folder: Path) -> list[Path]:
    names = json.loads((folder / "manifest.json").read_text())["files"]
    return [folder / name for name in sorted(names) if (folder / name).stat().st_size]


def test_an_honest_copy_is_verified_again(sample: Path, tmp_path: Path) -> None:
    before, after = _seen(_copy(sample, tmp_path))
    assert (before.state, after.state) == ("unverified", "verified")


def test_every_flipped_byte_and_every_cut_is_recognised(sample: Path, tmp_path: Path) -> None:
    chance = random.Random(65)  # noqa: S311 - places, no secrets
    for number in range(250 if SLOW else 60):
        folder = _copy(sample, tmp_path)
        victim = chance.choice(_files(folder))
        data = bytearray(victim.read_bytes())
        if number % 5:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        else:
            del data[chance.randrange(len(data)) :]
        victim.write_bytes(data)
        _recognised(folder)


def test_every_flipped_byte_of_the_manifest_is_recognised(sample: Path, tmp_path: Path) -> None:
    chance = random.Random(66)  # noqa: S311 - places, no secrets
    for _ in range(50 if SLOW else 15):
        folder = _copy(sample, tmp_path)
        data = bytearray((folder / "manifest.json").read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
        (folder / "manifest.json").write_bytes(data)
        assert not any(each.sound for each in _seen(folder))


def test_files_of_equal_size_swapped_and_one_too_many(sample: Path, tmp_path: Path) -> None:
    folder = _copy(sample, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    one, two = (folder / manifest["tables"][f"public.{name}"]["file"] for name in ("tick", "tock"))
    assert one.stat().st_size == two.stat().st_size
    one.rename(folder / "other")
    two.rename(one)
    (folder / "other").rename(two)
    _recognised(folder)
    extra = _copy(sample, tmp_path)
    (extra / "dump" / "9999.dat.gz").write_bytes(b"")
    _recognised(extra)
    lacking = _copy(sample, tmp_path)
    (lacking / "globals.sql").unlink()
    _recognised(lacking)


def test_another_manifest_and_an_older_copy_under_a_newer_name(sample: Path, tmp_path: Path) -> None:
    newer = _copy(sample, tmp_path, "20991231-235959-ffff")
    before, after = _seen(newer)
    assert (before.state, after.state) == ("damaged", "damaged")
    assert f"it is backup {sample.name} under another name" in before.problems
    foreign = _copy(sample, tmp_path)
    manifest = json.loads((foreign / "manifest.json").read_text())
    _rewrite(foreign, {**manifest, "lsn": "0/1"})  # well formed, of the same name, and not the one that was written
    assert "its manifest is not the one that was written with it" in look(foreign).problems
    _recognised(foreign)
    (_copy(sample, tmp_path) / "manifest.json").unlink()
    assert look(tmp_path / sample.name).state == "damaged"


def _rewrite(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_fewer_rows_than_production_counted_are_recognised(sample: Path, tmp_path: Path) -> None:
    folder = _copy(sample, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["tables"]["public.users"]["rows"] += 1
    _rewrite(folder, manifest)
    (folder / "state.json").unlink()
    after = verify(folder, tools=None, jobs=1)
    assert (after.state, "holds 300 rows, production had 301" in after.problems[0]) == ("damaged", True)


def test_a_failing_backup_leaves_the_others_as_they_were(shop: Shop, whole: dict[str, Any]) -> None:
    unknown = shop.run("backup", "create", "--table", "nobody", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (2, "no-such-table")
    assert [path.name for path in (shop.home / "backups").iterdir()] == [whole["id"]]
    assert listed(shop)[whole["id"]]["state"] == "verified"


def test_some_tables_come_back_without_the_roles_of_production(shop: Shop, sample: Path, emergency: Address) -> None:
    """A role of production is not on this server, and what a foreign key refers to is not in the backup."""
    assert sample.is_dir()
    shop.production_sql("CREATE ROLE backup_stranger; ALTER TABLE plans OWNER TO backup_stranger")
    try:
        made = created(shop, "--table", "posts", "--table", "public.events")
    finally:
        shop.production_sql("ALTER TABLE plans OWNER TO postgres; DROP ROLE backup_stranger")
    assert (made["kind"], made["tables"], made["rows"]) == ("tables", 3, 203)
    with database_of(emergency) as empty:
        shop.environ["STAGECOPY_RESTORE_URL"] = empty.url
        refused = shop.run("backup", "restore", made["id"], "--json")
        assert (refused.code, refused.document["error"]["code"]) == (4, "roles-missing")
        assert "backup_stranger" in refused.document["error"]["message"]
        assert shop.run("backup", "restore", made["id"], "--without-roles").code == 0
        with psycopg.connect(empty.url) as there:
            counts = "SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM users), (SELECT count(*) FROM events)"
            assert there.execute(counts).fetchone() == (200, 0, 3)
