"""Rules about locks: what others could not do meanwhile, and for how long.

Surprising: a clone has nobody to wait for, so the times are those of the work alone. In production the wait for the
lock comes on top, and everybody who comes after waits behind it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stagecopy.model.findings import Finding, Severity
from stagecopy.model.locking import lock_orders, opposites
from stagecopy.model.migration import HeldLock, StatementRun, changes
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.mentions import text_names, text_qualifies

_LONG = 1.0  # seconds that are worth a word, whatever the policy allows
_WORTH_SAYING = 0.1
_BLINK = 0.005  # seconds by which clocks may differ
_REFERENCES = re.compile(r'(?i)\breferences\s+(?:(?:"(?:[^"]|"")+"|[\w$]+)\s*\.\s*)?(?:"(?:[^"]|"")+"|[\w$]+)')
_WHAT = {"reads": "nobody else can read or write it", "writes": "nobody else can write to it"}


def exclusive_lock(evidence: Evidence) -> Iterator[Finding]:
    """``exclusive-lock``: a relation was kept from others for longer than the policy allows."""
    policy = evidence.policy
    if policy.timing == "off":
        return
    severity: Severity = policy.timing
    worst: dict[str, HeldLock] = {}
    for lock in evidence.run.blocking:
        if lock.seconds > policy.longest_lock(lock.relation):
            worst.setdefault(lock.relation, lock)
    for lock in worst.values():
        yield Finding("exclusive-lock", severity, lock.relation, _message(evidence, lock), _REMEDY[lock.mode])


def lock_unnamed(evidence: Evidence) -> Iterator[Finding]:
    """``lock-unnamed``: others cannot write to a table, or read it, that no statement names as its own.

    A foreign key locks what it refers to, however short: that is the server's way, nobody must have seen it. All else
    must have been seen for long enough.
    """
    told = set()
    standing = {table.renamed_from or table.name for table in evidence.standing()}
    for key in evidence.effects.new_keys:
        if key.parent in told or key.parent == key.child or key.parent not in standing or _named(evidence, key.parent):
            continue
        told.add(key.parent)
        seconds = max((each.seconds for each in evidence.run.blocking if each.relation == key.parent), default=0.0)
        seen = f", here for {seconds:.1f} s" if seconds >= _WORTH_SAYING else ""
        name, child = (quoted(*each.split(".", 1)) for each in (key.parent, key.child))
        message = (
            f"foreign key {quoted(key.name)} of {child} locks {name} too (ShareRowExclusiveLock): nobody else can "
        )
        message += f"write to it until the transaction ends{seen}"
        yield Finding("lock-unnamed", "info", key.parent, message, _REMEDY_UNNAMED)
    if evidence.policy.timing == "off":
        return
    for lock in evidence.run.blocking:
        root = evidence.effects.roots.get(lock.relation)
        if lock.seconds < _LONG or lock.relation in told or lock.relation not in standing:
            continue
        if _named(evidence, lock.relation) or (root and _named(evidence, root)):
            continue
        told.add(lock.relation)
        message = f"{_taken_by(evidence, lock)} locks {quoted(*lock.relation.split('.', 1))} for {lock.seconds:.1f} s "
        message += f"({lock.mode}), which no statement names: {_WHAT[lock.blocks or 'writes']} meanwhile"
        yield Finding("lock-unnamed", evidence.policy.timing, lock.relation, message, _REMEDY_UNNAMED)


def lock_kept(evidence: Evidence) -> Iterator[Finding]:
    """``lock-kept``: a lock that its statement is long done with is held to COMMIT, over statements that take long."""
    policy = evidence.policy
    if policy.timing == "off":
        return
    told = set()
    takers = {each.n: each for each in evidence.run.statements}
    work = _Work([each for each in takers.values() if each.started is not None and _works(each)])
    for lock in evidence.run.blocking:
        taker = takers.get(lock.statement or 0)
        if taker is None or taker.started is None or lock.began is None or lock.relation in told:
            continue
        done, end = taker.started + taker.seconds, lock.began + lock.seconds
        over = work.between(taker.n, end - _BLINK) if end - done >= _LONG else None
        if over is None:
            continue
        told.add(lock.relation)
        first, last, longest = over
        kept = f"statement {first.n}" if first is last else f"statements {first.n} to {last.n}"
        message = (
            f"statement {taker.n} is done with {quoted(*lock.relation.split('.', 1))} after {taker.seconds:.1f} s, but "
            f"keeps it locked for {end - done:.1f} s more ({lock.mode}), to the end of its transaction: over {kept}"
        )
        if first is not last:
            message += f", of which statement {longest.n} takes {longest.seconds:.1f} s"
        remedy = "commit before what takes long: put it into a migration of its own, and move many rows in batches"
        yield Finding("lock-kept", policy.timing, lock.relation, message, remedy)


def lock_order(evidence: Evidence) -> Iterator[Finding]:
    """``lock-order``: two transactions of the run lock the same two tables, each in the other's order."""
    for each in opposites(lock_orders(evidence.run)):
        (a, b), (c, d) = each.one, each.other
        first, second = (quoted(*lock.relation.split(".", 1)) for lock in each.one)
        message = (
            f"statement {a.statement} locks {first} and statement {b.statement} then {second} ({a.mode}, {b.mode}); "
            f"statement {c.statement} locks {second} and statement {d.statement} then {first} ({c.mode}, {d.mode}): "
            f"when both transactions run at once, each waits for the other, and the server ends one (40P01)"
        )
        remedy = "lock tables in the same order everywhere, or all at the start of the transaction with LOCK TABLE"
        yield Finding("lock-order", "warn", a.relation, message, remedy)


