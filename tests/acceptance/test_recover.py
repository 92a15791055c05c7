"""What production lost since a backup, told, and brought back by a script that a person runs with psql."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stagecopy.demo.generator import load
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.process import environment
from tests.acceptance.database_equality import look as connected
from tests.acceptance.database_equality import sequence_states
from tests.acceptance.harness import Shop, shop_of
from tests.integration.majors import SLOW
from tests.integration.scratch_server import BINARIES, database_of

CANARY = "canary-recover"
ODD = f"""
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE "Odd ""table %s" ("a key" int, "B\\C" text, mood mood, "create" timestamptz,
    PRIMARY KEY ("B\\C", "a key"));
CREATE TABLE bag (word text, created_at timestamp, doc json);
CREATE TABLE tree (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, up int REFERENCES tree, name text,
    twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE hen (id int PRIMARY KEY, egg int NOT NULL);
CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES hen);
CREATE TABLE people (id int PRIMARY KEY, phone text, plan text, note bytea);
CREATE TABLE gone (id serial PRIMARY KEY, person int REFERENCES people, mood mood DEFAULT 'ok', UNIQUE (person));
CREATE TABLE kept (gone_id int REFERENCES gone, x int);
CREATE TABLE log (at date, what text, PRIMARY KEY (at, what)) PARTITION BY RANGE (at);
CREATE TABLE log_20 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_21 PARTITION OF log FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE calm (id int PRIMARY KEY, x text);
CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER notices BEFORE INSERT ON tree FOR EACH ROW EXECUTE FUNCTION quiet();
INSERT INTO "Odd ""table %s" SELECT i, '{CANARY}\\.' || i, 'ok', '2026-01-01'::timestamptz + i * interval '1 day'
  FROM generate_series(1, 9) i;
INSERT INTO bag VALUES ('same', '2026-02-01', '{{"a": 1}}'), ('same', '2026-02-01', '{{"a": 1}}'), (NULL, NULL, NULL),
    (E'tab\\there\\n\\\\N', '2026-02-03', '[]');
INSERT INTO tree (up, name) SELECT NULLIF(i - 1, 0), '{CANARY} ' || i FROM generate_series(1, 20) i;
INSERT INTO hen SELECT i, i FROM generate_series(1, 3) i;
INSERT INTO egg SELECT i, i FROM generate_series(1, 3) i;
ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg;
INSERT INTO people SELECT i, '{CANARY} +49 ' || i, 'free', '\\x00ff' FROM generate_series(1, 30) i;
INSERT INTO gone (person) SELECT i FROM generate_series(1, 5) i;
INSERT INTO kept VALUES (1, 1), (NULL, 2);
INSERT INTO log VALUES ('2020-05-05', 'a'), ('2021-05-05', 'b'), ('2021-06-05', 'c');
INSERT INTO calm VALUES (1, 'a'), (2, NULL);
"""
DAMAGE = """
DELETE FROM "Odd ""table %s" WHERE "a key" < 4;
DELETE FROM bag WHERE word IS NULL;
DELETE FROM bag WHERE ctid = (SELECT min(ctid) FROM bag WHERE word = 'same');
TRUNCATE tree RESTART IDENTITY;
TRUNCATE hen, egg;
UPDATE people SET phone = NULL WHERE id <= 10;
UPDATE people SET plan = 'paid' WHERE id BETWEEN 5 AND 6;
ALTER TABLE people DROP COLUMN note;
DROP TABLE gone CASCADE;
DROP TABLE log_20;
DELETE FROM log WHERE what = 'b';
INSERT INTO people VALUES (31, 'newer', 'free');
INSERT INTO log VALUES ('2021-09-09', 'newer');
UPDATE calm SET x = 'b' WHERE id = 2;
"""


def psql(address: Address, script: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A person runs the script."""
    reach = {
        "PGHOST": address.host,
        "PGPORT": str(address.port),
        "PGUSER": address.user,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
    }
    argv = [f"{BINARIES}/psql", "-X", "-q", "-o", "/dev/null", *options, "-f", str(script)]
    return subprocess.run(argv, env=environment(reach), capture_output=True, text=True, timeout=60, check=False)


