"""Where `migration new` puts what it writes, in whose layout, under which number; and which wishes it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from stagecopy.config.expectation import load_expectation
from stagecopy.errors import UsageError
from stagecopy.flows.local_migrations import local_migrations
from stagecopy.flows.new_migration import NewOptions, Written, new_migration
from stagecopy.flows.sources import layout_at, source
from stagecopy.trial.idioms.names import derived, fragment, ident
from stagecopy.trial.idioms.wishes import wish_of
from stagecopy.trial.lexer import split

_INDEX = {"table": "users", "column": ["plan"]}
_ADD = {"table": "users", "column": ["plan"], "type": ["text"]}
_SEEDS = {
    "golang-migrate or sqlx": {"000007_old.up.sql": "SELECT 1;", "000007_old.down.sql": ""},
    "goose": {"00007_old.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\n"},
    "sql-migrate": {"7-old.sql": "-- +migrate Up\nSELECT 1;\n-- +migrate Down\n"},
    "dbmate": {"20230101000000_old.sql": "-- migrate:up\nSELECT 1;\n-- migrate:down\n"},
    "node-pg-migrate": {"1672531200000_old.sql": "-- Up Migration\nSELECT 1;\n-- Down Migration\n"},
    "tern": {"007_old.sql": "SELECT 1;\n---- create above / drop below ----\nSELECT 1;\n"},
    "Prisma": {"migration_lock.toml": "", "20230101000000_old/migration.sql": "SELECT 1;"},
    "Diesel or Hasura": {"2023-01-01-000000_old/up.sql": "SELECT 1;", "2023-01-01-000000_old/down.sql": ""},
    "Flyway": {"V1.7__old.sql": "SELECT 1;"},
    "Drizzle": {
        "0007_old.sql": "SELECT 1;",
        "meta/_journal.json": '{"version": "7", "entries": [{"idx": 0, "when": 9, "tag": "0007_old"}]}',
    },
}


def _new(folder: Path, given: dict[str, Any], idiom: str | None = "add-column", **options: Any) -> Written:
    wish = wish_of(options.pop("name", "fresh"), given)
    return new_migration(NewOptions(wish=wish, idiom=idiom, given=frozenset(given), folder=folder, **options))


def _seeded(folder: Path, tool: str) -> Path:
    for name, text in _SEEDS[tool].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("tool", _SEEDS)
def test_it_follows_the_layout_of_the_folder(tool: str, tmp_path: Path) -> None:
    written = _new(_seeded(tmp_path, tool), _ADD)
    newest = local_migrations(tmp_path)[-1]
    assert (newest.tool, newest.has_down) == (tool, True)
    assert written.forward == (Path(newest.path),)
    texts = [each.text for each in split(source(Path(newest.path)))]
    assert texts[-1 if "COMMIT" not in texts else -2].endswith("ADD COLUMN plan text")


@pytest.mark.parametrize("tool", _SEEDS)
def test_what_cannot_run_in_a_transaction_does_not(tool: str, tmp_path: Path) -> None:
    """One statement in a query of its own, or the tool is told; one that knows no way out has its transaction ended."""
    _new(_seeded(tmp_path, tool), _INDEX, "index")
    path = Path(local_migrations(tmp_path)[-1].path)
    file = source(path)
    texts = [each.text for each in split(file)]
    assert file.transaction in ("query", "statement", "single")
    if file.transaction == "single":
        assert (texts[0], texts[-1]) == ("COMMIT", "BEGIN")
    else:
        assert len(texts) == 1
    back = layout_at(path, path.read_bytes())
    assert back.down_transaction != "file" or tool in ("Flyway", "Diesel or Hasura")


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ((), "0001_fresh.up.sql"),
        (("0009_a.up.sql", "0010_b.up.sql"), "0011_fresh.up.sql"),
        (("9.sql",), "10_fresh.sql"),
        (("001-a.sql",), "002-fresh.sql"),
        (("V2_1__a.sql", "V10__b.sql"), "V11__fresh.sql"),
        (("V1__a.sql", "V1.9__b.sql"), "V1.10__fresh.sql"),
        (("99990101000000_a.sql",), "99990101000001_fresh.sql"),
        (("9999999999_a.sql",), "10000000000_fresh.sql"),
    ],
)
def test_numbers_go_on_as_they_were(there: tuple[str, ...], named: str, tmp_path: Path) -> None:
    for name in there:
        (tmp_path / name).write_text("SELECT 1;")
    assert tmp_path / named in _new(tmp_path, _ADD).files


def test_steps_are_numbered_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "20230101000000_a.sql").write_text("-- migrate:up\n-- migrate:down\n")
    given = {"table": "users", "column": ["plan"], "check": "plan <> ''"}
    first, second = [each for each in _new(tmp_path, given, "constraint").files if each.suffix == ".sql"]
    assert int(second.name[:14]) - int(first.name[:14]) in (1, 41)  # a second, also over a minute's end


def test_nothing_is_written_over_a_file(tmp_path: Path) -> None:
    _seeded(tmp_path, "Flyway")
    (tmp_path / "U1.8__fresh.sql").write_text("mine")
    with pytest.raises(UsageError) as failure:
        _new(tmp_path, _ADD, name="fresh")
    assert failure.value.code == "file-exists"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["U1.8__fresh.sql", "V1.7__old.sql"]


def test_the_expectation_can_be_read_and_lies_where_a_trial_looks(tmp_path: Path) -> None:
    from stagecopy.flows.expecting import expecting

    _new(tmp_path, _ADD)
    up = source(tmp_path / "0001_fresh.up.sql")
    found = expecting((up,), None, write=False)
    assert found.path == tmp_path / "0001_fresh.expect.yaml"
    assert load_expectation(found.path).schema == ("column added public.users.plan",)


def test_drizzle_enters_it_in_its_journal(tmp_path: Path) -> None:
    _new(_seeded(tmp_path, "Drizzle"), _ADD)
    entries = json.loads((tmp_path / "meta/_journal.json").read_text())["entries"]
    assert [(each["idx"], each["tag"]) for each in entries] == [(0, "0007_old"), (1, "0008_fresh")]
    assert entries[1]["when"] > entries[0]["when"]
    made = tmp_path / "anew"
    _new(made, {"table": "t", "column": ["c"], "check": "c > 0"}, "constraint", form="drizzle")
    assert [each["tag"] for each in json.loads((made / "meta/_journal.json").read_text())["entries"]] == [
        "0000_fresh_not_valid",
        "0001_fresh_validate",
    ]


def _ran(path: Path, way: str) -> list[str]:
    """What a revision would send, an autocommit block marked."""
    sent: list[str] = []

    class Block:
        def __enter__(self) -> None:
            sent.append("(")

        def __exit__(self, *_: object) -> None:
            sent.append(")")

    context = SimpleNamespace(autocommit_block=Block)
    op = SimpleNamespace(execute=lambda text: sent.append(text.strip()), get_context=lambda: context)
    text = path.read_text(encoding="utf-8").replace("from alembic import op", "")
    scope: dict[str, Any] = {"op": op}
    exec(compile(text, str(path), "exec"), scope)  # noqa: S102 - the file was just written by us
    scope[way]()
    return sent


def test_alembic_revisions_follow_the_head(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").touch()
    (tmp_path / "versions/a_first.py").write_text("revision = 'aaa'\ndown_revision = None\n")
    given = {"table": '"odd ""table"', "column": ["c"], "value": "'a:b \\ %'"}
    (path,) = [each for each in _new(tmp_path, given, "backfill").files if each.suffix == ".py"]
    assert "down_revision = 'aaa'" in path.read_text()
    opened, statement, closed = _ran(path, "upgrade")
    assert (opened, closed) == ("(", ")")
    assert """UPDATE public."odd ""table" SET c = 'a:b \\ %'""" in statement
    (path,) = [each for each in _new(tmp_path, _ADD, name="second").files if each.suffix == ".py"]
    assert _ran(path, "upgrade") == ["SET LOCAL lock_timeout = '5s'", "ALTER TABLE public.users ADD COLUMN plan text"]
    assert [each.name.partition("_")[2] for each in local_migrations(tmp_path)] == ["first", "fresh", "second"]
    (tmp_path / "versions/b_other.py").write_text("revision = 'bbb'\ndown_revision = 'aaa'\n")
    with pytest.raises(UsageError, match="several heads"):
        _new(tmp_path, _ADD, name="third")


@pytest.mark.parametrize(
    ("name", "text", "tool"),
    [
        ("0001_initial.py", "class Migration(migrations.Migration): pass\n", "Django"),
        ("20230101000000_create_users.rb", "", "Rails"),
    ],
)
def test_programs_are_left_to_their_framework(name: str, text: str, tool: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=f"migrations of {tool} are not written") as failure:
        _new(tmp_path, _ADD)
    assert failure.value.code == "form-unknown"


def test_what_must_not_be_deployed_together_is_written_later(tmp_path: Path) -> None:
    given = {"table": "users", "column": ["nick"], "type": ["text"], "to": "name"}
    written = _new(tmp_path, given, "rename")
    assert written.later == ("contract",)
    assert not any("DROP COLUMN nick" in each.read_text() for each in written.files)
    contract = _new(tmp_path, given, "rename", phase="contract")
    assert contract.files[0].name == "0003_fresh_contract.up.sql"
    assert "DROP COLUMN nick" in contract.files[0].read_text()


@pytest.mark.parametrize(
    ("idiom", "given", "code"),
    [
        ("add-column", {"table": "t", "column": ["c"]}, "idiom-flags"),
        ("add-column", {**_ADD, "check": "true"}, "idiom-flags"),
        ("add-column", {**_ADD, "not-null": True}, "idiom-flags"),
        ("add-column", {**_ADD, "type": ["text", "int"]}, "idiom-flags"),
        ("add-column", {**_ADD, "type": ["text; DROP TABLE t"]}, "bad-sql"),
        ("add-column", {**_ADD, "type": ["text -- more"]}, "bad-sql"),
        ("add-column", {**_ADD, "default": "'open"}, "bad-sql"),
        ("add-column", {**_ADD, "default": "f(1"}, "bad-sql"),
        ("add-column", {**_ADD, "default": "1) + (1"}, "bad-sql"),
        ("add-column", {**_ADD, "default": "  "}, "bad-sql"),
        ("add-column", {**_ADD, "table": "a.b.c"}, "no-sql-name"),
        ("add-column", {**_ADD, "table": "user*"}, "no-sql-name"),
        ("add-column", {**_ADD, "column": ["c" * 64]}, "no-sql-name"),
        ("add-column", {**_ADD, "column": ["a\nb"]}, "no-sql-name"),
        ("constraint", {"table": "t"}, "idiom-flags"),
        ("constraint", {"table": "t", "column": ["c"], "check": "true", "unique": True}, "idiom-flags"),
        ("rename", {**_ADD, "to": "plan"}, "idiom-flags"),
        ("backfill", {"table": "t", "column": ["c"]}, "idiom-flags"),
        (None, _ADD, "idiom-flags"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_in_words(
    idiom: str | None, given: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as failure:
        _new(tmp_path, given, idiom)
    assert failure.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a b", "../up", "-x", "ä" * 3, "x" * 81])
def test_a_bad_name_of_a_migration_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as failure:
        _new(tmp_path / "none", {}, None, name=name)
    assert failure.value.code == "bad-migration-name"
    assert list(tmp_path.iterdir()) == []


def test_without_an_idiom_there_is_the_frame_alone(tmp_path: Path) -> None:
    written = _new(tmp_path, {}, None, name="tidy_up")
    texts = {each.name: each.read_text() for each in written.files}
    assert texts["0001_tidy_up.up.sql"].splitlines()[:2] == ["-- what: tidy up", "-- why:"]
    assert yaml.safe_load(texts["0001_tidy_up.expect.yaml"]) == {"version": 1, "tables": {}, "schema": []}


def test_names_are_quoted_where_sql_needs_it() -> None:
    assert ident("public", "users") == "public.users"
    assert ident("Sales", 'a"b', "order") == '"Sales"."a""b"."order"'
    assert derived("t", "c") == "t_c"
    long = derived("ä" * 40, "c")
    assert len(long.encode()) <= 63
    assert long != derived("ä" * 40, "d")
    assert fragment(" numeric(10, 2) ", "--type") == "numeric(10, 2)"
    assert fragment("$a$;$a$ || E'\\';'", "--default") == "$a$;$a$ || E'\\';'"
