"""What the staging engines speak about: data directories with our mark, and how to run a server on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# snapshot: stopped, complete once its manifest exists · served: what `staging url` points at · clone: before/after
# of a trial · named: what `clone create` made, to be used like the served one.
Kind = Literal["snapshot", "served", "clone", "named"]


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """One PostgreSQL data directory of this project. ``run`` is the run that made it.

    ``base`` names another that it cannot do without, because it was cloned by overlay.
    """

    name: str
    kind: Kind
    run: str
    running: bool
    base: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """How to initialise an empty cluster. ``locale`` values are tried exactly; see Engine.initialise.

    ``provider`` and ``locale`` (pg_database.datlocprovider, datlocale) matter where a cluster is a single database.
    """

    encoding: str
    collate: str
    ctype: str
    provider: str = "c"
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to start a server: None as port means any free loopback port.

    ``isolated``: code in the server must not reach anything outside, as far as the engine can do that (what it cannot
    is in its ``fidelity``). The address is then whatever it is; *port* has no meaning.
    """

    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class Binaries:
    """One set of PostgreSQL programs. ``source``: host, wheel, embedded or image."""

    folder: str
    major: int
    version: str
    source: str
    tls: bool
