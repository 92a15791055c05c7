"""Rules about the numbers that sequences give next, and about materialised views that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.change import NEARLY_USED, SequenceChange
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence


def sequence_behind(evidence: Evidence) -> Iterator[Finding]:
    """``sequence-behind``: the next insert takes a number that is there already.

    An error where the column must be unique; a warning where it need not, or where it was so before the migration.
    """
    for each in evidence.difference.sequences:
        if not each.behind or each.beside or each.column is None:
            continue
        what = "greatest" if each.increment > 0 else "least"
        message = f"{_named(each)} gives {each.after} next, but {each.greatest} is the {what} number in {_column(each)}"
        severity: Severity = "error" if each.unique and not each.was_behind else "warn"
        if each.unique:
            message += ": inserts will fail with a duplicate key"
        if each.was_behind:
            message += "; that was so before the migration"
        yield Finding("sequence-behind", severity, each.column, message, _forward(each))


def sequence_moved_back(evidence: Evidence) -> Iterator[Finding]:
    """``sequence-moved-back``: numbers that were given once will be given again, though none stands there now."""
    for each in evidence.difference.sequences:
        if each.before is None or each.after is None or each.behind:
            continue
        if each.after < each.before if each.increment > 0 else each.after > each.before:
            message = f"{_named(each)} goes back from {each.before} to {each.after}: it will give old numbers again"
            remedy = "check that nothing outside the table remembers the old numbers"
            yield Finding("sequence-moved-back", "warn", each.name, message, remedy)


def sequence_nearly_used(evidence: Evidence) -> Iterator[Finding]:
    """``sequence-nearly-used``: most numbers that sequence and column can hold are gone."""
    for each in evidence.difference.sequences:
        if each.limit is None or each.after is None or each.column is None:
            continue
        now = max((each.after, each.greatest or each.after), key=abs)
        used = now / each.limit if each.limit else 0
        if used >= NEARLY_USED:
            part = min(100, int(100 * used))
            message = f"{_column(each)} has used {part} % of its numbers: {now} of at most {each.limit}"
            remedy = (
                f"plan for bigint: ALTER TABLE {_table(each)} ALTER COLUMN … TYPE bigint, and the sequence AS bigint"
            )
            severity: Severity = "info" if each.beside else "warn"
            yield Finding("sequence-nearly-used", severity, each.column, message, remedy)


def matview_unpopulated(evidence: Evidence) -> Iterator[Finding]:
    """``matview-unpopulated``: whoever reads it gets an error until it is refreshed."""
    for each in evidence.schema("matview", "changed"):
        if each.after == "unpopulated":
            name = quoted(*each.name.split(".", 1))
            remedy = f"REFRESH MATERIALIZED VIEW {name} at the end of the migration"
            message = f"{name} is left without data: reading it is an error"
            yield Finding("matview-unpopulated", "warn", each.name, message, remedy)


def _forward(each: SequenceChange) -> str:
    table, column = _table(each), quoted((each.column or "").rsplit(".", 1)[-1])
    most = "max" if each.increment > 0 else "min"
    name = each.name.replace("'", "''")
    parts = quoted(*name.split(".", 1))
    call = f"setval('{parts}', (SELECT {most}({column}) FROM {table}))"  # noqa: S608 - for people to read, never run
    return f"add to the migration: SELECT {call}"


def _named(each: SequenceChange) -> str:
    return f"sequence {quoted(*each.name.split('.', 1))}"


def _column(each: SequenceChange) -> str:
    schema, rest = (each.column or ".").split(".", 1)
    return quoted(schema, *rest.rsplit(".", 1))


def _table(each: SequenceChange) -> str:
    return _column(each).rsplit(".", 1)[0]
