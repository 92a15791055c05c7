"""Chooses where staging lives, and says in one line which engine it is and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import connect, docker_answers, ensure_image
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.image_files import image_facts
from stagecopy.staging.pool import NO_POOL, Pool
from stagecopy.staging.server_engine import ServerEngine

EngineChoice = Literal["auto", "docker", "embedded", "server"]
__all__ = ["EngineChoice", "Place", "choose", "docker_answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the engines need to know. ``image`` has its major filled in; ``cache`` is for unpacked wheels."""

    project: str
    major: int
    image: str
    root: Path
    admin_password: str
    cache: Path
    server: ServerEngine | None = None  # the one that staging.url names
    sockets: Path | None = None  # where isolated servers of a Docker engine have their sockets
    pool: Pool = NO_POOL
    home: str | None = None  # its own word, by which a Docker engine tells homes of one project apart


def choose(kind: EngineChoice, place: Place) -> tuple[Engine, tuple[Fidelity, ...], str]:
    """The engine, what it differs in from production whatever the database, and the line that says which and why.

    ``auto`` is docker when an engine answers and has (or can pull) the image, else embedded.
    """
    if kind == "server" and place.server is not None:
        place.server.major = place.server.access.major
        return place.server, place.server.fidelity(), _line(place.server)
    if kind == "docker":
        return _docker(place, "as configured")
    if kind == "embedded":
        return _embedded(place, "as configured")
    try:
        return _docker(place, "a Docker engine answers")
    except StagingError as failure:
        return _embedded(place, failure.message)


def _line(server: ServerEngine) -> str:
    return f"engine: server (as configured), PostgreSQL {server.access.major} at {server.access.shown}"


def _docker(place: Place, why: str) -> tuple[Engine, tuple[Fidelity, ...], str]:
    client = connect()
    try:
        ensure_image(client, place.image)
        major = image_facts(client, place.image).major or place.major
    finally:
        client.close()
    if major < place.major:
        raise StagingError(
            "image-too-old",
            f"image {place.image} is of PostgreSQL {major}, production runs {place.major}",
            hint="name an image of the same or a newer major in staging.image, for example postgres:{major}",
        )
    engine = DockerEngine(
        place.project,
        major=major,
        image=place.image,
        admin_password=place.admin_password,
        sockets=place.sockets,
        pool=place.pool,
        home=place.home,
    )
    return engine, engine.fidelity(), f"engine: docker ({why}), image {place.image}"


def _embedded(place: Place, why: str) -> tuple[Engine, tuple[Fidelity, ...], str]:
    binaries = find(place.major, programs=SERVER, newer=True, cache=place.cache)
    engine = EmbeddedEngine(
        place.project,
        root=place.root,
        binaries=binaries,
        admin_password=place.admin_password,
        pool=place.pool,
    )
    found = engine.fidelity()
    if binaries.major != place.major:
        message = f"staging runs PostgreSQL {binaries.version}, production runs {place.major}"
        found = (Fidelity("other-major", message), *found)
    return engine, found, f"engine: embedded ({why}), PostgreSQL {binaries.version} from {binaries.source}"
