"""Named clones: a database of one's own for as long as one needs it, cloned from the newest snapshot.

Surprising: making one again under its name is how it is reset; its address stays. Its time is counted from its last
use, see flows.expiry.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stagecopy.errors import NoSnapshotError, StagecopyError, StagingError, UsageError
from stagecopy.flows.cleanup import clean_up
from stagecopy.flows.expiry import end_expired, watch_soon
from stagecopy.flows.serve import PORT_ATTEMPTS, named_port, people_address
from stagecopy.flows.swap import SERVED_SETTINGS
from stagecopy.flows.workplace import Workplace, alone
from stagecopy.history.runs import new_id, open_run
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import Kept, drop, keep, kept_clones
from stagecopy.staging.ports import first_free_port
from stagecopy.staging.settings import check_name
from stagecopy.staging.snapshots import EngineSpec, Snapshot, held, newest

FIRST_PORT = 5533  # away from where the served staging of this and other projects is
_LONGEST_NAME = 40


def clone_named(work: Workplace, name: str) -> Kept | None:
    """The clone of that name, or None. Raises StagingError ``bad-name``."""
    if len(name) > _LONGEST_NAME:
        raise StagingError("bad-name", f"the name of a clone has at most {_LONGEST_NAME} letters")
    check_name(name)
    return next((each for each in _living(work) if each.name == name), None)


def create(work: Workplace, name: str, *, ttl: float) -> tuple[Kept, str]:
    """Make or reset the clone *name*, with *ttl* seconds to live without being used. Returns it and its URL.

    Raises NoSnapshotError ``no-snapshot``; a clone of that name that was there stays if the new one does not start.
    """
    with (
        alone(work, "clone"),
        open_run(work.home.runs, "clone create") as run,
        held(work.home, lambda: _newest(work)) as snapshot,
    ):
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
            ttl=ttl,
        )
        clone = _swapped_in(work, engine, clone, old)
        run.finish({"format": 1, "exit": 0, "error": None, "clone": name})
    watch_soon(work.home)
    return clone, _url(work, clone)


def _newest(work: Workplace) -> Snapshot:
    snapshot = newest(work.home)
    if snapshot is None:
        raise NoSnapshotError("no-snapshot", "there is no snapshot to clone", hint="run `stagecopy refresh`")
    return snapshot


def listed(work: Workplace) -> list[dict[str, object]]:
    """All of them that are not over, running. Those that a reboot has stopped are started, expired ones destroyed."""
    with alone(work, "clone"):
        living = end_expired(work.home, kept_clones(work.home, "named"))
        if living:
            watch_soon(work.home)
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
            for clone in living
        ]


def destroy(work: Workplace, name: str) -> None:
    """End and remove it. Raises UsageError ``no-such-clone``."""
    with alone(work, "clone"):
        _remove(work, _existing(work, name))


def running_address(work: Workplace, name: str) -> tuple[Address, EngineSpec, str]:
    """Where the clone answers, on which engine and data directory; started if it is not running.

    Raises UsageError ``no-such-clone``.
    """
    clone = _existing(work, name)
    engine = work.engine(clone.engine)
    if engine.address(clone.directory) is None:
        _started(engine, clone)
    return _address(work, clone), clone.engine, clone.directory


def _existing(work: Workplace, name: str) -> Kept:
    clone = clone_named(work, name)
    if clone is None:
        raise UsageError("no-such-clone", f"there is no clone {name}", hint="see `stagecopy clone list`")
    return clone


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
    first = FIRST_PORT
    for attempts_left in reversed(range(PORT_ATTEMPTS)):
        port = clone.port or named_port(engine) or first_free_port(first)
        try:
            engine.start(clone.directory, ServerOptions(port=port, settings=SERVED_SETTINGS))
        except StagingError as failure:
            # a port found free may be taken by somebody before the server binds it
            if failure.code != "port-in-use" or clone.port or not attempts_left:
                raise
            first = port + 1
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
    """One whose time is over lives until somebody has looked whether it is in use."""
    return kept_clones(work.home, "named")


def _remove(work: Workplace, clone: Kept) -> None:
    work.engine(clone.engine).destroy(clone.directory)
    drop(work.home, clone.directory)


def _address(work: Workplace, clone: Kept) -> Address:
    engine = work.engine(clone.engine)
    return people_address(work, engine, clone.directory, port=clone.port or 0, database=clone.database)


def _url(work: Workplace, clone: Kept) -> str:
    return _address(work, clone).url
