"""Findings that two people accept for a time.

Surprising: a waiver that is over is an error even where it would have waived nothing: it stands in the settings as if
somebody were still looking after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from stagecopy.model.findings import Finding


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of ``policy.waivers``; it holds through the day *until*."""

    rule: str
    subject: str
    reason: str
    by: tuple[str, ...]
    until: date

    def covers(self, finding: Finding) -> bool:
        """Whether this is the finding meant."""
        return (self.rule, self.subject) == (finding.rule, finding.subject)


def waived(findings: Iterable[Finding], waivers: Iterable[Waiver], today: date) -> Iterator[Finding]:
    """The findings, those waived for information only; and what is to be said about the waivers themselves.

    ``waiver-expired`` is an error, ``waiver-unused`` for information.
    """
    known = list(findings)
    valid = [each for each in waivers if each.until >= today]
    for finding in known:
        waiver = next((each for each in valid if each.covers(finding)), None)
        yield finding if waiver is None or finding.severity == "info" else _waived(finding, waiver)
    for each in waivers:
        yield from _about(each, known, today)


def _waived(finding: Finding, waiver: Waiver) -> Finding:
    message = f"{finding.message} (waived until {waiver.until} by {' and '.join(waiver.by)}: {waiver.reason})"
    return replace(finding, severity="info", message=message)


def _about(waiver: Waiver, findings: list[Finding], today: date) -> Iterator[Finding]:
    named = f"the waiver of {waiver.rule} for {waiver.subject}, by {' and '.join(waiver.by)}"
    if waiver.until < today:
        message = f"{named}, ended on {waiver.until}"
        remedy = "remove it from policy.waivers, or have two people look again and give it a new date"
        yield Finding("waiver-expired", "error", waiver.subject, message, remedy)
    elif not any(waiver.covers(each) for each in findings):
        remedy = "nothing to do if this migration is not the one it is for"
        yield Finding("waiver-unused", "info", waiver.subject, f"{named}, waives nothing here", remedy)
