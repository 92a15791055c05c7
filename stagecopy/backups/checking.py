"""Reads a whole backup again and says what is not as its manifest has it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stagecopy.backups.reading import FileRead, read_files
from stagecopy.backups.record import MANIFEST, Known, known_of, look, looks, write_known
from stagecopy.model.backup import Backup, Manifest
from stagecopy.model.staging import Binaries
from stagecopy.postgres.tools import run_tool
from stagecopy.process import ProcessError, environment

DUMP, GLOBALS = "dump", "globals.sql"
_SHOWN = 10  # problems in one message


def verify(folder: Path, *, tools: Binaries | None, jobs: int) -> Backup:
    """Read the backup in *folder* to its end and write down what came of it. *tools*: pg_restore has to read it too."""
    seen = look(folder)
    if seen.manifest is None:
        return seen
    manifest, known = seen.manifest, known_of(folder)
    before = looks(folder, [name for name in manifest.files if (folder / name).exists()])
    problems = _unfit(folder, seen, known) or _read_through(folder, manifest, jobs=jobs)
    if not problems and tools is not None:
        problems = _by_pg_restore(folder, tools)
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    same = known if known and known.id == manifest.id and known.looks == before else None
    checks = dict(same.checks if same else {})
    found = Known(
        id=manifest.id,
        manifest=same.manifest if same else digest,
        checks={name: checks.get(name, "read") for name in manifest.tables} if not problems else {},
        looks=before,
        checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
        proven_at=same.proven_at if same and not problems else None,
        amcheck=same.amcheck if same and not problems else None,
        problems=tuple(problems),
    )
    write_known(folder, found)
    return look(folder)


def proven(folder: Path, *, amcheck: str) -> Backup:
    """Write down that the backup was restored and counted."""
    known = known_of(folder)
    if known is not None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        write_known(folder, replace(known, proven_at=at, amcheck=amcheck))
    return look(folder)


def disproved(folder: Path, problem: str) -> Backup:
    """Write down why it could not be restored."""
    known = known_of(folder)
    if known is not None:
        write_known(folder, replace(known, proven_at=None, amcheck=None, problems=(problem,)))
    return look(folder)


def _unfit(folder: Path, seen: Backup, known: Known | None) -> list[str]:
    """What shows from outside; what the last reading found has to be found anew."""
    written = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    if known is not None and known.manifest != written:
        return list(seen.problems)
    return [each for each in seen.problems if seen.state == "damaged" and each not in (known.problems if known else ())]


def _read_through(folder: Path, manifest: Manifest, *, jobs: int) -> list[str]:
    holders = {each.file: name for name, each in manifest.tables.items()}
    read = read_files(folder, sorted(manifest.files), rows=frozenset(holders), jobs=jobs)
    found = [problem for name in sorted(read) if (problem := _problem(name, read[name], manifest, holders))]
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more files"]


def _problem(name: str, read: FileRead, manifest: Manifest, holders: Mapping[str, str]) -> str | None:
    what = f"{name} (rows of {holders[name]})" if name in holders else name
    if read.fact != manifest.files[name]:
        return f"{what} is not what was written: {read.damage or 'other bytes'}"
    if read.damage:
        return f"{what}: {read.damage}"
    if name in holders and read.rows != manifest.tables[holders[name]].rows:
        return f"{what} holds {read.rows} rows, production had {manifest.tables[holders[name]].rows}"
    return None


def _by_pg_restore(folder: Path, tools: Binaries) -> list[str]:
    argv: list[str | Path] = ["pg_restore", "--file=/dev/null", folder / DUMP]
    try:
        run_tool(tools, argv, environment())
    except ProcessError as failure:
        return [f"pg_restore cannot read it: {failure.message}"]
    return []
