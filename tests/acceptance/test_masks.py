"""The verbs below `masks`, on a real database: propose, check, try, explain; and what a refresh says about drift."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import PROGRAM, Shop, shop_of
from tests.integration.scratch_server import database_of

PEOPLE = """
CREATE TABLE users (id int PRIMARY KEY, email varchar(80) UNIQUE NOT NULL, full_name text NOT NULL, x7 text,
                    prefs jsonb, active boolean NOT NULL, created_at timestamptz NOT NULL DEFAULT '2024-01-01');
CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, paid boolean NOT NULL,
                     created_at timestamptz NOT NULL DEFAULT '2024-01-01', remark text);
CREATE TABLE logs (at timestamptz, mail text) PARTITION BY RANGE (at);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO users SELECT i, 'secret.person' || i || '@corp.test', 'Quentin Zebulon ' || chr(64 + i),
       (ARRAY['12345678Z', '00000000T', '99999999R', '11111111H'])[1 + i % 4],
       jsonb_build_object('phone', '+49 30 90182' || i), true FROM generate_series(1, 20) i;
INSERT INTO orders
       SELECT i, i, true, '2024-01-01', 'ask secret.person' || i || '@corp.test' FROM generate_series(1, 20) i;
INSERT INTO logs SELECT '2024-05-01', 'secret.person' || i || '@corp.test' FROM generate_series(1, 20) i;
"""
RAW = ("corp.test", "Zebulon", "12345678Z", "90182")
GOOD = """
tables:
  users:
    columns:
      email: {mask: email}
      full_name: {mask: name}
      x7: {mask: hash}
      prefs: {mask: null}
  orders: {columns: {remark: {mask: text}}}
  logs: {columns: {mail: {mask: email}}}
patterns:
  - {type: boolean, keep: yes or no}
  - {type: integer, keep: surrogate keys}
  - {type: "timestamp*", keep: times}
