"""Reports to pass on: the same verdict in every form, and nothing in them that does anything, whatever data says."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.acceptance.harness import Done, Shop
from tests.unit.report_readers import (
    facts_of_html,
    facts_of_json,
    facts_of_junit,
    facts_of_markdown,
    facts_of_terminal,
    page_of,
    rendered,
)

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    "\x1b[31mred\x1b[0m \x07 \x9b2J",
    "\u202egnp.exe \u2066 \ufffe",
    "</td></table><img src=x onerror=alert(1)>",
    "| a | b |\n\n@everyone [x](javascript:alert(1)) `code` #12",
    "x" * 1_000_000,
    "{{ 7 * 7 }}{% raw %}",
]
FORMS = {"html": "r.html", "markdown": "r.md", "junit": "r.xml", "json": "r.json"}
_NAME = '"><img src=x onerror=alert(1)> `@all` \x1b[1m\u202e'  # of a table and a column, with a quote in it
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe]")
_OUTCOMES: list[tuple[str, int, str, list[str]]] = [  # verdict, exit code, options; one real trial each
    ("fail", 1, "DELETE FROM calm WHERE id <= 3", []),
    ("warn", 0, "UPDATE calm SET note = 'x'; ALTER TABLE calm DROP CONSTRAINT calm_note_check", []),
    ("pass", 0, "ALTER TABLE calm ADD COLUMN more int", []),
]


@pytest.fixture
def nasty(embedded_shop: Shop) -> Shop:
    """A project whose production says hostile things wherever it can, and has one calm table."""
    shop = embedded_shop
    name = sql.Identifier(_NAME)
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE TABLE {0} (id int PRIMARY KEY, note text, {0} text CHECK ({0} <> {1}))").format(
                name, SCRIPT
            )
        )
        for number, value in enumerate(HOSTILE, 1):
            connection.execute(sql.SQL("INSERT INTO {} VALUES (%s, %s, 'x')").format(name), (number, value))
        connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, HOSTILE[3]))
        connection.execute("CREATE TABLE calm (id int PRIMARY KEY, note text CHECK (note <> ''))")
        connection.execute("INSERT INTO calm SELECT n, 'note ' || n FROM generate_series(1, 9) n")
    shop.keep_everything()
    shop.refreshed()
    return shop


def _tried(shop: Shop, text: str, *words: str) -> tuple[Done, dict[str, str]]:
    """The trial, and what it wrote in every form; a terminal's too."""
    wanted = [word for name in FORMS.values() for word in ("--report", name)]
    shop.write("migration.sql", text)
    done = shop.run("trial", "migration.sql", *wanted, *words)
    forms = {form: shop.folder.joinpath(name).read_text(encoding="utf-8") for form, name in FORMS.items()}
    return done, {**forms, "terminal": done.out}


def test_every_form_says_the_same_and_none_of_them_runs_anything(nasty: Shop) -> None:
    table = _NAME.replace('"', '""')
    text = f"""DELETE FROM "{table}" WHERE id > 3; UPDATE "{table}" SET note = note || '{SCRIPT}';
        ALTER TABLE "{table}" DROP COLUMN "{table}"; COMMENT ON TABLE "{table}" IS '{SCRIPT}';
        DO $$ BEGIN RAISE EXCEPTION '{SCRIPT} \x1b[2J @all'; END $$"""
    done, forms = _tried(nasty, text)
    assert done.code == 5, done.err
    document = json.loads(forms["json"])
    facts = facts_of_json(document)
    assert document["migration"]["error"]["message"]
    assert _NAME in [each["table"] for each in document["tables"]]
    assert [form for form, said in forms.items() if _UNSEEN.search(said.rstrip("\n"))] == []
    for form, read in (("html", facts_of_html), ("markdown", facts_of_markdown), ("junit", facts_of_junit)):
        assert SCRIPT not in forms[form]
        assert read(forms[form]) == facts
    assert facts_of_terminal(forms["terminal"], done.code) == facts
    page, comment = page_of(forms["html"]), rendered(forms["markdown"])
    assert (page.live, page.tags.count("script"), page.tags.count("img"), page.open) == ([], 1, 0, [])
    assert (comment.live, comment.tags.count("img"), comment.tags.count("a"), comment.open) == ([], 0, 0, [])
    assert re.search(r"@all|@everyone|(?<!&)#12", forms["markdown"]) is None
    assert len(forms["html"]) < 300_000
    assert len(forms["markdown"]) < 65_536
    for finding in document["findings"]:
        assert finding["rule"] in page.text
    _again_from_the_past(nasty, document, forms)
    _whatever_the_verdict(nasty)


def _whatever_the_verdict(nasty: Shop) -> None:
    """A failing, a warning and a passing trial on the same snapshot: each is that in every form, and in the list."""
    listed: list[dict[str, Any]] = []
    for verdict, code, text, words in _OUTCOMES:
        done, forms = _tried(nasty, text, *words)
        document = json.loads(forms["json"])
        facts = facts_of_json(document)
        assert (facts["verdict"], facts["exit"], done.code) == (verdict, code, code), done.out
        assert facts_of_html(forms["html"]) == facts
        assert facts_of_markdown(forms["markdown"]) == facts
        assert facts_of_junit(forms["junit"]) == facts
        assert facts_of_terminal(done.out, done.code) == facts
        listed.insert(0, {"verdict": verdict, "exit": code, "sha256": document["migration"]["sha256"]})
    past = nasty.run("history", "--json").document["runs"]
    assert [{name: each[name] for name in listed[0]} for each in past[: len(listed)]] == listed
    assert all(each["when"].endswith("+00:00") for each in past)
    lines = nasty.run("history").out.splitlines()
    assert listed[0]["sha256"][:8] in lines[0]
    assert "just now" in lines[0] or "min ago" in lines[0]


def _again_from_the_past(shop: Shop, document: dict[str, Any], forms: dict[str, str]) -> None:
    """`report` and `history`, also while nothing else is left."""
    trial = document["trial"]
    assert shop.run("report").out == forms["markdown"]
    assert shop.run("report", trial[:-2], "--format", "html").out == forms["html"]
    assert shop.run("report", trial, "--format", "md", "--output", "again.txt").code == 0
    assert shop.folder.joinpath("again.txt").read_text(encoding="utf-8") == forms["markdown"]
    assert shop.run("report", "--json").document["findings"] == document["findings"]
    unnamed = shop.run("report", "--output", "report.pdf")
    assert (unnamed.code, "--format" in unnamed.err) == (2, True)
    listed = shop.run("history", "--json").document["runs"]
    assert [each["verb"] for each in listed] == ["trial", "refresh"]
    assert (listed[0]["id"], listed[0]["verdict"], listed[0]["migration"]) == (trial, "fail", "migration.sql")
    unknown = shop.run("report", "19990101", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (2, "no-such-trial")


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [("report.pdf", 2, "usage"), ("nowhere/report.html", 2, "no-such-file"), (".", 2, "usage")],
)
def test_a_report_that_cannot_be_written_is_refused_before_anything_runs(
    embedded_shop: Shop, name: str, code: int, error: str
) -> None:
    done = embedded_shop.run("trial", "-e", "SELECT 1", "--report", name, "--json")
    assert (done.code, done.document["error"]["code"]) == (code, error)


def test_no_trial_yet(embedded_shop: Shop) -> None:
    done = embedded_shop.run("report", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "no-such-trial")
    assert embedded_shop.run("history").code == 0
