"""All backups of a project: those in their folder, and those that should be there.

Surprising: a list of what was kept lies beside the folder, not in it, so that a deleted backup is noticed. It forgets
an id before the backup is removed by us, and never for any other reason but a person's word.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from stagecopy.backups.record import look
from stagecopy.errors import UsageError
from stagecopy.files import locked, private_folder, read_json, remove_tree, sync_folder, write_json
from stagecopy.home import Home
from stagecopy.model.backup import Backup

PARTIAL = ".partial-"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
_log = logging.getLogger(__name__)


def start_backup(backups: Path, run: str) -> Path:
    """The folder a backup of this run is made in; its name says that it is not one yet."""
    return private_folder(backups / f"{PARTIAL}{run}")


def keep_backup(home: Home, partial: Path, run: str) -> Path:
    """Give a finished backup its name, and write down that it is kept. Returns its folder."""
    final = partial.with_name(run)
    partial.rename(final)
    sync_folder(final.parent)
    with _ledger(home) as kept:
        kept[run] = _noted(look(final))
    return final


def backups_of(home: Home) -> list[Backup]:
    """Every backup, oldest first, as far as it shows without reading; none where there is no folder yet."""
    folders = home.backups.iterdir() if home.backups.is_dir() else ()
    found = {folder.name: look(folder) for folder in folders if _ours(folder)}
    for name, noted in _read(home).items():
        if name not in found:
            found[name] = _missing(home, name, noted)
    return [found[name] for name in sorted(found)]


def backup_named(home: Home, name: str) -> Backup:
    """The backup of that id. Raises UsageError ``no-such-backup``."""
    found = next((each for each in backups_of(home) if each.id == name), None)
    if found is None:
        raise UsageError("no-such-backup", f"there is no backup {name}", hint="stagecopy backup list")
    return found


@contextmanager
def used(home: Home, name: str) -> Iterator[None]:
    """Nobody removes the backup while the block runs."""
    path = _lock(home, name)
    with locked(path, wait=True, shared=True):
        yield


def in_use(home: Home, name: str) -> bool:
    """Whether somebody reads it right now."""
    path = _lock(home, name)
    if not path.exists():
        return False
    with locked(path, wait=False) as got:
        return not got


def remove(home: Home, name: str) -> bool:
    """Remove a backup that carries our mark. False if it is none, or somebody reads it."""
    folder = home.backups / name
    if not _ours(folder):
        return False
    path = _lock(home, name)
    with locked(path, wait=False) as got:
        if not got:
            return False
        forget(home, name)
        going = home.backups / f"{PARTIAL}{name}"  # first the name: half removed, it must not look like a backup
        folder.rename(going)
        remove_tree(going)
        path.unlink(missing_ok=True)
    _log.info("removed backup %s", name)
    return True


def forget(home: Home, name: str) -> None:
    """From now on nobody misses it."""
    with _ledger(home) as kept:
        kept.pop(name, None)


def drop_partial(backups: Path, runs_alive: Sequence[str]) -> None:
    """Remove what killed runs left of their dumps."""
    for folder in backups.glob(f"{PARTIAL}*"):
        if folder.name.removeprefix(PARTIAL) not in runs_alive:
            remove_tree(folder)


def _ours(folder: Path) -> bool:
    """Our mark: a folder named by a run's id. Anything else in there is somebody's own."""
    return folder.is_dir() and not folder.is_symlink() and _ID.fullmatch(folder.name) is not None


def _lock(home: Home, name: str) -> Path:
    return home.lock(f"backup-{name}")


def _noted(backup: Backup) -> dict[str, Any]:
    taken = backup.taken_at.isoformat() if backup.taken_at else None
    return {"taken_at": taken, "bytes": backup.bytes, "kind": backup.kind}


def _missing(home: Home, name: str, noted: Mapping[str, Any]) -> Backup:
    taken = noted.get("taken_at")
    return Backup(
        id=name,
        state="missing",
        kind=noted.get("kind") or "whole",
        taken_at=datetime.fromisoformat(taken) if taken else None,
        bytes=noted.get("bytes") or 0,
        problems=("its folder is gone, and stagecopy did not remove it",),
        folder=str(home.backups / name),
    )


def _read(home: Home) -> dict[str, Any]:
    document = read_json(home.path / "backups.json")
    return dict(document["kept"]) if isinstance(document, dict) else {}


@contextmanager
def _ledger(home: Home) -> Iterator[dict[str, Any]]:
    """What is kept, to be changed. A backup that a killed run could not write down is written down now."""
    with locked(home.lock("backups"), wait=True):
        kept = _read(home)
        yield kept
        write_json(home.path / "backups.json", {"format": 1, "kept": kept})
