"""The two servers of a trial: *before*, shared by all trials of a snapshot and read-only, and *after*, its own.

Surprising: where clones take no room at first, both are made ahead of time by a detached child (this module run as a
program), at the end of refresh and after each trial, and lie there stopped. Where cloning is copying nothing is made
ahead: that would take the database's size twice more, all day.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stagecopy.errors import StagecopyError
from stagecopy.files import locked
from stagecopy.flows.keeping import end_outdated
from stagecopy.history.runs import new_id
from stagecopy.home import Home, home_of_child, secrets_of, start_child
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.model.trial import CloneMethod
from stagecopy.postgres.connect import connect_staging, staging_errors, wait_until_ready
from stagecopy.postgres.walrange import wal_start
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import PREPARED, Kept, keep, kept_clones, take_warm
from stagecopy.staging.ledger import drop as forget
from stagecopy.staging.reopen import reopen
from stagecopy.staging.server_engine import inside, shared
from stagecopy.staging.settings import READY_SECONDS
from stagecopy.staging.snapshots import Snapshot, held, usable
from stagecopy.staging.wal import DumpsWal, WalSource

_SETTINGS = {"max_prepared_transactions": "10", "max_locks_per_transaction": "256"}
# The diff reads what the migration wrote to the log, so no checkpoint may take that away. Not without end: of a log
# longer than this all tables are compared in full. Nothing is left out of it as at level minimal, which spares what is
# written anew: production's log, standbys and archive get all of that, and the report says how much it is.
_AFTER = ServerOptions(settings={**_SETTINGS, "wal_keep_size": "16GB", "wal_level": "replica"}, isolated=True)
_BEFORE = ServerOptions(settings={**_SETTINGS, "default_transaction_read_only": "on"}, isolated=True)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both servers, as ADMIN in the database under test, and how the clone that is changed was made.

    ``wal``: the log of that one from before anybody wrote to it, where the engine can read it.
    """

    before: Address
    after: Address
    method: CloneMethod
    wal: WalSource | None = None


@contextmanager
def pair_of(home: Home, run: str, snapshot: Snapshot, *, engine: Engine, keep_after: bool) -> Iterator[Pair]:
    """Both servers run while the block does. The changed clone goes at its end, unless it is to be kept."""
    with ExitStack() as stack:
        # As long as the trial lives, so that neither snapshot nor *before* is taken away under it.
        for lock in (f"snapshot-{snapshot.id}", f"before-{snapshot.id}"):
            stack.enter_context(locked(home.lock(lock), wait=True, shared=True))
        both = _Both(home, run, snapshot, engine)
        if server := shared(engine):
            server.admit_clones(snapshot.directory, 2)
        try:
            with ThreadPoolExecutor(2, "clone") as threads:
                before, after = threads.submit(both.start_before), threads.submit(both.start_after)
            first, second = (inside(engine, each.result(), snapshot.database) for each in (before, after))
            yield Pair(first, second, both.method, both.wal)
        finally:
            try:
                both.end_after(kept=keep_after)
            finally:
                stack.close()
                both.end_before()
            prepare_soon(home, snapshot, engine)


@contextmanager
def one_more(pair: Pair, snapshot: Snapshot, engine: Engine, *, run: str, purpose: str) -> Iterator[Pair]:
    """*pair* with a further clone to be changed, which goes at the end. Only inside the block of ``pair_of``."""
    directory = f"clone-{run}-{purpose}"
    if server := shared(engine):
        server.admit_clones(snapshot.directory, 1)
    try:
        method = engine.clone(snapshot.directory, directory, "clone", run=run)
        address = engine.start(directory, _AFTER)
        wal = WalSource(engine, directory, wal_start(address)) if isinstance(engine, DumpsWal) else None
        yield Pair(pair.before, inside(engine, address, snapshot.database), method, wal)
    finally:
        engine.destroy(directory)


