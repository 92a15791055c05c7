"""Rules about waiting for locks, which nobody does on a clone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static.reading import NAME, Read, matching, set_before, setters

_INDEX = re.compile(rf"create (?:unique )?index concurrently if not exists ({NAME})")
_DROP_INDEX = re.compile(rf"drop index (?:concurrently )?(?:if exists )?({NAME})")
_TABLE = rf"alter table (?:if exists )?(?:only )?(?P<table>{NAME})"
_NOT_VALID = re.compile(rf"{_TABLE} add constraint (?P<name>{NAME}) .*\bnot valid\b")
_VALIDATE = re.compile(rf"{_TABLE} validate constraint (?P<name>{NAME})")
_CREATED = re.compile(rf"create (?:unlogged |temp |temporary )?table (?:if not exists )?(?P<table>{NAME})")
_LOCKING = re.compile(
    rf"(?:alter table (?:only )?(?!if exists)|lock (?:table )?|cluster (?:verbose )?|vacuum (?:full |\( ?full[^)]*\) )"
    r"|(?:drop (?:table|materialized view|index(?! concurrently))|truncate(?: table)?) (?!if exists)"
    r"|refresh materialized view (?!concurrently)"
    rf"|(?:create|drop) (?:policy|rule|trigger) (?!if ){NAME} (?:[^()]* )?on )(?P<shut>{NAME})(?= |$)(?! validate )"
    rf"|(?:create (?:unique )?index (?!concurrently)(?:if not exists )?(?:{NAME} )??on (?:only )?"
    rf"|create (?:constraint )?trigger .*? on |create table .*\breferences )(?P<writes>{NAME})"
)


def no_lock_timeout(evidence: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``no-lock-timeout``: it waits for a lock for as long as it takes, and everybody else waits behind it."""
    start, run = evidence.effects.settings.get("lock_timeout"), evidence.run
    if start is None or start.value.strip("0ms") or run.error is not None or run.left_open:
        return
    limits = setters(statements, "lock_timeout")
    unlimited = [lock for lock in _locks(run, statements) if not set_before(limits, lock.taker)]
    if not unlimited:
        return
    first = min(unlimited, key=lambda lock: (not lock.stops_readers, lock.taker.run.n, not lock.named))
    others = {lock.relation for lock in unlimited} - {first.relation}
    more = f" ({counted(len(others), 'more relation')} likewise)" if others else ""
    message = (
        f"{first.taker.place} locks {first.relation}{more}, and no lock_timeout limits how long it waits for one long"
        f" query to end; whoever {'reads or writes it' if first.stops_readers else 'writes to it'} waits behind it"
    )
    remedy = "begin with SET lock_timeout = '5s', or set it for the role, and try again when it fails"
    yield Finding("no-lock-timeout", "info", "migration", message, remedy)


@dataclass(frozen=True, slots=True)
class _Lock:
    taker: Read
    relation: str
    stops_readers: bool

    @property
    def named(self) -> bool:
        """Whether the statement names it: what a foreign key leads to is locked too, and is not what one looks for."""
        return _bare(self.relation.replace(".", " . ")) in self.taker.text


def _locks(run: MigrationRun, statements: Sequence[Read]) -> Iterator[_Lock]:
    """Those that were seen; and those that are gone before anybody can look, where a statement's words are enough."""
    takers = {each.run.n: each for each in statements}
    seen = [lock for lock in run.blocking if lock.statement in takers]
    for lock in seen:
        relation = quoted(*lock.relation.split(".", 1))
        yield _Lock(takers[lock.statement or 0], relation, lock.blocks == "reads")
    made = {_bare(found["table"]) for _, found in matching(statements, _CREATED)}
    told = {lock.statement for lock in seen}
    for each, found in matching(statements, _LOCKING):
        name = next(part for part in found.groups() if part)
        if each.run.tag and each.run.n not in told and _bare(name) not in made:
            yield _Lock(each, name.replace(" ", ""), found["writes"] is None)


def accepts_invalid_index(evidence: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``accepts-invalid-index``: CONCURRENTLY IF NOT EXISTS is content with what a failed build left behind."""
    if evidence.back.interruptions is not None:  # it was tried
        return
    dropped = [(each.run.n, found[1]) for each, found in matching(statements, _DROP_INDEX)]
    for each, found in matching(statements, _INDEX):
        if any(n < each.run.n and _bare(name) == _bare(found[1]) for n, name in dropped):
            continue
        message = (
            f"{each.place}: where a build was cut off, an invalid index {found[1]} is there already: IF NOT EXISTS"
            " passes it over and reports success, and no query uses it"
        )
        remedy = f"put DROP INDEX CONCURRENTLY IF EXISTS {found[1].replace(' ', '')} before it"
        yield Finding("accepts-invalid-index", "info", each.subject, message, remedy)


def validated_at_once(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``validated-at-once``: NOT VALID is of no use where the same transaction validates."""
    added = {(_bare(found["table"]), found["name"]): each for each, found in matching(statements, _NOT_VALID)}
    made = {_bare(found["table"]) for _, found in matching(statements, _CREATED)}
    for each, found in matching(statements, _VALIDATE):
        begin = added.get((_bare(found["table"]), found["name"]))
        if begin is None or begin.inside is None or begin.inside != each.inside or _bare(found["table"]) in made:
            continue
        message = (
            f"{each.place} validates {found['name']} in the transaction that adds it: the lock of"
            " ADD CONSTRAINT is held while all rows are read, as it would be without NOT VALID"
        )
        remedy = "COMMIT between the two, or validate in a later migration"
        yield Finding("validated-at-once", "info", each.subject, message, remedy)


def _bare(name: str) -> str:
    """Without its schema and its quotes."""
    return name.rpartition(" . ")[2].strip('"')
