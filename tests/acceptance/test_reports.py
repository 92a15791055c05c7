"""Reports to pass on: the same verdict in every form, and nothing in them that does anything, whatever data says."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from tests.acceptance.harness import Done, Shop

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    "\x1b[31mred\x1b[0m \x07",
    "\u202egnp.exe \u2066",
    "</td></table><img src=x onerror=alert(1)>",
    "| a | b |\n\n@everyone [x](javascript:alert(1)) `code` #12",
    "x" * 1_000_000,
    "{{ 7 * 7 }}{% raw %}",
]
FORMS = {"html": "r.html", "markdown": "r.md", "junit": "r.xml", "json": "r.json"}
_TABLE = '"t<b>&amp; @x"'


class _Page(HTMLParser):
    """The tags of a page, its scripts and every attribute that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.live += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")]
        self.live += [name for name, _ in attrs if name in ("src", "href", "action")]


@pytest.fixture
def tried(embedded_shop: Shop) -> tuple[Shop, Done]:
    """A project with one trial of everything hostile, written in every form."""
    shop = embedded_shop
    shop.production_sql(f"CREATE TABLE {_TABLE} (id int PRIMARY KEY, note text, other text)")
    for number, value in enumerate(HOSTILE, 1):
        shop.production_sql(f"INSERT INTO {_TABLE} VALUES ({number}, $q${value}$q$, 'x')")
    shop.keep_everything()
    shop.refreshed()
    wanted = [word for name in FORMS.values() for word in ("--report", name)]
    text = f"DELETE FROM {_TABLE} WHERE id > 3; UPDATE {_TABLE} SET note = note || '{SCRIPT}';"
    done = shop.trial(
        f"{text} ALTER TABLE {_TABLE} DROP COLUMN other; COMMENT ON TABLE {_TABLE} IS '{SCRIPT}'", *wanted
    )
    assert done.code == 1, done.err
    return shop, done


def test_every_form_says_the_same_and_none_of_them_runs_anything(tried: tuple[Shop, Done]) -> None:
    shop, done = tried
    page, markdown, xml, document = (shop.folder.joinpath(name).read_text(encoding="utf-8") for name in FORMS.values())
    assert json.loads(document) == done.document
    assert len(page) < 300_000
    read = _Page()
    read.feed(page)
    assert (read.live, read.tags.count("script"), read.tags.count("img")) == ([], 1, 0)
    assert "49" not in re.findall(r"note=(\S+)", page)
    for text in (page, markdown, xml):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert SCRIPT not in text
    assert len(markdown) < 65_536
    assert "@everyone" not in markdown
    assert re.search(r"(?<!&)#12", markdown) is None
    findings = done.document["findings"]
    suite = ET.fromstring(xml)  # noqa: S314 - our own
    errors = [each for each in findings if each["severity"] == "error"]
    assert (int(suite.attrib["failures"]), int(suite.attrib["tests"])) == (len(errors), len(findings) + 1)
    assert len(suite.findall("testcase/failure")) == len(errors) > 0
    assert 'class="badge fail"' in page
    assert "❌ FAIL" in markdown
    for each in findings:
        assert each["rule"] in page
    _again_from_the_past(shop, done, page, markdown)


def _again_from_the_past(shop: Shop, done: Done, page: str, markdown: str) -> None:
    """`report` and `history`, also while nothing else is left."""
    trial = done.document["trial"]
    assert shop.run("report").out == markdown
    assert shop.run("report", trial[:-2], "--format", "html").out == page
    assert shop.run("report", "--json").document["findings"] == done.document["findings"]
    listed = shop.run("history", "--json").document["runs"]
    assert [each["verb"] for each in listed] == ["trial", "refresh"]
    assert (listed[0]["id"], listed[0]["verdict"], listed[0]["migration"]) == (trial, "fail", "migration.sql")
    assert trial in shop.run("history").out
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
