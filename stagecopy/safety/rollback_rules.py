"""Rules about the rollback: whether one was tried, whether it brings everything back, whether up works after it.

How severe is the policy's word alone: a migration is not wrong because it cannot be taken back, but people must know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagecopy.model.findings import Finding, Severity
from stagecopy.model.rollback import Rollback
from stagecopy.model.wording import counted
from stagecopy.safety.evidence import Evidence

_WHOLE = "migration"  # the subject: a rollback concerns no single table
_MOST = 3  # differences that a message names; the report lists all


def rollback_untested(evidence: Evidence) -> Iterator[Finding]:
    """``rollback-untested``: something changed, and nothing shows that it can be taken back."""
    changed = evidence.difference.schema or any(table.touched for table in evidence.difference.tables)
    if evidence.policy.rollback == "off" or evidence.rollback is not None or not changed:
        return
    if evidence.run.error is not None or evidence.run.left_open:
        message, remedy = (
            "the migration did not run to its end, so no rollback was tested",
            "correct the migration first",
        )
    else:
        message = "no rollback was given, so none was tested"
        remedy = "write one beside it (NAME.down.sql for NAME.up.sql, down.sql for up.sql) or name it with --down FILE"
    yield Finding("rollback-untested", "info", _WHOLE, message, remedy)


def rollback_fails(evidence: Evidence) -> Iterator[Finding]:
    """``rollback-fails``: it stops at an error, ends inside a transaction, or holds nothing to run."""
    rollback = evidence.rollback
    if rollback is None or not rollback.failed:
        return
    if rollback.run.failure is not None:
        message = f"the rollback fails: {rollback.run.failure}"
    elif rollback.run.left_open:
        message = "the rollback ends inside an open transaction, so it is itself rolled back: nothing is taken back"
    else:
        message = "the rollback holds no statement: nothing is taken back"
    remedy = "correct it: when it is needed, nobody will have the time"
    yield Finding("rollback-fails", _severity(evidence), _WHOLE, message, remedy)


def rollback_loses(evidence: Evidence) -> Iterator[Finding]:
    """``rollback-loses``: rows or values are not what they were, whatever became of the schema."""
    rollback = evidence.rollback
    if rollback is None or rollback.failed:
        return
    lost = [each for each in rollback.differences if each.lost and each.kind in ("rows", "values")]
    if lost:
        what = "the schema, but not the data" if rollback.schema_restored else "neither the schema nor the data"
        message = f"the rollback restores {what}: {_named([each.message for each in lost])}"
        remedy = "take a copy of what is lost before the migration, or say that there is no way back"
        yield Finding("rollback-loses", _severity(evidence), _WHOLE, message, remedy)


def rollback_incomplete(evidence: Evidence) -> Iterator[Finding]:
    """``rollback-incomplete``: it runs, loses no row and no value, but something is missing or left behind."""
    rollback = evidence.rollback
    if rollback is None or rollback.failed or any(each.lost and each.kind != "schema" for each in rollback.differences):
        return
    if rollback.differences:
        message = f"after the rollback not all is as it was: {_named([each.message for each in rollback.differences])}"
        remedy = "let the rollback take back everything that the migration makes"
        yield Finding("rollback-incomplete", _severity(evidence), _WHOLE, message, remedy)


def up_again(evidence: Evidence) -> Iterator[Finding]:
    """``up-again-fails`` and ``up-again-differs``: what was rolled back cannot be deployed once more as it was."""
    rollback = evidence.rollback
    if rollback is None or rollback.again in (None, "works"):
        return
    why = _named(rollback.again_why)
    if rollback.again == "fails":
        message, remedy = f"after the rollback the migration does not run again: {why}", _again_remedy(rollback)
        yield Finding("up-again-fails", _severity(evidence), _WHOLE, message, remedy)
        return
    message = f"after the rollback the migration does something else than the first time: {why}"
    remedy = "check what the rollback leaves for the second run to find"
    yield Finding("up-again-differs", _severity(evidence), _WHOLE, message, remedy)


def not_rerunnable(evidence: Evidence) -> Iterator[Finding]:
    """``not-rerunnable``: a deployment that dies in the middle leaves what a second run does not cope with."""
    interruptions = evidence.back.interruptions
    if interruptions is None:
        return
    bad = [each for each in interruptions.tried if each.rerun != "works"]
    if bad:
        first, rest = bad[0], f" (so at {counted(len(bad) - 1, 'other moment')} too)" if len(bad) > 1 else ""
        if first.error is not None:
            then = f"a second run fails at statement {first.error.statement}: {first.error.message}"
        else:
            then = f"a second run ends otherwise than one run: {_named(first.differences)}"
        message = f"killed {first.moment} it leaves {_named(first.left) or 'nothing in sight'}, and {then}{rest}"
        remedy = (
            "put it in one transaction, or let each statement cope with its own leftovers (IF NOT EXISTS, IF EXISTS; "
            "before CREATE INDEX CONCURRENTLY a DROP INDEX CONCURRENTLY IF EXISTS: what is left may be invalid)"
        )
        yield Finding("not-rerunnable", "warn", _WHOLE, message, remedy)
    if interruptions.cut_short:
        remedy = "split the migration, or raise trial.time_budget"
        yield Finding("interrupt-cut-short", "info", _WHOLE, interruptions.cut_short, remedy)


def _again_remedy(rollback: Rollback) -> str:
    left = [each.message for each in rollback.differences if each.message.endswith("left behind")]
    return (
        f"let the rollback remove it: {_named(left)}" if left else "make the migration run on what its rollback leaves"
    )


def _named(said: Sequence[str]) -> str:
    rest = f", and {counted(len(said) - _MOST, 'more difference')}" if len(said) > _MOST else ""
    return f"{', '.join(said[:_MOST])}{rest}"


def _severity(evidence: Evidence) -> Severity:
    strictness = evidence.policy.rollback
    return "info" if strictness == "off" else strictness
