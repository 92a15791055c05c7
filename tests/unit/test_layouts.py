"""Layouts of migration tools: what runs, what takes it back, in which transaction, in what order."""

from __future__ import annotations

import json

import pytest

from stagecopy.trial.layouts import in_order, layout_of

GOOSE = b"-- +goose Up\nCREATE TABLE a ();\n\n-- +goose Down\nDROP TABLE a;\n"
DBMATE = "-- migrate:up\r\nCREATE TABLE ä ();\r\n-- migrate:down\r\nDROP TABLE ä;\r\n".encode()


@pytest.mark.parametrize(
    ("path", "data", "beside", "expected"),
    [
        ("m/1.sql", b"SELECT 1", (), (None, "statement")),
        ("m/00001_a.sql", GOOSE, (), ("goose", "file")),
        ("m/00001_a.sql", b"-- +goose NO TRANSACTION\n" + GOOSE, (), ("goose", "statement")),
        ("m/1_a.sql", b"--  +goose  up\nSELECT 1", (), ("goose", "file")),
        ("m/1_a.sql", b"  -- +goose Up\nSELECT 1", (), (None, "statement")),
        ("m/1_a.sql", b"-- +migrate Up\nSELECT 1", (), ("sql-migrate", "file")),
        ("m/1_a.sql", b"-- +migrate Up notransaction\nSELECT 1", (), ("sql-migrate", "statement")),
        ("m/1_a.sql", DBMATE, (), ("dbmate", "file")),
        ("m/1_a.sql", DBMATE.replace(b":up", b":up transaction:false"), (), ("dbmate", "query")),
        ("m/1_a.sql", DBMATE.replace(b":down", b":down transaction:false"), (), ("dbmate", "file")),
        ("m/1_a.sql", b"-- Up Migration\nSELECT 1\n-- Down Migration\n", (), ("node-pg-migrate", "single")),
        ("m/1_a.sql", b"SELECT 1\n---- create above / drop below ----\n", (), ("tern", "file")),
        ("m/V1__a.sql", b"SELECT 1", (), ("Flyway", "file")),
        ("m/V1_2__a.sql", b"-- why\nCREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t", (), ("Flyway", "statement")),
        ("m/V1_2__a.sql", b"SELECT 1;\nCREATE INDEX CONCURRENTLY i ON t (a)", (), ("Flyway", "file")),
        ("m/R__views.sql", b"SELECT 1", (), ("Flyway", "file")),
        ("m/V1__a.sql", b"VACUUM t", (), ("Flyway", "statement")),
        ("prisma/migrations/20240131120000_a/migration.sql", b"SELECT 1", (), ("Prisma", "query")),
        ("prisma/migrations/0_init/migration.sql", b"SELECT 1", ("../migration_lock.toml",), ("Prisma", "query")),
        ("work/migration.sql", b"SELECT 1", (), (None, "statement")),
        ("work/up.sql", b"SELECT 1", ("down.sql",), (None, "statement")),
        ("m/2024_a/migration.sql", b"SELECT 1", ("snapshot.json",), ("Drizzle", "single")),
        ("m/0001_a.sql", b"SELECT 1;--> statement-breakpoint\nSELECT 2", (), ("Drizzle", "single")),
        ("m/0001_a.sql", b"SELECT 1", ("meta/_journal.json",), ("Drizzle", "single")),
        ("m/000001_a.up.sql", b"SELECT 1", (), ("golang-migrate or sqlx", "query")),
        ("m/2024_a/up.sql", b"SELECT 1", (), ("Diesel or Hasura", "file")),
        ("supabase/migrations/2024_a.sql", b"SELECT 1", (), ("Supabase", "query")),
        ("deploy/a.sql", b"BEGIN", ("../sqitch.plan",), ("Sqitch", "statement")),
        ("deploy/a.sql", b"BEGIN", (), (None, "statement")),
    ],
)
def test_a_tool_is_recognised_and_how_it_wraps(
    path: str, data: bytes, beside: tuple[str, ...], expected: tuple[str | None, str]
) -> None:
    layout = layout_of(path, data, dict.fromkeys(beside, b""))
    assert (layout.tool, layout.transaction) == expected


def test_settings_beside_a_file_keep_its_tool_from_a_transaction() -> None:
    flyway = layout_of("V1__a.sql", b"SELECT 1", {"V1__a.sql.conf": b"executeInTransaction = false\n"})
    diesel = layout_of("2024_a/up.sql", b"SELECT 1", {"metadata.toml": b"# why\nrun_in_transaction = false\n"})
    assert (flyway.transaction, diesel.transaction) == ("statement", "query")


