"""Rules about rows that went along with others: by foreign keys, which a migration need not name.

Surprising: TRUNCATE … CASCADE shows in no counter. It is told by a child that lost all rows to a new, empty file
although nothing aims TRUNCATE at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stagecopy.model.change import TableChange
from stagecopy.model.effects import ForeignKey, Traffic
from stagecopy.model.findings import Finding
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.mentions import aims_at, spellings

_TRUNCATE = "TRUNCATE … CASCADE"
_LONGEST_PATH = 12


@dataclass(frozen=True, slots=True)
class Step:
    """Rows of *child* went, or one of its *columns* changed, with rows of *parent*; *how* is the action's name."""

    key: ForeignKey
    parent: TableChange
    child: TableChange
    how: str
    column: str | None = None
    rows: int = 0


def steps(evidence: Evidence) -> list[Step]:
    """Every step of every cascade that the evidence shows."""
    changes = {table.renamed_from or table.name: table for table in evidence.difference.tables if table.change is None}
    found: list[Step] = []
    for key in evidence.effects.foreign_keys:
        parent, child = changes.get(key.parent), changes.get(key.child)
        if parent is not None and child is not None and key.parent != key.child:
            found += _rows(evidence, key, parent, child)
            found += _values(evidence, key, parent, child)
    return found


def _rows(evidence: Evidence, key: ForeignKey, parent: TableChange, child: TableChange) -> Iterator[Step]:
    effects, run = evidence.effects, evidence.run
    gone, taken = (effects.traffic.get(name, Traffic()) for name in (key.parent, key.child))
    if not child.removed:
        return
    if {key.parent, key.child} <= effects.rewritten and not taken.deleted:
        how, verb = _TRUNCATE, r"truncate(?:\s+table)?"
    elif key.on_delete == "CASCADE" and gone.deleted and taken.deleted:  # also of rows put back
        how, verb = "ON DELETE CASCADE", r"delete\s+from"
    else:
        return
    if not aims_at(run, verb, *spellings(child)):
        yield Step(key, parent, child, how, rows=child.removed)


def _values(evidence: Evidence, key: ForeignKey, parent: TableChange, child: TableChange) -> Iterator[Step]:
    if aims_at(evidence.run, "update", *spellings(child)):
        return
    keys_changed = any(name in parent.columns for name in key.parent_columns) or (parent.removed and parent.added)
    for name in key.columns:
        column = child.columns.get(name)
        if column is None or not column.changed:
            continue
        if parent.removed and key.on_delete in ("SET NULL", "SET DEFAULT"):
            yield Step(key, parent, child, f"ON DELETE {key.on_delete}", name, column.changed)
        elif keys_changed and key.on_update in ("CASCADE", "SET NULL", "SET DEFAULT"):
            yield Step(key, parent, child, f"ON UPDATE {key.on_update}", name, column.changed)


def by_cascade(evidence: Evidence) -> Iterator[Finding]:
    """``by-cascade``: which key took a table's rows or values along, and the way there."""
    found = steps(evidence)
    told = set()
    for step in found:
        subject = f"{step.child.name}.{step.column}" if step.column else step.child.name
        if subject in told:
            continue
        told.add(subject)
        what = counted(step.rows, "value" if step.column else "row")
        verb = "change" if step.column else "go"
        full = quoted(step.child.schema, step.child.table, *([step.column] if step.column else []))
        message = (
            f"{what} of {full} {verb} by {step.how} of {_name(step.parent)}, through {quoted(step.key.name)}: "
            f"{' → '.join(_path(step, found))}"
        )
        remedy = "say in the migration what becomes of these rows, so that its reviewers see it"
        yield Finding("by-cascade", "info", subject, message, remedy)


def _path(step: Step, found: list[Step]) -> list[str]:
    names = [_name(step.child)]
    current: Step | None = step
    while current is not None and len(names) < _LONGEST_PATH:
        names.append(_name(current.parent))
        above = current.parent.name
        current = next((each for each in found if each.child.name == above and not each.column), None)
        if current is not None and _name(current.parent) in names:
            break
    return names[::-1]


def cascade_without_index(evidence: Evidence) -> Iterator[Finding]:
    """``cascade-without-index``: each row that went made the server read the whole child."""
    told = set()
    for step in steps(evidence):
        subject = f"{step.child.name}.{step.key.name}"
        if step.key.indexed or step.how == _TRUNCATE or subject in told:
            continue
        told.add(subject)
        columns = ", ".join(quoted(name) for name in step.key.columns)
        deleted = evidence.effects.traffic.get(step.key.parent, Traffic()).deleted
        many = max(step.parent.removed, step.parent.changed) or deleted
        message = (
            f"no index of {_name(step.child)} begins with {columns}: for each of the {counted(many, 'row')} of "
            f"{_name(step.parent)} {step.key.name} read the whole table"
        )
        remedy = f"CREATE INDEX CONCURRENTLY ON {_name(step.child)} ({columns}) first"
        yield Finding("cascade-without-index", "warn", subject, message, remedy)


def _name(table: TableChange) -> str:
    return quoted(table.schema, table.table)
