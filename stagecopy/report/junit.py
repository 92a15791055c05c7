"""A trial as JUnit XML, which every CI system shows: one test per finding, failed where it is an error."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from stagecopy.report.papers import Document, failure, told


def trial_junit(document: Document, *, strict: bool = False) -> str:
    """The XML text. With *strict* warnings fail too; a trial without findings is one test that passes."""
    suite = ET.Element("testsuite", name="stagecopy trial")
    migration = document["migration"]
    whole = _case(suite, "migration", "runs to its end", migration["seconds"] if migration else 0.0)
    if stopped := failure(document):
        ET.SubElement(whole, "error", message=stopped, type=document["error"]["code"] if document["error"] else "error")
    failed = 0
    for each in document["findings"]:
        case = _case(suite, told(each["subject"]), each["rule"], 0.0)
        text = told(each["message"]) + (f"\nnext: {told(each['remedy'])}" if each["remedy"] else "")
        if each["severity"] == "error" or (strict and each["severity"] == "warn"):
            ET.SubElement(case, "failure", message=told(each["message"]), type=each["severity"]).text = text
            failed += 1
        else:
            ET.SubElement(case, "system-out").text = f"{each['severity']}: {text}"
    suite.set("tests", str(1 + len(document["findings"])))
    suite.set("failures", str(failed))
    suite.set("errors", str(1 if stopped else 0))
    ET.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ET.Element, subject: str, rule: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=subject, name=rule, time=f"{seconds:.3f}")
