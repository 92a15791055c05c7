"""What one trial knows at its end, whether it came to a verdict or not: all that its reports need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from stagecopy.errors import StagecopyError
from stagecopy.model.application import Application
from stagecopy.model.change import Difference
from stagecopy.model.effects import Effects
from stagecopy.model.findings import Fidelity, Finding
from stagecopy.model.guard import GuardFile
from stagecopy.model.impact import Impact
from stagecopy.model.interruption import Interruptions
from stagecopy.model.migration import MigrationRun
from stagecopy.model.rescue import RescueKit
from stagecopy.model.rollback import Rollback

Verdict = Literal["pass", "warn", "fail"]
CloneMethod = Literal["reflink", "overlay", "copy", "template"]


@dataclass(frozen=True, slots=True)
class ExpectationFile:
    """The file a trial was held against, or was to draft (``written`` if it did)."""

    path: str
    written: bool


@dataclass(frozen=True, slots=True)
class TriedFile:
    """A file of the migration, by which a later look finds its trial."""

    name: str
    sha256: str  # as that of a migration of this one file


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """One trial. What it did not come to is None or empty. ``masked`` maps schema.table to its masked columns."""

    trial: str
    exit: int
    snapshot: str | None = None
    taken_at: datetime | None = None
    error: StagecopyError | None = None
    verdict: Verdict | None = None
    ran_as: str | None = None
    engine: str | None = None
    clone: CloneMethod | None = None
    fidelity: tuple[Fidelity, ...] = ()
    run: MigrationRun | None = None
    difference: Difference | None = None
    findings: tuple[Finding, ...] = ()
    effects: Effects = field(default_factory=Effects)
    expectation: ExpectationFile | None = None
    disk_bytes: int | None = None
    guard: GuardFile | None = None
    rescue: RescueKit | None = None
    rollback: Rollback | None = None
    interruptions: Interruptions | None = None
    impact: Impact | None = None
    application: Application | None = None
    masked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[TriedFile, ...] = ()
