"""Written reports: every form says the same, none of them does anything, and none is too large to pass on."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from stagecopy.errors import StagingError
from stagecopy.model.trial import TrialResult
from stagecopy.report.document import trial_document
from stagecopy.report.html import trial_html
from stagecopy.report.junit import trial_junit
from stagecopy.report.markdown import trial_markdown
from stagecopy.report.plain_json import plain_json
from tests.unit.report_large import hostile, large
from tests.unit.report_readers import (
    facts_of_html,
    facts_of_json,
    facts_of_junit,
    facts_of_markdown,
    facts_of_terminal,
    page_of,
    rendered,
)
from tests.unit.report_samples import backfill, bad_fix, failing
from tests.unit.report_whole import SAID, whole
from tests.unit.test_report import shown


def warned(exit_code: int) -> TrialResult:
    """A trial with warnings only; *exit_code* 1 as with --strict."""
    whole = bad_fix()
    kept = tuple(each for each in whole.findings if each.severity != "error")
    return replace(whole, findings=kept, verdict="warn", exit=exit_code)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(bad_fix(), id="fail"),
        pytest.param(warned(0), id="warn"),
        pytest.param(warned(1), id="strict"),
        pytest.param(backfill(), id="pass"),
        pytest.param(failing(), id="migration failed"),
    ],
)
def test_every_form_has_the_same_verdict_exit_code_and_counts(result: TrialResult) -> None:
    document = trial_document(result)
    wanted = facts_of_json(document)
    assert wanted["verdict"] in ("pass", "warn", "fail")
    assert facts_of_html(trial_html(document)) == wanted
    assert facts_of_markdown(trial_markdown(document)) == wanted
    assert facts_of_junit(trial_junit(document)) == wanted
    assert facts_of_terminal(shown(result), result.exit) == wanted
    assert facts_of_terminal(shown(result, width=200), result.exit) == wanted


def test_a_trial_that_never_ran_is_told_in_every_form() -> None:
    error = StagingError("engine-down", "docker does not answer", hint="start it")
    document = trial_document(TrialResult(trial="t", exit=4, error=error))
    for text in (trial_html(document), trial_markdown(document), trial_junit(document)):
        assert "docker does not answer" in text
    assert 'class="badge none"' in trial_html(document)
    assert "no verdict" in trial_markdown(document)
    assert ET.fromstring(trial_junit(document)).attrib["errors"] == "1"  # noqa: S314 - our own


SCRIPT = "<script>alert(1)</script>"
HOSTILE = {
    "script": SCRIPT,
    "closing": "</pre></td></table></main></details><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x='\u2019",
    "markdown": "\n\n# big\n\n[x](javascript:alert(1)) ![y](http://evil.example/z.png) `a` **b** ~~c~~ | d |",
    "autolinks": "http://evil.example/ www.evil.example <http://evil.example/> a@evil.example",
    "calls": "@everyone #12 :tada: $x$",
    "fence": "```\n</summary></details>\n~~~\n---\n===",
    "controls": "\x00\x01\x08\x1b[31mred\x1b]0;own\x07\x7f\x9b2J\r\n",
    "writing": "\u202egnp.exe\u2066\u200b\u2028\ufeff\ufffe",
    "surrogate": "\ud800 \udfff",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}",
    "comment": "-->]]>&lt;b&#62; <!-- <![CDATA[",
    "long": "x" * 1_000_000,
    "wide": "\u202e\x1b<" * 3_000,
}
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe]"
)
TAGS = {
    "h3",
    "p",
    "strong",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "ul",
    "li",
    "code",
    "br",
    "details",
    "summary",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_does_nothing_in_any_form(text: str) -> None:
    result = hostile(text)
    document = trial_document(result)
    html, markdown, junit, plain = (f(document) for f in (trial_html, trial_markdown, trial_junit, plain_json))
    terminal = shown(result)
    for form in (html, markdown, junit, plain.rstrip("\n"), terminal):
        assert UNSEEN.findall(form) == []
    page = page_of(html)
    assert (page.live, page.tags.count("script"), page.tags.count("img"), page.open) == ([], 1, 0, [])
    assert "49" not in page.text.replace("20260814", "")
    _comment(markdown)
    ET.fromstring(junit)  # noqa: S314 - our own
    assert json.loads(plain)["findings"] == document["findings"]
    assert len(html) < 300_000
    assert len(terminal) < 250_000


def _comment(markdown: str) -> None:
    assert len(markdown) <= 60_000
    comment = rendered(markdown)
    assert (comment.live, set(comment.tags) - TAGS - {"sub"}, comment.open) == ([], set(), [])
    for calling in (r"@", r"(?<!&)#\d", r"https?://", r"www\.", SCRIPT):
        assert re.search(calling, markdown) is None, calling


def test_b62_a_huge_trial_makes_reports_of_bounded_size_that_say_what_they_leave_out() -> None:
    result = large()
    document = trial_document(result)
    html, markdown, junit, terminal = (
        trial_html(document),
        trial_markdown(document),
        trial_junit(document),
        shown(result),
    )
    assert len(html.encode()) < 2_000_000
    assert len(markdown) < 65_536
    assert len(junit.encode()) < 10_000_000
    assert len(terminal.splitlines()) < 400
    page, comment = page_of(html), rendered(markdown)
    errors = facts_of_json(document)["error"]
    assert errors >= 10_000
    for said in (page.text, comment.text):
        assert f"{errors:,} errors" in said
    for noun in ("tables", "columns", "findings", "sampled tables", "schema changes"):
        assert re.search(rf"and [\d,]+ more {noun}", page.text), noun
        assert re.search(rf"and [\d,]+ more {noun}", terminal), noun
    assert len(re.findall(r"… and [\d,]+ more", comment.text)) >= 4
    suite = ET.fromstring(junit)  # noqa: S314 - our own
    assert suite.findall("testcase")[-1].attrib["name"] == "more-findings"
    assert facts_of_html(html)["verdict"] == facts_of_markdown(markdown)["verdict"] == "fail"


def test_b62_the_greatest_loss_is_what_remains_in_sight() -> None:
    document = trial_document(bad_fix())
    small = [{**document["tables"][0], "table": f"t{n}", "removed": 1} for n in range(700)]
    great = {**document["tables"][0], "table": "the_great_one", "removed": 9_000_000}
    crowded = {**document, "tables": [*small, great]}
    assert "the_great_one" in trial_html(crowded)
    assert "the_great_one" in trial_markdown(crowded)
    assert "and 201 more tables" in trial_html(crowded)


def test_whatever_was_asked_for_is_told_in_html_and_markdown() -> None:
    document = trial_document(whole())
    for page in (page_of(trial_html(document)), rendered(trial_markdown(document))):
        assert [said for said in SAID if said not in page.text] == []
    assert 'rewrites public."Orders", reads all of public.users' in shown(whole(), width=140)
    assert "<title>AccessExclusiveLock on public.users, 2.4 s</title>" in trial_html(document)


def test_what_an_older_document_lacks_is_passed_over() -> None:
    document = trial_document(bad_fix())
    later = ("interrupt", "sequences", "bookkeeping", "expectation", "files", "guard", "rescue", "application")
    older = {name: value for name, value in document.items() if name not in later}
    older["impact"] = {name: document["impact"][name] for name in ("wal_bytes", "longest_exclusive_lock_seconds")}
    older["tables"] = [{name: value for name, value in each.items() if name != "masked"} for each in older["tables"]]
    for form in (trial_html, trial_markdown, trial_junit):
        assert "rows-lost" in form(older)


def test_a_page_whose_texts_alone_are_too_large_is_made_again_with_less() -> None:
    document = trial_document(bad_fix())
    worst = {**document["findings"][0], "message": '"' * 2_000, "remedy": "&" * 2_000}
    page = trial_html({**document, "findings": [worst] * 600})
    assert len(page.encode()) < 2_000_000
    assert re.search(r"… and \d+ more findings", page)
    assert "600 errors" in page
