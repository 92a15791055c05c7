"""Servers as plain processes of this machine, on data directories under a folder of ours: no Docker, no root needed.

Surprising: nothing contains a superuser here, who may run programs as the server's user. Roles that run migrations
must be ordinary ones, and every report says that a trial is not isolated.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.files import write_whole
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries, ClusterSpec, DataDirectory, Kind, ServerOptions
from stagecopy.model.trial import CloneMethod
from stagecopy.postgres.connect import wait_until_ready
from stagecopy.redact import remember, scrub
from stagecopy.staging import settings
from stagecopy.staging.bases import refuse_if_needed
from stagecopy.staging.engine import ADMIN
from stagecopy.staging.installation import prepare_root, server_identity, usable_programs
from stagecopy.staging.mark import Mark, checked, make_marked, marks, read_mark, remove_marked, sweep
from stagecopy.staging.mounts import unmount_below
from stagecopy.staging.overlay import base_of, lay_over, mount_again, no_overlay, overlays
from stagecopy.staging.pool import NO_POOL, Pool
from stagecopy.staging.ports import LOOPBACK, TRIES, free_port
from stagecopy.staging.postmaster import clear_stale, end_all, postmaster, wait_for_end
from stagecopy.staging.reflink import copy_tree, reflinks
from stagecopy.staging.wal_programs import dump_here

_NO_PORT = "could not create any TCP/IP sockets"
_LOG_TAIL = 12


class EmbeddedEngine:
    """Data directories under root/NAME/, or in the pool: mark.json, data/ and the server's log."""

    name = "embedded"
    contains_superusers = False

    def __init__(
        self, project: str, *, root: Path, binaries: Binaries, admin_password: str, pool: Pool = NO_POOL
    ) -> None:
        remember(admin_password)
        self.major = binaries.major
        self._project = project
        self._usual = root
        self._pool = pool
        self._places = pool.places(root)
        self._binaries = binaries
        self._password = admin_password

    def initialise(self, name: str, kind: Kind, *, run: str, spec: ClusterSpec) -> tuple[Fidelity, ...]:
        """See Engine."""
        with (
            self._made(self._places[0], Mark(self._project, name, kind, run)) as folder,
            self._password_file(folder) as password,
        ):
            for rung in settings.locale_ladder(spec):
                words = settings.initdb_arguments(self.major, spec, locale=rung)
                made = self._program(folder, "initdb", f"--pwfile={password}", *words, "-D", "data", check=False)
                if made.code == 0:
                    break
                if not settings.blames_locale(made.stderr):
                    raise StagingError("initdb-failed", f"initdb ended with exit code {made.code}: {made.tail}")
            else:
                raise StagingError("initdb-failed", f"no locale fits encoding {spec.encoding}: {made.tail}")
            allowed = settings.host_based_authentication(("127.0.0.1/32", "::1/128"))
            (folder / "data" / "pg_hba.conf").write_text(allowed, encoding="utf-8")
            return settings.other_collation(spec, rung)

    def copy(self, source: str, name: str, kind: Kind, *, run: str) -> None:
        """See Engine."""
        self._copied(source, Mark(self._project, name, kind, run), thin=False)

    def clone(self, source: str, name: str, kind: Kind, *, run: str) -> CloneMethod:
        """See Engine."""
        return self._copied(source, Mark(self._project, name, kind, run), thin=True)

    def clone_method(self, source: str | None = None) -> tuple[CloneMethod, str, str | None]:
        """See Engine."""
        place = self._owned(source).parent if source else self._places[0]
        if reflinks(place.parent):
            return "reflink", self._pool.why, None
        if source is not None and self._mark(source).kind != "snapshot":
            return "copy", "only a snapshot never changes under its clones", None
        if overlays(place if place.is_dir() else place.parent):
            return "overlay", self._pool.why, self._pool.better
        return "copy", f"{self._pool.why}; {no_overlay()}", self._pool.better

    def start(self, name: str, options: ServerOptions) -> Address:
        """See Engine."""
        data = self._stopped(name)
        for _ in range(TRIES):
            port = options.port or free_port()
            address = Address(LOOPBACK, port, ADMIN, self._password, "postgres")
            try:
                self._launch(data, port, options)
                wait_until_ready(address, deadline=settings.READY_SECONDS)
            except BaseException as failure:
                self._end_now(data)
                if isinstance(failure, StagingError) and failure.code == "port-in-use" and options.port is None:
                    continue  # somebody took it between our look and the server's bind
                raise
            return address
        raise StagingError("port-in-use", f"no free loopback port was found in {TRIES} tries")

    def prepare_start(self, name: str, options: ServerOptions) -> None:
        """Nothing can be done before: a server binds its port first of all."""

    def stop(self, name: str) -> None:
        """See Engine."""
        data = self._owned(name) / "data"
        if postmaster(data):
            self._program(data.parent, "pg_ctl", "stop", "-s", "-W", "-m", "fast")
            wait_for_end(data, settings.STOP_SECONDS)
        clear_stale(data)

    def destroy(self, name: str) -> None:
        """See Engine."""
        folder = self._folder(name)
        if folder.exists() or folder.is_symlink():
            refuse_if_needed(checked(read_mark(folder), project=self._project, name=name), self.directories)
            self._end_now(folder / "data")
            unmount_below(folder)
            remove_marked(folder)
        elif folder.parent.is_dir():
            sweep(folder.parent)

    def sync(self, name: str) -> None:
        """See Engine."""
        data = self._stopped(name)
        if base_of(data.parent):  # initdb opens every file for writing, which would copy all of the snapshot
            process.run(["sync", "-f", data])
        else:
            self._program(data.parent, "initdb", "--sync-only", "-D", "data")

    def directories(self) -> tuple[DataDirectory, ...]:
        """See Engine."""
        found = [(mark, place / mark.name) for place in self._places for mark in marks(place, self._project)]
        return tuple(
            DataDirectory(mark.name, mark.kind, mark.run, postmaster(folder / "data") is not None, base=base_of(folder))
            for mark, folder in sorted(found, key=lambda each: each[0].name)
        )

    def address(self, name: str) -> Address | None:
        """See Engine."""
        running = postmaster(self._folder(name) / "data")
        return Address(LOOPBACK, running.port, ADMIN, self._password, "postgres") if running else None

    def dump_wal(self, name: str, arguments: Sequence[str]) -> Iterator[bytes]:
        """See DumpsWal."""
        return dump_here(self._programs, self._owned(name) / "data", arguments, identity=self._identity)

    def checksum(self, name: str) -> str:
        """See Engine."""
        data = self._stopped(name)
        total = hashlib.sha256()
        for path in sorted(data.rglob("*")):
            total.update(f"{path.relative_to(data)}\0{path.lstat().st_size if path.is_file() else ''}\0".encode())
            if path.is_file():
                with path.open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()

    def fidelity(self) -> tuple[Fidelity, ...]:
        """See Engine."""
        message = "the embedded engine does not isolate: code in a trial can reach the network as this machine can"
        return (Fidelity("not-isolated", message),)

    @cached_property
    def _identity(self) -> process.Identity | None:
        return server_identity()

    @cached_property
    def _programs(self) -> Path:
        return usable_programs(self._binaries, self._usual.parent / "bin", self._identity)

    def _copied(self, source: str, mark: Mark, *, thin: bool) -> CloneMethod:
        """Beside its source, since blocks are shared within one file system only."""
        origin = self._stopped(source)
        method = self.clone_method(source)[0] if thin else "copy"
        with self._made(origin.parent.parent, mark) as folder:
            if method == "overlay":
                lay_over(folder, source)
                return method
            method = copy_tree(origin, folder / "data", cwd=folder, identity=self._identity, thin=thin)
            (folder / "data" / "postmaster.pid").unlink(missing_ok=True)  # of a source that was killed
        return method

    def _program(self, folder: Path, program: str, *words: str | Path, check: bool = True) -> process.Finished:
        """Run one of PostgreSQL's programs inside *folder*, as the server's user, without our environment."""
        argv: list[str | Path] = [self._programs / program, *words]
        if program == "pg_ctl":
            argv += ["-D", folder / "data"]
        return process.run(
            argv,
            env=settings.server_environment(),
            cwd=folder,
            identity=self._identity,
            check=check,
            timeout=None if program == "initdb" else settings.STOP_SECONDS + settings.READY_SECONDS,
        )

    def _launch(self, data: Path, port: int, options: ServerOptions) -> None:
        log = data.parent / "log"
        before = log.stat().st_size if log.exists() else 0
        here = {"listen_addresses": LOOPBACK, "port": str(port)}
        # Whatever the caller's settings say, it stays on loopback.
        words = shlex.join(settings.arguments(self.major, options.settings, here))
        deadline = _deadline(int(settings.READY_SECONDS))
        started = self._program(
            data.parent, "pg_ctl", "start", "-s", "-w", *deadline, "-l", log, "-o", words, check=False
        )
        if started.code == 0:
            return
        text = _text_from(log, before)
        if _NO_PORT in text:
            raise StagingError("port-in-use", f"the loopback port {port} is taken", hint="free it or choose another")
        tail = scrub("\n".join((text.strip() or started.tail).splitlines()[-_LOG_TAIL:]))
        raise StagingError("start-failed", f"the server on {data.parent.name} did not start: {tail}")

    def _end_now(self, data: Path) -> None:
        """End the server, and whatever else of ours works there, without a checkpoint."""
        if postmaster(data):
            self._program(data.parent, "pg_ctl", "stop", "-s", "-w", *_deadline(10), "-m", "immediate", check=False)
        end_all(data.parent)

    @contextmanager
    def _made(self, place: Path, mark: Mark) -> Iterator[Path]:
        """A new marked folder; it goes again when the block fails."""
        if self._folder(mark.name).exists():
            raise StagingError("exists", f"there is a data directory {mark.name} already")
        folder = make_marked(prepare_root(place, self._identity), mark, owner=self._identity)
        try:
            yield folder
        except BaseException:
            self.destroy(mark.name)
            raise

    @contextmanager
    def _password_file(self, folder: Path) -> Iterator[Path]:
        path = folder / f".password-{secrets.token_hex(4)}"
        write_whole(path, self._password + "\n")
        try:
            if self._identity:
                os.chown(path, self._identity.uid, self._identity.gid)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        """Where it is, or would be made."""
        settings.check_name(name)
        return next((place / name for place in self._places if (place / name).exists()), self._places[0] / name)

    def _owned(self, name: str) -> Path:
        folder = self._folder(name)
        if not folder.exists():
            raise StagingError("no-such-directory", f"there is no data directory {name}")
        checked(read_mark(folder), project=self._project, name=name)
        return folder

    def _mark(self, name: str) -> Mark:
        return checked(read_mark(self._folder(name)), project=self._project, name=name)

    def _stopped(self, name: str) -> Path:
        data = self._owned(name) / "data"
        if postmaster(data):
            raise StagingError("still-running", f"the server on {name} is running; it must be stopped for this")
        mount_again(data.parent)
        return data


def _deadline(seconds: int) -> tuple[str, str]:
    return "-t", str(seconds)


def _text_from(log: Path, offset: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(offset)
        return stream.read().decode("utf-8", "replace")
