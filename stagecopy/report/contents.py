"""The chapters of a written report in their order: what users feel first, then the ways back, then the rest."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.report import chapters, chapters_application, chapters_impact
from stagecopy.report.chapters import Chapter
from stagecopy.report.papers import Document

_ORDER = (
    chapters_impact.feeling,
    chapters_impact.canaries,
    chapters_impact.workload,
    chapters_application.application,
    chapters.way_back,
    chapters.interruptions,
    chapters.rescue,
    chapters.guard,
    chapters.announced,
    chapters.sequences,
    chapters.command,
)


def contents(document: Document) -> Iterator[Chapter]:
    """Those that have something to say."""
    for made in _ORDER:
        yield from made(document)
