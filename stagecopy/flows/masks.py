"""The stories of `stagecopy masks suggest` and `masks explain`: what rules could say, and why they say what they do."""

from __future__ import annotations

from pathlib import Path

from stagecopy.config.load import Project
from stagecopy.errors import UsageError
from stagecopy.files import write_whole
from stagecopy.flows.masks_reading import classified, reading, rules_of
from stagecopy.masking.coverage import cover
from stagecopy.masking.explain import Explained, explain, find_column
from stagecopy.masking.suggest import Suggestions, suggest


def suggest_masks(project: Project, write: Path | None) -> Suggestions:
    """Rules for the columns that have none. With *write* they are written there. Raises StagecopyError."""
    if write is not None and write.exists():
        hint = "name a new file, or move that one away"
        raise UsageError("file-exists", f"{write} exists and is left as it is", hint=hint, where=str(write))
    rules = rules_of(project)
    with reading(project, "suggest", rules) as session:
        decisions = classified(session, rules)
        found = suggest(cover(session.catalog, rules), decisions)
    if write is not None and found.yaml is not None:
        _write(write, found.yaml)
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text, mode=0o644)
    except OSError as failure:
        raise UsageError("not-writable", f"cannot write {path}: {failure.strerror}", where=str(path)) from failure


def explain_column(project: Project, name: str) -> Explained:
    """Why the column of that name becomes what it becomes. Raises StagecopyError."""
    rules = rules_of(project)
    with reading(project, "explain", rules) as session:
        table, column = find_column(session.catalog, name)
        return explain(cover(session.catalog, rules), table, column)
