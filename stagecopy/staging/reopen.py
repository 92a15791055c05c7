"""Opens again the engine that a snapshot or the served staging was made on, from what its manifest says."""

from __future__ import annotations

from pathlib import Path

from stagecopy.home import Home, noted_server, place_of
from stagecopy.model.staging import Binaries
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.pool import find_pool
from stagecopy.staging.selection import docker_answers
from stagecopy.staging.server_engine import ServerEngine, shared
from stagecopy.staging.snapshots import EngineSpec, all_snapshots, read_served


def spec_of(engine: Engine, *, image: str, home: Home) -> EngineSpec:
    """What to write into a manifest so that ``reopen`` finds the same engine."""
    if engine.name == "docker":
        return EngineSpec("docker", engine.major, image=image)
    if server := shared(engine):
        return EngineSpec("server", engine.major, source=server.access.identity)
    found = find(engine.major, programs=SERVER, newer=False, cache=home.binaries)
    return _on(found)


def _on(found: Binaries) -> EngineSpec:
    return EngineSpec("embedded", found.major, folder=found.folder, version=found.version, source=found.source)


def reopen(spec: EngineSpec, *, project: str, home: Home, admin_password: str) -> Engine:
    """The engine of *spec*; programs that moved since are looked up again. Raises StagingError."""
    if spec.name == "server":
        return named_server(home, project, spec)
    pool = find_pool(home)
    if spec.name == "docker":
        return DockerEngine(
            project,
            major=spec.major,
            image=spec.image or "",
            admin_password=admin_password,
            sockets=home.sockets,
            pool=pool,
            home=place_of(home),
        )
    if spec.folder is None:
        binaries = find(spec.major, programs=SERVER, newer=False, cache=home.binaries)
    else:
        binaries = Binaries(spec.folder, spec.major, spec.version or "", spec.source or "host", tls=False)
    return EmbeddedEngine(project, root=home.engine, binaries=binaries, admin_password=admin_password, pool=pool)


def named_server(home: Home, project: str, spec: EngineSpec | None = None) -> ServerEngine:
    """The server that staging.url names; that *spec* is of the same one is seen when it is first used."""
    major, identity = (spec.major, spec.source) if spec else (0, None)
    return ServerEngine(project, place=place_of(home), server=home.server, major=major, identity=identity)


def every_engine(*, project: str, home: Home, admin_password: str) -> tuple[Engine, ...]:
    """Every engine that may hold something of this project: those that manifests name, and those that answer now."""
    served = read_served(home)
    specs = {each.engine for each in all_snapshots(home)} | ({served.engine} if served else set())
    found = {spec.name: reopen(spec, project=project, home=home, admin_password=admin_password) for spec in specs}
    if "server" not in found and noted_server(home):
        found["server"] = named_server(home, project)
    if "docker" not in found and docker_answers():
        found["docker"] = reopen(EngineSpec("docker", 0), project=project, home=home, admin_password=admin_password)
    if "embedded" not in found and any(_filled(place) for place in find_pool(home).places(home.engine)):
        spec = _on(find(0, programs=SERVER, newer=True, cache=home.binaries))
        found["embedded"] = reopen(spec, project=project, home=home, admin_password=admin_password)
    return tuple(found[name] for name in sorted(found))


def _filled(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
