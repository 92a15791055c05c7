"""The judgements of pre-flight, apart from any server: what is skipped, missed, too small, refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stagecopy.errors import ProductionError, StagingError
from stagecopy.model.catalog import Catalog, Database, Role
from stagecopy.model.preflight import Extension, Obstacle
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.preflight import Endpoint, LockSpace, TableAccess
from stagecopy.production.endpoint import pooler, too_old, two_servers
from stagecopy.production.preflight import closed_large_objects, closed_sequences, closed_tables, lock_space, refusal
from stagecopy.staging.extensions import PROVIDER_ONLY, Policy, decide, other_versions
from stagecopy.staging.provider_roles import is_provider_role, without_provider_roles
from stagecopy.staging.restore import Entry, entry_of, without_extensions
from stagecopy.staging.space import Need, Space, needs, shown, spaces

DATABASE = Database("db", "app", "UTF8", "C", "C", "c", None, 150010, None, 0, (), in_recovery=False)
HERE = frozenset({"plpgsql", "citext", "pgaudit"})


def role_of(name: str, **facts: Any) -> Role:
    """An ordinary role but for *facts*."""
    plain = Role(
        name, superuser=False, inherit=True, create_role=False, create_db=False, login=False, replication=False,
        bypass_rls=False, member_of=(),
    )  # fmt: skip
    return replace(plain, **facts)


def catalog_of(*roles: Role) -> Catalog:
    """No tables, these roles."""
    return Catalog(DATABASE, (), (), roles)


@pytest.mark.parametrize(
    ("extension", "policy", "skipped", "obstacle"),
    [
        (Extension("citext", ("column a",)), Policy(), False, None),
        (Extension("postgis"), Policy(), False, "extension-missing"),
        (Extension("postgis"), Policy(skip_missing=True), True, None),
        (Extension("postgis", ("column g",)), Policy(skip_missing=True), True, "extension-needed"),
        (Extension("postgis"), Policy(skip=("postgis",)), True, None),
        (Extension("citext", ("column a",)), Policy(skip=("citext",)), True, "extension-needed"),
        (Extension("rds_tools"), Policy(), True, None),
        (Extension("pgaudit"), Policy(), True, None),
        (Extension("pgaudit", ("view v",)), Policy(), False, None),
        (Extension("supabase_vault", ("view v",)), Policy(), True, "extension-needed"),
    ],
)
def test_what_becomes_of_an_extension(
    extension: Extension, policy: Policy, skipped: bool, obstacle: str | None
) -> None:
    decided = decide([extension], HERE, policy)
    assert (extension.name in decided.skipped) is skipped
    assert [each.code for each in decided.obstacles] == ([obstacle] if obstacle else [])
    assert bool(decided.notes) is (skipped and obstacle is None)
    assert all(each.side == "staging" and each.remedy for each in decided.obstacles)


def test_A48_other_versions_and_rows_that_stay_are_said() -> None:
    partman = Extension("citext", ("column a",), "1.5", ("part.config", "part.sub"))
    (note,) = decide([partman], HERE, Policy()).notes
    assert (note.code, "part.config, part.sub" in note.message) == ("extension-rows", True)
    (note,) = other_versions([partman, Extension("gone", version="1")], {"citext": "1.6", "plpgsql": "1.0"})
    assert (note.code, note.message) == ("extension-version", "extension citext is 1.6 in staging, 1.5 in production")
    assert other_versions([partman], {"citext": "1.5"}) == ()


def test_a_missing_extension_that_nothing_needs_may_be_left_out() -> None:
    (idle,) = decide([Extension("postgis")], HERE, Policy()).obstacles
    assert "staging.extensions: {skip: [postgis]}" in idle.remedy
    (used,) = decide([Extension("postgis", ("column g of table t",))], HERE, Policy()).obstacles
    assert "skip" not in used.remedy


def test_extensions_that_everybody_can_have_are_not_called_a_providers() -> None:
    common = {"pgcrypto", "citext", "postgis", "vector", "timescaledb", "pg_stat_statements", "hstore"}
    assert not PROVIDER_ONLY & common


def test_skipped_extensions_and_their_comments_leave_the_restore() -> None:
    lines = {
        "2; 3079 1 EXTENSION - uuid-ossp ": ("EXTENSION", "uuid-ossp"),
        '3; 0 0 COMMENT - EXTENSION "uuid-ossp" ': ("COMMENT", "EXTENSION"),
        "4; 3079 2 EXTENSION - citext ": ("EXTENSION", "citext"),
        "5; 0 0 COMMENT - EXTENSION citext ": ("COMMENT", "EXTENSION"),
        "6; 1259 9 TABLE public uuid-ossp app": ("TABLE", "uuid-ossp"),
    }
    entries = [Entry(line, kind, name) for line, (kind, name) in lines.items()]
    assert [each.line[0] for each in without_extensions(entries, {"uuid-ossp"})] == ["4", "5", "6"]


def test_large_objects_are_known_in_the_listing_of_every_major() -> None:
    lines = {
        "1; 2613 4711 BLOB - 4711 app": True,
        "2; 0 0 BLOBS - BLOBS ": True,
        "3; 2613 4711 BLOB METADATA - 4711..4712 app": True,  # from 17 on, several of one owner and grants
        "4; 0 0 ACL - LARGE OBJECTS 4711..4712 app": True,
        "5; 0 0 ACL - LARGE OBJECT 4711 app": True,
        "6; 0 0 COMMENT - LARGE OBJECT 4711 app": True,
        "7; 1259 9 TABLE public BLOBS app": False,
        "8; 0 0 ACL public TABLE large app": False,
    }
    assert {line: entry_of(line).of_large_objects for line in lines} == lines


@pytest.mark.parametrize(
    "name",
    ["rds_superuser", "rdsadmin", "cloudsqlsuperuser", "azure_pg_admin", "azuresu", "supabase_admin", "neon_superuser"],
)
def test_roles_of_providers(name: str) -> None:
    assert is_provider_role(name)
    assert not is_provider_role(f"my_{name}")


def test_a_providers_role_stays_behind_unless_the_schema_names_it() -> None:
    before = catalog_of(
        role_of("app", member_of=("rds_superuser", "rds_password", "team")),
        role_of("rds_password"),
        role_of("rds_superuser", superuser=True, create_role=True, login=True),
        role_of("team"),
    )
    catalog, notes = without_provider_roles(before, {"rds_superuser", "app"})
    assert [each.name for each in catalog.roles] == ["app", "rds_superuser", "team"]
    assert catalog.roles[0].member_of == ("rds_superuser", "team")
    kept = catalog.roles[1]
    assert (kept.superuser, kept.create_role, kept.login) == (False, False, False)
    assert [each.message.rpartition(": ")[2] for each in notes] == ["rds_password", "rds_superuser"]


def test_without_provider_roles_nothing_changes() -> None:
    catalog = catalog_of(role_of("app"))
    assert without_provider_roles(catalog, set()) == (catalog, ())


def _access(name: str, **changes: bool) -> TableAccess:
    values = {"usage": True, "readable": True, "filtered": False, "lost": False, **changes}
    return TableAccess("s", name, None, **values)


def test_statements_quote_the_role_and_many_tables_become_one_statement() -> None:
    few = closed_tables([_access("a", readable=False), _access("b")], 'odd"role')
    assert [each.remedy.partition(",")[0] for each in few] == ['GRANT SELECT ON TABLE "s"."a" TO "odd""role";']
    many = closed_tables([_access(f"t{number}", readable=False, usage=False) for number in range(9)], "r")
    assert [each.remedy for each in many] == [
        'GRANT USAGE ON SCHEMA "s" TO "r";',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "s" TO "r";',
    ]


def test_rows_that_are_hidden_or_not_there() -> None:
    hidden, lost = closed_tables([_access("a", filtered=True), _access("b", lost=True)], "r")
    assert (hidden.code, hidden.remedy.partition(",")[0]) == ("row-security", 'ALTER ROLE "r" BYPASSRLS;')
    assert (lost.code, lost.where) == ("unlogged-on-standby", "s.b")


def test_sequences_and_large_objects() -> None:
    closed = [("a", f"s{number}", True) for number in range(9)] + [("b", "one", False)]
    assert [each.remedy for each in closed_sequences(closed, "r")] == [
        'GRANT USAGE ON SCHEMA "b" TO "r";',
        'GRANT SELECT ON ALL SEQUENCES IN SCHEMA "a" TO "r";',
        'GRANT SELECT ON SEQUENCE "b"."one" TO "r";',
    ]
    assert closed_large_objects(0, None, "r") == []
    assert closed_large_objects(2, 77, "r")[0].remedy.startswith('GRANT SELECT ON LARGE OBJECT 77 TO "r";')


@pytest.mark.parametrize(("relations", "setting"), [(6400, None), (6401, 128), (20000, 256)])
def test_the_lock_table_must_hold_a_dump(relations: int, setting: int | None) -> None:
    found = lock_space(LockSpace(64, 100, relations))
    assert [f"= {setting};" in each.remedy for each in found] == ([True] if setting else [])


def test_servers_that_are_too_old_and_addresses_that_take_turns() -> None:
    assert "9.6" in too_old(90624).message
    assert "12.22" in too_old(120022).message
    dsn = Dsn.parse("postgresql://u:secret@h/d")
    one, two = Endpoint(1, "2026-01-01", "10.0.0.1:5432", False), Endpoint(2, "2026-01-02", "10.0.0.2:5432", False)
    assert two_servers(one, Endpoint(9, one.started, one.place, False), dsn) == ()
    (found,) = two_servers(one, two, dsn)
    assert found.code == "balanced-endpoint"
    assert "secret" not in found.sentence


def test_the_direct_address_is_named_where_it_is_known() -> None:
    neon = pooler(Dsn.parse("postgresql://u@ep-cool-1-pooler.eu.aws.neon.tech/d"), "why")
    assert "ep-cool-1.eu.aws.neon.tech" in neon.remedy
    assert "db.PROJECT.supabase.co" in pooler(Dsn.parse("postgresql://u@p:6543/d"), "why").remedy


def test_all_is_said_at_once_and_production_decides_the_exit_code() -> None:
    theirs = Obstacle("not-readable", "cannot read a", "GRANT …;", "public.a")
    ours = Obstacle("disk-full-ahead", "too little", "free some", side="staging")
    both = refusal([theirs, ours])
    assert isinstance(both, ProductionError)
    assert both.message.splitlines() == [
        "2 things stand in the way of a refresh; nothing was moved",
        "  - [not-readable] cannot read a; GRANT …;",
        "  - [disk-full-ahead] too little; free some",
    ]
    assert both.where == "public.a"
    alone = refusal([ours])
    assert isinstance(alone, StagingError)
    assert alone.code == both.code == "preflight"


def test_disk_is_counted_by_file_system(tmp_path: Path) -> None:
    wanted = needs(10**9, 2 * 10**9, backups=tmp_path / "later", servers=tmp_path, thin=False)
    (together,) = spaces(wanted)
    assert together.needed == sum(each.bytes for each in wanted) > 4 * 10**9
    assert together.what == "the backup with the snapshot and the served copy"
    (thin,) = needs(10**9, 2 * 10**9, backups=None, servers=tmp_path, thin=True)
    assert thin.bytes < 2.2 * 10**9
    assert spaces([Need(tmp_path, 5, "it")])[0].obstacle is None


def test_too_little_disk_is_an_obstacle_of_ours() -> None:
    obstacle = Space(Path("/data"), 3 * 10**12, 10**12, "the snapshot").obstacle
    assert obstacle is not None
    assert (obstacle.code, obstacle.side) == ("disk-full-ahead", "staging")
    assert "needs about 3.0 TB, free 1.0 TB" in obstacle.message
    assert obstacle.remedy.startswith("free 2.0 TB")
    assert [shown(each) for each in (0, 999, 1500, 2.5e6)] == ["0 B", "999 B", "2 kB", "2.5 MB"]
