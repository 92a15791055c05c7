"""What is looked at before anything moves: what stands in the way, and what the result will differ in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from stagecopy.model.findings import Fidelity

Side = Literal["production", "staging"]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stops a refresh, with the exact statement, setting or command that mends it."""

    code: str
    message: str
    remedy: str
    where: str | None = None
    side: Side = "production"

    @property
    def sentence(self) -> str:
        """All of it on one line."""
        return f"[{self.code}] {self.message}; {self.remedy}" if self.remedy else f"[{self.code}] {self.message}"


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension of production, and what outside any extension needs something of it (a few, in words).

    ``filled``: tables it calls its configuration (a dump takes their rows along) and which hold rows.
    """

    name: str
    users: tuple[str, ...] = ()
    version: str = ""
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerState:
    """What decides about results and times there, beside the rows.

    ``settings``: those of the whole server, where no setting of role or database hides them. ``collation``: the version
    of what sorts its text, None where that has none. ``slots``: names of its replication slots that are logical.
    """

    version: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    collation: str | None = None
    slots: tuple[str, ...] = ()
    standbys: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """What production showed. ``used_roles`` own or are granted something in this database.

    ``large_objects``: how many there are.
    """

    role: str
    obstacles: tuple[Obstacle, ...] = ()
    notes: tuple[Fidelity, ...] = ()
    extensions: tuple[Extension, ...] = ()
    used_roles: frozenset[str] = frozenset()
    large_objects: int = 0
    state: ServerState = field(default_factory=ServerState)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `stagecopy doctor`. A needed one that fails makes the verb end with 4."""

    name: str
    state: Literal["ok", "warn", "fail"]
    message: str
    remedy: str | None = None
