"""What a migration is expected to do, and how far that is from what it did.

Surprising: what an expectation does not mention it expects not to happen. Only columns are left alone where a table
says nothing about any; values lost there stay the policy's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import ColumnChange, Difference, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.wording import quoted

ROW_COUNTS = ("removed", "added", "changed", "moved")
VALUE_COUNTS = ("changed", "null_to_value", "value_to_null", "value_to_value")
_LOSSES = ("rows-lost", "table-emptied", "values-lost")


@dataclass(frozen=True, slots=True)
class Span:
    """A number, or a range of them: ``5``, ``5..10``, ``5..``."""

    least: int = 0
    most: int | None = 0

    def holds(self, count: int) -> bool:
        """Whether *count* lies within."""
        return self.least <= count and (self.most is None or count <= self.most)

    def exceeded_by(self, count: int) -> bool:
        """Whether *count* is more."""
        return self.most is not None and count > self.most

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.least:,}"
        if self.most is None:
            return f"at least {self.least:,}"
        return f"{self.least:,} to {self.most:,}"


_NONE = Span()


@dataclass(frozen=True, slots=True)
class ExpectedTable:
    """Rows by ROW_COUNTS; columns by name, their counts by VALUE_COUNTS and ``lost``. None: columns are not checked."""

    rows: Mapping[str, Span] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, Span]] | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """One file. ``schema`` holds lines such as ``column added public.users.plan``."""

    file: str
    tables: Mapping[str, ExpectedTable] = field(default_factory=dict)
    schema: tuple[str, ...] = ()
    lock_seconds: float | None = None

    def of(self, table: TableChange) -> ExpectedTable:
        """What is expected of *table*: nothing, where the file does not name it."""
        found = self.tables.get(table.name)
        if found is None and table.renamed_from is not None:
            found = self.tables.get(table.renamed_from)
        return found or ExpectedTable()


def announced(findings: Iterable[Finding], expectation: Expectation, difference: Difference) -> Iterator[Finding]:
    """The same findings, but losses that the expectation announces are for information only."""
    subjects = set(_announced(expectation, difference))
    remedy = f"nothing to do: {expectation.file} announces this loss"
    for each in findings:
        expected = each.rule in _LOSSES and each.subject in subjects
        yield replace(each, severity="info", remedy=remedy) if expected else each


def _announced(expectation: Expectation, difference: Difference) -> Iterator[str]:
    for table in difference.tables:
        expected = expectation.of(table)
        if expected.rows.get("removed", _NONE).holds(table.removed):
            yield table.name
        for name, column in table.columns.items():
            if (expected.columns or {}).get(name, {}).get("lost", _NONE).holds(column.lost):
                yield f"{table.name}.{name}"


def against_expectation(
    expectation: Expectation, difference: Difference, longest_lock: float | None = None
) -> Iterator[Finding]:
    """``beyond-expected``, an error, and ``less-than-expected``, a warning."""
    seen = set()
    for table in difference.tables:
        seen |= {table.name, table.renamed_from}
        if table.name in expectation.tables or not is_bookkeeping(table.schema, table.table):
            yield from _rows(expectation, table)
            yield from _columns(expectation, table)
    for name, expected in expectation.tables.items():
        if name not in seen:
            schema, _, rest = name.partition(".")
            yield from _rows(Expectation(expectation.file, {name: expected}), TableChange(schema, rest, None, None))
    yield from _schema(expectation, difference)
    budget = expectation.lock_seconds
    if budget is not None and longest_lock is not None and longest_lock > budget:
        message = f"expected no exclusive lock longer than {budget:g} s, the longest was held {longest_lock:.1f} s"
        yield _beyond(expectation, "migration", message)


def _rows(expectation: Expectation, table: TableChange) -> Iterator[Finding]:
    expected, name = expectation.of(table), quoted(table.schema, table.table)
    for what in ROW_COUNTS:
        yield from _count(
            expectation, table.name, f"rows of {name} {what}", (expected.rows.get(what, _NONE), getattr(table, what))
        )


def _columns(expectation: Expectation, table: TableChange) -> Iterator[Finding]:
    columns = expectation.of(table).columns
    if columns is None or table.change in ("dropped", "created"):  # its rows say it all
        return
    for name in {**table.columns, **columns}:
        expected, happened = columns.get(name, {}), table.columns.get(name, ColumnChange())
        named = {what: expected[what] for what in VALUE_COUNTS if what in expected}
        named = named or {"changed": _NONE, "null_to_value": _NONE}
        for what, span in {**named, "lost": expected.get("lost", _NONE)}.items():
            noun = f"values of {quoted(table.schema, table.table, name)} {what.replace('_', ' ')}"
            yield from _count(expectation, f"{table.name}.{name}", noun, (span, getattr(happened, what)))


def _count(expectation: Expectation, subject: str, noun: str, both: tuple[Span, int]) -> Iterator[Finding]:
    span, happened = both
    if span.holds(happened):
        return
    message = (
        f"expected {span} {noun}, {happened:,} happened" if span != _NONE else f"{happened:,} {noun}, none expected"
    )
    if span.exceeded_by(happened):
        yield _beyond(expectation, subject, message)
    else:
        yield _less(expectation, subject, message)


def _schema(expectation: Expectation, difference: Difference) -> Iterator[Finding]:
    happened = {f"{each.kind} {each.change} {each.name}": each for each in difference.schema}
    tables = {each.name for each in difference.tables if is_bookkeeping(each.schema, each.table)}
    for line, change in happened.items():
        if line not in expectation.schema and change.table not in tables:
            yield _beyond(expectation, change.name, f"{line}: this change of the schema was not expected")
    for line in expectation.schema:
        if line not in happened:
            yield _less(
                expectation,
                line.split(" ", 2)[2],
                f"{line}: this change of the schema was expected, and did not happen",
            )


def _beyond(expectation: Expectation, subject: str, message: str) -> Finding:
    remedy = f"change the migration, or {expectation.file} if this is meant"
    return Finding("beyond-expected", "error", subject, message, remedy)


def _less(expectation: Expectation, subject: str, message: str) -> Finding:
    remedy = f"check that the migration does all it should; if so, correct {expectation.file}"
    return Finding("less-than-expected", "warn", subject, message, remedy)
