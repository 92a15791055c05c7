"""init finds production, asks on a terminal, and writes nothing before the last answer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.acceptance.terminal import at_terminal

PASSWORD = "only/in@tests-9"
SPELLED = "only%2Fin%40tests-9"


@pytest.fixture
def newcomer(fresh_database: Address) -> Iterator[Shop]:
    """A project that has never heard of stagecopy; production's URL stands in its .env, with a role of its own."""
    role = f"reader_{fresh_database.database}"
    with psycopg.connect(fresh_database.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE users (id int PRIMARY KEY, email text, bio text)")
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_read_all_data".encode())
    with shop_of(fresh_database, "embedded") as shop:
        (shop.folder / "stagecopy.yaml").unlink()
        base = shop.folder.parent
        for name in ("STAGECOPY_KEY", "STAGECOPY_PRODUCTION_URL"):
            shop.environ.pop(name)
        shop.environ |= {"XDG_CONFIG_HOME": str(base / "config"), "DOCKER_HOST": "unix:///nonexistent/docker.sock"}
        host = f"{fresh_database.host}:{fresh_database.port}"
        shop.write(".env", f"SECRET=1\nDATABASE_URL=postgres://{role}:{SPELLED}@{host}/{fresh_database.database}\n")
        shop.write("compose.yaml", "services:\n  db: {image: 'postgres:15', environment: {POSTGRES_PASSWORD: dev}}\n")
        try:
            yield shop
        finally:
            if not (shop.folder / "stagecopy.yaml").exists():
                shop.configure()
            with psycopg.connect(fresh_database.url, autocommit=True) as admin:
                admin.execute(f"DROP ROLE {role}".encode())


def _files(shop: Shop) -> set[str]:
    """Everything below the project and the user's configuration."""
    base = shop.folder.parent
    return {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file() and ".git/" not in str(path)}


def _secret_free(shop: Shop, *texts: str) -> bool:
    """Whether the password stands nowhere in the project but where it stood, nor in what was printed."""
    files = [path for path in shop.folder.rglob("*") if path.is_file() and path.name != ".env"]
    everything = "".join([*texts, *(path.read_text(encoding="utf-8", errors="replace") for path in files)])
    return PASSWORD not in everything and SPELLED not in everything


def test_a_person_is_asked_and_the_next_refresh_needs_nothing_more(newcomer: Shop) -> None:
    shop = newcomer
    subprocess.run(["git", "init", "-q"], cwd=shop.folder, check=True)
    shop.write(".gitignore", "node_modules\n*.dump")
    with at_terminal(shop, "init") as terminal:
        terminal.expect("  1  .env:2")
        terminal.expect("looks like development: host 127.0.0.1")
        terminal.expect("  2  compose.yaml:2  postgres@db:5432/postgres")
        terminal.expect("which is production?")
        terminal.type("")
        terminal.expect("which is production?")  # nothing is proposed that looks like development
        terminal.type("1")
        terminal.expect("reading reader_")
        terminal.expect("production  PostgreSQL 15, 1 tables")
        terminal.expect("engine      embedded")
        terminal.expect("[Y/n]")
        terminal.type("")
        terminal.expect("age identity")
        terminal.type("y")
        terminal.expect("go on?")
        assert _files(shop) == {f"{shop.folder.name}/{name}" for name in (".env", ".gitignore", "compose.yaml")}
        terminal.type("")
        assert terminal.ended() == 0, terminal.shown
    assert _secret_free(shop, terminal.shown)
    outside = shop.folder.parent / "config" / "stagecopy"
    assert {path.suffix for path in outside.iterdir()} == {".key", ".env", ".agekey"}
    assert {path.stat().st_mode & 0o777 for path in outside.iterdir()} == {0o600}
    config = (shop.folder / "stagecopy.yaml").read_text()
    assert 'url: "${DATABASE_URL}"' in config
    recipient = next(outside.glob("*.agekey")).read_text().splitlines()[1].removeprefix("# public key: ")
    assert f"#   encrypt_to: [{recipient}]" in config
    ignored = (shop.folder / ".gitignore").read_text().splitlines()
    assert ignored[:3] == ["node_modules", "*.dump", ""]
    assert ignored.count("*.dump") == 1
    assert {"*.agekey", "/.env"} <= set(ignored)
    shop.rules('patterns:\n  - {column: "*", keep: nothing personal in this test}\n')
    (shop.folder / "masking-rules/first.yaml").unlink()
    assert shop.run("refresh", "-q").code == 0


@pytest.mark.parametrize("answers", [[], ["1"], ["1", "y"], ["1", "y", "y"]], ids=len)
def test_ctrl_c_at_any_question_leaves_nothing(newcomer: Shop, answers: list[str]) -> None:
    questions = ["which is production?", "[Y/n]", "age identity", "go on?"]
    before = _files(newcomer)
    with at_terminal(newcomer, "init") as terminal:
        for question, answer in zip(questions, answers, strict=False):
            terminal.expect(question)
            terminal.type(answer)
        terminal.expect(questions[len(answers)])
        terminal.interrupt()
        assert terminal.ended() == 130, terminal.shown
    assert _files(newcomer) == before


def test_saying_no_at_the_end_and_the_end_of_input_leave_nothing(newcomer: Shop) -> None:
    before = _files(newcomer)
    with at_terminal(newcomer, "init", "--url-from", ".env", "--no-store-url", "--no-age-identity") as terminal:
        terminal.expect("go on?")
        terminal.type("n")
        assert terminal.ended() == 2
    with at_terminal(newcomer, "init") as terminal:
        terminal.expect("which is production?")
        terminal.type("\x04")
        assert terminal.ended() == 2
    assert _files(newcomer) == before


def test_a_typed_url_is_not_shown(newcomer: Shop) -> None:
    url = next(line for line in (newcomer.folder / ".env").read_text().splitlines() if "://" in line).partition("=")[2]
    with at_terminal(newcomer, "init", "--no-age-identity") as terminal:
        terminal.expect("which is production?")
        terminal.type("0")
        terminal.expect("not shown")
        terminal.type("mysql://wrong")
        terminal.expect("percent-encode")
        terminal.expect("not shown")
        terminal.type(url)
        terminal.expect("${STAGECOPY_PRODUCTION_URL}?")
        terminal.type("n")
        terminal.expect("go on?")
        terminal.type("y")
        assert terminal.ended() == 0, terminal.shown
    assert "export STAGECOPY_PRODUCTION_URL=" in terminal.shown
    assert _secret_free(newcomer, terminal.shown)


def test_flags_alone_answer_everything_in_one_document(newcomer: Shop) -> None:
    shop = newcomer
    refused = shop.run("init", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "choose-url")
    assert refused.document["error"]["hint"].endswith(".env:2")
    assert shop.run("init", "--url-from", "nowhere", "--json").document["error"]["code"] == "no-such-url"
    shop.write("web/Dockerfile", "FROM scratch\n")
    shop.write("Dockerfile", "FROM scratch\n")
    done = shop.run("init", "--url-from", ".env:2", "--yes", "--json")
    assert done.code == 0, done.err
    made = done.document
    assert made["production"]["from"] == ".env:2"
    assert made["production"]["variable"] == "DATABASE_URL"
    assert [Path(made[name]).suffix for name in ("config", "key", "env", "identity")] == [
        ".yaml",
        ".key",
        ".env",
        ".agekey",
    ]
    assert made["recipient"].startswith("age1")
    assert [Path(name).name for name in made["ignored"]] == [".dockerignore"]
    assert _secret_free(shop, done.out, done.err)
    before = {name: (shop.folder.parent / name).read_bytes() for name in _files(shop)}
    again = shop.run("init", "--yes", "--json").document
    assert [again[name] for name in ("config", "key", "rules", "env", "identity", "ignored")] == [None] * 5 + [{}]
    assert {name: (shop.folder.parent / name).read_bytes() for name in _files(shop)} == before


def test_what_does_not_answer_leaves_nothing(newcomer: Shop) -> None:
    before = _files(newcomer)
    newcomer.write(".env", f"DATABASE_URL=postgres://u:{SPELLED}@127.0.0.1:1/d\n")
    done = newcomer.run("init", "--url-from", "DATABASE_URL", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "production-unreachable")
    assert _secret_free(newcomer, done.out, done.err)
    assert _files(newcomer) == before


def test_a_stored_url_that_others_can_read_is_refused(newcomer: Shop) -> None:
    made = newcomer.run("init", "--url-from", ".env", "--store-url", "--json").document
    Path(made["env"]).chmod(0o640)
    done = newcomer.run("staging", "list", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "env-file-mode")
    assert done.document["error"]["hint"].startswith("chmod 600")
    Path(made["env"]).chmod(0o600)
