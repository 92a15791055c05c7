"""The way from here to what people use: the served staging, or a named clone, on whatever machine it runs.

Surprising: its URL is the same everywhere, and names a loopback port. On an engine elsewhere that is the loopback of
another machine, until somebody leads the port here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from stagecopy.errors import StagingError
from stagecopy.flows import clones
from stagecopy.flows.serve import served_address
from stagecopy.flows.workplace import Workplace
from stagecopy.model.server import Address
from stagecopy.postgres.binaries import client_tools
from stagecopy.postgres.tools import staging_environment
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.snapshots import EngineSpec, read_served

_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Published:
    """A running server that people use: where, by its URL, and what leads its port here, unless it is here."""

    address: Address
    spec: EngineSpec
    directory: str
    command: str | None


def published(work: Workplace, clone: str | None = None) -> Published:
    """The served staging, or the clone of that name; started if it is not running.

    Raises StagingError ``no-staging``, UsageError ``no-such-clone``.
    """
    if clone is None:
        address = served_address(work)
        spec, directory = _behind(work, None)
    else:
        address, spec, directory = clones.running_address(work, clone)
    engine = work.engine(spec)
    command = engine.away(directory) if isinstance(engine, DockerEngine) else None
    return Published(address, spec, directory, command)


def hold(work: Workplace, clone: str | None, announce: Callable[[Published], None]) -> bool:
    """Lead the port here, *announce* it, and hold it until we are interrupted. False at once when it is here anyway.

    Raises StagingError ``port-in-use``, or why the connection to the other machine ended.
    """
    found = published(work, clone)
    engine = work.engine(found.spec)
    if found.command is None or not isinstance(engine, DockerEngine):
        announce(found)
        return False
    forward = engine.forward(lambda: _behind(work, clone)[1])
    try:
        announce(found)
        while True:
            time.sleep(_LOOK_SECONDS)
            forward.check()
    finally:
        forward.close()


def psql_command(work: Workplace, clone: str | None = None) -> tuple[list[str], dict[str, str], bool]:
    """psql, its environment, and whether it gets there only as long as this process lives."""
    found = published(work, clone)
    address = found.address
    if found.command is not None:
        way = work.engine(found.spec).address(found.directory)
        if way is None:
            raise StagingError("staging-unreachable", f"the server on {found.directory} has just ended")
        address = replace(address, host=way.host, port=way.port)
    tools = client_tools(found.spec.major, cache=work.home.binaries)
    return [f"{tools.folder}/psql"], staging_environment(address), found.command is not None


def _behind(work: Workplace, clone: str | None) -> tuple[EngineSpec, str]:
    """What is behind the address now; a refresh or a reset changes it."""
    found = read_served(work.home) if clone is None else clones.clone_named(work, clone)
    if found is None:
        raise StagingError("no-staging", "it is gone", hint="run `stagecopy refresh`, or `stagecopy clone create`")
    return found.engine, found.directory
