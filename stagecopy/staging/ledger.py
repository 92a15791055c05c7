"""Clones that outlive the run that made them: each snapshot's *before*, the warm *after*, and those with a name.

Surprising: a clone exists for others only once it is written here, and that happens last. A directory that is not
here, nor made by a run that lives, is what a killed run left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from stagecopy.files import locked, read_json, write_json
from stagecopy.home import Home
from stagecopy.model.trial import CloneMethod
from stagecopy.staging.snapshots import EngineSpec, Snapshot

Role = Literal["before", "warm", "named"]
PREPARED = "prepared"  # stands in marks where a run's id would, for what no run waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One such clone. ``taken_by`` is the run that uses a warm one up; what comes behind is a named clone's.

    ``ttl``: seconds it lives without being used; ``visits``: how many sessions it had seen at the last look.
    """

    directory: str
    role: Role
    snapshot: str
    database: str
    engine: EngineSpec
    method: CloneMethod
    taken_by: str | None = None
    name: str | None = None
    port: int | None = None
    expires: datetime | None = None
    ttl: float | None = None
    visits: int = 0

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= datetime.now(UTC)

    @classmethod
    def of(cls, snapshot: Snapshot, directory: str, *, role: Role, method: CloneMethod) -> Kept:
        """A clone of *snapshot*."""
        return cls(
            directory=directory,
            role=role,
            snapshot=snapshot.id,
            database=snapshot.database,
            engine=snapshot.engine,
            method=method,
        )

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Kept:
        """One read back."""
        expires = document["expires"]
        engine = EngineSpec(**document["engine"])
        return cls(**{**document, "engine": engine, "expires": datetime.fromisoformat(expires) if expires else None})


def kept_clones(home: Home, role: Role | None = None) -> list[Kept]:
    """All of them, or those of *role*, oldest first."""
    with _book(home) as book:
        return [each for each in book if role in (None, each.role)]


def noted_clones(home: Home, role: Role) -> list[Kept]:
    """Those of *role* as they were last written down: for who only looks, waits for nobody and writes nothing."""
    document = read_json(home.path / "clones.json") or {"clones": []}
    return [each for each in map(Kept.from_document, document["clones"]) if each.role == role]


def keep(home: Home, clone: Kept) -> None:
    """Write it down; one of the same role and name that was there before is forgotten."""
    with _book(home) as book:
        if clone.role == "named":
            book[:] = [each for each in book if (each.role, each.name) != (clone.role, clone.name)]
        book.append(clone)


def drop(home: Home, directory: str) -> None:
    """Forget it. Not there: nothing to do."""
    with _book(home) as book:
        book[:] = [each for each in book if each.directory != directory]


def drop_unchanged(home: Home, clone: Kept) -> bool:
    """Forget it if it is still as *clone* says, for example not taken by a run meanwhile. Returns whether it was."""
    with _book(home) as book:
        unchanged = clone in book
        book[:] = [each for each in book if each != clone]
    return unchanged


def exchange(home: Home, clone: Kept, other: Kept) -> bool:
    """Write *other* in the place of *clone*, if that is still as it says. Returns whether it was."""
    with _book(home) as book:
        unchanged = clone in book
        book[:] = [other if each == clone else each for each in book]
    return unchanged


def ledger_time(home: Home) -> int:
    """When it was last written to; 0 when there is none."""
    path = _path(home)
    return path.stat().st_mtime_ns if path.exists() else 0


def take_warm(home: Home, snapshot: str, run: str) -> Kept | None:
    """The warm clone of *snapshot*, which belongs to *run* from now on, or None. Nobody else gets it."""
    with _book(home) as book:
        for position, each in enumerate(book):
            if each.role == "warm" and each.snapshot == snapshot and each.taken_by is None:
                book[position] = replace(each, taken_by=run)
                return book[position]
    return None


def _path(home: Home) -> Path:
    return home.path / "clones.json"


@contextmanager
def _book(home: Home) -> Iterator[list[Kept]]:
    path = _path(home)
    with locked(home.lock("clones"), wait=True):
        document = read_json(path) or {"clones": []}
        book = [Kept.from_document(each) for each in document["clones"]]
        before = list(book)
        yield book
        if book != before:
            clones = [{**asdict(each), "expires": each.expires.isoformat() if each.expires else None} for each in book]
            write_json(path, {"format": 1, "clones": clones})
