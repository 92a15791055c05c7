"""Rules about what outlives the database, what watches it and who may use it, on differences made by hand."""

from __future__ import annotations

import pytest

from stagecopy.model.change import Difference, SchemaChange, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.safety.policy import Policy, judge

USERS = "public.users"
EVENT = "ON ddl_command_end EXECUTE noted()"
READ = "{owner=arwd/owner,reader=r/owner}"
MUTE = "table REPLICA IDENTITY NOTHING"


def found(
    *schema: SchemaChange, tables: tuple[TableChange, ...] = (), run: MigrationRun | None = None
) -> list[Finding]:
    run = run or MigrationRun("00", 0.01, (StatementRun(1, 1, "sql", 0.001, None, "DO"),), None, False, 100)
    return list(judge(Difference(tables, schema), run, Policy(rollback="off")))


def changed(kind: str, change: str, name: str, before: str | None, after: str | None) -> SchemaChange:
    table = USERS if name.startswith(USERS) else None
    return SchemaChange(kind, change, name, before, after, table)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (changed("role", "added", "clerk", None, "role"), [("beyond-database", "warn")]),
        (changed("setting", "added", "sidecar", None, "database"), [("beyond-database", "warn")]),
        (changed("setting", "added", "system.work_mem", None, "8MB"), [("beyond-database", "warn")]),
        (changed("setting", "added", "database.work_mem", None, "8MB"), [("beyond-database", "info")]),
        (changed("setting", "changed", "clerk.work_mem", "8MB", "9MB"), [("beyond-database", "info")]),
        (changed("setting", "added", "clerk in database.work_mem", None, "9MB"), [("beyond-database", "info")]),
        (changed("setting", "added", "app", None, "schema"), []),
        (changed("setting", "dropped", "feed", "publication of all tables", None), [("watch-removed", "warn")]),
        (changed("trigger", "dropped", "noted", EVENT, None), [("watch-removed", "warn")]),
        (changed("table", "changed", USERS, "table", MUTE), [("watch-removed", "warn")]),
        (changed("table", "changed", USERS, MUTE, f"{MUTE} x"), []),
        (changed("grant", "changed", USERS, "OWNER a", "OWNER b"), [("owner-changed", "info")]),
        (changed("grant", "dropped", USERS, READ, None), [("grants-lost", "warn")]),
        (changed("grant", "dropped", USERS, "{owner=arwd/owner}", None), []),
        (changed("grant", "changed", USERS, READ, "{owner=r/owner,reader=rw/owner}"), []),
        (changed("grant", "changed", USERS, "{=r/owner}", "{owner=r/owner}"), [("grants-lost", "warn")]),
    ],
)
def test_one_schema_change(schema: SchemaChange, expected: list[tuple[str, str]]) -> None:
    assert [(each.rule, each.severity) for each in found(schema)] == expected


def test_grants_go_with_what_is_dropped() -> None:
    assert (
        found(changed("view", "dropped", "public.v", "x", None), changed("grant", "dropped", "public.v", READ, None))
        == []
    )


@pytest.mark.parametrize(
    ("sql", "tag", "rows", "said"),
    [
        ("UPDATE users SET seen = now(), luck = random()", "UPDATE 3", 3, "now(), random() gives"),
        ("UPDATE users SET seen = CURRENT_TIMESTAMP", "UPDATE 3", 3, "current_timestamp gives"),
        ("UPDATE users SET seen = 'now()' -- random()", "UPDATE 3", 3, None),
        ("UPDATE users SET seen = now()", "UPDATE 0", 0, None),
        ("SELECT now()", "SELECT 1", 1, None),
        ("CREATE TABLE t AS SELECT now()", "SELECT 1", 1, "now() gives"),
        ("DO $$ BEGIN UPDATE users SET luck = random(); END $$", "DO", None, "random() gives"),
        ("ALTER TABLE users ADD luck float DEFAULT random()", "ALTER TABLE", None, "random() gives"),
        ("UPDATE users SET seen = stamps.now FROM stamps", "UPDATE 3", 3, None),
        ("ALTER TABLE users ALTER id SET DEFAULT (gen_random_uuid())::text", "ALTER TABLE", None, None),
        (
            "ALTER TABLE users ALTER id TYPE uuid USING gen_random_uuid()",
            "ALTER TABLE",
            None,
            "gen_random_uuid() gives",
        ),
    ],
)
def test_values_that_vary(sql: str, tag: str, rows: int | None, said: str | None) -> None:
    run = MigrationRun("00", 0.01, (StatementRun(1, 1, sql, 0.001, rows, tag),), None, False, 100)
    vary = [each for each in found(tables=(TableChange("public", "users", 3, 3, changed=3),), run=run)
            if each.rule == "values-vary"]  # fmt: skip
    assert [each.message.startswith(said or "") for each in vary] == ([True] if said else [])


@pytest.mark.parametrize(
    ("sql", "tag", "count"),
    [
        ("SET session_replication_role = replica", "SET", 1),
        ("set local session_replication_role to 'replica'", "SET", 1),
        ("SET session_replication_role = DEFAULT", "SET", 0),
        ("SET session_replication_role = replica", "", 0),
    ],
)
def test_triggers_that_do_not_fire(sql: str, tag: str, count: int) -> None:
    run = MigrationRun("00", 0.01, (StatementRun(1, 1, sql, 0.001, None, tag),), None, False, 100)
    assert sum(each.rule == "triggers-skipped" for each in found(run=run)) == count
