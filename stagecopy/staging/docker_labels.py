"""The mark as labels, which Docker keeps on a volume or container from the moment it exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from stagecopy.staging.mark import Mark, mark_from

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.volumes import Volume

_PREFIX = "stagecopy."
ALIVE = ("running", "restarting", "paused")  # states of a container with a server in it
BASE = _PREFIX + "base"  # on a volume that cannot do without that data directory's


def labels_of(mark: Mark) -> dict[str, str]:
    """*mark* as labels."""
    values = {"project": mark.project, "name": mark.name, "kind": mark.kind, "run": mark.run}
    values |= {"home": mark.home} if mark.home else {}
    return {_PREFIX + name: value for name, value in values.items()}


def labelled(project: str, home: str | None, name: str | None = None) -> dict[str, Any]:
    """The filter by which the engine lists what is *project*'s, made from *home*; of one data directory or all."""
    wanted = {"project": project, "home": home, "name": name}
    return {"label": [f"{_PREFIX}{word}={value}" for word, value in wanted.items() if value]}


def mark_of(thing: Volume | Container) -> Mark | None:
    """The mark on a volume or container, or None when it has none of ours."""
    labels = thing.attrs.get("Labels") or thing.attrs.get("Config", {}).get("Labels") or {}
    return mark_from({name.removeprefix(_PREFIX): text for name, text in labels.items() if name.startswith(_PREFIX)})


def serving(containers: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names of data directories on which one of *containers*, as the engine lists them, runs a server."""
    return {
        each["Labels"]["stagecopy.name"]
        for each in containers
        if each["Labels"].get("stagecopy.role") == "server" and each["State"] in ALIVE
    }
