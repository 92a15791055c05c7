"""Named clones: a database of one's own for as long as one needs it, cloned from the newest snapshot.

Surprising: making one again under its name is how it is reset; its address stays. Its time is over at the first verb
that looks, not at the minute.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stagecopy.errors import NoSnapshotError, StagecopyError, StagingError, UsageError
from stagecopy.flows.cleanup import clean_up
from stagecopy.flows.swap import SERVED_SETTINGS
from stagecopy.flows.workplace import Workplace, alone
from stagecopy.history.runs import new_id, open_run
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import Kept, drop, keep, kept_clones
from stagecopy.staging.ports import LOOPBACK, TRIES, first_free_port
from stagecopy.staging.roles import SERVED_ROLE
from stagecopy.staging.settings import check_name
from stagecopy.staging.snapshots import newest

FIRST_PORT = 5533  # away from where the served staging of this and other projects is
_LONGEST_NAME = 40


def clone_named(work: Workplace, name: str) -> Kept | None:
    """The clone of that name, or None. Raises StagingError ``bad-name``."""
    if len(name) > _LONGEST_NAME:
        raise StagingError("bad-name", f"the name of a clone has at most {_LONGEST_NAME} letters")
    check_name(name)
    return next((each for each in _living(work) if each.name == name), None)


def create(work: Workplace, name: str, *, ttl: float) -> tuple[Kept, str]:
    """Make or reset the clone *name*, with *ttl* seconds to live. Returns it and its URL.

    Raises NoSnapshotError ``no-snapshot``; a clone of that name that was there stays if the new one does not start.
    """
    with alone(work, "clone"), open_run(work.home.runs, "clone create") as run:
        snapshot = newest(work.home)
        if snapshot is None:
            raise NoSnapshotError("no-snapshot", "there is no snapshot to clone", hint="run `stagecopy refresh`")
        engine = work.engine(snapshot.engine)
        clean_up(work, engine)
        old = clone_named(work, name)
        directory = f"named-{name}-{new_id()}"
        method = engine.clone(snapshot.directory, directory, "named", run=run.id)
        clone = replace(
            Kept.of(snapshot, directory, role="named", method=method),
            name=name,
            port=old.port if old else None,
            expires=datetime.now(UTC) + timedelta(seconds=ttl),
        )
        clone = _swapped_in(work, engine, clone, old)
        run.finish({"format": 1, "exit": 0, "error": None, "clone": name})
    return clone, _url(work, clone)


def listed(work: Workplace) -> list[dict[str, object]]:
    """All of them that are not over, running. Those that a reboot has stopped are started, expired ones destroyed."""
    with alone(work, "clone"):
        _end_expired(work)
        return [
            {
                "name": clone.name,
                "url": _url(work, clone),
                "snapshot": clone.snapshot,
                "engine": clone.engine.name,
                "clone": clone.method,
                "expires": clone.expires.isoformat() if clone.expires else None,
                "running": _running(work, clone),
            }
            for clone in _living(work)
        ]


def destroy(work: Workplace, name: str) -> None:
    """End and remove it. Raises UsageError ``no-such-clone``."""
    with alone(work, "clone"):
        clone = clone_named(work, name)
        if clone is None:
            raise UsageError("no-such-clone", f"there is no clone {name}", hint="see `stagecopy clone list`")
        _remove(work, clone)


def _swapped_in(work: Workplace, engine: Engine, clone: Kept, old: Kept | None) -> Kept:
    """Start the new one at the address of the old, which goes when the new one answers."""
    old_engine = work.engine(old.engine) if old else None
    try:
        if old and old_engine:
            old_engine.stop(old.directory)
        clone = _started(engine, clone)
    except BaseException:
        engine.destroy(clone.directory)
        if old and old_engine:
            _started(old_engine, old)
        raise
    keep(work.home, clone)
    if old and old_engine:
        old_engine.destroy(old.directory)
    return clone


def _started(engine: Engine, clone: Kept) -> Kept:
    for attempts_left in reversed(range(TRIES)):
        port = clone.port or first_free_port(FIRST_PORT)
        try:
            engine.start(clone.directory, ServerOptions(port=port, settings=SERVED_SETTINGS))
        except StagingError as failure:
            # a port found free may be taken by somebody before the server binds it
            if failure.code != "port-in-use" or clone.port or not attempts_left:
                raise
        else:
            return replace(clone, port=port)
    raise AssertionError  # the loop returns or raises


def _running(work: Workplace, clone: Kept) -> bool:
    engine = work.engine(clone.engine)
    if engine.address(clone.directory) is None:
        try:
            _started(engine, clone)
        except StagecopyError:
            return False
    return True


def _living(work: Workplace) -> list[Kept]:
    return [each for each in kept_clones(work.home, "named") if not each.expired]


def _end_expired(work: Workplace) -> None:
    for clone in kept_clones(work.home, "named"):
        if clone.expired:
            _remove(work, clone)


def _remove(work: Workplace, clone: Kept) -> None:
    work.engine(clone.engine).destroy(clone.directory)
    drop(work.home, clone.directory)


def _url(work: Workplace, clone: Kept) -> str:
    return Address(LOOPBACK, clone.port or 0, SERVED_ROLE, work.secrets.served_password, clone.database).url
