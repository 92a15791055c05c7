"""The command line as scripts and people meet it: help, options, exit codes, one JSON document, no secrets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.config.load import load_project
from stagecopy.errors import UsageError
from stagecopy.model.server import Address
from tests.acceptance.harness import PROGRAM, Done, Shop, shop_of
from tests.integration.engine_fixtures import docker_required

PASSWORD = "correct-horse-battery"
HEAVY = ("psycopg", "pydantic", "polars", "docker", "faker", "yaml", "rich.console", "sqlite3")


@pytest.fixture
def offline() -> Iterator[Shop]:
    """A project whose production does not answer: enough for everything that ends before it is asked."""
    with shop_of(Address("127.0.0.1", 1, "reader", PASSWORD, "app"), "embedded") as made:
        yield made


def _error(done: Done) -> Any:
    """The error of the one document on stdout."""
    assert done.document["exit"] == done.code
    assert set(done.document["error"]) == {"code", "message", "hint", "where"}
    return done.document["error"]


def _said_once(done: Done) -> None:
    """Words on stderr, no stack, nothing of it on stdout but the document."""
    assert "Traceback" not in done.err
    assert done.err.count("error: ") == 1
    assert len(done.out.splitlines()) == 1


def test_an_unknown_mode_is_told_in_our_words(offline: Shop) -> None:
    done = offline.run("trial", "--transaction", "none", "--json", "a.sql")
    said = "Invalid value for '--transaction': 'none' is not one of 'auto', 'statement', 'file', 'single'."
    assert (done.code, _error(done)["code"], _error(done)["message"]) == (2, "usage", said)


@pytest.mark.parametrize(
    "words",
    [
        ["frobnicate"],
        ["refresh", "--frobnicate"],
        ["refresh", "--retry"],
        ["refresh", "--retry", "many"],
        ["refresh", "--retry", "-1"],
        ["staging", "frobnicate"],
        ["staging", "psql"],
        ["trial"],
        ["trial", "a.sql", "-e", "SELECT 1"],
        [],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_one_document(offline: Shop, words: list[str]) -> None:
    done = offline.run(*words, "--json")
    assert (done.code, _error(done)["code"]) == (2, "usage")
    assert "--help" in done.document["error"]["hint"] or words == ["staging", "psql"]
    _said_once(done)


def test_without_a_verb_the_help_is_shown_and_nothing_done(offline: Shop) -> None:
    done = offline.run()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: stagecopy ")
    assert offline.run("staging").err.startswith("Usage: stagecopy staging ")


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ("version: 1\nproduction: {url: 'x\n", "bad-config", None, "not valid YAML"),
        ("version: 1\nproduction:\n  urk: x\n", "bad-config", 3, "unknown key"),
        ("version: 1\n\ntrial: {max_age: soon}\n", "bad-config", 3, "duration"),
        ("version: 1\nversion: 1\n", "bad-config", 2, "twice"),
        ("version: 2\n", "bad-config", 1, "version 1"),
        ("version: 1\nproject: Not A Name\n", "bad-config", 2, "project"),
        ("version: 1\nproduction:\n  url: 'postgresql://${UNSET_NAME}@h/d'\n", "unset-variable", 3, "UNSET_NAME"),
        (f"version: 1\nproduction:\n  url: 'postgresql://u:{PASSWORD}@[h/d'\n", "bad-dsn", 3, "URL"),
    ],
    ids=["yaml", "unknown key", "duration", "twice", "version", "name", "variable", "url"],
)
def test_a_wrong_config_is_told_by_file_and_line(
    offline: Shop, text: str, code: str, line: int | None, said: str
) -> None:
    offline.keep_everything()
    offline.write("stagecopy.yaml", text)
    done = offline.run("refresh", "--json")
    error = _error(done)
    offline.configure()
    assert PASSWORD not in done.out + done.err
    assert (done.code, error["code"]) == (2, code)
    assert re.fullmatch(rf"stagecopy\.yaml:{line or r'[0-9]+'}", error["where"])
    assert said in error["message"]
    _said_once(done)


def test_an_unknown_key_gets_the_nearest_known_one(offline: Shop) -> None:
    offline.write("stagecopy.yaml", "version: 1\nproduction:\n  urk: x\n")
    assert "'url'" in _error(offline.run("refresh", "--json"))["hint"]
    offline.configure()


def test_without_a_config_the_next_step_is_init(offline: Shop) -> None:
    done = offline.run("-c", "nowhere.yaml", "refresh", "--json")
    assert (done.code, _error(done)["code"]) == (2, "no-config")
    assert "stagecopy init" in done.document["error"]["hint"]
    last = offline.run("-c", "nowhere.yaml", "refresh").err.strip().splitlines()[-1]
    assert "next: run `stagecopy init`" in last


def test_in_a_folder_below_the_project_the_config_above_is_named(
    offline: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "app" / "models"
    below.mkdir(parents=True)
    (tmp_path / "stagecopy.yaml").write_text("version: 1\n", encoding="utf-8")
    monkeypatch.chdir(below)
    with pytest.raises(UsageError) as refused:
        load_project(None, {})
    assert (refused.value.code, refused.value.hint and "-c ../../stagecopy.yaml" in refused.value.hint) == (
        "no-config",
        True,
    )


def test_every_verb_is_said_whole_on_80_columns(offline: Shop) -> None:
    for words in (["--help"], ["staging", "--help"], ["clone", "--help"], ["masks", "--help"]):
        listed = offline.run(*words).out.partition("Commands:")[2]
        assert listed
        assert "..." not in listed


def test_wrong_rules_are_told_by_file_and_line(embedded_shop: Shop) -> None:
    embedded_shop.rules("tables:\n  public.users:\n    columns:\n      email: {mask: emial}\n")
    done = embedded_shop.run("refresh", "--json")
    assert (done.code, _error(done)["code"]) == (2, "bad-rules")
    assert re.fullmatch(r"(.*/)?masking-rules/rules\.yaml:5", done.document["error"]["where"])


@pytest.mark.parametrize("verb", ["refresh", "init"])
def test_an_unreachable_production_ends_with_3_and_no_password(offline: Shop, verb: str) -> None:
    offline.keep_everything()
    for words in ([verb], [verb, "--json"], [verb, "-v"]):
        done = offline.run(*words)
        assert done.code == 3
        assert PASSWORD not in done.out + done.err + _left_behind(offline)
    assert _error(offline.run(verb, "--json"))["code"] == "production-unreachable"


def test_a_refused_password_is_not_repeated(embedded_shop: Shop) -> None:
    """With letters that a URL must encode: neither spelling may show."""
    embedded_shop.keep_everything()
    host, port = embedded_shop.production.host, embedded_shop.production.port
    url = f"postgresql://postgres:wr%40ng%2Fhorse@{host}:{port}/postgres"
    embedded_shop.environ["STAGECOPY_PRODUCTION_URL"] = url
    done = embedded_shop.run("refresh", "-v", "--json")
    assert (done.code, _error(done)["code"]) == (3, "production-unreachable")
    assert done.document["error"]["hint"].startswith("check the password")
    everything = done.out + done.err + _left_behind(embedded_shop)
    assert not [spelling for spelling in ("wr@ng/horse", "wr%40ng%2Fhorse") if spelling in everything]


def _left_behind(shop: Shop) -> str:
    """All text a run left in the home."""
    return "".join(path.read_text(encoding="utf-8") for path in shop.home.rglob("runs/*/*") if path.is_file())


BROKEN = """
import os
import stagecopy.flows.serve

