"""What is written about a backup: its manifest, once; and beside it what is known of it since, again and again.

Surprising: a list does not read the backup, so it cannot see a flipped bit. It compares each file's size, times and
inode with those of the last full read: whoever wrote to a file or put another in its place has changed them, and the
backup is unverified until `backup verify` has read it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from stagecopy.backups.reading import ABOUT, files_below
from stagecopy.files import read_json, write_json, write_whole
from stagecopy.model.backup import Backup, Check, Manifest, State

MANIFEST, STATE = ABOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found out about a backup. ``looks``: size, times and inode of each file when it was last read."""

    id: str
    manifest: str  # sha256
    checks: Mapping[str, Check] = field(default_factory=dict)
    looks: Mapping[str, list[int]] = field(default_factory=dict)
    checked_at: str | None = None
    proven_at: str | None = None
    amcheck: str | None = None
    problems: tuple[str, ...] = ()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, the last of all files."""
    write_whole(folder / MANIFEST, _text(manifest))


def digest_of(manifest: Manifest) -> str:
    """sha256 of the file that ``write_manifest`` makes."""
    return hashlib.sha256(_text(manifest)).hexdigest()


def _text(manifest: Manifest) -> bytes:
    return (json.dumps(manifest.document(), indent=1, ensure_ascii=False) + "\n").encode()


def write_known(folder: Path, known: Known) -> None:
    """Replace what was known."""
    write_json(folder / STATE, {"format": 1, **asdict(known)})


def known_of(folder: Path) -> Known | None:
    """What is known; None where nothing is, or it cannot be read."""
    try:
        document = read_json(folder / STATE)
        facts = {name: document[name] for name in Known.__dataclass_fields__}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Known(**{**facts, "problems": tuple(facts["problems"])})


def looks(folder: Path, names: Iterable[str]) -> dict[str, list[int]]:
    """How the files look from outside."""
    found = {}
    for name in names:
        seen = (folder / name).lstat()
        found[name] = [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]
    return found


def look(folder: Path) -> Backup:
    """The backup in *folder* as far as that shows without reading it: sizes, names, manifest."""
    try:
        data = (folder / MANIFEST).read_bytes()
        document = json.loads(data)
    except FileNotFoundError:
        return _damaged(folder, "its manifest is missing")
    except (OSError, ValueError):
        return _damaged(folder, "its manifest cannot be read")
    if not isinstance(document, dict):
        return _damaged(folder, "its manifest cannot be read")
    if document.get("format") in (None, 1):
        return _older(folder, document)
    try:
        manifest = Manifest.of(document)
    except (KeyError, TypeError, ValueError):
        return _damaged(folder, "its manifest cannot be read")
    known = known_of(folder)
    problems = _mismatches(folder, manifest)
    if known and known.manifest != hashlib.sha256(data).hexdigest():
        problems = ("its manifest is not the one that was written with it", *problems)
    return _described(folder, manifest, known, problems)


def _described(folder: Path, manifest: Manifest, known: Known | None, problems: tuple[str, ...]) -> Backup:
    touched = not problems and known is not None and _touched(folder, manifest, known)
    found = problems or (known.problems if known and not touched else ())
    state: State = "damaged" if found else "unverified" if touched or not known else _state(manifest, known)
    said = ("files were changed since it was last read",) if touched else found
    proven = known.proven_at if known and state == "proven" else None
    return Backup(
        id=folder.name,
        state=state,
        kind=manifest.kind,
        taken_at=manifest.taken_at,
        bytes=manifest.bytes,
        tables=len(manifest.tables),
        rows=sum(each.rows for each in manifest.tables.values()),
        problems=said,
        left_out=manifest.left_out,
        checked_at=known.checked_at if known else None,
        proven_at=proven,
        amcheck=known.amcheck if known and proven else None,
        migration=(manifest.migration or {}).get("sha256"),
        folder=str(folder),
        manifest=manifest,
    )


def _state(manifest: Manifest, known: Known) -> State:
    if set(manifest.tables) - set(known.checks):
        return "unverified"
    if manifest.left_out:
        return "partial"
    return "proven" if known.proven_at else "verified"


def _touched(folder: Path, manifest: Manifest, known: Known) -> bool:
    return looks(folder, manifest.files) != dict(known.looks)


def _mismatches(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """What does not fit, without reading a file."""
    found = []
    if manifest.id != folder.name:
        found.append(f"it is backup {manifest.id} under another name")
    there = set(files_below(folder))
    found += [f"{name} is missing" for name in sorted(set(manifest.files) - there)]
    found += [f"{name} does not belong to it" for name in sorted(there - set(manifest.files))]
    for name in sorted(there & set(manifest.files)):
        size, wanted = (folder / name).lstat().st_size, manifest.files[name].bytes
        if size != wanted:
            found.append(f"{name} has {size:,} bytes, not {wanted:,}")
    return tuple(found)


def _damaged(folder: Path, problem: str) -> Backup:
    return Backup(id=folder.name, state="damaged", problems=(problem,), folder=str(folder))


def _older(folder: Path, document: Mapping[str, Any]) -> Backup:
    """Made by a version that wrote down no digests."""
    try:
        taken = datetime.fromisoformat(str(document.get("taken_at")))
    except ValueError:
        return _damaged(folder, "its manifest cannot be read")
    if document.get("id") != folder.name:
        return _damaged(folder, f"it is backup {document.get('id')} under another name")
    said = ("made by an older version, which wrote down nothing to verify it with",)
    size = document.get("bytes")
    return Backup(
        id=folder.name,
        state="unverified",
        taken_at=taken,
        bytes=size if isinstance(size, int) else 0,
        problems=said,
        folder=str(folder),
    )
