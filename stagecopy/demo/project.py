"""Writes the demo's project folder: what a team that uses stagecopy keeps in its repository."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from stagecopy.files import private_folder, write_whole

_FILES = {
    "stagecopy.yaml": "stagecopy.yaml",
    "rules.yaml": "masking-rules/bazaar-vid.yaml",
    "fix_bad.sql": "migrations/fix_bad.sql",
    "fix_safe.sql": "migrations/fix_safe.sql",
}


@dataclass(frozen=True, slots=True)
class DemoProject:
    """Where the demo's configuration and its two migrations lie."""

    config: Path
    rules: Path
    bad_migration: Path
    safe_migration: Path


def write_project(folder: Path) -> DemoProject:
    """Write stagecopy.yaml, the masking rules and the two migrations below *folder*; files there are replaced."""
    private_folder(folder)
    config, rules, bad, safe = (_write(folder / place, source) for source, place in _FILES.items())
    return DemoProject(config=config, rules=rules, bad_migration=bad, safe_migration=safe)


def _write(target: Path, source: str) -> Path:
    private_folder(target.parent)
    write_whole(target, files("stagecopy.demo").joinpath(source).read_bytes())
    return target
