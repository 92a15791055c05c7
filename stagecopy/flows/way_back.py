"""Finds what takes a migration back: files named with --down, or what its layout has beside it or in the same file.

Surprising: of several migrations all must have a way back, or none is tried: half of a rollback restores nothing. A
rollback that was itself named to be tried (`trial up.sql down.sql`) needs none.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from stagecopy.errors import UsageError
from stagecopy.flows.sources import layout_at, read
from stagecopy.model.migration import Migration, SourceFile, ToolCommand


def way_back(migration: Migration, given: Sequence[Path] = (), command: str | None = None) -> Migration | None:
    """The rollback, its files in the order to run. Raises UsageError for a named file that cannot be read."""
    if command is not None:
        return _command(migration, command, given)
    if given:
        return Migration(tuple(_named(path) for path in given))
    found = [_beside(file) for file in reversed(migration.files)]
    files = tuple(each for each in found if each is not None)
    return Migration(files) if files and len(files) == len(found) else None


def _command(migration: Migration, command: str, given: Sequence[Path]) -> Migration:
    """It gets what the migration's own command gets."""
    try:
        words = tuple(shlex.split(command))
    except ValueError as failure:
        raise UsageError("usage", f"--down-command cannot be cut into words: {failure}") from None
    if given or not words:
        raise UsageError("usage", "name one way back: --down FILE, or --down-command with a command")
    up = migration.command
    return Migration(command=ToolCommand(words, up.keep if up else (), _uncontained(migration)))


def _uncontained(migration: Migration) -> bool:
    return migration.command.uncontained if migration.command else migration.uncontained


def _named(path: Path) -> SourceFile:
    data = read(path)
    layout = layout_at(path, data)
    if layout.down is not None:  # also where the same file holds the way forward
        return SourceFile(str(path), data, _part(layout.down, data), layout.tool, layout.down_transaction)
    return SourceFile(str(path), data, None, layout.tool, layout.transaction)


def _beside(file: SourceFile) -> SourceFile | None:
    path = Path(file.name)
    if not path.is_file():  # -e, stdin
        return None
    layout = layout_at(path, file.data)
    if layout.up is None:
        return None
    if layout.down is not None:
        return SourceFile(file.name, file.data, layout.down, layout.tool, layout.down_transaction)
    if layout.down_name is None:
        return None
    back = path.parent / layout.down_name
    return SourceFile(str(back), read(back), None, layout.tool, layout.down_transaction)


def _part(text: bytes, data: bytes) -> bytes | None:
    return None if text == data else text
