"""Reads each form of a report as a program that shows it does, to find what it says and whether anything in it acts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt

Facts = Mapping[str, Any]
_NOUNS = {"error": "error", "warning": "warn", "note": "info"}
_LOADS = {"src", "href", "action", "formaction", "srcdoc", "data"}
_VOID = {"meta", "br", "hr"}


@dataclass
class Page(HTMLParser):
    """Tags of a page, its words, and every attribute that could run or load something."""

    tags: list[str] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open += [tag] if tag not in _VOID else []
        self.live += [name for name, _ in attrs if name.startswith("on") or name in _LOADS]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag  # what data says cannot close an element of ours

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(" ".join(self.words).split())


def page_of(text: str) -> Page:
    """The page, read to its end."""
    page = Page()
    page.feed(text)
    page.close()
    return page


def rendered(markdown: str) -> Page:
    """A comment as a browser gets it, with the HTML that Markdown lets through."""
    return page_of(MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").render(markdown))


def facts_of_html(text: str) -> Facts:
    """Verdict, exit code and counts of a page."""
    page = page_of(text).text
    badge = re.search(r'class="badge (\w+)"', text)
    assert badge
    return {"verdict": badge[1], "exit": _exit(page), **_tally(page)}


def facts_of_markdown(text: str) -> Facts:
    """Those of a comment."""
    page = rendered(text).text
    found = re.search(r"(?:✅|⚠️|❌) (PASS|WARN|FAIL):", page)
    assert found
    return {"verdict": found[1].lower(), "exit": _exit(page), **_tally(page)}


def facts_of_junit(text: str) -> Facts:
    """Those of a suite: severities are told by its tests."""
    suite = ET.fromstring(text)  # noqa: S314 - our own
    known = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    said = [each.attrib["type"] for each in suite.iter("failure")]
    said += [(each.text or "").partition(":")[0] for each in suite.iter("system-out")]
    counts = {severity: said.count(severity) for severity in _NOUNS.values()}
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert int(suite.attrib["failures"]) == len(list(suite.iter("failure")))
    assert (int(suite.attrib["failures"]) + int(suite.attrib["errors"]) > 0) == (known["exit"] != "0")
    return {"verdict": known["verdict"], "exit": int(known["exit"]), **counts}


def facts_of_terminal(text: str, exit_code: int) -> Facts:
    """Those of a terminal, which does not write down its exit code."""
    verdict = re.search(r"; verdict ([A-Z]+)$", text, re.MULTILINE)
    assert verdict
    counts = {severity: len(re.findall(rf"^  {severity} +\S", text, re.MULTILINE)) for severity in _NOUNS.values()}
    advice = re.search(r"^advice\n((?:  .*\n)+)", text, re.MULTILINE)
    counts["info"] += len(re.findall(r"^  \S", advice[1], re.MULTILINE)) if advice else 0
    return {"verdict": verdict[1].lower(), "exit": exit_code, **counts}


def facts_of_json(document: Facts) -> Facts:
    """Those of the document, which all others are made from."""
    said = [each["severity"] for each in document["findings"]]
    counts = {severity: said.count(severity) for severity in _NOUNS.values()}
    return {"verdict": document["verdict"], "exit": document["exit"], **counts}


def _exit(page: str) -> int:
    found = re.search(r"exit code (\d+)", page)
    assert found
    return int(found[1])


def _tally(page: str) -> Facts:
    counts = dict.fromkeys(_NOUNS.values(), 0)
    for number, noun in re.findall(r"([\d,]+) (error|warning|note)s?\b", page.partition("exit code")[0]):
        counts[_NOUNS[noun]] = counts[_NOUNS[noun]] or int(number.replace(",", ""))
    return counts