@pytest.mark.parametrize("data", [GOOSE, DBMATE])
def test_of_one_file_only_one_section_runs_and_lines_keep_their_numbers(data: bytes) -> None:
    layout = layout_of("1_a.sql", data)
    assert layout.up is not None
    assert layout.down is not None
    for part, word in ((layout.up, b"CREATE"), (layout.down, b"DROP")):
        assert (part.count(b"\n"), part.count(b"\r")) == (data.count(b"\n"), data.count(b"\r"))
        assert part.split(b"\n")[data[: data.index(word)].count(b"\n")].startswith(word)
    assert (b"DROP" in layout.up, b"CREATE" in layout.down) == (False, False)
    assert layout.runs == (layout.up, "file")


def test_without_a_way_back_there_is_none() -> None:
    assert layout_of("1_a.sql", b"-- +goose Up\nSELECT 1").down is None
    assert layout_of("1_a.sql", b"-- +goose Down\nSELECT 1\n-- +goose Up\nSELECT 2").tool is None


@pytest.mark.parametrize(
    ("path", "beside", "down"),
    [
        ("m/1_a.up.sql", ("1_a.down.sql", "2_b.down.sql"), "1_a.down.sql"),
        ("m/1_a/up.sql", ("down.sql",), "down.sql"),
        ("m/20240131120000_a/migration.sql", ("down.sql",), "down.sql"),
        ("m/V1__a.sql", ("U1__a.sql",), "U1__a.sql"),
        ("m/add.sql", ("add.down.sql",), "add.down.sql"),
        ("m/add.sql", ("add.rollback.sql",), "add.rollback.sql"),
        ("deploy/a.sql", ("../sqitch.plan", "../revert/a.sql"), "../revert/a.sql"),
        ("m/1_a.up.sql", (), None),
        ("work/up.sql", ("down.sql",), "down.sql"),
        ("work/migration.sql", ("down.sql",), "down.sql"),
    ],
)
def test_the_file_beside_that_takes_it_back(path: str, beside: tuple[str, ...], down: str | None) -> None:
    assert layout_of(path, b"SELECT 1", dict.fromkeys(beside, b"")).down_name == down


@pytest.mark.parametrize("path", ["m/1_a.down.sql", "m/down.sql", "m/add.rollback.sql", "m/U1__a.sql"])
def test_a_file_that_only_leads_back_runs_when_it_is_named(path: str) -> None:
    layout = layout_of(path, b"DROP TABLE a", {"1_a.up.sql": b""})
    assert layout.up is None
    assert layout.runs[0] == b"DROP TABLE a"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["10_c.sql", "9_b.sql", "1_a.sql"], ["1_a.sql", "9_b.sql", "10_c.sql"]),
        (["b.sql", "a.sql", "notes.txt"], ["a.sql", "b.sql"]),
        (["1_a.sql", "schema.sql"], ["1_a.sql"]),
        (["2_b.up.sql", "1_a.down.sql", "1_a.up.sql"], ["1_a.up.sql", "2_b.up.sql"]),
        (["a.sql", "a.down.sql", "b.rollback.sql"], ["a.sql"]),
        (["V10__c.sql", "V2__b.sql", "R__v.sql", "V2.1__d.sql", "U2__b.sql", "beforeMigrate.sql"],
         ["V2__b.sql", "V2.1__d.sql", "V10__c.sql", "R__v.sql"]),
        (["20240102_b/migration.sql", "20240101_a/migration.sql", "migration_lock.toml"],
         ["20240101_a/migration.sql", "20240102_b/migration.sql"]),
        (["2_b/up.sql", "2_b/down.sql", "1_a/up.sql"], ["1_a/up.sql", "2_b/up.sql"]),
    ],
)  # fmt: skip
def test_a_folder_runs_forward_in_the_order_of_its_tool(paths: list[str], expected: list[str]) -> None:
    assert list(in_order(paths, {})) == expected


def test_a_journal_and_a_plan_settle_the_order() -> None:
    journal = {"entries": [{"idx": 1, "tag": "0000_z"}, {"idx": 0, "tag": "0001_a"}]}
    paths = ["0000_z.sql", "0001_a.sql", "0002_not_listed.sql", "meta/_journal.json"]
    assert in_order(paths, {"meta/_journal.json": json.dumps(journal).encode()}) == ("0001_a.sql", "0000_z.sql")
    plan = b"%syntax-version=1.0.0\n%project=shop\n\nusers 2024-01-01T00:00:00Z A <a@x>\n@v1 2024\nadds [users] x\n"
    listed = in_order(["sqitch.plan", "deploy/adds.sql", "deploy/users.sql"], {"sqitch.plan": plan})
    assert listed == ("deploy/users.sql", "deploy/adds.sql")
