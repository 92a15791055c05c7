"""The story of `stagecopy trial`: run the migration on a clone of the newest snapshot, compare, judge.

Surprising: the migration runs logged in as an ordinary role of production (design: never a superuser unless named),
so "works on my machine as postgres" is not what is tried. The clone it changed is gone afterwards, however the trial
ends (unless --keep).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from stagecopy.config.load import Project
from stagecopy.config.settings import Policy as PolicySettings
from stagecopy.errors import MigrationFailedError, StagecopyError
from stagecopy.flows.application import answered, asked, unknown_queries
from stagecopy.flows.cleanup import clean_up
from stagecopy.flows.commands import check_containment, containment
from stagecopy.flows.deploy_role import with_rights
from stagecopy.flows.difference import compared_in_full, difference_of
from stagecopy.flows.expecting import Expecting, drafted
from stagecopy.flows.guarding import Guarding, guarded, unguarded
from stagecopy.flows.impact import Wishes, check_workload, measured
from stagecopy.flows.interrupting import check_interruptible, interrupted
from stagecopy.flows.pair import Pair, pair_of
from stagecopy.flows.pending import pending
from stagecopy.flows.performing import database_size, perform
from stagecopy.flows.refusals import with_refusal
from stagecopy.flows.rescue import rescued
from stagecopy.flows.rollback import proved
from stagecopy.flows.scripting import check_script, needs_psql
from stagecopy.flows.stage import Deployed, Stage, let_in
from stagecopy.flows.unproven import as_in_production, read_by_others, unproven
from stagecopy.flows.way_back import way_back
from stagecopy.flows.workplace import Workplace, in_use, open_workplace
from stagecopy.history.runs import Run, open_run
from stagecopy.model.application import Query
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import Migration, MigrationRun, SourceFile, fingerprint
from stagecopy.model.trial import TrialResult, TriedFile
from stagecopy.report.document import trial_document
from stagecopy.safety.policy import Agreed, Policy, TablePolicy, WayBack, judge, verdict
from stagecopy.safety.waivers import Waiver
from stagecopy.staging.engine import Engine
from stagecopy.staging.snapshots import Snapshot, held, usable
from stagecopy.staging.ssh_link import naming_lost_link
from stagecopy.trial.alone import alone_hint

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """The flags of the verb."""

    migration: Migration
    role: str | None = None
    strict: bool = False
    keep: bool = False
    exhaustive: bool = False
    down: tuple[Path, ...] = ()
    down_command: str | None = None
    interrupt: bool = False
    impact: Wishes = field(default_factory=Wishes)
    queries: tuple[Query, ...] = ()  # what the running application asks, beside what production says
    back: Migration | None = None  # what takes the migration back, found by ``trial``
    expecting: Expecting = field(default_factory=Expecting)
    guarding: Guarding | None = None


def trial(project: Project, options: TrialOptions) -> TrialResult:
    """Try a migration. What the migration or the policy says is in the result; so is a failure on the way.

    Raises StagecopyError only for what is wrong before a run can begin.
    """
    work = open_workplace(project)
    _check(work, options.migration)  # what cannot be run is refused before anything is cloned
    options = replace(options, back=_way_back(work, options))
    if options.interrupt:
        check_interruptible(options.migration)
    with in_use(work), open_run(work.home.runs, "trial") as run:
        try:
            with naming_lost_link():
                result = _try(work, run, options)
        except StagecopyError as failure:
            _log.warning("trial failed: %s: %s", failure.code, failure.message)
            result = TrialResult(trial=run.id, exit=failure.exit_code, error=failure)
        run.finish(trial_document(result))
        return result


def _check(work: Workplace, migration: Migration) -> None:
    if migration.command:
        check_containment(work, migration.command)
    elif needs_psql(migration.files):
        check_script(work, uncontained=migration.uncontained)


def _way_back(work: Workplace, options: TrialOptions) -> Migration | None:
    """What was named, or lies beside the migration, unless the policy wants to know nothing of rollbacks."""
    named = options.down or options.down_command
    if not named and work.project.settings.policy.rollback == "off":
        return None
    back = way_back(options.migration, options.down, options.down_command)
    if back:
        _check(work, replace(back, uncontained=options.migration.uncontained))
    return back


def _try(work: Workplace, run: Run, options: TrialOptions) -> TrialResult:
    max_age = work.project.settings.trial.max_age
    with held(work.home, lambda: usable(work.home, max_age=max_age)) as snapshot:
        return _tried_on(snapshot, work, run, options)


def _tried_on(snapshot: Snapshot, work: Workplace, run: Run, options: TrialOptions) -> TrialResult:
    settings = work.project.settings.trial
    engine = work.engine(snapshot.engine)
    clean_up(work, engine)
    check_workload(options.impact, snapshot.engine.major, work.home.binaries)
    role = options.role or settings.role or snapshot.trial_role
    basis = TrialResult(
        trial=run.id,
        exit=0,
        snapshot=snapshot.id,
        taken_at=snapshot.taken_at,
        ran_as=role,
        engine=engine.name,
        fidelity=_fidelity(snapshot, engine),
        masked=snapshot.masked,
    )
    with pair_of(work.home, run.id, snapshot, engine=engine, keep_after=options.keep) as pair:
        stage = Stage(work, run, snapshot, engine, pair, role, let_in(pair.after, role, engine))
        options = _pending(work, options, pair)
        yesterday = asked(stage, options.queries)
        migration, effects = perform(stage, options.migration)
        migration = read_by_others(migration, options.migration, snapshot, work.project.folder)
        compare = partial(difference_of, stage, exhaustive=options.exhaustive)
        difference = compare()
        application = answered(stage, yesterday, difference)
        effects = with_rights(pair, effects, role=role, run=migration, difference=difference)
        effects = with_refusal(pair, effects, migration)
        disk = database_size(pair.after) - database_size(pair.before)
        deployed = Deployed(options.migration, migration, difference)
        guard = guarded(stage, options.guarding, deployed)
        rescue = rescued(stage, deployed, announced=options.expecting.expectation is not None)
        rollback = proved(stage, deployed, options.back, compare)
        kills = interrupted(stage, deployed, wanted=options.interrupt)
        impact = measured(stage, deployed, options.impact)
    result = replace(basis, clone=pair.method, run=migration, difference=difference, disk_bytes=disk)
    open_ends = (*containment(migration), *compared_in_full(difference), *unproven(snapshot, effects, migration))
    result = replace(result, fidelity=(*basis.fidelity, *open_ends, *unknown_queries(application)))
    result = replace(result, effects=as_in_production(effects, snapshot), rollback=rollback)
    tried_files = tuple(TriedFile(each.name, fingerprint((each,))) for each in options.migration.files)
    result = replace(result, guard=guard, rescue=rescue, files=tried_files, application=application)
    return _judged(work, replace(result, interruptions=kills, impact=impact), options)


def _pending(work: Workplace, options: TrialOptions, pair: Pair) -> TrialOptions:
    """Without what production has run of a folder, and without its way back."""
    migration = pending(pair.before, options.migration)
    if not migration.skipped:
        return options
    left = replace(options, migration=migration)
    return replace(left, back=_way_back(work, left))


def _fidelity(snapshot: Snapshot, engine: Engine) -> tuple[Fidelity, ...]:
    """What the refresh found, but isolation as it is now: the engine may have another since."""
    return (*(each for each in snapshot.fidelity if each.code != "not-isolated"), *engine.fidelity())


def _judged(work: Workplace, result: TrialResult, options: TrialOptions) -> TrialResult:
    run, difference = result.run, result.difference
    assert run is not None  # noqa: S101 - set by _try
    assert difference is not None  # noqa: S101
    agreed = Agreed(options.expecting.expectation)
    policy = policy_of(work.project.settings.policy)
    back = WayBack(result.rollback, result.interruptions, result.impact)
    findings = judge(difference, run, policy, result.effects, agreed=agreed, back=back, application=result.application)
    said = verdict(findings)
    result = replace(result, findings=findings, expectation=drafted(options.expecting, result))
    if run.failure is not None:
        where, hint = _where(run, options.migration.files), result.effects.denied or alone_hint(run)
        hint = hint or (run.tool.hint if run.tool else None)
        failure = MigrationFailedError("migration-failed", run.failure, hint=hint, where=where)
        return replace(result, verdict="fail", exit=5, error=failure)
    refused = said == "fail" or (options.strict and said == "warn")
    return unguarded(replace(result, verdict=said, exit=1 if refused else 0))


def _where(run: MigrationRun, files: tuple[SourceFile, ...]) -> str | None:
    if run.error is None or run.error.line is None:
        return None
    name = run.error.file or (files[0].name if len(files) == 1 else None)
    return f"{name}:{run.error.line}" if name else f"line {run.error.line}"


def policy_of(settings: PolicySettings) -> Policy:
    """The policy section as the judge reads it."""
    tables: dict[str, Any] = {
        name: TablePolicy(
            rows_lost_rows=each.rows_lost.rows if each.rows_lost else None,
            rows_lost_percent=each.rows_lost.percent if each.rows_lost else None,
            values_lost_rows=each.values_lost.rows if each.values_lost else None,
            exclusive_lock_seconds=each.exclusive_lock,
        )
        for name, each in settings.tables.items()
    }
    return Policy(
        rows_lost_rows=settings.rows_lost.rows,
        rows_lost_percent=settings.rows_lost.percent,
        values_lost_rows=settings.values_lost.rows,
        exclusive_lock_seconds=settings.exclusive_lock,
        timing=settings.timing,
        rollback=settings.rollback,
        tables=tables,
        waivers=tuple(Waiver(each.rule, each.subject, each.reason, each.by, each.until) for each in settings.waivers),
    )
