"""Single files out of an image: from a container that is made for it, never started, and removed.

Surprising: the archive of a link holds the link alone; where it leads is in the header beside the archive.
"""

from __future__ import annotations

import io
import secrets
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stagecopy.staging.docker_client import docker_errors

if TYPE_CHECKING:
    from docker import DockerClient

_LINKS = 8
_BYTES = 128 << 20  # no program or library of PostgreSQL's clients comes near


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file and its real path in the image."""

    path: str
    content: bytes


class ImageFiles:
    """The files of one image."""

    def __init__(self, client: DockerClient, container: str) -> None:
        self._client = client
        self._container = container

    def read(self, path: str) -> ImageFile | None:
        """The plain file at *path*, links followed; None when there is none."""
        for _ in range(_LINKS):
            status, archive = self._fetch(path)
            if status is None:
                return None
            if target := status.get("linkTarget"):
                path = str(target)
                continue
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                member = next((each for each in packed if each.isfile()), None)
                stream = packed.extractfile(member) if member else None
                return ImageFile(path, stream.read()) if stream else None
        return None

    def _fetch(self, path: str) -> tuple[dict[str, Any] | None, bytes]:
        from docker.errors import NotFound

        with docker_errors(f"reading {path} of the image"):
            try:
                pieces, status = self._client.api.get_archive(self._container, path)
            except NotFound:
                return None, b""
            if status.get("linkTarget"):
                pieces.close()
                return status, b""
            if _is_folder(status) or status["size"] > _BYTES:
                pieces.close()
                return None, b""
            return status, b"".join(pieces)


def _is_folder(status: dict[str, Any]) -> bool:
    """Docker tells the mode as Go writes it, with the kind of file in the highest bits."""
    go_folder = 1 << 31
    return bool(status["mode"] & go_folder) or stat.S_ISDIR(status["mode"])


@contextmanager
def opened(client: DockerClient, image: str, *, project: str, home: str) -> Iterator[ImageFiles]:
    """The files of *image*. One at a time in a home: what a killed one left is removed first."""
    labels = {"stagecopy.project": project, "stagecopy.home": home, "stagecopy.role": "tools"}
    ours = {"label": [f"{name}={value}" for name, value in labels.items()]}
    with docker_errors(f"opening image {image}"):
        for left in client.api.containers(all=True, filters=ours):
            client.api.remove_container(left["Id"], v=True, force=True)
        made = client.api.create_container(
            image,
            entrypoint=["/bin/true"],
            name=f"stagecopy-{project}-tools-{secrets.token_hex(3)}",
            labels=labels,
        )
    try:
        yield ImageFiles(client, made["Id"])
    finally:
        with docker_errors("removing a container that was never started"):
            client.api.remove_container(made["Id"], v=True, force=True)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Its id, its architecture in Docker's words, the folders of its PATH, and its PostgreSQL if it says which."""

    id: str
    architecture: str
    folders: tuple[str, ...]
    major: int | None


def image_facts(client: DockerClient, image: str) -> ImageFacts:
    """What *image* says of itself; nothing of it is started. Raises ``image-missing``."""
    with docker_errors(f"looking at image {image}"):
        found = client.images.get(image).attrs
    variables = dict(word.partition("=")[::2] for word in found["Config"].get("Env") or [])
    folders = tuple(folder for folder in variables.get("PATH", "").split(":") if folder.startswith("/"))
    major = variables.get("PG_MAJOR", "")
    return ImageFacts(str(found["Id"]), str(found["Architecture"]), folders, int(major) if major.isdigit() else None)
