"""Compares the pair of a trial, quickly where the log allows it, and with --exhaustive once more by reading all rows.

Surprising: when both disagree, that is our bug, and it ends the trial with exit 70. What is needed to find it stays in
the run's folder: both stories, the log as text (it names blocks, it holds no values) and where it began.
"""

from __future__ import annotations

import gzip
from dataclasses import asdict
from pathlib import Path

from stagecopy.diff.compare import Compared, Known, compare_both_ways
from stagecopy.diff.exhaustive import disagreements
from stagecopy.errors import StagecopyError, StagingError
from stagecopy.files import write_json
from stagecopy.flows.stage import Stage
from stagecopy.model.change import Difference
from stagecopy.model.findings import Fidelity

_EVIDENCE, _LOG = "disagreement.json", "wal.txt.gz"


def difference_of(stage: Stage, *, exhaustive: bool = False) -> Difference:
    """What the migration did. Raises StagecopyError ``diff-disagrees`` when two ways of comparing do not agree."""
    pair, snapshot = stage.pair, stage.snapshot
    known = Known(pair.wal, snapshot.rows, snapshot.masked, logged_in=stage.role)
    compared = compare_both_ways(pair.before, pair.after, known=known, exhaustive=exhaustive)
    if compared.everything is not None:
        _agree(compared, known, stage.run.folder)
    return compared.found


def compared_in_full(difference: Difference) -> tuple[Fidelity, ...]:
    """That no table was spared, if so, and why."""
    if difference.all_full is None:
        return ()
    message = f"every table was compared in full, which takes longer: {difference.all_full}"
    return (Fidelity("compared-in-full", message),)


def _agree(compared: Compared, known: Known, folder: Path) -> None:
    assert compared.everything is not None  # noqa: S101 - the caller's contract
    found = disagreements(compared.found, compared.everything)
    if not found:
        return
    write_json(
        folder / _EVIDENCE,
        {
            "format": 1,
            "tables": list(found),
            "all_full": compared.found.all_full,
            "start": asdict(known.wal.start) if known.wal else None,
            "end": asdict(compared.proof.end) if compared.proof.end else None,
            "before": compared.proof.before.document() if compared.proof.before else None,
            "after": compared.proof.after.document() if compared.proof.after else None,
        },
    )
    _keep_log(compared, known, folder / _LOG)
    names = ", ".join(each["table"] for each in found)
    raise StagecopyError(
        "diff-disagrees",
        f"reading all rows tells another story of {names} than reading touched blocks: this is a bug",
        hint=f"please report it with {folder / _EVIDENCE} and {folder / _LOG}, which hold no values",
    )


def _keep_log(compared: Compared, known: Known, path: Path) -> None:
    if known.wal is None or compared.proof.end is None:
        return
    with gzip.open(path, "wb") as file:
        try:
            file.writelines(known.wal.read(compared.proof.end))
        except StagingError as failure:  # what came until then is evidence too
            file.write(f"\n{failure.message}\n".encode())
