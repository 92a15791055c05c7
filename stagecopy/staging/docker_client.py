"""The way to a Docker engine: connecting, its images, and its errors in our words.

Surprising: the SDK is imported inside the functions, because it costs a third of a second at start-up, which verbs
that never meet Docker should not pay.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from stagecopy.errors import StagingError
from stagecopy.redact import scrub
from stagecopy.staging.docker_endpoint import Endpoint, endpoint
from stagecopy.staging.docker_ssh import docker_socket
from stagecopy.staging.ssh_link import Link, link_to, lost_link

if TYPE_CHECKING:
    from docker import APIClient, DockerClient
    from docker.errors import APIError
    from docker.tls import TLSConfig

_LOOK_SECONDS = 5
_CALL_SECONDS = 120
_TAKEN = ("port is already allocated", "address already in use")


def connect(*, timeout: int = _CALL_SECONDS) -> DockerClient:
    """A client for the engine that the docker program would use.

    Raises StagingError ``docker-unreachable``, ``docker-context``, ``ssh-…``.
    """
    import docker

    where = endpoint()
    base = docker_socket(where.host) if where.by_ssh else where.host
    _knock(base)
    with docker_errors(f"connecting to {where.shown}"):
        client = docker.DockerClient(base_url=base, tls=_tls(where), timeout=timeout, version="auto")
        client.ping()
    return client


def link() -> Link | None:
    """The ssh connection that the engine is reached by, if it is one. Raises StagingError ``ssh-…``."""
    where = endpoint()
    return link_to(where.host) if where.by_ssh else None


def _tls(where: Endpoint) -> TLSConfig | bool:
    """The engine's authority and our certificate. REQUESTS_CA_BUNDLE would otherwise win over that authority."""
    from docker.tls import TLSConfig
    from requests.utils import get_environ_proxies

    class Ours(TLSConfig):
        def configure_client(self, client: APIClient) -> None:
            super().configure_client(client)
            client.proxies.update(get_environ_proxies(where.host))
            client.trust_env = False

    if where.certificates is None or where.by_ssh:
        return False
    ca, certificate, key = (str(where.certificates / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    return Ours(client_cert=(certificate, key), ca_cert=ca, verify=where.verify)


def docker_answers() -> bool:
    """Whether a Docker engine answers soon."""
    try:
        connect(timeout=_LOOK_SECONDS).close()
    except StagingError:
        return False
    return True


def has_image(client: DockerClient, image: str) -> bool:
    """Whether the engine has *image* already."""
    from docker.errors import ImageNotFound

    with docker_errors(f"looking for image {image}"):
        try:
            client.images.get(image)
        except ImageNotFound:
            return False
    return True


def about(client: DockerClient) -> str:
    """Which engine answers, for people."""
    with docker_errors("asking for its version"):
        version = client.version()
    return f"engine {version.get('Version')}, API {version.get('ApiVersion')}, at {endpoint().shown}"


def has_in_registry(client: DockerClient, image: str) -> bool:
    """Whether the engine could pull *image*: its registry is asked, nothing is fetched."""
    import requests
    from docker.errors import DockerException

    try:
        client.images.get_registry_data(image)
    except (DockerException, requests.exceptions.RequestException):
        return False
    return True


def ensure_image(client: DockerClient, image: str) -> None:
    """Pull *image* once when it is missing. Raises StagingError ``image-missing``."""
    import requests
    from docker.errors import DockerException

    if has_image(client, image):
        return
    repository, _, tag = image.partition(":") if "@" not in image else (image, "", "")
    try:
        client.images.pull(repository if "/" not in tag else image, tag=tag if "/" not in tag else None)
    except (DockerException, requests.exceptions.RequestException) as failure:
        raise StagingError(
            "image-missing",
            f"image {image} is not on this Docker engine and cannot be pulled: {_reason(failure)}",
            hint=f"docker pull {image}  or set staging.image, or staging.engine: embedded",
        ) from failure


@contextmanager
def docker_errors(doing: str) -> Iterator[None]:
    """Translate every error of the SDK inside the block into StagingError."""
    import requests
    from docker.errors import APIError, DockerException

    try:
        yield
    except APIError as failure:
        raise _refused(failure, doing) from failure
    except (DockerException, requests.exceptions.RequestException) as failure:
        lost = lost_link()
        if lost:
            raise StagingError(lost.code, f"{lost.message} ({doing})", hint=lost.hint) from failure
        raise _unreachable(f"the Docker engine does not answer ({doing}): {_reason(failure)}") from failure


def _knock(host: str) -> None:
    """Try the local socket before the SDK does, which leaks a socket and mumbles when nobody listens there."""
    if not host.startswith("unix://"):
        return
    path = host.removeprefix("unix://")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as door:
        door.settimeout(_LOOK_SECONDS)
        try:
            door.connect(path)
        except OSError as failure:
            reason = failure.strerror or str(failure)
            raise _unreachable(f"no Docker engine answers at {path}: {reason}") from failure


def _unreachable(message: str) -> StagingError:
    hint = "start Docker, set DOCKER_HOST, or use staging.engine: embedded"
    return StagingError("docker-unreachable", message, hint=hint)


def _refused(failure: APIError, doing: str) -> StagingError:
    reason = _reason(failure)
    if any(words in reason for words in _TAKEN):
        return StagingError("port-in-use", f"the loopback port is taken ({doing})", hint="free it or choose another")
    if "No such image" in reason:
        return StagingError("image-missing", f"{doing}: {reason}", hint="docker pull it, or set staging.image")
    return StagingError("docker-failed", f"{doing}: {reason}")


def _reason(failure: Exception) -> str:
    text = str(getattr(failure, "explanation", None) or failure)
    return scrub(text.strip().splitlines()[-1] if text.strip() else type(failure).__name__)
