"""Removes what dead runs left behind: only ours, only this project's, only what nothing points at."""

from __future__ import annotations

import logging

from stagecopy.backups.dump import drop_partial
from stagecopy.files import is_locked, read_json, remove_tree
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import bury_the_dead, is_alive
from stagecopy.staging.engine import Engine
from stagecopy.staging.snapshots import all_snapshots, forget, read_served

_log = logging.getLogger(__name__)


def clean_up(work: Workplace, engine: Engine) -> None:
    """End and remove data directories, dumps and temporary folders of runs that no longer live."""
    home = work.home
    # This order matters: what is listed was made by a run that lived then; if it has ended since, it is kept below.
    directories = engine.directories()
    alive = [folder.name for folder in home.runs.iterdir() if is_alive(home.runs, folder.name)]
    kept = {snapshot.directory for snapshot in all_snapshots(home)}
    if served := read_served(home):
        kept.add(served.directory)
    if swap := read_json(home.swap):
        kept.add(swap["new"]["directory"])
    for directory in directories:
        if directory.name not in kept and directory.run not in alive:
            _log.info("removing %s, left by run %s", directory.name, directory.run)
            engine.destroy(directory.name)
    for folder in home.tmp.iterdir():
        if folder.name not in alive:
            remove_tree(folder)
    drop_partial(home.backups, alive)
    bury_the_dead(home.runs)


def retire_snapshots(work: Workplace, keep: int) -> None:
    """Remove the oldest snapshots beyond *keep*, but none that a trial is copying."""
    for snapshot in all_snapshots(work.home)[:-keep]:
        lock = work.home.lock(f"snapshot-{snapshot.id}")
        if is_locked(lock):
            continue
        forget(work.home, snapshot)
        work.engine(snapshot.engine).destroy(snapshot.directory)
        lock.unlink(missing_ok=True)
