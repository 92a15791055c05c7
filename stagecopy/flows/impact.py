"""The impact run: the migration once more, on clones of its own, with others about who read, write and wait.

Surprising: nothing of what is said about data and schema comes from here; the truth run was alone. Each question has
a clone of its own, because each needs the state from before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier, BrokenBarrierError

from stagecopy.errors import StagecopyError, StagingError, UsageError
from stagecopy.flows.difference import difference_of
from stagecopy.flows.performing import perform
from stagecopy.flows.scripting import needs_psql
from stagecopy.flows.stage import Deployed, Stage, connected, further_clone
from stagecopy.model.impact import Behind, Deadlock, Forecast, Impact, Race, Victim, Workload
from stagecopy.model.migration import BLOCKS, HeldLock, MigrationRun
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.impact import VisitedTable, invalid_indexes, lock_timeout_setting, visited_tables
from stagecopy.postgres.tools import staging_environment
from stagecopy.staging.server_engine import shared
from stagecopy.trial.again import unlike
from stagecopy.trial.canaries import Canaries
from stagecopy.trial.long_reader import LongReader, lock_timeout_in
from stagecopy.trial.opposite import Opposite, held_together
from stagecopy.trial.running import run_migration
from stagecopy.trial.transactions import in_mode
from stagecopy.trial.workload import Pgbench, programs, script_of

_GAVE_UP, _DEADLOCK = "55P03", "40P01"
_LONGEST_STAND = 60.0  # seconds: a longer lock_timeout is not outlasted
_BEYOND = 1.0  # seconds that the long reader outlasts a lock_timeout
_BASELINE = 2.0  # seconds of a workload before the migration
_TELLING = 1.0  # seconds: a refresh that met nobody longer than this says nothing about those who stay long
Step = Callable[[Stage, Deployed, Impact], Impact]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted: ``--impact``, ``--workload`` (its text)."""

    impact: bool = False
    workload: bytes | None = None


def wishes_of(*, impact: bool, workload: Path | None) -> Wishes:
    """What the options ask for. Raises UsageError."""
    return Wishes(impact, script_of(workload) if workload else None)


def check_workload(wishes: Wishes, major: int, cache: Path) -> None:
    """Refuse what cannot be run, before anything is cloned. Raises StagingError ``no-pgbench``."""
    if wishes.workload is not None:
        programs(major, cache=cache)


def measured(stage: Stage, deployed: Deployed, wishes: Wishes) -> Impact | None:
    """What others would feel. None: not wanted, or the migration fails with nobody about."""
    if not (wishes.impact or wishes.workload is not None) or not deployed.whole:
        return None
    steps: list[Step] = [_behind_reader, _opposite, _racing] if wishes.impact else []
    if wishes.workload is not None:
        steps.append(_under(wishes.workload))
    deadline = time.monotonic() + stage.work.project.settings.trial.time_budget
    found = Impact()
    for n, step in enumerate(steps):
        if time.monotonic() > deadline:
            return replace(found, cut_short=f"the time budget is used up: {len(steps) - n} of its parts are missing")
        try:
            with staging_errors("measuring the impact"):
                found = step(stage, deployed, found)
        except StagecopyError as failure:  # what the migration does to the data is known all the same
            return replace(found, cut_short=failure.message)
    return found


def _ours(stage: Stage) -> Address:
    """Who may visit every table: on a server that others use only the owners themselves may."""
    return stage.login if shared(stage.engine) else stage.pair.after


def _tables(stage: Stage, relations: tuple[str, ...]) -> dict[str, VisitedTable]:
    """Those that can be visited, in the order given."""
    with closing(connect_staging(stage.pair.after)) as observer:
        found = {each.relation: each for each in visited_tables(observer, relations)}
    return {name: found[name] for name in relations if name in found}


def _lock_timeout(stage: Stage, run: MigrationRun) -> float | None:
    with closing(connected(stage.login)) as connection:
        own = lock_timeout_setting(connection)
    said = lock_timeout_in(each.sql for each in run.statements)
    return max((each for each in (own, said) if each), default=None)


def _behind_reader(stage: Stage, deployed: Deployed, found: Impact) -> Impact:
    """Canaries on every table that is locked, and a long reader in front of the migration."""
    with further_clone(stage, "impact") as mine:
        locks = deployed.run.locks or ()
        tables = list(_tables(mine, tuple(dict.fromkeys(each.relation for each in _hardest_first(locks)))).values())
        timeout = _lock_timeout(mine, deployed.run)
        stands = stage.work.project.settings.trial.long_reader
        if timeout is not None and timeout + _BEYOND <= _LONGEST_STAND:
            stands = max(stands, timeout + _BEYOND)
        with closing(connect_staging(mine.pair.after)) as observer:
            invalid = invalid_indexes(observer)
            with Canaries(_ours(mine), tables) as canaries, _reader(mine, stands, canaries) as reader:
                run, _ = perform(mine, deployed.migration)
            left = invalid_indexes(observer) - invalid
            behind = Behind(stands, reader.waited, run.error, _gave_up_after(run), tuple(sorted(left)))
            if run.error is not None and run.error.sqlstate == _GAVE_UP:
                again, _ = perform(mine, deployed.migration)
                still = tuple(sorted(invalid_indexes(observer) - invalid))
                behind = replace(
                    behind, rerun="fails" if again.error else "works", rerun_error=again.error, still_invalid=still
                )
    taken = (*deployed.run.blocking, *_unseen(deployed.run, run, reader))
    forecast = _forecast(stage, taken, stands, timeout)
    return replace(found, canaries=canaries.told(), unwatched=canaries.unwatched, forecast=forecast, behind=behind)


