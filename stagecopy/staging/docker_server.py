"""Waits for the server in a container that was started, or says from its log why it did not come up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.connect import wait_until_ready
from stagecopy.redact import scrub
from stagecopy.staging.docker_client import docker_errors
from stagecopy.staging.settings import READY_SECONDS

if TYPE_CHECKING:
    from docker.models.containers import Container

_LOG_TAIL = 12
_LOOK_AGAIN = 0.03


def answering(name: str, container: Container, address: Callable[[Container], Address]) -> Address:
    """Where it answers. Raises StagingError ``start-failed`` when it ends instead, ``not-ready`` when it takes long."""
    end = time.monotonic() + READY_SECONDS
    while True:
        with docker_errors(f"looking at the container of {name}"):
            container.reload()
            if container.status != "running" or container.attrs.get("RestartCount"):
                log = container.logs(tail=_LOG_TAIL).decode("utf-8", "replace")
                raise StagingError("start-failed", f"the server on {name} did not start: {scrub(log.strip())}")
        try:
            wait_until_ready(address(container), deadline=0.0)
        except StagingError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return address(container)  # now that it answers, there may be a shorter way