class _Both:
    def __init__(self, home: Home, run: str, snapshot: Snapshot, engine: Engine) -> None:
        self._home = home
        self._run = run
        self._snapshot = snapshot
        self._engine = engine
        self._before = f"clone-{run}-before"
        self._after = f"clone-{run}-after"
        self._shared = False
        self.method: CloneMethod = "copy"
        self.wal: WalSource | None = None

    def start_before(self) -> Address:
        """The shared one where cloning is cheap, else one of our own."""
        self._shared = _is_cheap(self._engine, self._snapshot)
        if not self._shared:
            self._engine.clone(self._snapshot.directory, self._before, "clone", run=self._run)
            return self._engine.start(self._before, _BEFORE)
        with locked(self._home.lock("prepare"), wait=True):
            self._before = _before_of(self._home, self._snapshot, self._engine, self._run)
        with locked(self._home.lock(f"starting-{self._snapshot.id}"), wait=True):
            address = self._engine.address(self._before)
            if address is None:
                return self._engine.start(self._before, _BEFORE)
        wait_until_ready(address, deadline=READY_SECONDS)
        return address

    def start_after(self) -> Address:
        """The warm one if there is one, else a new one."""
        warm = take_warm(self._home, self._snapshot.id, self._run)
        if warm:
            self._after, self.method = warm.directory, warm.method
        else:
            self.method = self._engine.clone(self._snapshot.directory, self._after, "clone", run=self._run)
        address = self._engine.start(self._after, _AFTER)
        if isinstance(self._engine, DumpsWal):
            self.wal = WalSource(self._engine, self._after, wal_start(address))
        return address

    def end_after(self, *, kept: bool) -> None:
        """Kept, it stays until a later run cleans up: it belongs to a run that is over then."""
        if not kept:
            self._engine.destroy(self._after)
            forget(self._home, self._after)

    def end_before(self) -> None:
        """Our own goes; the shared one stops when nobody else uses it."""
        if not self._shared:
            self._engine.destroy(self._before)
            return
        with (
            locked(self._home.lock(f"starting-{self._snapshot.id}"), wait=True),
            locked(self._home.lock(f"before-{self._snapshot.id}"), wait=False) as last,
        ):
            if last and self._before in {each.directory for each in kept_clones(self._home, "before")}:
                self._engine.stop(self._before)
                self._engine.prepare_start(self._before, _BEFORE)


def _is_cheap(engine: Engine, snapshot: Snapshot) -> bool:
    return engine.clone_method(snapshot.directory)[0] not in ("copy", "template")


def _before_of(home: Home, snapshot: Snapshot, engine: Engine, run: str) -> str:
    """The snapshot's *before*, made now if it is missing. Hold the lock ``prepare``."""
    for each in kept_clones(home, "before"):
        if each.snapshot == snapshot.id:
            return each.directory
    directory = f"before-{snapshot.id}"
    engine.destroy(directory)  # half of one that a killed run made
    method = engine.clone(snapshot.directory, directory, "clone", run=run)
    address = engine.start(directory, _BEFORE)
    with connect_staging(address.to(database=snapshot.database)) as connection, staging_errors("a first look"):
        connection.execute("SELECT pg_catalog.count(*) FROM pg_catalog.pg_class")  # fills the server's own caches
    engine.stop(directory)
    engine.prepare_start(directory, _BEFORE)
    keep(home, Kept.of(snapshot, directory, role="before", method=method))
    return directory


def _warm_of(home: Home, snapshot: Snapshot, engine: Engine) -> None:
    """One clone for whichever trial comes first. Hold the lock ``prepare``."""
    if any(each.snapshot == snapshot.id and each.taken_by is None for each in kept_clones(home, "warm")):
        return
    directory = f"warm-{new_id()}"
    method = engine.clone(snapshot.directory, directory, "clone", run=PREPARED)
    engine.prepare_start(directory, _AFTER)
    keep(home, Kept.of(snapshot, directory, role="warm", method=method))


def prepare_soon(home: Home, snapshot: Snapshot, engine: Engine) -> None:
    """Start the detached child that makes what the next trial will want, if that is cheap here."""
    if _is_cheap(engine, snapshot):
        start_child(home, "stagecopy.flows.pair")


def prepare(home: Home) -> None:
    """Make what is missing for the next trial on the newest snapshot, one process at a time."""
    with locked(home.lock("prepare"), wait=True), held(home, lambda: usable(home, max_age=math.inf)) as snapshot:
        password = secrets_of(home).admin_password
        engine = reopen(snapshot.engine, project=home.project, home=home, admin_password=password)
        end_outdated(home, engine, snapshot.id)
        if _is_cheap(engine, snapshot):
            _before_of(home, snapshot, engine, PREPARED)
            _warm_of(home, snapshot, engine)


def main() -> None:
    """The detached child. What it cannot make, the next trial makes for itself."""
    with suppress(StagecopyError, OSError):
        prepare(home_of_child(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