def dumped(address: Address, *options: str) -> list[str]:
    """All that pg_dump tells, sorted; column lists of rows name their order."""
    reach = {"PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": address.user}
    env = environment({**reach, "PGPASSWORD": address.password, "PGDATABASE": address.database})
    argv = [f"{BINARIES}/pg_dump", "--column-inserts", *options]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=True)
    return sorted(line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\")))


def counters_of(address: Address) -> dict[str, tuple[int, bool]]:
    """Where the sequences stand."""
    with connected(address.url) as connection:
        return sequence_states(connection)


def backed_up(shop: Shop) -> str:
    """Take a backup; its id."""
    done = shop.run("backup", "create", "--json")
    assert done.code == 0, done.err
    return str(done.document["backup"]["id"])


def by_name(document: Any) -> dict[str, Any]:
    """Tables of the document."""
    return {each["name"]: each for each in document["tables"]}


@pytest.fixture(scope="module")
def demo(scratch_server: Address) -> Iterator[Shop]:
    """The demo's production."""
    with database_of(scratch_server) as production, shop_of(production, "embedded") as made:
        with connect_staging(production) as connection:
            load(connection)
        yield made


@pytest.fixture(scope="module")
def odd(scratch_server: Address) -> Iterator[Shop]:
    """A production with a table of each difficult kind."""
    with database_of(scratch_server) as production, shop_of(production, "embedded") as made:
        made.production_sql(ODD)
        yield made


def test_the_demo_loses_its_accounts_and_gets_them_back(demo: Shop) -> None:
    backup = backed_up(demo)
    before, counters = dumped(demo.production), counters_of(demo.production)
    demo.production_sql("""
        TRUNCATE public."bazaar-vid_user" RESTART IDENTITY CASCADE;
        INSERT INTO public."bazaar-vid_user" (id, email) VALUES ('newer-user', 'newer@example.com');
    """)
    newer = set(dumped(demo.production)) - set(before)
    timeline = demo.home.parent / "incident.md"
    done = demo.run("recover", "--trial", "--incident", str(timeline), "--json")
    assert done.code == 1, done.err
    tables = by_name(done.document)
    users = tables["public.bazaar-vid_user"]
    assert (users["missing"], users["nulled"], users["newer"]) == (565, 0, 1)
    assert tables["public.bazaar-vid_project"]["missing"] == 1400
    assert done.document["backup"] == backup
    assert done.document["trial"] == {"proved": True, "left": []}
    script = Path(done.document["script"])
    assert script.stat().st_mode & 0o777 == 0o600
    ran = psql(demo.production, script)
    assert ran.returncode == 0, ran.stderr
    after = dumped(demo.production)
    assert set(before) - set(after) == set()
    assert len(after) == len(before) + 1
    assert set(after) - set(before) == {line for line in newer if line.startswith("INSERT")}
    assert counters_of(demo.production) == counters
    assert "565" in timeline.read_text(encoding="utf-8")
    again = demo.run("recover", "--json")
    assert again.code == 0, again.err
    assert psql(demo.production, script).returncode == 0  # a second run finds nothing to do
    assert dumped(demo.production) == after


def test_every_kind_of_table_comes_back(odd: Shop) -> None:
    backed_up(odd)
    before = dumped(odd.production)
    odd.production_sql(DAMAGE)
    damaged = dumped(odd.production)
    done = odd.run("recover", "--trial", "--json")
    assert done.code == 1, done.err
    found = {name: (each["missing"], each["nulled"], each["changed"]) for name, each in by_name(done.document).items()}
    assert found == {
        'public.Odd "table %s': (3, 0, 0),
        "public.bag": (2, 0, 0),
        "public.tree": (20, 0, 0),
        "public.hen": (3, 0, 0),
        "public.egg": (3, 0, 0),
        "public.people": (0, 10 + 30, 2),
        "public.gone": (5, 0, 0),
        "public.log": (2, 0, 0),
        "public.calm": (0, 0, 1),
    }
    tables = by_name(done.document)
    assert tables["public.gone"]["dropped"]
    assert tables["public.log"]["partitions"] == ["public.log_20"]
    assert tables["public.tree"]["triggers"] == ["notices"]
    assert tables["public.bag"]["times"] == {
        "created_at": {"earliest": "2026-02-01 00:00:00", "latest": "2026-02-01 00:00:00"}
    }
    assert done.document["trial"] == {"proved": True, "left": []}
    assert CANARY not in done.out + done.err
    assert dumped(odd.production) == damaged
    ran = psql(odd.production, Path(done.document["script"]))
    assert ran.returncode == 0, ran.stderr
    after = dumped(odd.production)
    missing = set(before) - set(after)
    assert [line for line in missing if not any(word in line for word in ("people", "note bytea", "calm"))] == []
    with connect_staging(odd.production) as production:
        rows = production.execute("SELECT id, phone, plan, note FROM public.people ORDER BY id").fetchall()
        counted = production.execute("SELECT count(*) FROM public.bag").fetchone()
    plans = {5: "paid", 6: "paid"}
    wanted = [(i, f"{CANARY} +49 {i}", plans.get(i, "free"), b"\x00\xff") for i in range(1, 31)]
    assert rows == [*wanted, (31, "newer", "free", None)]
    assert counted == (4,)
    changed = psql(odd.production, Path(done.document["script"]))
    assert changed.returncode != 0  # a column and a table are there now: nothing is done twice
    assert dumped(odd.production) == after


@pytest.mark.skipif(not SLOW, reason="STAGECOPY_SLOW=1")
def test_changed_values_come_back_on_a_persons_word_where_nobody_wrote_since(odd: Shop) -> None:
    backed_up(odd)
    odd.production_sql("UPDATE people SET plan = 'x'; UPDATE people SET phone = NULL WHERE id = 1")
    done = odd.run("recover", "--table", "people", "--json")
    assert (done.code, by_name(done.document)["public.people"]["changed"]) == (1, 31)
    odd.production_sql("UPDATE people SET plan = 'mine' WHERE id = 3")
    ran = psql(odd.production, Path(done.document["script"]), "-v", "restore_changed=on")
    assert ran.returncode == 0, ran.stderr
    with connect_staging(odd.production) as production:
        rows: dict[int, str] = dict(production.execute("SELECT id, plan FROM public.people").fetchall())
        phone = production.execute("SELECT phone FROM public.people WHERE id = 1").fetchone()
    assert (rows[1], rows[3], rows[5]) == ("free", "mine", "paid")
    assert phone == (f"{CANARY} +49 1",)


def test_raw_rows_are_not_written_where_a_commit_takes_them_along(odd: Shop) -> None:
    inside = odd.run("recover", "--output", "lost.sql", "--json")
    assert (inside.code, inside.document["error"]["code"]) == (2, "raw-in-project")
    tree = odd.home.parent / "elsewhere"
    (tree / ".git").mkdir(parents=True)
    other = odd.run("recover", "--output", str(tree / "lost.sql"), "--json")
    assert (other.code, other.document["error"]["code"]) == (2, "raw-in-project")
    early = odd.run("recover", "--since", "2001-01-01", "--json")
    assert (early.code, early.document["error"]["code"]) == (2, "no-such-backup")
