"""Trials as their people see them: report, JSON and exit code, for every way in which a migration can go."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harness import Done, Shop
from tests.acceptance.shared_shops import EACH_ENGINE, EMBEDDED, shared
from tests.acceptance.trial_cases import (
    CASES,
    Case,
    market,
    market_production,
    missing_words,
    share,
    snapshot_checksum,
    summary,
    twice,
    wrong_costs,
)

SLOW = bool(os.environ.get("STAGECOPY_SLOW"))  # every case in a trial of its own, on both engines
ALL = [Case(name) for name in CASES]
TOGETHER = [case for case in ALL if not case.alone]
ROLLED_BACK = ["b08_table_swap", "b57_rollback_loses", "b58_up_again_fails"]
ALONE = [case.name for case in ALL if SLOW or case.alone] + ([] if SLOW else ["b02_delete_cascades", *ROLLED_BACK])
ON_DOCKER_TOO = CASES if SLOW else ["begin_without_commit", "failing_statement"]
EACH_CASE = pytest.mark.parametrize(
    ("shop", "name"),
    [
        *(("embedded", name) for name in ALONE),
        *(pytest.param("docker", name, marks=pytest.mark.docker) for name in ON_DOCKER_TOO),
    ],
    indirect=["shop"],
)
USERS = "b06_loss_below_percent.users"
LOSS = f"DELETE FROM {USERS} WHERE id <= 10"
NO_LOSS = f"UPDATE {USERS} SET email = 'x@corp.test' WHERE id <= 10"


shops, shop = shared(market_production, market)


def _rules(done: Done) -> set[str]:
    return {each["rule"] for each in done.document["findings"]}


def _error(done: Done) -> Any:
    return done.document["error"]


@EACH_CASE
def test_report_document_and_exit_code_are_right(shop: Shop, name: str) -> None:
    case = Case(name)
    expected = case.expected
    headline, _, hidden = (expected.pop(each) for each in ("headline", "told", "hidden"))
    documented, reported, left = twice(shop, case.migration)
    assert summary(documented.document) == expected
    assert summary(left) == expected
    assert missing_words(left, [case], case) == []
    assert wrong_costs(left, [case], case) == {}
    ran = [
        {"name": Path(each["name"]).name, "tool": each["tool"], "transaction": each["transaction"]}
        for each in left["migration"]["files"]
    ]
    assert case.files in (None, ran)
    assert (documented.code, reported.code) == (expected["exit"], expected["exit"])
    assert (left["ran_as"], left["engine"]) == ("stagecopy_owner", shop.engine)
    assert all(len(table["samples"]) <= 5 for table in left["tables"])
    assert [word for word in hidden if word in reported.out + reported.err + json.dumps(left)] == []
    lines = reported.out.splitlines()
    assert lines[0] == headline
    assert lines[1].startswith("ran as stagecopy_owner on a")
    assert lines[1].endswith(f"verdict {expected['verdict'].upper()}")


@EACH_ENGINE
def test_many_cases_in_one_trial_are_told_apart(shop: Shop) -> None:
    done = shop.run("trial", *(case.migration for case in TOGETHER), "--json")
    assert (done.code, _error(done)) == (1, None), done.err
    assert done.document["migration"]["error"] is None
    differing: dict[str, dict[str, object]] = {}
    for case in TOGETHER:
        expected = {name: case.expected[name] for name in ("statements", "tables", "schema", "findings")}
        expected["findings"] = [each for each in expected["findings"] if not each.endswith(" migration")]
        found = share(done.document, TOGETHER, case)
        wrong: dict[str, object] = {
            name: (found[name], expected[name]) for name in expected if found[name] != expected[name]
        }
        shown = [word for word in case.expected["hidden"] if word in done.out]
        wrong |= {"hidden": shown} if shown else {}
        wrong |= {"told": words} if (words := missing_words(done.document, TOGETHER, case)) else {}
        wrong |= wrong_costs(done.document, TOGETHER, case)
        differing |= {case.name: wrong} if wrong else {}
    assert differing == {}, json.dumps(differing, indent=1)


@EACH_ENGINE
def test_the_snapshot_stays_as_it_is(shop: Shop) -> None:
    before = snapshot_checksum(shop)
    assert shop.trial(f"TRUNCATE {USERS}; ALTER TABLE {USERS} DROP COLUMN email; CHECKPOINT").code in (1, 5)
    assert snapshot_checksum(shop) == before
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM b06_loss_below_percent.users").fetchone() == (12000,)


@EMBEDDED
def test_what_superusers_own_is_tried_by_an_ordinary_role(shop: Shop) -> None:
    done = shop.trial("COPY (SELECT 1) TO PROGRAM 'true'")
    assert (done.code, done.document["migration"]["error"]["sqlstate"]) == (5, "42501")
    codes = {each["code"] for each in done.document["fidelity"]}
    assert {"role-replaced", "not-isolated"} <= codes


@EMBEDDED
def test_nothing_of_a_trial_stays_unless_it_is_kept(shop: Shop) -> None:
    def kinds() -> list[tuple[str, bool]]:
        listed = shop.run("staging", "list", "--json").document["directories"]
        return sorted((each["kind"], each["running"]) for each in listed if each["kind"] != "ready")

    def settled(expected: list[tuple[str, bool]]) -> bool:
        end = time.monotonic() + 30  # the next trial's clone is made ready beside us
        while kinds() != expected and time.monotonic() < end:
            time.sleep(0.2)
        return kinds() == expected

    assert shop.trial(LOSS, "--keep").code == 1
    assert settled([("clone", True), ("served", True), ("snapshot", False)])
    assert shop.trial("SELECT 1").code == 0
    assert settled([("served", True), ("snapshot", False)])


@EMBEDDED
def test_sql_comes_from_the_command_line_stdin_and_several_files(shop: Shop) -> None:
    given = shop.run("trial", "-e", LOSS, "-e", NO_LOSS, "--json")
    assert [each["rows"] for each in given.document["migration"]["statements"]] == [10, 0]
    piped = shop.run("trial", "-", "--json", stdin=LOSS)
    assert [each["sql"] for each in piped.document["migration"]["statements"]] == [LOSS]
    shop.write("one.sql", LOSS + ";\r\n")
    shop.write("two.sql", "\n" + NO_LOSS.replace("<= 10", "= 11") + ";\n")
    both = shop.run("trial", "one.sql", "two.sql", "--json")
    texts = [f"{LOSS};\n".encode(), (shop.folder / "two.sql").read_bytes()]  # CRLF counts as LF
    hashed = hashlib.sha256(b"".join(b"%d:%s" % (len(text), text) for text in texts)).hexdigest()
    assert both.document["migration"]["sha256"] == hashed
    assert [(each["line"], each["rows"]) for each in both.document["migration"]["statements"]] == [(1, 10), (2, 1)]
    (users,) = both.document["tables"]
    assert (users["removed"], users["changed"]) == (10, 1)


@EMBEDDED
def test_strict_refuses_a_warning(shop: Shop) -> None:
    case = Case("b20_no_op_update")
    strict = shop.run("trial", case.migration, "--strict", "--json")
    assert (strict.code, strict.document["exit"], strict.document["verdict"]) == (1, 1, "warn")


@EMBEDDED
def test_all_lists_tables_that_did_not_change(shop: Shop) -> None:
    document = shop.run("trial", "-e", "SELECT 1", "--all", "--json").document
    names = {each["name"] for each in document["tables"]}
    assert {"b06_loss_below_percent.users", "b12_hidden_deletes.users"} <= names
    assert document["verdict"] == "pass"


@EMBEDDED
def test_the_policy_of_a_table_lets_its_loss_pass_and_no_other(shop: Shop) -> None:
    allowed = "{tables: {b06_loss_below_percent.users: {rows_lost: {rows: 10, percent: 1}}}}"
    shop.configure(policy=allowed)
    try:
        within = shop.trial(LOSS)
        over = shop.trial(f"{LOSS.replace('10', '11')}; DELETE FROM b12_hidden_deletes.users WHERE id = 1")
    finally:
        shop.configure()
    assert (within.code, within.document["verdict"], _rules(within)) == (0, "pass", {"rows-lost", "rollback-untested"})
    severe = {each["subject"] for each in over.document["findings"] if each["severity"] == "error"}
    assert (over.code, severe) == (1, {USERS, "b12_hidden_deletes.users"})


@EMBEDDED
def test_an_old_snapshot_is_no_answer(shop: Shop) -> None:
    shop.configure(trial="{max_age: 1ms}")
    try:
        done = shop.trial(LOSS)
    finally:
        shop.configure()
    assert (done.code, _error(done)["code"]) == (6, "snapshot-too-old")
    assert _error(done)["hint"]


@EMBEDDED
def test_time_is_bounded(shop: Shop) -> None:
    shop.configure(trial="{time_budget: 500ms}")
    try:
        done = shop.trial(f"{LOSS}; SELECT pg_sleep(60)")
    finally:
        shop.configure()
    assert done.code == 5
    assert done.document["migration"]["error"]["sqlstate"] == "57014"
    assert [each["removed"] for each in done.document["tables"]] == [10]


@EMBEDDED
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("-- +goose Up\nSELECT 1;\n\\copy b06_loss_below_percent.users FROM 'x'\n", "needs-psql"),
        ("SELECT 1;\0", "nul-byte"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_copied(shop: Shop, sql: str, code: str) -> None:
    done = shop.trial(sql)
    assert (done.code, _error(done)["code"]) == (2, code)


@EMBEDDED
def test_a_duplicate_is_reported_without_its_value(shop: Shop) -> None:
    done = shop.run("trial", Case("failing_statement").migration, "-v")
    assert done.code == 5
    logs = "".join(path.read_text(encoding="utf-8") for path in (shop.home / "runs").glob("*/log.jsonl"))
    assert not re.search(r"twin\d", done.err + logs)


@EACH_ENGINE
def test_only_what_the_log_names_is_read_and_reading_all_agrees(shop: Shop) -> None:
    done = shop.run("trial", "-e", NO_LOSS, "--all", "--exhaustive", "--json")
    assert _error(done) is None
    methods = {each["name"]: each["method"] for each in done.document["tables"] if each["rows_before"] is not None}
    unlogged = "b30_views_and_kin.cache"  # no log tells of it
    unsent = "b28_odd_types.more"  # types without a binary form: the same bytes may read in another way
    assert {name for name, how in methods.items() if how != "untouched"} == {USERS, unlogged, unsent}
    assert len(methods) > 10
    assert "compared-in-full" not in {each["code"] for each in done.document["fidelity"]}


def test_without_a_snapshot_there_is_no_trial(embedded_shop: Shop) -> None:
    done = embedded_shop.trial("SELECT 1")
    assert (done.code, _error(done)["code"]) == (6, "no-snapshot")
    assert "stagecopy refresh" in _error(done)["hint"]


@EMBEDDED
def test_an_expectation_is_drafted_then_met_then_exceeded(shop: Shop) -> None:
    shop.write("up.sql", f"{LOSS}; CREATE INDEX ON {USERS} (email); CREATE TABLE public.schema_migrations (v text)")
    drafted = shop.run("trial", "up.sql", "--write-expect", "--json")
    assert (drafted.code, drafted.document["expectation"]) == (1, {"path": "up.expect.yaml", "written": True})
    assert drafted.document["bookkeeping"] == ["public.schema_migrations"]
    met = shop.run("trial", "up.sql", "--json")
    assert (met.code, met.document["verdict"]) == (0, "pass")
    assert met.document["expectation"] == {"path": "up.expect.yaml", "written": False}
    refused = shop.run("trial", "up.sql", "--write-expect", "--json")
    assert (refused.code, _error(refused)["code"]) == (2, "file-exists")
    shop.write("up.sql", LOSS.replace("10", "11"))
    over = shop.run("trial", "up.sql", "--json")
    assert over.code == 1
    assert {"beyond-expected", "less-than-expected", "rows-lost"} <= _rules(over)