def _works(each: StatementRun) -> bool:
    """Whether it does something, a COMMIT aside."""
    return changes(each.tag) or each.seconds > _LONG


@dataclass(slots=True)
class _Work:
    """Statements in the order run; the longest before an end is found once for all locks that are held to it."""

    statements: Sequence[StatementRun]
    _longest: dict[int, list[StatementRun]] = field(default_factory=dict)  # by end: of the last, of the last two, …

    def between(self, n: int, end: float) -> tuple[StatementRun, StatementRun, StatementRun] | None:
        """Of those after statement *n* that began before *end*: the first, the last and the longest."""
        low = bisect_right(self.statements, n, key=lambda each: each.n)
        high = bisect_left(self.statements, end, key=lambda each: each.started or 0.0)
        if low >= high:
            return None
        longest = self._longest.setdefault(high, [self.statements[high - 1]])
        while len(longest) < high - low:
            longest.append(max(self.statements[high - 1 - len(longest)], longest[-1], key=lambda each: each.seconds))
        return self.statements[low], self.statements[high - 1], longest[high - low - 1]


def _named(evidence: Evidence, relation: str) -> bool:
    """Whether a statement names it in another way than as what a foreign key refers to."""
    schema, _, name = relation.partition(".")
    namesakes = sum(known.endswith(f".{name}") for known in evidence.effects.columns)
    named = text_names if namesakes <= 1 else text_qualifies  # a bare name may mean any of several tables
    return any(named(_REFERENCES.sub(" ", each.sql), (schema, name)) for each in evidence.run.statements)


def _taken_by(evidence: Evidence, lock: HeldLock) -> str:
    known = any(each.n == lock.statement for each in evidence.run.statements)
    return f"statement {lock.statement}" if known else "the migration"


def _message(evidence: Evidence, lock: HeldLock) -> str:
    name = quoted(*lock.relation.split(".", 1))
    statement = next((each for each in evidence.run.statements if each.n == lock.statement), None)
    taken = f"statement {statement.n}" if statement else "the migration"
    held = f"{taken} locks {name} for {lock.seconds:.1f} s ({lock.mode}): {_WHAT[lock.blocks or 'writes']} meanwhile"
    if statement and lock.seconds > statement.seconds + 0.1:
        held += f"; it takes {statement.seconds:.1f} s itself, but its transaction goes on"
    return held


_REMEDY_UNNAMED = "set lock_timeout, so that others do not queue behind a wait for it, and keep the transaction short"
_SHORTER = "end the transaction before what takes long, or do that in steps of its own"
_REMEDY = {
    "AccessExclusiveLock": f"{_SHORTER}; set lock_timeout, so that others do not queue behind it",
    "ExclusiveLock": _SHORTER,
    "ShareRowExclusiveLock": f"{_SHORTER}; add constraints NOT VALID first and validate them afterwards",
    "ShareLock": "build indexes with CREATE INDEX CONCURRENTLY, outside a transaction",
}
