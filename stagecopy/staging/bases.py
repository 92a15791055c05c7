"""Clones by overlay stand on their snapshot's files: what must not be removed, and in which order all can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stagecopy.errors import StagingError
from stagecopy.model.staging import DataDirectory
from stagecopy.staging.mark import Mark


def refuse_if_needed(mark: Mark, directories: Callable[[], Iterable[DataDirectory]]) -> None:
    """Raise StagingError ``snapshot-in-use`` if *mark* is a snapshot's and one of *directories* stands on it."""
    if mark.kind == "snapshot" and (clones := [each.name for each in directories() if each.base == mark.name]):
        raise StagingError(
            "snapshot-in-use",
            f"{mark.name} is not removed: {', '.join(clones)} needs its files",
            hint="remove that first",
        )


def bases(directories: Iterable[DataDirectory]) -> set[str]:
    """Names of those that others stand on."""
    return {each.base for each in directories if each.base}


def removable(directories: Iterable[DataDirectory]) -> list[DataDirectory]:
    """*directories* in an order in which all can be removed: what stands on another first."""
    return sorted(directories, key=lambda each: each.base is None)
