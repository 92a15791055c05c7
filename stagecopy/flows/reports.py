"""Finds what trials of the past said, and writes it down in the form somebody wants.

Surprising: nothing is asked but the runs' own folders, so it works while production, Docker and staging are down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stagecopy.config.load import Project
from stagecopy.errors import StagingError, UsageError
from stagecopy.files import write_whole
from stagecopy.home import Home
from stagecopy.model.history import PastRun
from stagecopy.report.html import trial_html
from stagecopy.report.junit import trial_junit
from stagecopy.report.markdown import trial_markdown

Document = Mapping[str, Any]
FORMATS: Mapping[str, Callable[[Document], str]] = {
    "html": trial_html,
    "markdown": trial_markdown,
    "junit": trial_junit,
    "json": lambda document: json.dumps(document, ensure_ascii=False) + "\n",
}
_SUFFIXES = {".html": "html", ".htm": "html", ".md": "markdown", ".xml": "junit", ".json": "json"}
_NEEDED = frozenset({"trial", "headline", "verdict", "findings", "tables", "schema", "rollback", "impact", "migration"})
_READABLE = 0o644  # people pass it on


def history(project: Project) -> list[PastRun]:
    """Runs that have ended, the newest first."""
    return [_past(run, document) for run, document in _results(project)]


def find_trial(project: Project, wanted: str | None) -> Document:
    """The document of a trial: the last, or the one whose id begins so. Raises UsageError ``no-such-trial``."""
    found = [
        (run, document)
        for run, document in _results(project)
        if document.get("verb") == "trial" and document.keys() >= _NEEDED and run.startswith(wanted or "")
    ]
    if not found or (wanted and len(found) > 1):
        what = "there is no trial yet" if not wanted else f"{len(found) or 'no'} trials begin with {wanted}"
        raise UsageError("no-such-trial", what, hint="`stagecopy history` lists them")
    return found[0][1]


def format_of(path: Path) -> str:
    """By the name of the file. Raises UsageError where that says nothing, or where it could not be written."""
    known = _SUFFIXES.get(path.suffix.lower())
    if known is None:
        raise UsageError("usage", f"{path.name} could be anything", hint="name it .html, .md, .xml (JUnit) or .json")
    if not path.parent.is_dir():
        raise UsageError("no-such-file", f"there is no folder {path.parent}", where=str(path.parent))
    if path.is_dir():
        raise UsageError("not-writable", f"{path} is a folder", where=str(path))
    return known


def write_report(document: Document, path: Path, form: str) -> None:
    """Write it, over an older one. Raises StagingError ``not-written``."""
    try:
        write_whole(path, FORMATS[form](document), mode=_READABLE)
    except OSError as failure:
        raise StagingError("not-written", f"cannot write {path}: {failure.strerror}", where=str(path)) from failure


def _results(project: Project) -> Iterator[tuple[str, Document]]:
    runs = Home(project.home, project.name).runs
    folders = sorted((each for each in runs.iterdir() if each.is_dir()), reverse=True) if runs.is_dir() else []
    for folder in folders:
        try:
            document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):  # under way, or killed while nobody looked
            continue
        if isinstance(document, dict):
            yield folder.name, document


def _past(run: str, document: Document) -> PastRun:
    migration = document.get("migration") or {}
    command = migration.get("command")
    about = ", ".join(each["name"] for each in migration.get("files", ())) or " ".join(
        command["argv"] if command else ()
    )
    return PastRun(
        run,
        document.get("verb", "?"),
        document.get("exit", 1),
        document.get("verdict"),
        document.get("headline"),
        about or None,
    )
