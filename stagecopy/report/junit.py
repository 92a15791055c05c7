"""A trial as JUnit XML, which every CI system shows: one test per finding, failed where it is an error.

Surprising: a suite fails exactly where the trial did. A trial that was refused for its warnings (``--strict``) says so
by its exit code, and then they are failures here too.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from stagecopy.model.wording import counted
from stagecopy.report.papers import Document, failure, told

_MOST = 2_000
_WORST = ("error", "warn", "info")


def trial_junit(document: Document) -> str:
    """The XML text. A trial without findings is one test that passes."""
    failing = {"error", "warn"} if _strict(document) else {"error"}
    migration = document["migration"]
    suite = ET.Element("testsuite", name="stagecopy trial", time=f"{migration['seconds'] if migration else 0.0:.3f}")
    _properties(suite, document)
    whole = _case(suite, "migration", "runs to its end", migration["seconds"] if migration else 0.0)
    stopped = failure(document)
    if stopped is not None:
        kind = document["error"]["code"] if document["error"] else "error"
        ET.SubElement(whole, "error", message=stopped, type=told(kind))
    for each in document["findings"][:_MOST]:
        _finding(suite, each, fails=each["severity"] in failing)
    if rest := document["findings"][_MOST:]:
        _rest(suite, rest, failing)
    cases, failures = suite.findall("testcase"), suite.findall("testcase/failure")
    for name, count in (("tests", len(cases)), ("failures", len(failures)), ("errors", int(stopped is not None))):
        suite.set(name, str(count))
    ET.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _strict(document: Document) -> bool:
    return bool(document["verdict"] == "warn" and document["exit"] == 1)


def _properties(suite: ET.Element, document: Document) -> None:
    held = ET.SubElement(suite, "properties")
    for name in ("verdict", "headline", "exit", "trial", "snapshot"):
        value = "none" if document[name] is None else document[name]
        ET.SubElement(held, "property", name=name, value=told(value))


def _finding(suite: ET.Element, each: Document, *, fails: bool) -> None:
    case = _case(suite, each["subject"], each["rule"], 0.0)
    text = told(each["message"]) + (f"\nnext: {told(each['remedy'])}" if each["remedy"] else "")
    if fails:
        ET.SubElement(case, "failure", message=told(each["message"]), type=each["severity"]).text = text
    else:
        ET.SubElement(case, "system-out").text = f"{each['severity']}: {text}"


def _rest(suite: ET.Element, rest: list[Document], failing: set[str]) -> None:
    """One test for all that found no room, as bad as the worst of them."""
    worst = min((each["severity"] for each in rest), key=_WORST.index)
    message = f"{counted(len(rest), 'more finding')}; the report as JSON has all of them"
    found = {"subject": "migration", "rule": "more-findings", "severity": worst, "message": message, "remedy": ""}
    _finding(suite, found, fails=worst in failing)


def _case(suite: ET.Element, subject: str, rule: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=told(subject), name=told(rule), time=f"{seconds:.3f}")
