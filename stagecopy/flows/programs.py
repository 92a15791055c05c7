"""Which client programs read production: this machine's own of that major, else the staging image's.

Surprising: programs of the machine come before those of the image, because they cost nothing; the image is asked only
where this machine has none of production's major, or none that speaks TLS. Only then a newer major is taken.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.flows.workplace import Workplace
from stagecopy.model.staging import Binaries
from stagecopy.postgres.binaries import CLIENT, client_tools, find, speaks_tls
from stagecopy.staging.image_tools import client_tools_of_image

_log = logging.getLogger(__name__)


def programs_for(work: Workplace, major: int) -> Binaries:
    """pg_dump and its kin for a server of *major*; the image is pulled if need be. Raises ``no-binaries``."""
    found = _programs(work, major, pull=True)
    assert found is not None  # noqa: S101 - None is for an image that is not pulled
    return found


def programs_here(work: Workplace, major: int) -> Binaries | None:
    """The same without pulling: None when the first refresh would take them out of an image it pulls."""
    return _programs(work, major, pull=False)


def _programs(work: Workplace, major: int, *, pull: bool) -> Binaries | None:
    own = _own(work, major)
    staging = work.project.settings.staging
    if (own and own.tls and own.source != "image") or staging.engine not in ("auto", "docker"):
        return own or client_tools(major, cache=work.home.binaries)
    try:
        image = staging.image.replace("{major}", str(major))
        found = client_tools_of_image(image, major, home=work.home, pull=pull)
    except StagingError as failure:
        _log.info("no client programs out of an image: %s", failure.message)
        return own or _next(work, major, failure)
    if found is None:
        return own
    return replace(found, tls=speaks_tls(Path(found.folder)))


def _own(work: Workplace, major: int) -> Binaries | None:
    try:
        return find(major, programs=CLIENT, newer=False, cache=work.home.binaries)
    except StagingError:
        return None


def _next(work: Workplace, major: int, failure: StagingError) -> Binaries:
    """A newer major; when there is none either, also why the image was of no use."""
    try:
        return client_tools(major, cache=work.home.binaries)
    except StagingError as missing:
        message = f"{missing.message}, and none comes out of an image: {failure.message}"
        raise StagingError("no-binaries", message, hint=missing.hint) from failure
