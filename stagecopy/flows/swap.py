"""Puts a new copy behind the address that people use, in under two seconds, whatever dies in between.

Surprising: the swap itself is done by a detached child (this module run as a program), so killing refresh at that
moment kills nothing. What it is about to do is written down first; a child that is killed too is taken over by the
next verb that looks, which finishes the swap or puts yesterday's server back.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from stagecopy.errors import StagecopyError, StagingError
from stagecopy.files import locked, read_json, write_json
from stagecopy.flows.stand_by import Child, let_go, standing_by
from stagecopy.home import Home, home_of_child, secrets_of
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import wait_until_ready
from stagecopy.staging.engine import Engine
from stagecopy.staging.reopen import reopen
from stagecopy.staging.server_engine import shared
from stagecopy.staging.settings import READY_SECONDS
from stagecopy.staging.snapshots import EngineSpec, Served, read_served, write_served
from stagecopy.staging.space import servers_disk, shown

SERVED_SETTINGS = {"autovacuum": "on"}
_ROOM = 48 << 20  # bytes; a server writes WAL segments of its own, 16 MB each, before it lets anybody in
_HINTS = {"port-in-use": "free it, or set staging.port: auto", "disk-full": "free disk space, then run it again"}


def swap_in(home: Home, new: Served, child: Child | None) -> None:
    """Serve *new* instead of what is served now. *child*: one that stands by and did nothing yet, else one is started.

    Raises StagingError ``swap-failed`` or ``port-in-use``; then the old one serves on.
    """
    if child is None:
        with standing_by(home) as another:
            swap_in(home, new, another)
        return
    write_json(home.swap, {"new": asdict(new), "project": home.project})
    let_go(child)
    finish_swap(home)
    served = read_served(home)
    if served is None or served.directory != new.directory:
        reason = read_json(home.swap_failed) or {}
        home.swap_failed.unlink(missing_ok=True)  # it is told; the next run begins without it
        code = reason["code"] if reason.get("code") in _HINTS else "swap-failed"
        hint = _HINTS.get(code)
        raise StagingError(code, f"the new server did not start: {reason.get('message', 'unknown reason')}", hint=hint)


def finish_swap(home: Home) -> None:
    """Wait for a swap under way; finish one whose process died. Called before anything looks at what is served."""
    with locked(home.lock("swap"), wait=True):
        document = read_json(home.swap)
        if document is None:
            return
        values = document["new"]
        _swap(home, Served(**{**values, "engine": EngineSpec(**values["engine"])}))
        home.swap.unlink(missing_ok=True)


def _swap(home: Home, new: Served) -> None:
    password = secrets_of(home).admin_password
    engine = reopen(new.engine, project=home.project, home=home, admin_password=password)
    old = read_served(home)
    options = ServerOptions(port=new.port, settings=SERVED_SETTINGS)
    if old is not None and old.directory == new.directory:
        return
    failed = home.swap_failed
    failed.unlink(missing_ok=True)
    old_engine = reopen(old.engine, project=home.project, home=home, admin_password=password) if old else None
    try:
        if running := engine.address(new.directory):  # a child before us was killed right behind the start
            wait_until_ready(running, deadline=READY_SECONDS)
        else:
            engine.prepare_start(new.directory, options)
            if full := _full(home, engine):  # else neither the new one could start nor the old one again
                write_json(failed, {"code": "disk-full", "message": full})
                return
            if old and old_engine:
                old_engine.stop(old.directory)
            engine.start(new.directory, options)
    except StagecopyError as failure:
        write_json(failed, {"code": failure.code, "message": failure.message})
        if old and old_engine:
            engine.stop(new.directory)
            old_engine.start(old.directory, ServerOptions(port=old.port, settings=SERVED_SETTINGS))
        return
    write_served(home, new)
    if old and old_engine:
        old_engine.destroy(old.directory)


def _full(home: Home, engine: Engine) -> str | None:
    """Why a server would find no room to start, or None."""
    if shared(engine):
        return None
    servers = servers_disk(engine, home)
    folders = [each for each in (servers, home.path / "pool") if each is not None and each.is_dir()]
    for folder in folders:
        free = shutil.disk_usage(folder).free
        if free < _ROOM:
            return f"{shown(free)} are free on the disk of {folder}, a server needs {shown(_ROOM)}"
    return None


def main() -> None:
    """The detached child: waits until it is let go, does the swap that is written down and ends."""
    home = home_of_child(Path(sys.argv[1]), sys.argv[2])
    sys.stdin.read()
    finish_swap(home)


if __name__ == "__main__":
    main()
