"""Removes what dead runs left behind: only ours, only this project's, only what nothing points at."""

from __future__ import annotations

import logging

from stagecopy.backups.catalog import drop_partial
from stagecopy.errors import StagecopyError
from stagecopy.files import is_locked, locked, read_json, remove_tree
from stagecopy.flows.keeping import kept_by_ledger
from stagecopy.flows.retaining import prune
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import bury_the_dead, is_alive
from stagecopy.home import Home
from stagecopy.staging.bases import bases, removable
from stagecopy.staging.engine import Engine
from stagecopy.staging.ledger import PREPARED
from stagecopy.staging.reopen import every_engine
from stagecopy.staging.snapshots import Snapshot, all_snapshots, forget, lock_of, read_served

_log = logging.getLogger(__name__)


def clean_up(work: Workplace, engine: Engine, *, over: str | None = None) -> None:
    """End and remove data directories, dumps and temporary folders of runs that no longer live.

    *over* is a run that lives but is over: it failed and takes away what it made.
    """
    home = work.home
    with locked(home.lock("swap"), wait=True):  # what is served does not change meanwhile, and one cleans at a time
        # This order matters: what is listed was made by a run that lived then; if it ended since, it is kept below.
        directories = engine.directories()
        alive = [folder.name for folder in home.runs.iterdir() if is_alive(home.runs, folder.name)]
        alive = [run for run in alive if run != over]
        if over is not None:
            _forget_unserved(home, over)
        if is_locked(home.lock("prepare")):
            alive.append(PREPARED)
        kept = _pointed_at(home) | kept_by_ledger(home, engine, alive)
        doomed = [each for each in removable(directories) if each.name not in kept and each.run not in alive]
        needed = bases(each for each in directories if each not in doomed)
        for directory in doomed:
            if directory.name not in needed:
                _log.info("removing %s, left by run %s", directory.name, directory.run)
                engine.destroy(directory.name)
        for folder in home.tmp.iterdir():
            if folder.name not in alive:
                remove_tree(folder)
        drop_partial(home.backups, alive)
        bury_the_dead(home.runs)


def _forget_unserved(home: Home, run: str) -> None:
    """A snapshot that its own refresh could not serve is none: it would only fill the disk for the next attempt."""
    served, swap = read_served(home), read_json(home.swap)
    if run not in (served.snapshot if served else None, swap["new"]["snapshot"] if swap else None):
        for snapshot in all_snapshots(home):
            if snapshot.id == run:
                forget(home, snapshot)


def _pointed_at(home: Home) -> set[str]:
    """Names of the data directories that are snapshots, served, or about to be."""
    names = {snapshot.directory for snapshot in all_snapshots(home)}
    if served := read_served(home):
        names.add(served.directory)
    if swap := read_json(home.swap):
        names.add(swap["new"]["directory"])
    return names


def discard(work: Workplace, run: str) -> None:
    """After a failed refresh: nothing of it stays, on any engine. Never hides why it failed."""
    password = work.secrets.admin_password
    try:
        for engine in every_engine(project=work.project.name, home=work.home, admin_password=password):
            clean_up(work, engine, over=run)
        prune(work)
    except (StagecopyError, OSError) as failure:
        _log.warning("cleaning up failed, the next run will do it: %s", failure)


def retire_snapshots(work: Workplace, keep: int) -> None:
    """Remove the oldest snapshots beyond *keep*, but none that a trial is copying or a clone stands on."""
    for snapshot in all_snapshots(work.home)[:-keep]:
        with locked(lock_of(work.home, snapshot), wait=False) as unused:
            if unused:
                _retire(work, snapshot)


def _retire(work: Workplace, snapshot: Snapshot) -> None:
    engine = work.engine(snapshot.engine)
    if snapshot.directory in bases(engine.directories()):
        _log.info("keeping %s, which a clone stands on", snapshot.directory)
        return
    forget(work.home, snapshot)
    engine.destroy(snapshot.directory)
    for name in ("snapshot", "before", "starting"):
        work.home.lock(f"{name}-{snapshot.id}").unlink(missing_ok=True)
