"""What a project has lying and running on this machine, with random names made alike, so that two moments compare."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from stagecopy.staging.docker_client import connect
from tests.acceptance.harness import Shop
from tests.acceptance.onlookers import sessions, until

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}|(?<=^s/)[0-9a-f]{10}")


def remains(shop: Shop) -> dict[str, Counter[str]]:
    """Files, processes, containers, volumes of *shop* and its sessions on production; runs aside."""
    until(lambda: not _preparing(shop.home))
    return {
        "files": Counter(_ID.sub("ID", name) for name in _files(shop.home)),
        "processes": Counter(name for name in _processes(shop.home).values()),
        "docker": Counter(_ID.sub("ID", name) for name in _docker(shop)),
        "sessions": Counter({"production": sessions(shop.production)}),
    }


def results(shop: Shop) -> list[str]:
    """How each run of *shop* ended, oldest first: its error's code, else ``done``."""
    found = [json.loads(path.read_text()) for path in sorted(shop.home.glob("runs/*/result.json"))]
    assert len(found) == len(list(shop.home.glob("runs/*")))
    return [(each["error"] or {"code": "done"})["code"] for each in found]


def _files(home: Path) -> list[str]:
    found = []
    for path in home.iterdir():
        if path.suffix == ".lock":  # made when first needed, and empty
            continue
        found.append(path.name)
        if path.is_dir() and path.name != "runs":
            found += [f"{path.name}/{entry.name}" for entry in path.iterdir()]
        if path.name == "pool":
            found += [f"pool/{entry.parent.name}/{entry.name}" for entry in path.glob("*/*")]
    return found


def _preparing(home: Path) -> bool:
    """Whether a detached child makes clones ahead for the next trial."""
    child = f"stagecopy.flows.pair\0{home}\0".encode()
    return any(child in _read(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _processes(home: Path) -> dict[int, str]:
    """Programs that work below *home* or were started by a run on it; children of a server count as that server."""
    ours, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                inside = (entry / "cwd").readlink().is_relative_to(home)
                started = f"STAGECOPY_HOME={home}\0".encode() in (entry / "environ").read_bytes()
                status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines())
            except OSError:
                continue
            if inside or started:
                ours[int(entry.name)] = status["Name"]
                parents[int(entry.name)] = int(status["PPid"])
    return {pid: name for pid, name in ours.items() if ours.get(parents[pid]) != name}


def _docker(shop: Shop) -> list[str]:
    if shop.engine != "docker":
        return []
    client = connect()
    ours: dict[str, str | list[str] | bool] = {"label": f"stagecopy.project={shop.name}"}
    containers = client.containers.list(all=True, filters=ours, ignore_removed=True)
    found = [f"container {each.name} {each.status}" for each in containers]
    found += [f"volume {each.name}" for each in client.volumes.list(filters=ours)]
    client.close()
    return found
