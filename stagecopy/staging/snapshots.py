"""Snapshots: a stopped data directory and a manifest. Without its manifest, written last, it is no snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stagecopy.errors import NoSnapshotError
from stagecopy.files import locked, read_json, write_json
from stagecopy.home import Home, documents
from stagecopy.model.findings import Fidelity
from stagecopy.model.refresh import TableSubset

_PLAN, _RECEIPT, _USAGE = ".plan.json", ".receipt.json", ".usage.json"


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Enough to open the same engine again."""

    name: str
    major: int
    image: str | None = None
    folder: str | None = None
    version: str | None = None
    source: str | None = None

    def document(self) -> dict[str, Any]:
        """For manifests."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One immutable masked copy of production."""

    id: str
    directory: str
    taken_at: datetime  # production's clock
    engine: EngineSpec
    database: str
    trial_role: str
    stand_in: bool
    key_id: str
    rows: Mapping[str, int]
    masked: Mapping[str, tuple[str, ...]]
    fidelity: tuple[Fidelity, ...]
    backup: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    subset: Mapping[str, TableSubset] = field(default_factory=dict)  # tables of which not all rows came along
    settings: Mapping[str, str] = field(default_factory=dict)  # of production's whole server
    longest_transaction: float | None = None  # seconds, of others in production; None: not to be seen

    def document(self) -> dict[str, Any]:
        """The manifest."""
        return {
            "format": 1,
            **{name: getattr(self, name) for name in ("id", "directory", "database", "trial_role", "stand_in")},
            "taken_at": self.taken_at.isoformat(),
            "engine": self.engine.document(),
            "key_id": self.key_id,
            "rows": dict(self.rows),
            "masked": {table: list(columns) for table, columns in self.masked.items()},
            "fidelity": [asdict(each) for each in self.fidelity],
            "backup": self.backup,
            "source": dict(self.source),
            "settings": dict(self.settings),
            "subset": {table: asdict(each) for table, each in self.subset.items()},
            "longest_transaction": self.longest_transaction,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Snapshot:
        """A manifest read back."""
        values = {name: value for name, value in document.items() if name != "format"}
        values["taken_at"] = datetime.fromisoformat(values["taken_at"])
        values["engine"] = EngineSpec(**values["engine"])
        values["masked"] = {table: tuple(columns) for table, columns in values["masked"].items()}
        values["subset"] = {table: TableSubset(**each) for table, each in values.get("subset", {}).items()}
        values["fidelity"] = tuple(Fidelity(**each) for each in values["fidelity"])
        return cls(**values)

    @property
    def age(self) -> float:
        """Seconds since production looked like this."""
        return (datetime.now(UTC) - self.taken_at).total_seconds()


def save(home: Home, snapshot: Snapshot) -> None:
    """Write the manifest: from here on it is a snapshot."""
    write_json(_manifest(home, snapshot), snapshot.document())


def forget(home: Home, snapshot: Snapshot) -> None:
    """Take the manifest away first, so that a half-removed directory is never a snapshot."""
    _manifest(home, snapshot).unlink(missing_ok=True)
    for kind in (_PLAN, _RECEIPT, _USAGE):
        _beside(home, snapshot.id, kind).unlink(missing_ok=True)


def write_plan(home: Home, snapshot_id: str, plan: Mapping[str, Any]) -> None:
    """Keep what the masks were planned to be beside the manifest, before that is written."""
    _write_beside(home, snapshot_id, _PLAN, plan)


def read_plan(home: Home, snapshot_id: str) -> dict[str, Any] | None:
    """The plan of a snapshot; None where it was made by a version that kept none."""
    document: dict[str, Any] | None = read_json(_beside(home, snapshot_id, _PLAN))
    return document


def write_receipt(home: Home, snapshot_id: str, receipt: Mapping[str, Any]) -> None:
    """Keep how it was masked beside the manifest, before that is written."""
    _write_beside(home, snapshot_id, _RECEIPT, receipt)


def read_receipt(home: Home, snapshot_id: str) -> dict[str, Any] | None:
    """The receipt of a snapshot; None where it was made by a version that wrote none."""
    document: dict[str, Any] | None = read_json(_beside(home, snapshot_id, _RECEIPT))
    return document


def write_usage(home: Home, snapshot_id: str, usage: Mapping[str, Any]) -> None:
    """Keep how production was used beside the manifest, before that is written."""
    _write_beside(home, snapshot_id, _USAGE, usage)


def read_usage(home: Home, snapshot_id: str) -> dict[str, Any] | None:
    """How production was used; None where the snapshot was made by a version that did not look."""
    document: dict[str, Any] | None = read_json(_beside(home, snapshot_id, _USAGE))
    return document


def receipt_path(home: Home, snapshot_id: str) -> Path:
    """Where it lies."""
    return _beside(home, snapshot_id, _RECEIPT)


def _write_beside(home: Home, snapshot_id: str, kind: str, document: Mapping[str, Any]) -> None:
    for path in home.snapshots.glob(f"*{kind}"):  # of a run that ended before its manifest was there
        if not path.with_name(path.name.removesuffix(kind) + ".json").exists():
            path.unlink(missing_ok=True)
    write_json(_beside(home, snapshot_id, kind), dict(document))


def _beside(home: Home, snapshot_id: str, kind: str) -> Path:
    return home.snapshots / f"{snapshot_id}{kind}"


def _manifest(home: Home, snapshot: Snapshot) -> Path:
    return home.snapshots / f"{snapshot.id}.json"


def all_snapshots(home: Home) -> list[Snapshot]:
    """Every snapshot, oldest first."""
    return [Snapshot.from_document(document) for document in documents(home.snapshots)]


def newest(home: Home) -> Snapshot | None:
    """The newest snapshot, or None."""
    found = all_snapshots(home)
    return found[-1] if found else None


@contextmanager
def held(home: Home, choose: Callable[[], Snapshot]) -> Iterator[Snapshot]:
    """What *choose* gives, which nobody removes while the block runs."""
    while True:
        snapshot = choose()
        with locked(lock_of(home, snapshot), wait=True, shared=True):
            if _manifest(home, snapshot).exists():  # else it was removed before we held it
                yield snapshot
                return


def lock_of(home: Home, snapshot: Snapshot) -> Path:
    """Shared by whoever needs the snapshot's files; whoever removes them wants it alone."""
    return home.lock(f"snapshot-{snapshot.id}")


def usable(home: Home, *, max_age: float) -> Snapshot:
    """The newest snapshot if it is young enough. Raises NoSnapshotError."""
    snapshot = newest(home)
    if snapshot is None:
        raise NoSnapshotError("no-snapshot", "there is no snapshot to try it on", hint="run `stagecopy refresh`")
    if snapshot.age > max_age:
        hours, limit = snapshot.age / 3600, max_age / 3600
        raise NoSnapshotError(
            "snapshot-too-old",
            f"the newest snapshot is {hours:.1f} h old, trial.max_age allows {limit:g} h",
            hint="run `stagecopy refresh`",
        )
    return snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What `staging url` points at."""

    snapshot: str
    directory: str
    port: int
    database: str
    engine: EngineSpec


def read_served(home: Home) -> Served | None:
    """The served staging, or None."""
    document = read_json(home.served)
    if document is None:
        return None
    return Served(**{**document, "engine": EngineSpec(**document["engine"])})


def write_served(home: Home, served: Served) -> None:
    """Remember what is served; the port outlives every swap."""
    write_json(home.served, asdict(served))
