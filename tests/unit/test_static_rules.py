"""Rules on the text: every section of docs/rules.md, its bad and its good SQL, and where the rules keep quiet."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import pytest

from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.effects import Effects, Setting
from stagecopy.model.findings import Finding
from stagecopy.model.interruption import Interruptions
from stagecopy.model.migration import HeldLock, MigrationRun, RanFile, SourceFile, StatementRun
from stagecopy.safety.evidence import Evidence, Policy, WayBack
from stagecopy.safety.static import static_findings
from stagecopy.safety.static.reading import read
from stagecopy.trial.layouts import layout_of
from stagecopy.trial.lexer import split
from tests.unit.source_tree import ROOT, modules

_PAGE = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
_REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
_SECTIONS = {
    name: re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name, text in re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", _PAGE, re.MULTILINE | re.DOTALL)
}
_TAGS = {"begin": "BEGIN", "commit": "COMMIT", "set": "SET", "select": "SELECT 1", "update": "UPDATE 3"}
_SESSION = {"lock_timeout": Setting("0ms", "default"), "TimeZone": Setting("Europe/Berlin", "database")}
ACCOUNTS = "public.accounts"


def ran(*texts: str) -> MigrationRun:
    """*texts* as files that ran to their end, with the lock that ALTER TABLE takes."""
    statements: list[StatementRun] = []
    files = []
    for name, text in zip("abcd", texts, strict=False):
        layout = layout_of(name, text.encode())
        files.append(RanFile(name, layout.tool, layout.transaction))
        for each in split(SourceFile(name, layout.up or b"")):
            tag = _TAGS.get(each.text.split()[0].lower(), " ".join(each.text.upper().split()[:2]))
            statements.append(StatementRun(len(statements) + 1, each.line, each.text, 0.01, None, tag, file=name))
    altered = [each for each in statements if each.tag == "ALTER TABLE"]
    locks = tuple(HeldLock(ACCOUNTS, "AccessExclusiveLock", 0.01, each.n) for each in altered)
    return MigrationRun("00", 0.1, tuple(statements), None, False, 100, files=tuple(files), locks=locks)


def difference(run: MigrationRun) -> Difference:
    """What of it the two rules that look at it would see."""
    text = " ".join(each.sql for each in run.statements)
    columns, schema = {}, []
    if "TYPE timestamptz" in text:
        columns["seen"] = ColumnChange(type_from="timestamp without time zone", type_to="timestamp with time zone")
    if "RENAME" in text:
        schema.append(SchemaChange("column", "renamed", f"{ACCOUNTS}.email", f"{ACCOUNTS}.mail", None, ACCOUNTS))
    table = TableChange("public", "accounts", 3, 3, columns=columns)
    return Difference((table,), tuple(schema))


def found(*texts: str, run: MigrationRun | None = None, back: WayBack | None = None) -> list[Finding]:
    run = run or ran(*texts)
    return list(
        static_findings(Evidence(difference(run), run, Policy(), Effects(settings=_SESSION), back or WayBack()))
    )


def rules(*texts: str) -> set[str]:
    return {each.rule for each in found(*texts)}


def test_the_page_has_every_rule_with_bad_and_good_sql_and_the_reference_leads_there() -> None:
    made = {
        str(node.args[0].value)
        for module in modules()
        if module.name.startswith("stagecopy.safety.static")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding" and isinstance(node.args[0], ast.Constant)
    }
    assert made == set(_SECTIONS)
    assert {name for name, blocks in _SECTIONS.items() if len(blocks) != 2} == set()
    assert [name for name in made if f"[`{name}`](rules.md#{name})" not in _REFERENCE] == []


@pytest.mark.parametrize("name", sorted(_SECTIONS))
def test_bad_sql_is_objected_to_and_good_sql_is_not(name: str) -> None:
    bad, good = _SECTIONS[name]
    (severity,) = re.findall(rf"^## {name}\n\n\*(info|warn)\.\*", _PAGE, re.MULTILINE)
    told = {each.rule: each for each in found(bad)}
    assert told[name].severity == severity
    assert told[name].message
    assert told[name].remedy
    assert name not in rules(good)


def test_a_timeout_counts_until_its_transaction_ends_and_where_it_is_set_for_role_or_database() -> None:
    alter = "ALTER TABLE accounts ADD COLUMN phone text"
    within = f"BEGIN; SET LOCAL lock_timeout = '2s'; {alter}; COMMIT"
    assert "no-lock-timeout" not in rules(within)
    assert "no-lock-timeout" in rules(f"{within}; {alter} DEFAULT ''")
    assert "no-lock-timeout" in rules(f"SET lock_timeout = 0; {alter}")
    assert "no-lock-timeout" not in rules(f"SELECT set_config('lock_timeout', '2s', false); {alter}")
    assert "no-lock-timeout" not in rules("SET lock_timeout TO 2000", alter)
    run = ran(alter)
    limited = Effects(settings={"lock_timeout": Setting("2000ms", "database user")})
    assert list(static_findings(Evidence(difference(run), run, Policy(), limited))) == []
    assert list(static_findings(Evidence(difference(run), run, Policy(), Effects()))) == []  # nobody looked


def test_what_an_interruption_showed_is_not_guessed_at() -> None:
    bad = [_SECTIONS[name][0] for name in ("half-done", "accepts-invalid-index")]
    run = ran(*bad)
    tried = WayBack(interruptions=Interruptions(()))
    assert {"half-done", "accepts-invalid-index"} <= {each.rule for each in found(run=run)}
    assert {each.rule for each in found(run=run, back=tried)} == {"no-lock-timeout"}


def test_transactions_are_those_of_the_file_and_of_its_tool() -> None:
    def inside(*texts: str) -> list[int | None]:
        return [each.inside for each in read(ran(*texts))]

    assert inside("SELECT 1; BEGIN; SELECT 2; ROLLBACK TO x; COMMIT; SELECT 3") == [None, 1, 1, 1, 1, None]
    assert inside("BEGIN; COMMIT; BEGIN; COMMIT") == [1, 1, 3, 3]
    goose = "-- +goose Up\nSELECT 1;\nSELECT 2;\n"
    assert inside(goose, goose) == [1, 1, 2, 2]
    assert inside("-- +goose Up\nSELECT 1;\nCOMMIT;\nSELECT 2;\n") == [1, 1, None]
    assert inside("-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\nSELECT 2;\n") == [None, None]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING; UPDATE t SET a = 2",
        "UPDATE t SET a = 1; CREATE TABLE last (id int)",
        "CREATE TABLE IF NOT EXISTS t (id int); DROP TABLE IF EXISTS u; SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 1; ALTER TABLE t ADD COLUMN IF NOT EXISTS a int; UPDATE t SET a = 1",
    ],
)
def test_what_can_run_again_is_not_half_done(sql: str) -> None:
    assert "half-done" not in rules(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'SET LOCAL lock_timeout = 1', 'password ''x'''",
        "/* SET LOCAL a = 1 */ SELECT timestamptz '2024-01-01 00:00Z'",
        "SET TIME ZONE 'UTC'; SELECT '2024-01-01'::timestamptz",
        "ALTER ROLE r PASSWORD NULL; ALTER ROLE r PASSWORD 'SCRAM-SHA-256$4096:abc'",
        "SET search_path = app; SELECT 1",
        "-- +goose Up\nCOMMIT;\nVACUUM accounts;\nBEGIN;\n",
        "CREATE FUNCTION f() RETURNS int SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION f() SET search_path = ''",
    ],
)
def test_words_that_mean_nothing_bad_are_let_be(sql: str) -> None:
    assert rules(sql) <= {"half-done"}


@pytest.mark.parametrize(
    ("sql", "locks"),
    [
        ("CREATE INDEX ON accounts (mail)", True),
        ("CREATE INDEX CONCURRENTLY i ON accounts (mail)", False),
        ("TRUNCATE accounts", True),
        ("DROP TABLE accounts", True),
        ("DROP TABLE IF EXISTS accounts", False),
        ("CREATE TABLE fresh (id int); CREATE UNIQUE INDEX i ON fresh (id); ALTER TABLE fresh ADD COLUMN a int", False),
        ("ALTER TABLE accounts VALIDATE CONSTRAINT c", False),
        ("VACUUM FULL accounts", True),
        ("VACUUM accounts", False),
        ("VACUUM (FULL, ANALYZE) accounts", True),
        ("CREATE TABLE fresh (id int REFERENCES accounts)", True),
        ("CREATE TABLE fresh (id int); CREATE TABLE more (id int REFERENCES fresh)", False),
        ("CREATE TRIGGER t AFTER UPDATE ON accounts EXECUTE FUNCTION f()", True),
        ("REFRESH MATERIALIZED VIEW accounts", True),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY accounts", False),
        ("UPDATE accounts SET mail = ''", False),
    ],
)
def test_a_lock_too_short_to_be_seen_counts_by_the_words_of_its_statement(sql: str, *, locks: bool) -> None:
    unseen = replace(ran(sql), locks=())
    assert ("no-lock-timeout" in {each.rule for each in found(run=unseen)}) is locks


def test_what_is_only_information_is_advice_and_stands_apart_from_what_the_migration_did() -> None:
    severities = dict(re.findall(r"^## ([a-z-]+)\n\n\*(info|warn)\.\*", _PAGE, re.MULTILINE))
    assert set(severities) == set(_SECTIONS)
    advises = {rule for rule in severities if Finding(rule, severities[rule], "migration", "", "").advises}
    assert advises == {rule for rule, severity in severities.items() if severity == "info"}
    assert not Finding("column-added", "info", "public.users.nick", "", "").advises
