"""Which of the clones that outlive their run are still wanted. Those that are not are forgotten, so that they go."""

from __future__ import annotations

from collections.abc import Collection

from stagecopy.files import locked
from stagecopy.flows.expiry import look
from stagecopy.home import Home
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import Kept, drop, drop_unchanged, kept_clones
from stagecopy.staging.snapshots import newest


def kept_by_ledger(home: Home, engine: Engine, alive: Collection[str]) -> set[str]:
    """Names of data directories on *engine* that must stay. *alive* are the runs that live."""
    snapshot = newest(home)
    current = snapshot.id if snapshot else None
    names = set()
    for clone in kept_clones(home):
        if clone.engine.name != engine.name or _is_wanted(home, engine, clone, current, alive=alive):
            names.add(clone.directory)
    return names


def end_outdated(home: Home, engine: Engine, current: str) -> None:
    """Destroy what was made ahead for trials of another snapshot than *current* and is not used."""
    for clone in kept_clones(home):
        if clone.role == "named" or clone.taken_by or clone.snapshot == current or clone.engine.name != engine.name:
            continue
        with locked(home.lock(f"before-{clone.snapshot}"), wait=False) as unused:
            if unused and drop_unchanged(home, clone):
                engine.destroy(clone.directory)


def _is_wanted(home: Home, engine: Engine, clone: Kept, current: str | None, *, alive: Collection[str]) -> bool:
    if clone.role == "before":
        return _before_is_wanted(home, engine, clone, current)
    if clone.role == "named":
        clone = look(home, engine, clone) if clone.expired else clone
    wanted = not clone.expired
    if clone.role == "warm":
        wanted = clone.taken_by in alive if clone.taken_by else clone.snapshot == current
    return wanted or not drop_unchanged(home, clone)


def _before_is_wanted(home: Home, engine: Engine, clone: Kept, current: str | None) -> bool:
    """The lock is held by every trial that uses it; a running server that nobody holds is a killed trial's."""
    with locked(home.lock(f"before-{clone.snapshot}"), wait=False) as unused:
        if unused and clone.snapshot != current:
            drop(home, clone.directory)
            return False
        if unused and engine.address(clone.directory):
            engine.stop(clone.directory)
        return True
