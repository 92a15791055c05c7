"""Ends named clones that nobody has used for their time to live, also when nobody runs a verb.

A detached child (this module run as a program), one for each home, lives as long as there are named clones: it looks
at each now and then, and ends those whose time is over. Surprising: time is counted from the last use. A clone that
somebody is connected to, or was since the last look, begins its time anew; so none is ended under somebody's feet, and
one may live up to an eighth longer than it should. A reboot ends the child; the next `clone` verb starts another.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stagecopy.errors import StagecopyError
from stagecopy.files import is_locked, locked
from stagecopy.home import Home, home_of_child, secrets_of, start_child
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.visits import Visits, visits
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import Kept, drop_unchanged, exchange, kept_clones, ledger_time
from stagecopy.staging.reopen import reopen
from stagecopy.staging.server_engine import shared

_LOOKS = 8  # in the time of a clone to live
_OFTEN, _SELDOM, _LEAST = 0.5, 3600.0, 0.1  # seconds between two looks; the least is at the end of its time
_AGAIN = 3.0  # seconds until the next try at one that could not be ended, because a verb is at work or its engine away
_STEP = 1.0  # seconds; how soon it is seen that clones were made or destroyed
_OTHERS = ("postgres", "template1")  # where we connect to: the first that is not what people use


def watch_soon(home: Home) -> None:
    """Start the child that ends clones in time, unless one is at work already. Write the clone down before."""
    if is_locked(_watching(home)):
        return
    start_child(home, "stagecopy.flows.expiry")


def look(home: Home, engine: Engine, clone: Kept) -> Kept:
    """The clone as it is now: with a new time if somebody uses it or has since the last look."""
    if clone.ttl is None:
        return clone
    try:
        seen = _visits(engine, clone)
    except StagecopyError:
        seen = Visits(1, clone.visits)  # it runs and lets nobody in, perhaps because it is full
    if seen is None or (not seen.now and seen.ever <= clone.visits):
        return clone
    later = replace(clone, visits=seen.ever, expires=datetime.now(UTC) + timedelta(seconds=clone.ttl))
    return later if exchange(home, clone, later) else clone


def _visits(engine: Engine, clone: Kept) -> Visits | None:
    """None: it does not run, so nobody uses it."""
    address = engine.address(clone.directory)
    if address is None:
        return None
    if shared(engine):  # the server is not ours, and our own sessions are in the clone itself
        with connect_staging(address) as connection:
            return replace(visits(connection, address.database), ever=0)
    ours = next(each for each in _OTHERS if each != clone.database)
    with connect_staging(address.to(database=ours)) as connection:
        return visits(connection, None)


def end_expired(home: Home, clones: list[Kept]) -> list[Kept]:
    """Look at each, destroy those whose time is over and return the others. Hold the lock ``clone``."""
    left = []
    for clone in clones:
        engine = _engine(home, clone)
        now = look(home, engine, clone)
        if now.expired and drop_unchanged(home, now):
            engine.destroy(now.directory)
        else:
            left.append(now)
    return left


def _engine(home: Home, clone: Kept) -> Engine:
    password = secrets_of(home).admin_password
    return reopen(clone.engine, project=home.project, home=home, admin_password=password)


def watch(home: Home) -> None:
    """Until there are no named clones any more. One process does it for all."""
    while kept_clones(home, "named"):
        with locked(_watching(home), wait=False) as got:
            if not got:
                return
            while clones := kept_clones(home, "named"):
                _sleep(home, _round(home, clones))
        # One made just now may have found the lock taken and left it to us: look once more.


def _watching(home: Home) -> Path:
    return home.lock("clone-watch")


def _round(home: Home, clones: list[Kept]) -> float:
    """One look at all; returns the seconds to the next. Verbs are kept out only while one is really ended."""
    for clone in clones:
        with suppress(StagecopyError):  # an engine that does not answer now may later
            if look(home, _engine(home, clone), clone).expired:
                _end(home)
    return min((_pause(clone) for clone in kept_clones(home, "named")), default=0.0)


def _end(home: Home) -> None:
    with (
        locked(home.expiring, wait=True),
        locked(home.lock("use"), wait=False, shared=True) as staying,
        locked(home.lock("clone"), wait=False) as alone,
    ):
        if staying and alone:  # else a verb is at work, which looks itself; or we do again soon
            end_expired(home, kept_clones(home, "named"))


def _pause(clone: Kept) -> float:
    left = (clone.expires - datetime.now(UTC)).total_seconds() if clone.expires else _SELDOM
    if left <= 0:
        return _AGAIN
    often = max(_OFTEN, min((clone.ttl or _SELDOM) / _LOOKS, _SELDOM))
    return min(often, max(left, _LEAST))


def _sleep(home: Home, seconds: float) -> None:
    """Sleep, but not on when clones have come or gone."""
    end, before = time.monotonic() + seconds, ledger_time(home)
    while (left := end - time.monotonic()) > 0 and ledger_time(home) == before:
        time.sleep(min(left, _STEP))


def main() -> None:
    """The detached child."""
    with suppress(StagecopyError, OSError):
        watch(home_of_child(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
