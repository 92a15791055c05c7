"""Rules about what came about beside the statements, on evidence made by hand, and when they must say nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.effects import Effects, ForeignKey, Hidden, Place, Standing, Traffic, Trigger, effects_of
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.safety.mentions import aims_at, text_names
from stagecopy.safety.policy import Policy, judge

ORGS, USERS = "public.orgs", "public.users"
KEY = ForeignKey("users_org_fkey", USERS, ("org_id",), ORGS, ("id",), "CASCADE", "NO ACTION", indexed=True)
SEEN = Effects(observed=True, role="app", columns={USERS: {"id": False, "name": False}, ORGS: {"id": False}})


def ran(*texts: str, tag: str = "DELETE", rows: int = 1) -> MigrationRun:
    statements = tuple(StatementRun(n, n, text, 0.001, rows, tag) for n, text in enumerate(texts, 1))
    return MigrationRun("00", 0.01, statements, None, False, 100_000)


def table(name: str, before: int = 10, after: int = 10, **facts: object) -> TableChange:
    return TableChange("public", name, before, after, **facts)  # type: ignore[arg-type]


def found(
    rule: str, *tables: TableChange, text: str, effects: Effects, schema: tuple[SchemaChange, ...] = ()
) -> list[Finding]:
    findings = judge(Difference(tables, schema), ran(text), Policy(rollback="off"), effects)
    return [each for each in findings if each.rule == rule]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("DELETE FROM users", True),
        ('delete from "public"."users" where id = 1', True),
        ("DELETE FROM Public . Users", True),
        ("EXECUTE 'DELETE FROM users'", True),
        ("DELETE FROM old.users", False),
        ("DELETE FROM users_old", False),
        ('DELETE FROM "Users"', False),
        ("SELECT users$x, u.users", False),
    ],
)
def test_what_counts_as_naming_a_table(text: str, named: bool) -> None:
    assert text_names(text, ("public", "users")) is named


def test_names_with_dots_and_quotes() -> None:
    assert text_names('DELETE FROM "a.b"."say ""hi"""', ("a.b", 'say "hi"'))
    assert not text_names('DELETE FROM "a"."b"', ("a.b", "c"))


def test_what_a_statement_aims_at() -> None:
    run = ran("DELETE FROM ONLY public.users", "TRUNCATE TABLE orgs")
    assert aims_at(run, r"delete\s+from", ("public", "users"))
    assert aims_at(run, r"truncate(?:\s+table)?", ("public", "orgs"))
    assert not aims_at(run, r"delete\s+from", ("public", "orgs"))


DELETED = replace(SEEN, foreign_keys=(KEY,), traffic={ORGS: Traffic(deleted=2), USERS: Traffic(deleted=5)})
GONE = (table("orgs", 10, 8, removed=2), table("users", 10, 5, removed=5))


def test_rows_that_went_with_others() -> None:
    (one,) = found("by-cascade", *GONE, text="DELETE FROM orgs WHERE id < 3", effects=DELETED)
    assert (one.severity, one.subject) == ("info", USERS)
    assert one.message.endswith("users_org_fkey: public.orgs → public.users")
    assert not found("cascade-without-index", *GONE, text="DELETE FROM orgs", effects=DELETED)


def test_a_key_without_an_index_is_named() -> None:
    effects = replace(DELETED, foreign_keys=(replace(KEY, indexed=False),))
    (one,) = found("cascade-without-index", *GONE, text="DELETE FROM orgs", effects=effects)
    assert one.subject == f"{USERS}.users_org_fkey"


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        pytest.param("DELETE FROM users; DELETE FROM orgs", DELETED, id="aimed at"),
        pytest.param("DELETE FROM orgs", replace(DELETED, foreign_keys=()), id="no key"),
        pytest.param(
            "DELETE FROM orgs", replace(DELETED, foreign_keys=(replace(KEY, on_delete="NO ACTION"),)), id="no action"
        ),
        pytest.param("DELETE FROM orgs", replace(DELETED, traffic={}), id="nothing counted"),
    ],
)
def test_no_cascade_is_made_up(text: str, effects: Effects) -> None:
    assert not found("by-cascade", *GONE, text=text, effects=effects)


def test_a_circle_of_keys_ends() -> None:
    back = replace(KEY, name="back", child=ORGS, parent=USERS)
    assert len(found("by-cascade", *GONE, text="SELECT f()", effects=replace(DELETED, foreign_keys=(KEY, back)))) == 2


STAMP = Trigger("stamp", USERS, True, frozenset({"UPDATE"}), "public.stamp", "BEGIN NEW.seen := now(); RETURN NEW; END")
LOG = Trigger("log", USERS, False, frozenset({"UPDATE"}), "public.log", "BEGIN INSERT INTO audit VALUES (1); END")
UPDATED = replace(SEEN, triggers=(STAMP, LOG), traffic={USERS: Traffic(updated=4)})
CHANGED = table("users", changed=4, columns={"seen": ColumnChange(changed=4, value_to_value=4)})


