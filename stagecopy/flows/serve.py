"""The served staging: one address that stays the same over refreshes, and the verbs around it."""

from __future__ import annotations

from stagecopy.errors import NoSnapshotError, StagingError
from stagecopy.files import locked, remove_tree
from stagecopy.flows.swap import SERVED_SETTINGS, finish_swap, swap_in
from stagecopy.flows.workplace import Workplace, alone
from stagecopy.history.runs import new_id, open_run
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.binaries import client_tools
from stagecopy.postgres.tools import staging_environment
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import kept_clones
from stagecopy.staging.pool import remove_pool
from stagecopy.staging.ports import LOOPBACK, first_free_port
from stagecopy.staging.reopen import every_engine
from stagecopy.staging.roles import SERVED_ROLE
from stagecopy.staging.snapshots import Served, Snapshot, all_snapshots, newest, read_served

FIRST_PORT = 5433
PORT_ATTEMPTS = 5


def serve(work: Workplace, snapshot: Snapshot, run: str) -> None:
    """Clone *snapshot* under a new name and put the clone behind staging's address."""
    directory = f"served-{new_id()}"
    work.engine(snapshot.engine).clone(snapshot.directory, directory, "served", run=run)
    old = read_served(work.home)
    wanted = work.project.settings.staging.port
    fixed = wanted if isinstance(wanted, int) else (old.port if old else None)
    for attempts_left in reversed(range(PORT_ATTEMPTS)):
        new = Served(
            snapshot=snapshot.id,
            directory=directory,
            port=fixed or first_free_port(FIRST_PORT),
            database=snapshot.database,
            engine=snapshot.engine,
        )
        try:
            swap_in(work.home, new)
        except StagingError as failure:
            # a port found free may be taken by somebody before the server binds it
            if failure.code != "port-in-use" or fixed or not attempts_left:
                raise
        else:
            return


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
    return Address(LOOPBACK, served.port, SERVED_ROLE, work.secrets.served_password, served.database)


def _nothing_served() -> StagingError:
    return StagingError("no-staging", "nothing is served yet", hint="run `stagecopy refresh`")


def served_url(work: Workplace) -> str:
    """The URL people put into their programs; the same over refreshes."""
    return served_address(work).url


def reset(work: Workplace) -> Snapshot:
    """Serve a fresh copy of the newest snapshot: whatever was done to staging is undone."""
    finish_swap(work.home)
    with alone(work, "refresh"), open_run(work.home.runs, "staging reset") as run:
        snapshot = newest(work.home)
        if snapshot is None:
            raise NoSnapshotError("no-snapshot", "there is no snapshot to go back to", hint="run `stagecopy refresh`")
        serve(work, snapshot, run.id)
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
    finish_swap(work.home)
    with alone(work, "refresh"), locked(work.home.lock("prepare"), wait=True):
        return _destroy(work)


def _destroy(work: Workplace) -> list[str]:
    removed = []
    files = [work.home.served, *(work.home.path / name for name in ("clones.json", "secrets.json"))]
    for path in (*files, *work.home.snapshots.glob("*.json")):
        path.unlink(missing_ok=True)
    for engine in _engines(work):
        for directory in engine.directories():
            engine.destroy(directory.name)
            removed.append(directory.name)
    for folder in (work.home.sockets, *work.home.tmp.iterdir()):
        remove_tree(folder)
    remove_pool(work.home)
    return removed


def _engines(work: Workplace) -> tuple[Engine, ...]:
    return every_engine(project=work.project.name, home=work.home, admin_password=work.secrets.admin_password)


def psql_command(work: Workplace) -> tuple[list[str], dict[str, str]]:
    """The psql program and its environment, connected to the served staging."""
    address = served_address(work)
    served = read_served(work.home)
    if served is None:
        raise _nothing_served()
    tools = client_tools(served.engine.major, cache=work.home.binaries)
    return [f"{tools.folder}/psql"], staging_environment(address)
