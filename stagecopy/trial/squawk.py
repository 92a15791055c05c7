"""Asks squawk, where it is installed, what it says of a migration's files.

Surprising: it is somebody else's program and may say anything; whatever goes wrong with it, the trial goes on. It reads
what runs of each file (the way back in the same file is blank), in the project's folder, so that a ``.squawk.toml``
there holds. It judges no syntax here: the server does.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stagecopy import process
from stagecopy.model.lint import Lint, LintNote
from stagecopy.model.migration import SourceFile

_log = logging.getLogger(__name__)
_NAME, _PATIENCE, _MOST = "squawk", 30.0, 4_000_000  # seconds; bytes of SQL: beyond that it is data
_SYNTAX = "syntax-error"


def squawk(files: Sequence[SourceFile], *, major: int, folder: Path) -> Lint | None:
    """What it says of *files*; None where it is not installed or there is nothing to read."""
    program = _program()
    small = [file for file in files if len(file.text) <= _MOST]
    if program is None or not small:
        return None
    version = ""
    try:
        version = _ask([program, "--version"], folder).split()[-1][:40]
        notes = tuple(_notes(program, small, major, folder))
    except (process.ProcessError, ValueError, KeyError, TypeError, IndexError, AttributeError) as failure:
        _log.warning("squawk could not be used: %s", failure)
        return Lint(_NAME, version, failure=f"{type(failure).__name__}: it did not answer as expected")
    unread = dict.fromkeys(each.file for each in notes if each.rule == _SYNTAX)
    why = f"it cannot parse {', '.join(unread)}" if unread else None
    return Lint(_NAME, version, tuple(each for each in notes if each.rule != _SYNTAX), why)


def _program() -> str | None:
    """On the PATH, or beside the Python that runs us."""
    return shutil.which(_NAME) or shutil.which(_NAME, path=str(Path(sys.executable).parent))


def _ask(words: Sequence[str], folder: Path) -> str:
    """Its answer. It ends with 1 where it has something to say."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return process.run(words, env=env, cwd=folder, check=False, timeout=_PATIENCE).stdout.decode("utf-8", "replace")


def _notes(program: str, files: Sequence[SourceFile], major: int, folder: Path) -> list[LintNote]:
    found = []
    with tempfile.TemporaryDirectory(prefix="stagecopy-squawk-") as name:
        for n, file in enumerate(files, 1):
            path = Path(name, f"{n}.sql")
            path.write_bytes(file.text)
            words = [program, "--reporter", "json", f"--pg-version={major}.0"]
            words += ["--assume-in-transaction"] if file.transaction in ("file", "single") else []
            said = json.loads(_ask([*words, str(path)], folder))
            found += [_note(file.name, each) for each in said]
    return found


def _note(file: str, said: dict[str, Any]) -> LintNote:
    """Its lines count from 0."""
    error = str(said["level"]).lower() == "error"
    return LintNote(
        str(said["rule_name"]), file, int(said["line"]) + 1, str(said["message"]), said["help"] or "", error
    )
