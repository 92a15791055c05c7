"""Finds what trials of the past said, and writes it down in the form somebody wants.

Surprising: nothing is asked but the runs' own folders, so it works while production, Docker and staging are down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stagecopy.config.load import Project
from stagecopy.errors import StagingError, UsageError
from stagecopy.files import check_writable, write_whole
from stagecopy.history.past import PastRun, past_runs
from stagecopy.home import Home
from stagecopy.model.history import ListedRun
from stagecopy.report.html import trial_html
from stagecopy.report.junit import trial_junit
from stagecopy.report.markdown import trial_markdown
from stagecopy.report.plain_json import plain_json

Document = Mapping[str, Any]
FORMATS: Mapping[str, Callable[[Document], str]] = {
    "html": trial_html,
    "markdown": trial_markdown,
    "junit": trial_junit,
    "json": plain_json,
}
_SUFFIXES = {".html": "html", ".htm": "html", ".md": "markdown", ".xml": "junit", ".json": "json"}
_NEEDED = frozenset({"trial", "headline", "verdict", "findings", "tables", "schema", "rollback", "impact", "migration"})
_READABLE = 0o644  # people pass it on


def history(project: Project) -> list[ListedRun]:
    """Runs that have ended, the newest first."""
    return [_listed(run) for run in _ended(project)]


def find_trial(project: Project, wanted: str | None) -> Document:
    """The document of a trial: the last, or the one whose id begins so. Raises UsageError ``no-such-trial``."""
    found = [
        run.document
        for run in _ended(project)
        if run.verb == "trial" and run.document.keys() >= _NEEDED and run.id.startswith(wanted or "")
    ]
    if not found or (wanted and len(found) > 1):
        what = "there is no trial yet" if not wanted else f"{len(found) or 'no'} trials begin with {wanted}"
        raise UsageError("no-such-trial", what, hint="`stagecopy history` lists them")
    return found[0]


def format_of(path: Path) -> str:
    """By the name of the file. Raises UsageError where that says nothing, or where it could not be written."""
    known = _SUFFIXES.get(path.suffix.lower())
    if known is None:
        hint = "name it .html, .md, .xml (JUnit) or .json; `stagecopy report` also takes --format"
        raise UsageError("usage", f"{path.name} could be anything", hint=hint)
    check_writable(path)
    return known


def write_report(document: Document, path: Path, form: str) -> None:
    """Write it, over an older one. Raises StagingError ``not-written``."""
    try:
        write_whole(path, FORMATS[form](document), mode=_READABLE)
    except OSError as failure:
        raise StagingError("not-written", f"cannot write {path}: {failure.strerror}", where=str(path)) from failure


def _ended(project: Project) -> list[PastRun]:
    return [run for run in past_runs(Home(project.home, project.name).runs) if run.document]


def _listed(run: PastRun) -> ListedRun:
    document = run.document
    migration = document.get("migration") or {}
    command = migration.get("command")
    about = ", ".join(each["name"] for each in migration.get("files", ())) or " ".join(
        command["argv"] if command else ()
    )
    return ListedRun(
        run.id,
        run.verb or "?",
        document.get("exit", 1),
        document.get("verdict"),
        document.get("headline"),
        about or None,
        migration.get("sha256"),
    )