def test_what_triggers_wrote() -> None:
    both = found(
        "by-trigger", CHANGED, table("audit", 0, 4, added=4), text="UPDATE users SET name = ''", effects=UPDATED
    )
    assert [each.subject for each in both] == ["public.audit", f"{USERS}.seen"]
    assert "4 rows of public.audit are added by trigger log on public.users" in both[0].message


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        pytest.param("UPDATE users SET seen = now(); INSERT INTO audit", UPDATED, id="named"),
        pytest.param("UPDATE users SET name = ''", replace(UPDATED, traffic={}), id="not fired"),
        pytest.param("UPDATE users SET name = ''", replace(UPDATED, triggers=()), id="no trigger"),
    ],
)
def test_no_trigger_is_blamed(text: str, effects: Effects) -> None:
    assert not found("by-trigger", CHANGED, table("audit", 0, 4, added=4), text=text, effects=effects)


def test_rows_written_for_nothing() -> None:
    text, effects = "UPDATE users SET name = name", replace(SEEN, traffic={USERS: Traffic(updated=1000)})
    (one,) = found("no-op-update", table("users"), text=text, effects=effects)
    assert (one.severity, one.subject) == ("warn", USERS)
    assert found("no-op-update", table("users", changed=100), text=text, effects=effects)
    assert not found("no-op-update", table("users", changed=101), text=text, effects=effects)
    filled = table("users", columns={"new": ColumnChange(null_to_value=1000, type_to="text")})
    assert not found("no-op-update", filled, text=text, effects=effects)
    moved = table("users", removed=500, added=500)
    assert not found("no-op-update", moved, text=text, effects=effects)


def test_a_subquery_that_means_the_outer_table() -> None:
    text = "DELETE FROM users WHERE name IN (SELECT name FROM orgs)"
    (one,) = found("outer-reference", text=text, effects=SEEN)
    assert one.message.startswith("statement 1 (line 1): orgs has no column name")
    for fine in ("id", "o.name", "count(*)", "NULL"):
        assert not found("outer-reference", text=text.replace("SELECT name", f"SELECT {fine}"), effects=SEEN)
    assert not found("outer-reference", text=text.replace("orgs)", "orgs JOIN users USING (id))"), effects=SEEN)
    assert not found("outer-reference", text=text.replace("orgs", "elsewhere"), effects=SEEN)


def test_row_security_is_told_only_of_tables_that_were_named() -> None:
    effects = replace(SEEN, hidden=(Hidden("public", "users", 3, 10),))
    (one,) = found("rows-hidden", text="UPDATE users SET id = 1", effects=effects)
    assert "row security hides 7 of 10 rows of public.users from app" in one.message
    assert not found("rows-hidden", text="UPDATE orgs SET id = 1", effects=effects)
    twin = replace(effects, columns={**effects.columns, "other.users": {}})
    assert not found("rows-hidden", text="UPDATE users SET id = 1", effects=twin)
    assert found("rows-hidden", text="UPDATE public.users SET id = 1", effects=twin)


def test_dependants_are_told_only_if_nobody_dropped_them_by_name() -> None:
    gone = (SchemaChange("view", "dropped", "public.active", "SELECT 1", None),)
    assert found("taken-by-cascade", text="DROP TABLE users CASCADE", effects=SEEN, schema=gone)
    assert not found("taken-by-cascade", text="DROP VIEW active", effects=SEEN, schema=gone)


def test_materialised_views_lose_nothing() -> None:
    view = table("sums", removed=3, added=2, derived=True)
    findings = judge(Difference((view,), ()), ran("REFRESH"), Policy(rollback="off"), SEEN)
    assert [(each.rule, each.severity) for each in findings] == [("matview-refreshed", "info")]


def look(filenode: int, traffic: Traffic, parent: str | None = None) -> Standing:
    return Standing((), (), {1: traffic}, {1: Place(USERS, filenode, parent, parent)}, {})


def test_what_lies_between_two_looks() -> None:
    before, after = look(7, Traffic(updated=5), ORGS), look(8, Traffic(updated=9))
    effects = effects_of(before, after, role="app")
    assert effects.traffic[USERS].updated == 4
    assert (effects.rewritten, effects.detached) == (frozenset({USERS}), {USERS: ORGS})


def test_counters_that_were_reset() -> None:
    assert effects_of(look(7, Traffic(5, 5, 5)), look(7, Traffic(1, 9, 0)), role="app").traffic[USERS] == Traffic(
        1, 4, 0
    )
