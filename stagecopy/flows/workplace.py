"""What every verb begins with: the project's home, its passwords, and the engine it works on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stagecopy.config.load import Project
from stagecopy.errors import StagingError
from stagecopy.files import is_locked, locked
from stagecopy.home import Home, Secrets, open_home, place_of, secrets_of
from stagecopy.model.findings import Fidelity
from stagecopy.model.staging import Binaries
from stagecopy.staging.engine import Engine
from stagecopy.staging.pool import NO_POOL, make_pool
from stagecopy.staging.reopen import named_server, reopen, spec_of
from stagecopy.staging.selection import Place, choose
from stagecopy.staging.server_engine import ServerEngine
from stagecopy.staging.snapshots import EngineSpec

_PATIENCE = 60.0  # seconds that a verb waits for the end of expired clones
_STEP = 0.05


@dataclass(frozen=True, slots=True)
class Workplace:
    """A project with its home open."""

    project: Project
    home: Home

    @property
    def secrets(self) -> Secrets:
        """Asked anew each time: `staging destroy` takes them away, and the next verb makes others."""
        return secrets_of(self.home)

    def engine(self, spec: EngineSpec) -> Engine:
        """The engine a snapshot or the served staging lives on."""
        return reopen(spec, project=self.project.name, home=self.home, admin_password=self.secrets.admin_password)


@dataclass(frozen=True, slots=True)
class ChosenEngine:
    """The engine a refresh builds on, and why."""

    engine: Engine
    spec: EngineSpec
    fidelity: tuple[Fidelity, ...]
    reason: str


def open_workplace(project: Project) -> Workplace:
    """Open the home (made on first use). Raises StagingError ``home-not-writable``."""
    return Workplace(project, open_home(project.home, project.name, project.staging_server()))


def choose_engine(work: Workplace, tools: Binaries, *, production_major: int) -> ChosenEngine:
    """The configured engine, of the major version whose client tools are at hand.

    pg_restore must not be newer than the server it fills, so where only newer tools exist staging is newer too.
    """
    staging, named = work.project.settings.staging, _named(work)
    image = staging.image.replace("{major}", str(tools.major))
    place = Place(
        project=work.project.name,
        major=tools.major,
        image=image,
        root=work.home.engine,
        admin_password=work.secrets.admin_password,
        cache=work.home.binaries,
        sockets=work.home.sockets,
        home=place_of(work.home),
        server=named,
        pool=NO_POOL if named else make_pool(work.home, staging.pool, work.project.path(staging.pool)),
    )
    engine, fidelity, reason = choose(staging.engine, place)
    found = tuple(each for each in fidelity if each.code != "other-major")
    if engine.major != production_major:
        message = f"staging runs PostgreSQL {engine.major}, production runs {production_major}"
        found = (Fidelity("other-major", message), *found)
    return ChosenEngine(engine, spec_of(engine, image=image, home=work.home), found, reason)


def _named(work: Workplace) -> ServerEngine | None:
    """The server that staging.url names, if that is where staging is to be."""
    return named_server(work.home, work.project.name) if work.project.settings.staging.engine == "server" else None


@contextmanager
def alone(work: Workplace, verb: str) -> Iterator[None]:
    """Only one such verb at a time in this project, and none beside `staging destroy`. Raises StagingError ``busy``."""
    with in_use(work), _held(work, work.home.lock(verb), f"another {verb} of this project is running"):
        yield


@contextmanager
def in_use(work: Workplace) -> Iterator[None]:
    """Nobody destroys staging as a whole while the block runs. Raises StagingError ``busy`` while somebody does."""
    with _held(work, _use(work), "`staging destroy` of this project is running", shared=True):
        yield


@contextmanager
def nobody_else(work: Workplace) -> Iterator[None]:
    """For `staging destroy`. Raises StagingError ``busy`` while a refresh, a trial or a clone verb runs."""
    with _held(work, _use(work), "another verb of this project is running"):
        yield


def _use(work: Workplace) -> Path:
    return work.home.lock("use")


@contextmanager
def _held(work: Workplace, path: Path, busy: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock *path*. The child that ends expired clones is waited for: nobody started it, nobody can end it."""
    end, idle = time.monotonic() + _PATIENCE, 0
    while idle < 2 and time.monotonic() < end:  # twice: the child may have ended between the two looks
        with locked(path, wait=False, shared=shared) as got:
            if got:
                yield
                return
        idle = 0 if is_locked(work.home.expiring) else idle + 1
        time.sleep(_STEP)
    raise StagingError("busy", busy, hint="wait for it, or end it first")