def _breaks(work):
    raise LookupError(os.environ["ROW"]) from ValueError(os.environ["ROW"])

stagecopy.flows.serve.inventory = _breaks
"""


def test_a_bug_ends_with_70_and_a_report_without_values(offline: Shop, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BROKEN, encoding="utf-8")
    environ = {"PYTHONPATH": f"{tmp_path}:{offline.environ['PYTHONPATH']}", "ROW": "a-row-of-somebody"}
    offline.environ.update(environ, TMPDIR=str(tmp_path))
    done = offline.run("staging", "list", "--json")
    assert (done.code, _error(done)["code"]) == (70, "bug")
    _said_once(done)
    (report,) = tmp_path.glob("stagecopy-bug-*.txt")
    assert str(report) in done.err
    text = report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o077 == 0
    assert "LookupError" in text
    assert "ValueError" in text
    assert "a-row-of-somebody" not in text + done.out + done.err


def test_options_are_taken_before_and_after_the_verb(offline: Shop) -> None:
    (offline.folder / "stagecopy.yaml").rename(offline.folder / "other.yaml")
    listed = [
        offline.run(*words)
        for words in (
            ("-c", "other.yaml", "--json", "staging", "list"),
            ("staging", "list", "-c", "other.yaml", "--json"),
            ("--config", "other.yaml", "staging", "list", "--json"),
        )
    ]
    assert [(done.code, done.document["directories"]) for done in listed] == [(0, [])] * 3
    offline.environ["STAGECOPY_CONFIG"] = "other.yaml"
    for words in (("-q", "staging", "reset", "--yes"), ("staging", "reset", "--yes", "-q"), ("staging", "url", "-v")):
        done = offline.run(*words)
        assert (done.code, done.out) == (6 if "reset" in words else 4, "")
        assert "next: run `stagecopy refresh`" in done.err


def test_version(offline: Shop) -> None:
    assert re.fullmatch(r"stagecopy \d+\.\d+\.\d+\S*\n", offline.run("--version").out)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['stagecopy', '--help']\n"
        "from stagecopy.cli.main import main\n"
        "try: main()\n"
        f"except SystemExit: sys.stderr.write(','.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "Usage: stagecopy" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("verb", ["reset", "destroy"])
def test_what_destroys_asks_and_without_a_terminal_does_nothing(offline: Shop, verb: str) -> None:
    done = offline.run("staging", verb, "--json", stdin="y\n")
    assert (done.code, _error(done)["code"]) == (2, "not-confirmed")
    assert "--yes" in done.document["error"]["hint"]


def test_init_overwrites_nothing(embedded_shop: Shop, tmp_path: Path) -> None:
    shop = embedded_shop
    with psycopg.connect(shop.production.url) as production:
        production.execute("CREATE TABLE users (id int PRIMARY KEY, email text, bio text)")
    del shop.environ["STAGECOPY_KEY"]
    shop.environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    (shop.folder / "stagecopy.yaml").unlink()
    first = shop.run("init", "--json").document
    made = [Path(first[name]) for name in ("config", "key", "rules")]
    assert [path.stat().st_mode & 0o777 for path in made if path.suffix == ".key"] == [0o600]
    assert not made[1].is_relative_to(shop.folder)
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in made]
    again = shop.run("init", "--json")
    assert (again.code, [again.document[name] for name in ("config", "key", "rules")]) == (0, [None] * 3)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in made] == before
    made[0].unlink()  # a new config must not bring a new key with it
    assert shop.run("init", "--json").document["key"] is None
    assert made[1].read_bytes() == before[1][0]
    shop.configure()


@pytest.mark.parametrize("engine_name", ["embedded", pytest.param("docker", marks=pytest.mark.docker)])
def test_reset_undoes_and_destroy_leaves_backups_runs_and_key(fresh_database: Address, engine_name: str) -> None:
    if engine_name == "docker":
        docker_required()
    with psycopg.connect(fresh_database.url, autocommit=True) as production:
        production.execute("CREATE TABLE things AS SELECT i AS id FROM generate_series(1, 10) i")
    with shop_of(fresh_database, engine_name) as shop:
        _resets_and_destroys(shop)


def _resets_and_destroys(shop: Shop) -> None:
    shop.keep_everything()
    key = shop.folder.parent / "key"
    key.write_text(shop.environ.pop("STAGECOPY_KEY"))
    key.chmod(0o600)
    shop.configure(masking=f"{{key_file: {key}}}")
    url = shop.refreshed()["staging"]["url"]
    with shop.staging() as staging:
        staging.execute("DELETE FROM things")
    assert shop.run("staging", "reset", "--yes").code == 0
    assert shop.run("staging", "url").out.strip() == url
    assert shop.run("staging", "psql", "--", "-Atc", "SELECT count(*) FROM things").out == "10\n"

    backups, runs = ({path.name for path in (shop.home / name).iterdir()} for name in ("backups", "runs"))
    destroyed = shop.run("staging", "destroy", "--yes", "--json")
    assert destroyed.code == 0
    assert {name.partition("-")[0] for name in destroyed.document["removed"]} >= {"served", "snapshot"}
    assert {path.name for path in (shop.home / "backups").iterdir()} == backups != set()
    assert {path.name for path in (shop.home / "runs").iterdir()} == runs != set()
    assert key.exists()
    assert json.loads(shop.run("staging", "list", "--json").out)["directories"] == []
    assert _error(shop.run("staging", "url", "--json"))["code"] == "no-staging"


def test_a_closed_pipe_is_no_bug(offline: Shop) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [*PROGRAM, "--help"],
            cwd=offline.folder,
            env=offline.environ,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert "bug" not in ended.stderr
    assert "Traceback" not in ended.stderr
