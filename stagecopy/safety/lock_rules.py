"""Rules about locks: what others could not do meanwhile, and for how long.

Surprising: a clone has nobody to wait for, so the times are those of the work alone. In production the wait for the
lock comes on top, and everybody who comes after waits behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.findings import Finding, Severity
from stagecopy.model.migration import HeldLock
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence

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


def _message(evidence: Evidence, lock: HeldLock) -> str:
    name = quoted(*lock.relation.split(".", 1))
    statement = next((each for each in evidence.run.statements if each.n == lock.statement), None)
    taken = f"statement {statement.n}" if statement else "the migration"
    held = f"{taken} locks {name} for {lock.seconds:.1f} s ({lock.mode}): {_WHAT[lock.blocks or 'writes']} meanwhile"
    if statement and lock.seconds > statement.seconds + 0.1:
        held += f"; it takes {statement.seconds:.1f} s itself, but its transaction goes on"
    return held


_SHORTER = "end the transaction before what takes long, or do that in steps of its own"
_REMEDY = {
    "AccessExclusiveLock": f"{_SHORTER}; set lock_timeout, so that others do not queue behind it",
    "ExclusiveLock": _SHORTER,
    "ShareRowExclusiveLock": f"{_SHORTER}; add constraints NOT VALID first and validate them afterwards",
    "ShareLock": "build indexes with CREATE INDEX CONCURRENTLY, outside a transaction",
}
