"""Reads what is to be tried: files, folders of migrations in the order their tool runs them, stdin, text.

Surprising: files that lie beside a migration are looked at too, because they tell which tool it belongs to, and with
that what of it runs and in which transaction.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stagecopy.errors import UsageError
from stagecopy.model.migration import SourceFile
from stagecopy.trial.includes import included
from stagecopy.trial.layouts import Layout, in_order, layout_of, wanted_texts

STDIN = "-"
_ELSEWHERE = ("meta/_journal.json", "../migration_lock.toml", "../sqitch.plan", "../revert/{name}")


def sources(names: Sequence[str], execute: Sequence[str]) -> tuple[SourceFile, ...]:
    """All of *names* (files, folders, ``-``), or the texts *execute*. Raises UsageError."""
    if names and execute:
        raise UsageError(
            "usage",
            "give SQL files or -e, not both",
            hint="put the text of -e into a file of its own; see `stagecopy trial --help`",
        )
    if not names and not execute:
        raise UsageError(
            "usage", "name SQL files, or - for stdin, or give SQL with -e", hint="see `stagecopy trial --help`"
        )
    found = [whole(SourceFile("-e", text.encode()), None) for text in execute]
    for name in names:
        if name == STDIN:
            found.append(whole(SourceFile("stdin", sys.stdin.buffer.read()), None))
        elif Path(name).is_dir():
            found += [replace(source(path), folder=name) for path in migrations_in(Path(name))]
        else:
            found.append(source(Path(name)))
    return tuple(found)


def source(path: Path) -> SourceFile:
    """One file as its tool would run it. Raises UsageError ``no-such-file``."""
    data = read(path)
    layout = layout_at(path, data)
    runs, transaction = layout.runs
    return whole(SourceFile(str(path), data, None if runs == data else runs, layout.tool, transaction), path)


def whole(file: SourceFile, path: Path | None) -> SourceFile:
    """*file*, which lies at *path*, with what psql includes there."""
    found = included(path, file.data, _text_at)
    return replace(file, included=found.files, unread=found.unread)


def _text_at(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def layout_at(path: Path, data: bytes) -> Layout:
    """The layout of the file at *path*, by its name, its text and what lies beside it."""
    folder = path.parent
    elsewhere = [each.format(name=path.name) for each in _ELSEWHERE]
    names = [each.name for each in folder.iterdir() if each.is_file()] if folder.is_dir() else []
    names += [name for name in elsewhere if (folder / name).is_file()]
    wanted = frozenset(wanted_texts(names))
    beside = {name: read(folder / name) if name in wanted else b"" for name in names}
    return layout_of(path.absolute().as_posix(), data, beside)


def migrations_in(folder: Path) -> tuple[Path, ...]:
    """The migrations of *folder* that go forward, in the order they run. Raises UsageError ``no-migrations``."""
    if folder.absolute().name == "deploy" and (folder / "../sqitch.plan").is_file():
        folder = folder / ".."
    paths = sorted(
        each.relative_to(folder).as_posix()
        for pattern in ("*", "*/*")
        for each in folder.glob(pattern)
        if each.is_file()
    )
    found = in_order(paths, {name: read(folder / name) for name in wanted_texts(paths)})
    if not found:
        hint = "name a folder of .sql files, or of folders with up.sql or migration.sql"
        raise UsageError("no-migrations", f"{folder} holds no migrations", hint=hint, where=str(folder))
    return tuple(folder / name for name in found)


def read(path: Path) -> bytes:
    """The bytes of *path*. Raises UsageError ``no-such-file``."""
    try:
        return path.read_bytes()
    except OSError as failure:
        raise UsageError("no-such-file", f"cannot read {path}: {failure.strerror}", where=str(path)) from failure
