"""The mark on a folder: whose it is, what kind, which run made it. Only what carries our mark is destroyed.

Surprising: a folder never exists under its own name without its mark. It is made under a ``.part-PID-BOOT@`` name and
renamed, and goes the same way at the end; a part whose process is dead is swept by the next one that makes or removes.
After a reboot numbers of processes begin again, so the name says also which boot of the machine it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import cast, get_args

from stagecopy.errors import StagingError
from stagecopy.files import read_json, remove_tree, write_json
from stagecopy.model.staging import Kind
from stagecopy.process import Identity
from stagecopy.staging.mounts import unmount_below

_FILE = "mark.json"
_PART = ".part-"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose data directory it is. ``home`` is said where several homes of one project meet: on a Docker engine."""

    project: str
    name: str
    kind: Kind
    run: str
    home: str | None = None


def make_marked(root: Path, mark: Mark, *, owner: Identity | None) -> Path:
    """Make root/NAME with its mark inside, owned by *owner*. Raises StagingError ``exists``."""
    sweep(root)
    folder, part = root / mark.name, _part(root, mark.name)
    remove_tree(part)
    part.mkdir(mode=0o700)
    write_json(part / _FILE, {"format": 1, **asdict(mark)})
    if owner:
        os.chown(part, owner.uid, owner.gid)
    if folder.exists():
        remove_tree(part)
        raise StagingError("exists", f"there is a data directory {mark.name} already")
    part.rename(folder)
    return folder


def remove_marked(folder: Path) -> None:
    """Remove a folder of ours, so that it is listed until all but its mark is gone."""
    for entry in folder.iterdir():
        if entry.name != _FILE:
            if entry.is_dir():
                remove_tree(entry)
            else:
                entry.unlink()
    part = _part(folder.parent, folder.name)
    folder.rename(part)
    remove_tree(part)
    sweep(folder.parent)


def read_mark(folder: Path) -> Mark | None:
    """The mark of *folder*, or None when it has none that we can read as ours."""
    document = read_json(folder / _FILE) if folder.is_dir() and not folder.is_symlink() else None
    return mark_from(document) if isinstance(document, dict) else None


def mark_from(values: Mapping[str, object]) -> Mark | None:
    """The mark that *values* say (a file's members, a container's labels), or None when they say none."""
    texts = [values.get(field) for field in ("project", "name", "kind", "run")]
    if not all(isinstance(text, str) for text in texts) or texts[2] not in get_args(Kind):
        return None
    home = values.get("home")
    return Mark(str(texts[0]), str(texts[1]), cast("Kind", texts[2]), str(texts[3]), str(home) if home else None)


def checked(mark: Mark | None, *, project: str, name: str, home: str | None = None) -> Mark:
    """*mark*, if it is this project's (and home's) and names *name*. Raises StagingError ``not-ours``."""
    if mark is None or mark.project != project or mark.name != name or mark.home != home:
        foreign = " of another STAGECOPY_HOME" if mark and mark.project == project else ""
        whose = f"belongs to project {mark.project}{foreign}" if mark else "has no mark"
        hint = "nothing was changed; remove it by hand if it is really yours"
        raise StagingError("not-ours", f"{name} {whose}, so it is not touched", hint=hint)
    return mark


def marks(root: Path, project: str) -> Iterator[Mark]:
    """The marks of all of *project*'s folders in *root*, sorted by name."""
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        mark = read_mark(folder) if not folder.name.startswith(".") else None
        if mark and mark.project == project and mark.name == folder.name:
            yield mark


def sweep(root: Path) -> None:
    """Remove what a killed process was just making or removing."""
    for part in root.glob(f"{_PART}*"):
        pid, _, rest = part.name.removeprefix(_PART).partition("-")
        boot, said, _ = rest.partition("@")
        if pid.isdecimal() and not ((not said or boot == _boot()) and _alive(int(pid))):
            unmount_below(part)
            remove_tree(part)


def _part(root: Path, name: str) -> Path:
    return root / f"{_PART}{os.getpid()}-{_boot()}@{name}"


@cache
def _boot() -> str:
    """Tells one boot of this machine from another; off Linux all are alike."""
    try:
        return _BOOT.read_text(encoding="ascii")[:8]
    except OSError:
        return "0"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
