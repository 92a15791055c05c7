"""The served staging: one address that stays the same over refreshes, and the verbs around it."""

from __future__ import annotations

from contextlib import nullcontext

from stagecopy.errors import NoSnapshotError, StagingError
from stagecopy.files import locked, remove_tree
from stagecopy.flows.stand_by import Child, standing_by
from stagecopy.flows.swap import SERVED_SETTINGS, finish_swap, swap_in
from stagecopy.flows.workplace import Workplace, alone, nobody_else
from stagecopy.history.runs import new_id, open_run
from stagecopy.home import forget_server
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.staging.bases import removable
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import kept_clones
from stagecopy.staging.pool import remove_pool
from stagecopy.staging.ports import LOOPBACK, first_free_port
from stagecopy.staging.reopen import every_engine
from stagecopy.staging.roles import SERVED_ROLE
from stagecopy.staging.server_engine import shared
from stagecopy.staging.snapshots import Served, Snapshot, all_snapshots, newest, read_served

FIRST_PORT = 5433
PORT_ATTEMPTS = 20  # a port that is free here may be taken on the machine of an engine elsewhere


def serve(work: Workplace, snapshot: Snapshot, run: str, child: Child | None = None) -> None:
    """Clone *snapshot* under a new name and put the clone behind staging's address. *child* stands by already."""
    directory = f"served-{new_id()}"
    engine = work.engine(snapshot.engine)
    with nullcontext(child) if child else standing_by(work.home) as ready:
        engine.clone(snapshot.directory, directory, "served", run=run)
        _swap_in(work, engine, snapshot, directory, child=ready)


def _swap_in(work: Workplace, engine: Engine, snapshot: Snapshot, directory: str, *, child: Child | None) -> None:
    fixed = _fixed_port(work, engine)
    first = FIRST_PORT
    for attempts_left in reversed(range(PORT_ATTEMPTS)):
        new = Served(
            snapshot=snapshot.id,
            directory=directory,
            port=fixed or first_free_port(first),
            database=snapshot.database,
            engine=snapshot.engine,
        )
        try:
            swap_in(work.home, new, child)
        except StagingError as failure:
            # a port found free may be taken by somebody before the server binds it
            if failure.code != "port-in-use" or fixed or not attempts_left:
                raise
            first, child = new.port + 1, None
        else:
            return


def named_port(engine: Engine) -> int | None:
    """The port of the server that staging.url names; None where ports are of this machine."""
    server = shared(engine)
    return server.access.address.port if server else None


def _fixed_port(work: Workplace, engine: Engine) -> int | None:
    """The port that is wanted, or was had before: one of this machine, or that of the server staging.url names."""
    if port := named_port(engine):
        return port
    wanted = work.project.settings.staging.port
    old = read_served(work.home)
    here = old is not None and old.engine.name != "server"
    return wanted if isinstance(wanted, int) else (old.port if old and here else None)


def people_address(work: Workplace, engine: Engine, directory: str, *, port: int, database: str) -> Address:
    """Where people reach what runs on *directory*, and as whom."""
    password = work.secrets.served_password
    if server := shared(engine):
        address = server.admit_people(directory, password)
        if address is None:
            raise StagingError("staging-unreachable", f"the database {directory} of the staging server is closed")
        return address
    return Address(LOOPBACK, port, SERVED_ROLE, password, database)


def served_address(work: Workplace) -> Address:
    """Where the served staging answers; starts it when it is not running (after a reboot).

    Raises StagingError ``no-staging``.
    """
    finish_swap(work.home)
    served = read_served(work.home)
    if served is None:
        raise _nothing_served()
    engine = work.engine(served.engine)
    if engine.address(served.directory) is None:
        engine.start(served.directory, ServerOptions(port=served.port, settings=SERVED_SETTINGS))
    return people_address(work, engine, served.directory, port=served.port, database=served.database)


def _nothing_served() -> StagingError:
    return StagingError("no-staging", "nothing is served yet", hint="run `stagecopy refresh`")


def served_url(work: Workplace) -> str:
    """The URL people put into their programs; the same over refreshes."""
    return served_address(work).url


def reset(work: Workplace, child: Child) -> Snapshot:
    """Serve a fresh copy of the newest snapshot: whatever was done to staging is undone. *child* stands by."""
    finish_swap(work.home)
    with alone(work, "refresh"), open_run(work.home.runs, "staging reset") as run:
        snapshot = newest(work.home)
        if snapshot is None:
            raise NoSnapshotError("no-snapshot", "there is no snapshot to go back to", hint="run `stagecopy refresh`")
        serve(work, snapshot, run.id, child)
        run.finish({"format": 1, "exit": 0, "error": None, "snapshot": snapshot.id})
    return snapshot


def inventory(work: Workplace) -> list[dict[str, object]]:
    """Every data directory of this project, on every engine, with what it is for."""
    served = read_served(work.home)
    ready = {each.directory for each in kept_clones(work.home) if each.role != "named" and each.taken_by is None}
    snapshots = {snapshot.directory: snapshot for snapshot in all_snapshots(work.home)}
    return [
        {
            "name": directory.name,
            "kind": "ready" if directory.name in ready else directory.kind,
            "engine": engine.name,
            "running": directory.running,
            "serving": served is not None and served.directory == directory.name,
            "taken_at": snapshots[directory.name].taken_at.isoformat() if directory.name in snapshots else None,
        }
        for engine in _engines(work)
        for directory in engine.directories()
    ]


def destroy(work: Workplace) -> list[str]:
    """End and remove all of this project but backups, history and key. Returns the names removed."""
    with nobody_else(work), locked(work.home.lock("prepare"), wait=True):
        finish_swap(work.home)
        return _destroy(work)


def _destroy(work: Workplace) -> list[str]:
    removed = []
    engines = _engines(work)
    named = [server for engine in engines if (server := shared(engine))]
    for server in named:  # who cannot be reached, or is another one now, must be known before anything is forgotten
        server.directories()
    for path in (work.home.served, work.home.path / "clones.json", *work.home.snapshots.glob("*.json")):
        path.unlink(missing_ok=True)
    for engine in engines:
        for directory in removable(engine.directories()):
            engine.destroy(directory.name)
            removed.append(directory.name)
    for server in named:
        server.end()
    forget_server(work.home)
    for folder in (work.home.sockets, *work.home.tmp.iterdir()):
        remove_tree(folder)
    remove_pool(work.home)
    (work.home.path / "secrets.json").unlink(missing_ok=True)
    return removed


def _engines(work: Workplace) -> tuple[Engine, ...]:
    return every_engine(project=work.project.name, home=work.home, admin_password=work.secrets.admin_password)
