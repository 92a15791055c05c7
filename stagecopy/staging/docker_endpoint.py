"""Which Docker engine is meant, found as the docker program finds it: DOCKER_CONTEXT, DOCKER_HOST, the current context.

Surprising: the SDK knows contexts too, but ``from_env`` ignores them, and so would end up at another engine than the
``docker`` people type.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stagecopy.errors import StagingError
from stagecopy.files import read_json
from stagecopy.redact import scrub

DEFAULT_HOST = "unix:///var/run/docker.sock"
_FILES = ("ca.pem", "cert.pem", "key.pem")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address, and the folder with ca, cert and key where it wants TLS. *source*: who named it."""

    host: str
    source: str
    certificates: Path | None = None
    verify: bool = True

    @property
    def by_ssh(self) -> bool:
        """Whether its machine is reached by ssh."""
        return self.host.startswith("ssh://")

    @property
    def shown(self) -> str:
        """For messages: the address and who named it."""
        return f"{scrub(self.host)} ({self.source})"


def endpoint(environ: Mapping[str, str] | None = None) -> Endpoint:
    """The engine that *environ* (ours by default) and the docker program's own settings name.

    Raises StagingError ``docker-context`` when they name a context that does not exist.
    """
    env = os.environ if environ is None else environ
    settings = Path(env.get("DOCKER_CONFIG") or Path.home() / ".docker")
    if context := env.get("DOCKER_CONTEXT"):
        return _of_context(settings, context, env)
    if host := env.get("DOCKER_HOST"):
        return _of_host(host, settings, env)
    current = (read_json(settings / "config.json") or {}).get("currentContext")
    return _of_context(settings, current or "default", env)


def _of_host(host: str, settings: Path, env: Mapping[str, str]) -> Endpoint:
    """DOCKER_HOST; with DOCKER_TLS_VERIFY or DOCKER_CERT_PATH set it speaks TLS."""
    if not (env.get("DOCKER_TLS_VERIFY") or env.get("DOCKER_CERT_PATH")):
        return Endpoint(host, "DOCKER_HOST")
    folder = Path(env.get("DOCKER_CERT_PATH") or settings)
    return Endpoint(host, "DOCKER_HOST", folder, verify=bool(env.get("DOCKER_TLS_VERIFY")))


def _of_context(settings: Path, name: str, env: Mapping[str, str]) -> Endpoint:
    if name == "default":
        host = env.get("DOCKER_HOST")
        return _of_host(host, settings, env) if host else Endpoint(DEFAULT_HOST, "the local socket")
    folder = hashlib.sha256(name.encode()).hexdigest()
    document: dict[str, Any] | None = read_json(settings / "contexts" / "meta" / folder / "meta.json")
    found = ((document or {}).get("Endpoints") or {}).get("docker") or {}
    if not found.get("Host"):
        raise StagingError(
            "docker-context",
            f"there is no Docker context {name!r} with a Docker endpoint in {settings}",
            hint="docker context ls  shows those there are",
        )
    material = settings / "contexts" / "tls" / folder / "docker"
    certificates = material if all((material / file).is_file() for file in _FILES) else None
    return Endpoint(found["Host"], f"context {name}", certificates, verify=not found.get("SkipTLSVerify", False))
