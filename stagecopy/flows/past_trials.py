"""Finds the last trial of each migration among the runs that are kept.

Surprising: a migration tried by a command (``trial -- alembic upgrade head``) has no file in the run's result. The tool
wrote its name into its own list then, and that statement is in the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from stagecopy.history.past import PastRun
from stagecopy.model.migrations import LastTrial, LocalMigration

_SAME_EVERYWHERE = ("migration.sql", "up.sql")  # the folder tells such files apart
_LISTS = {"Alembic": "alembic_version", "Django": "django_migrations", "Rails": "schema_migrations"}


def last_trials(runs: Sequence[PastRun], local: Sequence[LocalMigration]) -> Mapping[str, LastTrial]:
    """By path. *runs*: the newest first; one of the text there is counts before one of another."""
    trials = [each for each in runs if each.verb == "trial" and each.document]
    return {each.path: trial for each in local if (trial := _last(each, trials)) is not None}


def _last(migration: LocalMigration, runs: Sequence[PastRun]) -> LastTrial | None:
    other: LastTrial | None = None
    for run in runs:
        files = list(_files(run.document))
        for name, sha256 in files:
            same = sha256 == migration.sha256
            if not same and (other is not None or _tail(name) != _tail(migration.path)):
                continue
            trial = _trial(run, changed=not same, together=len(files))
            if same:
                return trial
            other = trial
        if not files and _noted(migration, run.document):
            return _trial(run, changed=False, together=1)
    return other


def _files(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    files = document.get("files")
    for each in files if isinstance(files, list) else ():
        if isinstance(each, dict):
            yield str(each.get("name")), str(each.get("sha256"))


def _tail(path: str) -> tuple[str, ...]:
    parts = PurePath(path).parts
    return parts[-2:] if parts and parts[-1] in _SAME_EVERYWHERE else parts[-1:]


def _noted(migration: LocalMigration, document: Mapping[str, Any]) -> bool:
    """Whether the tool that ran as a command wrote this one into its list."""
    table = _LISTS.get(migration.tool or "")
    ran = document.get("migration")
    statements = ran.get("statements") if isinstance(ran, dict) else None
    if table is None or not isinstance(statements, list):
        return False
    texts = [str(each.get("sql")) for each in statements if isinstance(each, dict)]
    words = [f"'{each}'" for each in migration.key.split(".", 1)]
    return any(table in text and all(word in text for word in words) for text in texts)


def _trial(run: PastRun, *, changed: bool, together: int) -> LastTrial:
    verdict = str(run.document.get("verdict") or run.error.get("code") or "none")
    return LastTrial(id=run.id, at=run.at, verdict=verdict, changed=changed, together=together)
