"""What `stagecopy status` shows: how things stand, and the weekly checklist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to see to, and the command."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What staging serves. ``url`` has no password; ``answers`` is None where asking would take long."""

    url: str
    engine: str
    snapshot: str
    since: datetime | None  # when it was swapped in
    taken_at: datetime | None  # when production looked like this
    answers: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSeen:
    """The last refresh that ended."""

    run: str
    at: datetime
    exit: int | None
    seconds: float | None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSeen:
    """The newest backup."""

    id: str
    taken_at: datetime
    bytes: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSeen:
    """A trial and how it ended: its verdict, else the error's code."""

    run: str
    at: datetime
    verdict: str
    sha256: str | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneSeen:
    """A named clone."""

    name: str
    engine: str
    snapshot: str
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """What comes next, by when, and the command. None: now."""

    what: str
    by: datetime | None
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All of it."""

    project: str
    home: str
    problems: tuple[Problem, ...]
    serving: Serving | None
    snapshots: int
    running: tuple[str, ...]  # verbs under way
    refresh: RefreshSeen | None
    backup: BackupSeen | None
    trials: tuple[TrialSeen, ...]
    clones: tuple[CloneSeen, ...]
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class WeekLine:
    """One line of the checklist. ``unknown`` is never a tick: this version, or this project, cannot tell."""

    name: str
    state: Literal["done", "open", "unknown"]
    message: str
    command: str = ""  # empty: nothing that a command would change
