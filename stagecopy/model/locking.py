"""In which order each transaction of a run took its locks, and where two of them did so the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from stagecopy.model.migration import HeldLock, MigrationRun

# Who waits for whom, as PostgreSQL's documentation has it; of each mode those that it stands against.
_ACCESS_SHARE, _ROW_SHARE, _ROW = "AccessShareLock", "RowShareLock", "RowExclusiveLock"
_UPDATE, _SHARE, _SHARE_ROW = "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock"
_EXCLUSIVE, _ACCESS = "ExclusiveLock", "AccessExclusiveLock"
_AGAINST = {
    _ACCESS_SHARE: {_ACCESS},
    _ROW_SHARE: {_EXCLUSIVE, _ACCESS},
    _ROW: {_SHARE, _SHARE_ROW, _EXCLUSIVE, _ACCESS},
    _UPDATE: {_UPDATE, _SHARE, _SHARE_ROW, _EXCLUSIVE, _ACCESS},
    _SHARE: {_ROW, _UPDATE, _SHARE_ROW, _EXCLUSIVE, _ACCESS},
    _SHARE_ROW: {_ROW, _UPDATE, _SHARE, _SHARE_ROW, _EXCLUSIVE, _ACCESS},
    _EXCLUSIVE: {_ROW_SHARE, _ROW, _UPDATE, _SHARE, _SHARE_ROW, _EXCLUSIVE, _ACCESS},
    _ACCESS: {_ACCESS_SHARE, _ROW_SHARE, _ROW, _UPDATE, _SHARE, _SHARE_ROW, _EXCLUSIVE, _ACCESS},
}


@dataclass(frozen=True, slots=True)
class LockOrder:
    """The locks of one transaction by the statements that took them. Of one statement the order is not known."""

    locks: tuple[HeldLock, ...]

    def document(self) -> dict[str, Any]:
        """A member of ``migration.transactions`` in trial's JSON."""
        locks = [{"relation": each.relation, "mode": each.mode, "statement": each.statement} for each in self.locks]
        return {"locks": locks}

    @property
    def relations(self) -> frozenset[str]:
        """What it locked."""
        return frozenset(each.relation for each in self.locks)


@dataclass(frozen=True, slots=True)
class Opposite:
    """Two transactions that lock the same two relations in opposite order: what each took first, and then."""

    one: tuple[HeldLock, HeldLock]
    other: tuple[HeldLock, HeldLock]


def lock_orders(run: MigrationRun) -> tuple[LockOrder, ...]:
    """Transactions that locked something, in the order of their first locks."""
    found: dict[str, list[HeldLock]] = {}
    for each in sorted(run.locks or (), key=_place):
        if each.transaction is not None and each.statement is not None:
            found.setdefault(each.transaction, []).append(each)
    return tuple(LockOrder(tuple(locks)) for locks in found.values())


def opposites(orders: Sequence[LockOrder]) -> Iterator[Opposite]:
    """Once for each two relations: the first two transactions that could wait for each other."""
    told = set()
    for one, other in combinations([each for each in orders if len(each.relations) > 1], 2):
        for pair in combinations(sorted(one.relations & other.relations), 2):
            found = _opposite(one, other, pair)
            if found and pair not in told:
                told.add(pair)
                yield found


def _opposite(one: LockOrder, other: LockOrder, pair: tuple[str, str]) -> Opposite | None:
    for first, second in (pair, pair[::-1]):
        for a in _in_order(one, first, second):
            for b in _in_order(other, second, first):
                crossed = _against(a[0], b[1]) and _against(a[1], b[0])
                if crossed and not (_held_before(other, a[0], b[0]) or _held_before(one, b[0], a[0])):
                    return Opposite(a, b)
    return None


def _in_order(order: LockOrder, first: str, second: str) -> list[tuple[HeldLock, HeldLock]]:
    """Pairs of locks, one on *first* and a later statement's on *second*."""
    taken, then = ([each for each in order.locks if each.relation == name] for name in (first, second))
    return [(a, b) for a in taken for b in then if (a.statement or 0) < (b.statement or 0)]


def _held_before(order: LockOrder, lock: HeldLock, moment: HeldLock) -> bool:
    """Whether *order* had taken, before *moment*, what *lock* of another transaction must wait for: then they queue."""
    return any(
        each.relation == lock.relation and (each.statement or 0) < (moment.statement or 0) and _against(each, lock)
        for each in order.locks
    )


def _against(one: HeldLock, other: HeldLock) -> bool:
    return other.mode in _AGAINST.get(one.mode, ())


def _place(lock: HeldLock) -> tuple[int, float, str, str]:
    return lock.statement or 0, lock.began or 0.0, lock.relation, lock.mode
