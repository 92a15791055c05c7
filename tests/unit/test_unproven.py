"""What a trial says it cannot prove: each thing where it is so, and not where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stagecopy.flows.unproven import as_in_production, unproven
from stagecopy.model.catalog import Database
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.effects import Effects, Setting, Trigger
from stagecopy.model.findings import Finding
from stagecopy.model.lint import Lint
from stagecopy.model.migration import HeldLock, MigrationRun, RanFile, RunError, StatementRun, ToolRun
from stagecopy.model.preflight import ServerState
from stagecopy.safety.evidence import Evidence, Policy
from stagecopy.safety.masked_rules import masked_column
from stagecopy.staging.otherwise import other_server
from stagecopy.staging.snapshots import EngineSpec, Snapshot
from stagecopy.trial.alone import alone_hint

USERS = "public.users"
ALIKE = {"TimeZone": "UTC", "lock_timeout": "0ms", "statement_timeout": "0ms", "work_mem": "4MB"}
HERE = {name: Setting(value, "default") for name, value in ALIKE.items()}
STATEMENT = StatementRun(1, 1, "CREATE UNIQUE INDEX ON users (email)", 0.1, None, "CREATE INDEX", file="a.sql")
RUN = MigrationRun("00", 0.1, (STATEMENT,), None, False, 100)
SNAPSHOT = Snapshot(
    id="s",
    directory="d",
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
    engine=EngineSpec("embedded", 15),
    database="shop",
    trial_role="owner",
    stand_in=False,
    key_id="k",
    rows={},
    masked={},
    fidelity=(),
    settings=ALIKE,
)
SHOP = Database("shop", "owner", "UTF8", "en_US.UTF-8", "en_US.UTF-8", "c", None, 150004, None, 1, (), False)
SERVER = ServerState(version=150004, collation="2.36")


def told(*, snapshot: Snapshot = SNAPSHOT, effects: Effects | None = None, run: MigrationRun = RUN) -> dict[str, str]:
    found = unproven(snapshot, effects or Effects(settings=HERE), run)
    return {each.code: each.message for each in found}


def apart(**settings: str) -> Snapshot:
    return replace(SNAPSHOT, settings={**ALIKE, **settings})


def test_a_clone_like_production_leaves_nothing_to_say() -> None:
    assert told() == {}
    assert told(snapshot=replace(SNAPSHOT, settings={})) == {}  # of a version that did not write them down


def test_masked_columns_are_counted() -> None:
    masked = replace(SNAPSHOT, masked={USERS: ("email", "name"), "public.cards": ("iban",)})
    assert told(snapshot=masked)["masked-columns"].startswith("3 columns of 2 tables are masked")


def test_limits_of_productions_server_are_not_on_the_clone_but_those_of_the_role_are() -> None:
    strict = apart(statement_timeout="30000ms")
    assert "ends statements after 30 s" in told(snapshot=strict)["other-timeouts"]
    came_along = Effects(settings={**HERE, "statement_timeout": Setting("30000ms", "user")})
    assert told(snapshot=strict, effects=came_along) == {}


def test_settings_that_plans_hang_on_are_named_with_both_values() -> None:
    assert "work_mem 64MB, here 4MB" in told(snapshot=apart(work_mem="64MB"))["other-settings"]


@pytest.mark.parametrize(("source", "codes"), [("PERFORM dblink('…')", {"calls-outside"}), ("NEW.at := now()", set())])
def test_triggers_that_call_out_are_named(source: str, codes: set[str]) -> None:
    trigger = Trigger("mailer", USERS, False, frozenset({"INSERT"}), "public.mail", source)
    assert set(told(effects=Effects(settings=HERE, triggers=(trigger,)))) == codes


@pytest.mark.parametrize(("mode", "codes"), [("ShareLock", {"no-traffic"}), ("RowExclusiveLock", set())])
def test_that_nobody_waited_is_said_where_somebody_could(mode: str, codes: set[str]) -> None:
    assert set(told(run=replace(RUN, locks=(HeldLock(USERS, mode, 0.1, 1),)))) == codes


@pytest.mark.parametrize(("failure", "codes"), [("it cannot parse 1.sql", {"linter-failed"}), (None, set())])
def test_a_linter_that_says_nothing_is_told(failure: str | None, codes: set[str]) -> None:
    assert set(told(run=replace(RUN, lint=Lint("squawk", "2.1", failure=failure)))) == codes


def test_what_productions_server_sets_counts_as_set_for_the_session() -> None:
    settings = as_in_production(Effects(settings=HERE), apart(lock_timeout="2000ms")).settings
    assert settings["lock_timeout"] == Setting("2000ms", "server")
    attached = Effects(settings={**HERE, "TimeZone": Setting("Asia/Tokyo", "database")})
    assert as_in_production(attached, apart(TimeZone="Asia/Tokyo")).settings["TimeZone"].source == "server"
    assert as_in_production(attached, apart(TimeZone="UTC")).settings["TimeZone"].source == "database"


@pytest.mark.parametrize(
    ("production", "code", "words"),
    [
        (SERVER, None, ""),
        (replace(SERVER, version=150018), "other-minor", "15.4, production 15.18"),
        (replace(SERVER, version=140018), None, ""),
        (replace(SERVER, collation="2.28"), "collation-version", "version 2.36 of en_US.UTF-8 in staging, 2.28"),
        (replace(SERVER, collation=None), None, ""),
        (replace(SERVER, slots=("cdc", "search")), "followers", "logical slots (cdc, search)"),
        (replace(SERVER, standbys=2), "followers", "2 that stream its log"),
    ],
)
def test_another_server_of_the_same_major(production: ServerState, code: str | None, words: str) -> None:
    found = other_server(production, SHOP, SERVER)
    assert [each.code for each in found] == ([code] if code else [])
    assert all(words in each.message for each in found)


def findings(*schema: SchemaChange, run: MigrationRun = RUN, column: ColumnChange | None = None) -> list[Finding]:
    table = TableChange("public", "users", 3, 3, columns={"email": column} if column else {})
    effects = Effects(masked={USERS: ("email",)})
    return list(masked_column(Evidence(Difference((table,), schema), run, Policy(), effects)))


def test_what_is_accepted_for_masked_values_is_no_proof() -> None:
    index = SchemaChange("index", "added", "public.users_email_idx", None, "CREATE UNIQUE INDEX i ON u (email)", USERS)
    check = SchemaChange("constraint", "added", "public.users.c", None, "CHECK ((length(email) < 50))", USERS)
    other = SchemaChange("index", "added", "public.users_id_idx", None, "CREATE UNIQUE INDEX i ON u (id)", USERS)
    plain = SchemaChange("index", "added", "public.users_e", None, "CREATE INDEX e ON u (email)", USERS)
    found = findings(index, check, other, plain)
    assert [(each.severity, each.subject) for each in found] == [("warn", check.name), ("warn", index.name)]
    assert "GROUP BY email HAVING count(*) > 1" in found[1].remedy
    (typed,) = findings(column=ColumnChange(type_from="text", type_to="character varying(20)"))
    assert (typed.subject, "production's do" in typed.message) == ("public.users.email", True)


@pytest.mark.parametrize(("sqlstate", "count"), [("23505", 1), ("42P01", 0)])
def test_what_is_refused_for_masked_values_may_pass_in_production(sqlstate: str, count: int) -> None:
    failed = replace(RUN, error=RunError(1, 1, "could not create unique index", sqlstate))
    assert len(findings(run=failed)) == count


@pytest.mark.parametrize(
    ("tool", "words"), [("goose", "NO TRANSACTION"), ("Prisma", "of its own"), (None, "leave BEGIN and COMMIT out")]
)
def test_what_stands_in_no_transaction_is_told_how_to(tool: str | None, words: str) -> None:
    refused = replace(RUN, error=RunError(1, 1, "…", "25001"), files=(RanFile("a.sql", tool, "file"),))
    assert words in (alone_hint(refused) or "")
    assert alone_hint(RUN) is None


def test_a_command_is_told_in_its_own_words() -> None:
    tool = ToolRun(("/venv/bin/alembic", "upgrade", "head"), 1, 1, (), (), True, "")
    refused = replace(RUN, error=RunError(1, 1, "…", "25001"), tool=tool)
    assert "autocommit_block" in (alone_hint(refused) or "")