def _reader(stage: Stage, stands: float, canaries: Canaries) -> LongReader:
    return LongReader(stage.pair.after, stands, meet=canaries.join)


def _unseen(truth: MigrationRun, behind: MigrationRun, reader: LongReader) -> list[HeldLock]:
    """A lock so short that the truth run's watch missed it, or saw a weaker one alone, but that had to be waited for.

    It was held no longer than the statement took that waits the longest here.
    """
    blocking = [each for each in reader.wanted[:1] if each[1] in BLOCKS]
    n = max(behind.statements, key=lambda each: each.seconds).n if behind.statements else 0
    hold = next((each.seconds for each in truth.statements if each.n == n), 0.0)
    seen = {(each.relation, each.blocks) for each in truth.blocking}
    return [
        HeldLock(relation, mode, hold, n)
        for relation, mode in blocking
        if not seen & {(relation, "reads"), (relation, BLOCKS[mode])}
    ]


def _hardest_first(locks: tuple[HeldLock, ...]) -> list[HeldLock]:
    return sorted(locks, key=lambda each: ("reads", "writes", None).index(each.blocks))


def _gave_up_after(run: MigrationRun) -> float | None:
    if run.error is None or run.error.sqlstate != _GAVE_UP:
        return None
    return run.statements[run.error.statement - 1].seconds


def _forecast(stage: Stage, locks: Sequence[HeldLock], stands: float, timeout: float | None) -> Forecast | None:
    """None where nobody is kept from anything, or nobody could watch."""
    if not locks:
        return None
    worst = max(locks, key=lambda each: each.seconds)
    reads = any(each.blocks == "reads" for each in locks)
    known = stage.snapshot.longest_transaction
    if known is None or known < _TELLING:
        return Forecast(stands, "assumed", worst.seconds, worst.relation, reads, timeout)
    return Forecast(known, "production", worst.seconds, worst.relation, reads, timeout)


def _opposite(stage: Stage, deployed: Deployed, found: Impact) -> Impact:
    """An application that locks in the opposite order."""
    for first, second in held_together(deployed.run.blocking):
        with further_clone(stage, "deadlock") as mine:
            tables = _tables(mine, (first, second))
            if len([each for each in tables.values() if each.written]) < 2:
                return found
            with Opposite(_ours(mine), tables[first], tables[second]) as application:
                run, _ = perform(mine, deployed.migration)
        killed = run.error is not None and run.error.sqlstate == _DEADLOCK
        victim: Victim | None = "application" if application.killed else "migration" if killed else None
        found = replace(found, deadlock=Deadlock((first, second), victim))
        if victim:
            break
    return found


def _racing(stage: Stage, deployed: Deployed, found: Impact) -> Impact:
    """Two runners at once; only for statements that are ours to send."""
    if deployed.migration.command or needs_psql(deployed.migration.files):
        return found
    with further_clone(stage, "race") as mine:
        barrier = Barrier(2, timeout=30)
        with ThreadPoolExecutor(2, "runner") as threads:
            both = [each.result() for each in [threads.submit(_run, mine, deployed, barrier) for _ in range(2)]]
        differences = unlike(deployed.difference, difference_of(mine))
    errors = [each.error for each in both if each.error is not None]
    seconds = max(each.seconds for each in both)
    if errors:
        race = Race("both-fail" if len(errors) > 1 else "one-fails", seconds, errors[0], differences)
    else:
        race = Race("applied-twice" if differences else "harmless", seconds, None, differences)
    return replace(found, race=race)


def _run(stage: Stage, deployed: Deployed, barrier: Barrier) -> MigrationRun:
    settings = stage.work.project.settings.trial
    files = in_mode(deployed.migration.files, settings.transaction)
    try:
        with closing(connect_staging(stage.pair.after)) as observer, closing(connected(stage.login)) as connection:
            barrier.wait()
            return run_migration(connection, observer, files, time_budget=settings.time_budget)
    except BrokenBarrierError:
        raise StagingError("staging-unreachable", "the other of two runners could not begin") from None
    except BaseException:
        barrier.abort()
        raise


def _under(script: bytes) -> Step:
    def step(stage: Stage, deployed: Deployed, found: Impact) -> Impact:
        binaries = programs(stage.snapshot.engine.major, cache=stage.work.home.binaries)
        with (
            further_clone(stage, "workload") as mine,
            Pgbench(binaries, staging_environment(mine.login), script) as bench,
        ):
            first = time.time()
            time.sleep(_BASELINE)
            run, _ = perform(mine, deployed.migration)
            bench.stop()
            begin, end = _span(run)
            workload = Workload(bench.latencies(first, begin), bench.latencies(begin, end))
            if not workload.before.transactions:
                message = f"the workload gets no transaction through, even before the migration: {bench.complaint}"
                raise UsageError("bad-workload", message, hint="mend the script; its clients run as the deploying role")
        return replace(found, workload=workload)

    return step


def _span(run: MigrationRun) -> tuple[float, float]:
    """When its first statement began and its last one ended, on this machine's clock."""
    times = [(each.started, each.started + each.seconds) for each in run.statements if each.started is not None]
    return min((begin for begin, _ in times), default=0.0), max((end for _, end in times), default=0.0)
