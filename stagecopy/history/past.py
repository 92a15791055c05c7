"""Runs that are over, read back from what they left: `runs/ID/result.json`.

Surprising: a killed run left no result of its own, only a log whose first line names its verb. A file that cannot be
read is a run of which nothing is known, never an error: whoever looks back must not fail over it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stagecopy.history.runs import KEPT_RUNS, is_alive

_ID_TIME = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run; ``document`` is its result, empty while there is none."""

    id: str
    verb: str
    at: datetime
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    alive: bool = False

    @property
    def exit(self) -> int | None:
        """Its exit code, if it came to one."""
        code = self.document.get("exit")
        return code if isinstance(code, int) else None

    @property
    def error(self) -> Mapping[str, Any]:
        """What went wrong: code, message, hint; empty when nothing did."""
        found = self.document.get("error")
        return found if isinstance(found, dict) else {}


def past_runs(runs: Path) -> list[PastRun]:
    """Every run that is kept, the newest first."""
    folders = sorted((path for path in runs.iterdir() if path.is_dir()), reverse=True) if runs.is_dir() else []
    return [run for folder in folders if (run := _run(runs, folder)) is not None]


def reach_back(runs: list[PastRun]) -> datetime | None:
    """Since when all runs are known; None: since the first one."""
    return runs[-1].at if len(runs) >= KEPT_RUNS else None


def _run(runs: Path, folder: Path) -> PastRun | None:
    try:
        at = datetime.strptime(folder.name[:15], _ID_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    document = _document(folder / "result.json")
    verb = document.get("verb")
    alive = not document and is_alive(runs, folder.name)
    return PastRun(folder.name, verb if isinstance(verb, str) else _begun(folder / "log.jsonl"), at, document, alive)


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _begun(log: Path) -> str:
    """The verb of the log's first line."""
    try:
        with log.open(encoding="utf-8", errors="replace") as stream:
            entry = json.loads(stream.readline())
    except (OSError, ValueError):
        return ""
    message = entry.get("message") if isinstance(entry, dict) else None
    return message.removesuffix(" begins") if isinstance(message, str) else ""
