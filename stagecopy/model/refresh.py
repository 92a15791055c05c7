"""What one refresh knows at its end: all that its reports need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stagecopy.errors import StagecopyError
from stagecopy.model.drift import Drift, KeptPersonal
from stagecopy.model.findings import Fidelity


@dataclass(frozen=True, slots=True)
class TableSubset:
    """Why a table has only some of production's rows; ``pulled``: rows that came because others refer to them."""

    rows_in_production: int
    reason: str
    pulled: int = 0


@dataclass(frozen=True, slots=True)
class RefreshedTable:
    """One loaded table: rows in staging and the columns that were masked on the way."""

    name: str
    rows: int
    masked: tuple[str, ...] = ()
    subset: TableSubset | None = None


@dataclass(frozen=True, slots=True)
class ServedStaging:
    """Where staging answers. ``url`` carries the loopback password: it goes to JSON alone, never into a repr."""

    url: str = field(repr=False)
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """One refresh. ``backup`` is the id of the backup it kept, None with ``--direct``."""

    exit: int
    error: StagecopyError | None = None
    snapshot: str | None = None
    seconds: float = 0.0
    backup: str | None = None
    backup_state: str | None = None  # see model.backup.State
    staging: ServedStaging | None = None
    tables: tuple[RefreshedTable, ...] = ()
    fidelity: tuple[Fidelity, ...] = ()
    audit_checked: int = 0
    audit_leaks: int = 0
    personal_kept: tuple[KeptPersonal, ...] = ()  # columns that read as personal and that only a catch-all keeps
    drift: tuple[Drift, ...] | None = None  # since the last snapshot; None: there is none to compare with
    log: str | None = None  # where the run's log lies
    serving_since: datetime | None = None  # taken_at of what staging serves at the end, also after a failure
