"""Runs pg_waldump: as a child of ours, or inside the container of a running server."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.staging.docker_client import docker_errors
from stagecopy.staging.docker_task import DATA
from stagecopy.staging.settings import server_environment, server_locale
from stagecopy.staging.wal import CHUNK_BYTES, PROGRAM, ended_badly

if TYPE_CHECKING:
    from docker.models.containers import Container

_STDOUT = 1  # of the two streams that the engine sends in one
_NOT_FOUND = (126, 127)  # what a container's runtime says of a program that is not there


def dump_here(
    programs: Path, data: Path, arguments: Sequence[str], *, identity: process.Identity | None
) -> Iterator[bytes]:
    """See DumpsWal: of the data directory *data*, by the program in the folder *programs*."""
    if not (programs / PROGRAM).exists():
        raise StagingError("no-waldump", f"there is no {PROGRAM} in {programs}")
    argv: list[str | Path] = [programs / PROGRAM, f"--path={data / 'pg_wal'}", *arguments]
    with tempfile.TemporaryFile() as said:
        child = process.start(
            argv,
            env=server_environment(),
            cwd=data.parent,
            identity=identity,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said.fileno(),
        )
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            while chunk := child.stdout.read(CHUNK_BYTES):
                yield chunk
            code = child.wait()
        finally:
            child.stdout.close()
            if child.poll() is None:
                child.kill()
                child.wait()
        said.seek(0)
        if failure := ended_badly(code, said.read()):
            raise failure


def dump_in(container: Container | None, arguments: Sequence[str]) -> Iterator[bytes]:
    """See DumpsWal: of the server that runs in *container*, by the image's own program."""
    if container is None or container.client is None:
        raise StagingError("wal-unreadable", "the server's container is gone")
    from docker.utils.socket import frames_iter

    frames: Any = frames_iter  # which has no types
    engine: Any = container.client.api
    argv = [PROGRAM, f"--path={DATA}/pg_wal", *arguments]
    with docker_errors("reading the write-ahead log"):
        made = engine.exec_create(container.id, argv, environment=server_locale(), user="postgres")
        stream: Any = engine.exec_start(made["Id"], socket=True)
        inside: Any = getattr(stream, "_sock", stream)  # of a local engine it is wrapped as a file
        said = b""
        try:
            for channel, piece in frames(stream, tty=False):
                if channel == _STDOUT:
                    yield piece
                else:
                    said += piece
        finally:
            stream._response.close()  # noqa: SLF001 - the SDK hangs it there, and there alone
            inside.close()
        code = engine.exec_inspect(made["Id"])["ExitCode"]
    if code in _NOT_FOUND:
        raise StagingError("no-waldump", f"the image has no {PROGRAM}")
    if failure := ended_badly(code, said):
        raise failure
