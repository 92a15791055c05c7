"""A backup: what was written down when it was made, and what is known of it since.

Surprising: the manifest never changes once written. Whether the backup was read through, loaded or proven stands in a
small file beside it, with the look of every file at that time: who touches a file makes the backup unverified again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

# whole: all of the database that the settings choose · tables: those named · for: those that one migration touches
Kind = Literal["whole", "tables", "for"]
# missing: written down as kept, but gone · partial: all that is in it was read and counted, but something was left out
State = Literal["missing", "damaged", "unverified", "partial", "verified", "proven"]
# read: its file was read to its end and counted · restored: its rows were loaded somewhere and counted there
Check = Literal["read", "restored"]

# What a database is told apart by and made anew with; names of members of model.catalog.Database.
DATABASE_FACTS = ("name", "system_identifier", "version", "owner", "encoding", "collate", "ctype", "provider", "locale")
SOUND: tuple[State, ...] = ("partial", "verified", "proven")


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file of a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableFact:
    """Rows of one table, counted on the dump's own snapshot, and the file they are in."""

    rows: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself. ``files`` by path below its folder, ``tables`` by ``schema.table``."""

    id: str
    kind: Kind
    taken_at: datetime  # production's clock
    source: Mapping[str, Any]  # system_identifier, host (a hash), version, and the facts a database is made anew with
    files: Mapping[str, FileFact]
    tables: Mapping[str, TableFact]
    lsn: str | None = None  # production had written its log at least this far when the dump began
    left_out: tuple[str, ...] = ()  # of what the kind promises
    tools: Mapping[str, str] = field(default_factory=dict)
    globals: str | None = None  # why there are none
    roles: tuple[str, ...] = ()
    large_objects: int | None = None  # None: not taken
    migration: Mapping[str, Any] | None = None

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(each.bytes for each in self.files.values())

    def document(self) -> dict[str, Any]:
        """As it is written."""
        facts = asdict(self)
        return {"format": 2, **facts, "taken_at": self.taken_at.isoformat(), "bytes": self.bytes}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Manifest:
        """Read back. Raises ValueError, KeyError, TypeError if it is none."""
        if document["format"] != 2:
            raise ValueError("an unknown format")
        names = [each for each in cls.__dataclass_fields__ if each not in ("taken_at", "files", "tables")]
        facts = {name: document[name] for name in names}
        facts["left_out"], facts["roles"] = tuple(facts["left_out"]), tuple(facts["roles"])
        files = {name: FileFact(**each) for name, each in document["files"].items()}
        tables = {name: TableFact(**each) for name, each in document["tables"].items()}
        return cls(taken_at=datetime.fromisoformat(document["taken_at"]), files=files, tables=tables, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup as a list shows it."""

    id: str
    state: State
    kind: Kind = "whole"
    taken_at: datetime | None = None
    bytes: int = 0
    tables: int = 0
    rows: int = 0
    problems: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    checked_at: str | None = None
    proven_at: str | None = None
    amcheck: str | None = None
    encrypted: bool = False
    migration: str | None = None  # sha256
    folder: str = ""
    manifest: Manifest | None = field(default=None, repr=False, compare=False)

    @property
    def sound(self) -> bool:
        """Whether all that is in it was read and counted, and no file was touched since."""
        return self.state in SOUND

    def document(self) -> dict[str, Any]:
        """For JSON."""
        names = [each for each in type(self).__dataclass_fields__ if each != "manifest"]
        facts = {name: getattr(self, name) for name in names}
        taken = self.taken_at.isoformat() if self.taken_at else None
        return {**facts, "taken_at": taken, "problems": list(self.problems), "left_out": list(self.left_out)}
