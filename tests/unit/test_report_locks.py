"""The terminal's section on locks: what others could not do, told once for each relation."""

from __future__ import annotations

import io

from rich.console import Console

from stagecopy.model.migration import HeldLock, MigrationRun
from stagecopy.report.page import Page
from stagecopy.report.trial_locks import locks

_READS, _WRITES = "AccessExclusiveLock", "ShareLock"


def _shown(*held: HeldLock, everything: bool = False) -> list[str]:
    run = MigrationRun("00", 1.0, (), None, left_open=False, wal_bytes=None, locks=held)
    stream = io.StringIO()
    locks(Page(Console(file=stream, width=100)), run, everything=everything)
    return [" ".join(line.split()) for line in stream.getvalue().splitlines() if line.startswith("  ")]


def test_of_each_relation_the_longest_lock_and_the_longest_against_readers() -> None:
    assert _shown(
        HeldLock("public.users", _WRITES, 3.0, 1),
        HeldLock("public.users", _READS, 2.0, 2),
        HeldLock("public.users", _READS, 1.0, 3),
        HeldLock("public.a b", _READS, 0.5, None),
        HeldLock("public.a b", _WRITES, 0.4, 4),
    ) == [
        "3.0 s no writes public.users (ShareLock, statement 1)",
        "2.0 s no reads, no writes public.users (AccessExclusiveLock, statement 2)",
        '500 ms no reads, no writes public."a b" (AccessExclusiveLock)',
    ]


def test_what_stops_nobody_or_is_over_at_once_is_not_told() -> None:
    assert (
        _shown(HeldLock("public.users", "RowExclusiveLock", 9.0, 1), HeldLock("public.users", _READS, 0.002, 1)) == []
    )


def test_of_many_the_longest() -> None:
    many = [HeldLock(f"public.t{number}", _READS, 1.0, 1) for number in range(20)]
    assert len(_shown(*many)) == 9
    assert _shown(*many)[-1] == "… and 12 more locks"
    assert len(_shown(*many, everything=True)) == 20