"""


@pytest.fixture(scope="module")
def people(scratch_server: Address) -> Iterator[Shop]:
    """A project on a small production; each test writes the rules it needs."""
    with database_of(scratch_server) as production, shop_of(production, "embedded") as shop:
        _fill(production)
        yield shop


@pytest.fixture(autouse=True)
def _no_rules(request: pytest.FixtureRequest) -> None:
    if "people" in request.fixturenames:
        for path in request.getfixturevalue("people").folder.glob("masking-rules/*"):
            path.unlink()


def _fill(production: Address) -> None:
    with psycopg.connect(production.url, autocommit=True) as connection:
        connection.execute(PEOPLE)
        connection.execute("ANALYZE")


def _run(production: Address, statement: str) -> None:
    with psycopg.connect(production.url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _json(shop: Shop, *words: str, code: int = 0) -> Any:
    done = shop.run("masks", *words, "--json")
    assert done.code == code, done.err
    return done.document


def _no_raw(text: str) -> None:
    assert [each for each in RAW if each in text] == []


def test_suggest_alone_is_enough_to_check(people: Shop) -> None:
    done = people.run("masks", "suggest", "--write", "masking-rules/proposed.yaml")
    assert done.code == 0, done.err
    _no_raw(done.out + done.err + (people.folder / "masking-rules/proposed.yaml").read_text())
    found = _json(people, "check")
    masked = {
        f"{table['name']}.{each['name']}"
        for table in found["tables"]
        for each in table["columns"]
        if each["mask"] != "keep"
    }
    assert masked == {
        "public.users.email", "public.users.full_name", "public.users.x7", "public.users.prefs", "public.orders.remark",
        "public.logs.mail",
    }  # fmt: skip
    assert found["personal_kept"] == 0
    assert [each["column"] for each in found["collisions"]] == ["public.users.email"]
    again = _json(people, "suggest")
    assert (again["suggestions"], again["yaml"]) == ([], None)
    assert (
        people.run("masks", "suggest", "--write", "masking-rules/proposed.yaml", "--json").document["error"]["code"]
        == "file-exists"
    )


def test_suggest_says_how_sure_it_is_and_why(people: Shop) -> None:
    people.rules('tables:\n  users: {columns: {email: {keep: "they do not mind"}}}\n')
    document = _json(people, "suggest")
    by_name = {each["column"]: each for each in document["suggestions"]}
    assert "public.users.email" not in by_name
    assert [each["column"] for each in document["look_again"]] == ["public.users.email"]
    spanish = by_name["public.users.x7"]
    assert (spanish["mask"], spanish["confidence"], spanish["by"]) == ("hash", "high", "values")
    assert spanish["reason"] == "20 of 20 sampled values are numbers of persons with sound check digits"
    assert by_name["public.users.prefs"]["leaves"] == [{"path": "$.phone", "kind": "phone"}]
    assert {"type": "boolean", "keep": "boolean", "columns": 2} in document["patterns"]
    _no_raw(str(document))


def test_check_says_all_that_is_wrong_at_once(people: Shop) -> None:
    people.rules(
        "tables:\n  users: {columns: {email: {mask: name}, nmae: {mask: name}}}\n  ordres: {rows: none}\n"
        '  logs: {columns: {"*": {keep: looked at}}}\n'
    )
    document = _json(people, "check", code=2)
    assert document["error"]["code"] == "bad-rules"
    assert len(document["problems"]) == 3
    assert "public.users.full_name" in document["unclassified"]
    assert "full_name" in document["yaml"]
    assert [each["name"] for each in document["personal"]] == ["public.logs.mail"]


def test_check_names_what_has_no_rule(people: Shop) -> None:
    people.rules(GOOD.replace("      x7: {mask: hash}\n", ""))
    document = _json(people, "check", code=7)
    assert (document["error"]["code"], document["unclassified"]) == ("unclassified", ["public.users.x7"])
    done = people.run("masks", "check")
    assert "x7: {mask: text}" in done.out
    assert "keep: " not in done.out
    assert "keep: " in people.run("masks", "check", "--all").out


def test_check_needs_no_key_and_makes_no_home(people: Shop) -> None:
    people.rules(GOOD)
    key = people.environ.pop("STAGECOPY_KEY")
    home = people.environ["STAGECOPY_HOME"]
    people.environ["STAGECOPY_HOME"] = f"{home}-never"
    try:
        document = _json(people, "check")
    finally:
        people.environ.update(STAGECOPY_KEY=key, STAGECOPY_HOME=home)
    assert document["drift"] is None
    assert not os.path.exists(f"{home}-never")  # noqa: PTH110


def test_preview_hides_what_production_has(people: Shop) -> None:
    people.rules(GOOD)
    shown = people.run("masks", "preview", "users", "--rows", "3")
    assert shown.code == 0, shown.err
    _no_raw(shown.out + shown.err)
    document = _json(people, "preview", "public.users", "--rows", "3")
    _no_raw(str(document))
    [table] = document["tables"]
    assert len(table["rows"]) == 3
    first = dict(zip((each["name"] for each in table["columns"]), table["rows"][0], strict=True))
    assert first["id"] == {"masked": None, "hidden": True}
    assert first["email"]["masked"].partition("@")[2] in {"example.com", "example.net", "example.org"}


def test_raw_values_never_go_into_a_pipe_unasked(people: Shop) -> None:
    people.rules(GOOD)
    for more in ([], ["--json"]):
        refused = people.run("masks", "preview", "users", "--show-raw", *more)
        assert refused.code == 2
        _no_raw(refused.out + refused.err)
    document = _json(people, "preview", "users", "--show-raw", "--yes", "--rows", "1")
    assert "corp.test" in str(document)


def test_raw_values_are_shown_on_a_terminal(people: Shop) -> None:
    people.rules(GOOD)
    master, slave = pty.openpty()
    words = [*PROGRAM, "masks", "preview", "users", "--show-raw", "--rows", "1"]
    child = subprocess.Popen(words, cwd=people.folder, env=people.environ, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    said = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(master)
    assert child.wait(timeout=60) == 0, said.decode()
    assert b"corp.test" in said


def test_preview_looks_into_partitions_and_past_open_columns(people: Shop) -> None:
    people.rules("tables:\n  logs: {columns: {mail: {mask: email}, at: {keep: a time}}}\n")
    document = _json(people, "preview", "logs", "--rows", "2")
    assert [each["name"] for each in document["tables"]] == ["public.logs_2024"]
    _no_raw(str(document))
    assert _json(people, "preview", "log", code=2)["error"]["code"] == "no-such-table"
    people.rules("tables:\n  logs: {rows: none}\n")
    assert _json(people, "preview", "logs", code=2)["error"]["code"] == "rows-left-behind"


def test_explain_says_which_line_and_why(people: Shop) -> None:
    people.rules(GOOD + '  - {column: email, keep: "never reached"}\n')
    document = _json(people, "explain", "users.email")
    assert document["where"].endswith("rules.yaml:6")
    assert [(each["step"], each["applies"]) for each in document["candidates"]] == [("exact", True), ("pattern", False)]
    assert document["mask"]["injective"] is True
    assert document["length"] == 80
    words = people.run("masks", "explain", "users.email").out
    assert "masking-rules/rules.yaml:6" in words
    wrong = _json(people, "explain", "users.emial", code=2)["error"]
    assert (wrong["code"], wrong["hint"]) == ("no-such-column", "did you mean public.users.email?")


def test_a_refresh_tells_drift_and_what_a_catch_all_keeps(embedded_shop: Shop) -> None:
    shop = embedded_shop
    _fill(shop.production)
    shop.rules(GOOD.replace("      full_name: {mask: name}\n", '      "full*": {keep: shown anyway}\n'))
    first = shop.refreshed()
    assert (first["personal_kept"], first["drift"]) == (1, None)
    tried = shop.trial("UPDATE users SET email = email").document
    assert "personal-kept" in {each["code"] for each in tried["fidelity"]}
    _run(shop.production, "ALTER TABLE users ADD ssn text, ALTER email TYPE varchar(60)")
    failed = shop.run("refresh", "--json")
    assert failed.code == 7
    changes = {(each["change"], each["name"]): each["message"] for each in failed.document["drift"]}
    assert changes["new", "public.users.ssn"] == "no rule: refresh stops"
    assert "email masks may get shorter" in changes["changed", "public.users.email"]
    assert "ssn: {mask: text}" in failed.err
    assert "new column public.users.ssn: no rule: refresh stops" in failed.err
    _run(shop.production, "ALTER TABLE orders DROP remark")
    gone = [each for each in _json(shop, "check", code=2)["drift"] if each["change"] == "vanished"]
    assert [(each["name"], "idle" in each["message"]) for each in gone] == [("public.orders.remark", True)]
    shop.rules(GOOD.replace("  orders: {columns: {remark: {mask: text}}}\n", "") + "  - {column: ssn, mask: hash}\n")
    assert len(_json(shop, "check")["drift"]) == 4
    second = shop.refreshed()
    assert (second["personal_kept"], len(second["drift"])) == (0, 4)
    assert _json(shop, "check")["drift"] == []
