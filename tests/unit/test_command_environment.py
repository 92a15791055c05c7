"""The environment of a command: everything that leads to production leads to the clone, or is not there."""

from __future__ import annotations

import pytest

from stagecopy.model.server import Address
from stagecopy.postgres.dsn import Dsn
from stagecopy.trial.environment import Scrubbed, Wishes, scrubbed

PRODUCTION = Dsn.parse("postgresql://boss:p%40ss%2Fword@db.prod.example:6432/shop")
CLONE = Address("127.0.0.1", 5432, "app", "of the clone", "shop")
URL = "postgresql://app:of%20the%20clone@127.0.0.1:5432/shop"


def _scrubbed(environ: dict[str, str], *, file: dict[str, str] | None = None, **wishes: list[str]) -> Scrubbed:
    return scrubbed(environ, file or {}, PRODUCTION, CLONE, wishes=Wishes(**wishes))


def _value(name: str, value: str) -> str | None:
    return _scrubbed({name: value}).variables.get(name)


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("DATABASE_URL", "postgres://dev@localhost/dev", URL),
        (
            "MAIN_STORE",
            "postgres://boss:p%40ss%2Fword@db.prod.example:6432/shop",
            URL.replace("postgresql", "postgres"),
        ),
        (
            "DB_URL",
            "postgresql+asyncpg://x@y/z?sslmode=require&application_name=a",
            f"{URL.replace('postgresql', 'postgresql+asyncpg')}?application_name=a",
        ),
        (
            "SPRING_DATASOURCE_URL",
            "jdbc:postgresql://db.prod.example:6432/shop",
            "jdbc:postgresql://127.0.0.1:5432/shop?user=app&password=of+the+clone",
        ),
        (
            "GOOSE_DBSTRING",
            "host=db.prod.example dbname=shop",
            "host=127.0.0.1 port=5432 user=app password='of the clone' dbname=shop",
        ),
        ("DB_HOST", "anything", "127.0.0.1"),
        ("POSTGRES_PASSWORD", "anything", "of the clone"),
        ("APP_DB_NAME", "anything", "shop"),
        ("DATABASE_USERNAME", "boss", "app"),
        ("DB_PORT", "6432", "5432"),
    ],
)
def test_what_leads_to_a_database_leads_to_the_clone(name: str, given: str, wanted: str) -> None:
    assert _value(name, given) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOTE", "ask db.prod.example for it"),
        ("NOTE", "the word is p@ss/word"),
        ("NOTE", "the word is p%40ss%2Fword"),
        ("REPORTING", "postgres://reader@elsewhere/numbers"),
        ("PGSERVICE", "prod"),
        ("STAGECOPY_KEY", "key"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("NPM_TOKEN", "x"),
        ("SMTP_PASSWORD", "x"),
        ("SSH_AUTH_SOCK", "/tmp/x"),
        ("https_proxy", "http://x"),
        ("KUBECONFIG", "x"),
    ],
)
def test_what_leads_elsewhere_or_is_secret_is_left_out_and_named(name: str, value: str) -> None:
    found = _scrubbed({name: value})
    assert name not in found.variables
    assert found.removed == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/bin"),
        ("LANG", "de_DE.UTF-8"),
        ("VIRTUAL_ENV", "/x"),
        ("USER", "boss"),
        ("APP_NAME", "shop"),
        ("GIT_AUTHOR_NAME", "somebody"),
        ("KEYBOARD", "de"),
        ("REDIS_URL", "redis://localhost"),
    ],
)
def test_what_is_neither_stays(name: str, value: str) -> None:
    assert _value(name, value) == value


def test_a_secret_that_frameworks_insist_on_is_made_up() -> None:
    found = _scrubbed({"SECRET_KEY": "of the framework", "EMPTY_KEY": ""})
    assert len(found.variables["SECRET_KEY"]) == 64
    assert found.variables["EMPTY_KEY"] == ""
    assert found.replaced == ("SECRET_KEY",)


def test_the_clone_is_there_by_the_usual_names() -> None:
    found = _scrubbed({}).variables
    assert (found["DATABASE_URL"], found["PGHOST"], found["PGPASSWORD"]) == (URL, "127.0.0.1", "of the clone")


def test_wishes_are_heard() -> None:
    found = _scrubbed({"COLOUR": "blue", "NPM_TOKEN": "x"}, drop=["COLOUR"], keep=["NPM_TOKEN"])
    assert "COLOUR" not in found.variables
    assert found.variables["NPM_TOKEN"] == "x"


def test_of_a_file_only_what_leads_to_production_is_taken() -> None:
    found = _scrubbed({}, file={"STORE_URL": f"postgres://{PRODUCTION.conninfo}", "COLOUR": "blue", "DB_HOST": "x"})
    assert found.variables["DB_HOST"] == "127.0.0.1"
    assert "COLOUR" not in found.variables


def test_values_are_in_no_repr() -> None:
    assert "of the clone" not in repr(_scrubbed({}))
