"""Finds what a migration is expected to do, NAME.expect.yaml beside it, or drafts that from what it did.

Surprising: a file beside counts for a trial of that migration alone. Tried with others (up and down, say) it does
something else, and only --expect says what is meant.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecopy.config.expectation import load_expectation
from stagecopy.errors import UsageError
from stagecopy.files import check_writable, write_whole
from stagecopy.model.migration import SourceFile
from stagecopy.model.trial import ExpectationFile, TrialResult
from stagecopy.report.expectation import expectation_draft
from stagecopy.safety.expectation import Expectation

_log = logging.getLogger(__name__)
_UNNAMED = ("-e", "stdin")
_READABLE = 0o644  # it is reviewed and lies in git, like the migration


@dataclass(frozen=True, slots=True)
class Expecting:
    """What the run is held against, or where the draft goes. Neither: nothing was said."""

    expectation: Expectation | None = None
    path: Path | None = None
    write: bool = False

    def file(self, *, written: bool = False) -> ExpectationFile | None:
        """For the report."""
        return ExpectationFile(str(self.path), written) if self.path else None


def expecting(files: Sequence[SourceFile], given: Path | None, *, write: bool) -> Expecting:
    """What --expect and --write-expect ask for. Raises UsageError, also where a file would be overwritten."""
    path = given or _beside(files)
    if write:
        return Expecting(path=_free(path), write=True)
    if path is None or (given is None and not path.exists()):
        return Expecting()
    return Expecting(load_expectation(path), path)


def _beside(files: Sequence[SourceFile]) -> Path | None:
    if len(files) != 1 or files[0].name in _UNNAMED:
        return None
    path = Path(files[0].name)
    stem = path.stem if path.suffix.lower() == ".sql" else path.name
    beside = path.with_name(f"{stem}.expect.yaml")
    if stem.endswith(".up") and not beside.exists():  # one for both ways: NAME.up.sql, NAME.down.sql
        return path.with_name(f"{stem.removesuffix('.up')}.expect.yaml")
    return beside


def _free(path: Path | None) -> Path:
    if path is None:
        raise UsageError(
            "usage", "--write-expect does not know where to write", hint="name the file with --expect, or try one FILE"
        )
    hint = f"remove it, or name another one with --expect; what is in {path.name} may be somebody's decision"
    return check_writable(path, new=hint)


def drafted(wanted: Expecting, result: TrialResult) -> ExpectationFile | None:
    """Write the draft if one is wanted and the migration ran to its end; say what became of the file."""
    run, difference = result.run, result.difference
    whole = run is not None and run.error is None and not run.left_open and difference is not None
    if not wanted.write or wanted.path is None or difference is None or not whole:
        return wanted.file()
    if wanted.path.exists():
        _log.warning("%s came up during the trial and is not overwritten", wanted.path)
        return wanted.file()
    write_whole(wanted.path, expectation_draft(difference, run.longest_lock if run else None), mode=_READABLE)
    return wanted.file(written=True)
