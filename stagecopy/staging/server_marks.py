"""Which databases of a server are ours, read from their comments; none is connected to.

Surprising: a database may be ours without a mark, when its maker died before writing one. It then belongs to the role
that owns nothing but databases of this project; while it is still being made, its maker holds its name by a lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.errors import StagingError
from stagecopy.model.staging import DataDirectory
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.databases import DatabaseRow, databases, is_held
from stagecopy.staging.mark import Mark, checked
from stagecopy.staging.server_names import Names, mark_in
from stagecopy.staging.settings import check_name


@dataclass(frozen=True, slots=True)
class Marked:
    """One database of ours, and what its mark says."""

    row: DatabaseRow
    mark: Mark


def ours(connection: Connection, names: Names) -> list[Marked]:
    """Those with our mark, and those whose maker died before it could write one."""
    found = []
    for row in databases(connection):
        mark = mark_in(row.comment)
        if mark is not None:
            found += [Marked(row, mark)] if mark.project == names.owner else []
        elif row.owner == names.keeper and not is_held(connection, row.name):
            found.append(Marked(row, Mark(names.owner, row.name.removeprefix(names.prefix), "clone", "")))
    return found


def directories(connection: Connection, names: Names) -> list[DataDirectory]:
    """The same as data directories."""
    return [
        DataDirectory(each.mark.name, each.mark.kind, each.mark.run, each.row.open) for each in ours(connection, names)
    ]


def find(connection: Connection, names: Names, name: str) -> Marked | None:
    """Ours of that name, whatever it is called now, or None.

    Raises StagingError ``not-ours`` when somebody else's is in its place, ``bad-name``.
    """
    check_name(name.replace("~", "-"))
    for each in ours(connection, names):
        if each.mark.name == name:
            return each
    place = names.database(name)
    taken = next((each for each in databases(connection) if each.name == place), None)
    if taken is not None and not is_held(connection, place):
        checked(mark_in(taken.comment), project=names.owner, name=name)
    return None


def owned(connection: Connection, names: Names, name: str) -> Marked:
    """It must be there. Raises StagingError ``no-such-directory``."""
    found = find(connection, names, name)
    if found is None:
        raise StagingError("no-such-directory", f"there is no data directory {name}")
    return found


def closed(connection: Connection, names: Names, name: str) -> Marked:
    """… and nobody may connect to it. Raises StagingError ``still-running``."""
    found = owned(connection, names, name)
    if found.row.open:
        raise StagingError("still-running", f"the database {name} is open; it must be stopped for this")
    return found
