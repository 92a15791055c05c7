"""The story of `stagecopy refresh`: guard production, plan the masks, dump, load masked, verify, seal, swap.

Surprising: nothing that already works is touched before the new snapshot is complete. Production is given back as
soon as the dump is whole (with --direct: as soon as the rows are across).
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from stagecopy.config.load import Project
from stagecopy.errors import ProductionError, StagecopyError, StagingError, TerminatedError, UsageError
from stagecopy.flows.application import usage_of
from stagecopy.flows.build import Build, Source
from stagecopy.flows.cleanup import clean_up, discard, retire_snapshots
from stagecopy.flows.logged import Logged
from stagecopy.flows.masks_notice import Notice
from stagecopy.flows.pair import prepare_soon
from stagecopy.flows.preflight import Preflight, skipped_by
from stagecopy.flows.retaining import expected_bytes, prune
from stagecopy.flows.serve import serve, served_url
from stagecopy.flows.subset import choose_rows
from stagecopy.flows.swap import finish_swap
from stagecopy.flows.workplace import Workplace, alone, open_workplace
from stagecopy.history.runs import Run, open_run
from stagecopy.masking.keys import MaskKey, read_key
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import MaskPlan, plan
from stagecopy.masking.receipt import receipt
from stagecopy.masking.rules import RuleSet
from stagecopy.model.audit import LeakError
from stagecopy.model.catalog import Catalog
from stagecopy.model.findings import Fidelity
from stagecopy.model.progress import Progress
from stagecopy.model.refresh import RefreshedTable, RefreshResult, ServedStaging
from stagecopy.production.session import Scope, open_production
from stagecopy.production.watcher import Patience
from stagecopy.report.document import refresh_document
from stagecopy.staging.snapshots import Snapshot, all_snapshots, newest, read_served, write_usage
from stagecopy.staging.ssh_link import naming_lost_link

_log = logging.getLogger(__name__)
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_RETRIED = ("yielded", "lock-timeout", "standby-conflict", "connection-lost")  # what may be over in a minute


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """The flags of the verb."""

    direct: bool = False
    retry: int = 0
    retry_pause: float = 30.0  # seconds between attempts
    new_key: bool = False


def refresh(project: Project, options: RefreshOptions, progress: Progress) -> RefreshResult:
    """Take a new masked snapshot and serve it. A failure comes back in the result; staging then serves on.

    Raises StagecopyError only for what is wrong before a run can begin (config, home, another refresh).
    """
    work = open_workplace(project)
    with alone(work, "refresh"), open_run(work.home.runs, "refresh") as run:
        began, notice = time.monotonic(), Notice()
        try:
            result = _with_retries(work, run, options, Logged(progress), notice=notice)
        except StagecopyError as failure:
            _log.warning("refresh failed: %s: %s", failure.code, failure.message)
            result = RefreshResult(exit=failure.exit_code, error=failure)
            if isinstance(failure, LeakError):
                audited = failure.audited
                result = replace(result, audit_checked=audited.checked, audit_leaks=audited.count)
        except (KeyboardInterrupt, TerminatedError) as ended:
            run.finish(refresh_document(_interrupted(ended)))
            raise
        result = replace(result, drift=notice.drift, personal_kept=notice.kept)
        result = _completed(work, run, result, time.monotonic() - began)
        run.finish(refresh_document(result))
        return result


def _interrupted(ended: BaseException) -> RefreshResult:
    code, words = (143, "terminated") if isinstance(ended, TerminatedError) else (130, "interrupted")
    return RefreshResult(exit=code, error=StagecopyError(words, f"the run was {words}"))


@contextmanager
def _nothing_left(work: Workplace, run: Run) -> Iterator[None]:
    """An attempt that fails or is ended leaves nothing behind; a full disk is said in plain words."""
    try:
        yield
    except OSError as failure:
        discard(work, run.id)
        if failure.errno not in _DISK_FULL:
            raise
        hint = "free some space, or set STAGECOPY_HOME to a larger disk"
        raise StagingError("disk-full", f"no space left on the disk of {work.home.path}", hint=hint) from failure
    except BaseException:
        discard(work, run.id)
        raise


def _completed(work: Workplace, run: Run, result: RefreshResult, seconds: float) -> RefreshResult:
    served = read_served(work.home)
    serving = next((each for each in all_snapshots(work.home) if served and each.id == served.snapshot), None)
    since = serving.taken_at if serving else None
    return replace(result, seconds=round(seconds, 3), log=str(run.log_path), serving_since=since)


def _with_retries(
    work: Workplace, run: Run, options: RefreshOptions, progress: Progress, *, notice: Notice
) -> RefreshResult:
    for attempt in range(options.retry + 1):
        try:
            with _nothing_left(work, run), naming_lost_link():
                return _attempt(work, run, options, progress, notice=notice)
        except ProductionError as failure:
            if failure.code not in _RETRIED or attempt == options.retry:
                raise
            progress.note(f"{failure.message}; trying again in {options.retry_pause:g} s")
            time.sleep(options.retry_pause)
    raise AssertionError  # the loop returns or raises


def _attempt(
    work: Workplace, run: Run, options: RefreshOptions, progress: Progress, *, notice: Notice
) -> RefreshResult:
    project = work.project
    finish_swap(work.home)
    masking = project.settings.masking
    rules = load_rules(project.path(masking.rules))
    key = read_key(
        environ=project.environ,
        key_file=project.path(masking.key_file) if masking.key_file else None,
        key_command=masking.key_command,
    )
    _refuse_silent_key_change(work, key, options)
    progress.stage("guard")
    build = _build(work, run, options, (rules, key), progress=progress, notice=notice)
    progress.stage("swap")
    serve(work, build.snapshot, run.id)
    progress.stage("retain")
    engine = work.engine(build.snapshot.engine)
    clean_up(work, engine)  # first, because what it removes may stand on a snapshot that is to go
    retire_snapshots(work, project.settings.staging.keep)
    removed = [each.backup.id for each in prune(work) if not each.kept]
    prepare_soon(work.home, build.snapshot, engine)
    notes = _notes(build, removed)
    state = build.backup.state if build.backup else None
    return replace(_result(work, build.snapshot, notes), audit_checked=build.audited.checked, backup_state=state)


def _build(
    work: Workplace,
    run: Run,
    options: RefreshOptions,
    masks: tuple[RuleSet, MaskKey],
    *,
    progress: Progress,
    notice: Notice,
) -> Build:
    """Everything that needs production, and the load; the snapshot is sealed when this returns."""
    rules, key = masks
    settings, dsn = work.project.settings, work.project.production()
    around = Preflight(work, run, rules, direct=options.direct, progress=progress)
    patience = Patience(settings.production.yield_after, settings.production.max_time)
    name, scope = f"stagecopy/{run.id}", _scope(work.project, rules, direct=options.direct)
    with open_production(dsn, name, patience=patience, scope=scope, inspect=around.inspect) as session:
        progress.stage("plan")
        notice.look(work.home, session.catalog, rules)
        for line in notice.lines():
            progress.note(line)
        planned = plan(session.catalog, rules, key=key, locale=settings.masking.locale)
        usage = usage_of(session, work.home)
        chosen = choose_rows(session, planned, rules, tools=around.tools, progress=progress)
        progress.note(around.chosen.reason)
        clean_up(work, around.chosen.engine)
        if not options.direct:
            prune(work, room=expected_bytes(session.catalog.row_tables))
        source = Source(
            session,
            planned,
            around.tools,
            direct=options.direct,
            chosen=chosen,
            notes=notice.fidelity,
            large_objects=rules.large_objects,
        )
        build = Build(work, run, around.chosen, source, progress=progress)
        build.prepare()
        build.dump()
        if options.direct:
            build.load()
    if not options.direct:
        build.load()
    told = _receipt(build, planned, rules, (session.catalog, notice))
    write_usage(work.home, run.id, usage.document())
    build.seal(key_id=key.id, receipt=told, remembered=notice.plan)
    return build


def _receipt(build: Build, planned: MaskPlan, rules: RuleSet, seen: tuple[Catalog, Notice]) -> dict[str, Any]:
    """How it was masked, for the manifest's neighbour."""
    catalog, notice = seen
    checked, large_objects = (build.witness, build.audited), build.large_objects.told
    return receipt(planned, rules, checked, catalog=catalog, kept=notice.kept, large_objects=large_objects)


def _scope(project: Project, rules: RuleSet, *, direct: bool) -> Scope:
    production = project.settings.production
    return Scope(
        production.schemas,
        production.exclude,
        production.lock_timeout,
        skipped_by(rules),
        direct=direct,
        large_objects=rules.large_objects is not None,
    )


def _refuse_silent_key_change(work: Workplace, key: MaskKey, options: RefreshOptions) -> None:
    last = newest(work.home)
    if last is not None and last.key_id != key.id and not options.new_key:
        raise UsageError(
            "key-changed",
            f"the masking key is another one ({key.id}) than that of the last snapshot ({last.key_id});"
            " every masked value would change",
            hint="use the old key, or run `stagecopy refresh --new-key` once",
        )


def _notes(build: Build, removed: list[str]) -> tuple[Fidelity, ...]:
    notes = list(build.snapshot.fidelity)
    if build.snapshot.backup:
        gone = f"; removed {', '.join(removed)}" if removed else ""
        notes.append(Fidelity("plaintext-backup", f"plaintext backup: the newest 2 raw dumps are kept{gone}"))
    return tuple(notes)


def _result(work: Workplace, snapshot: Snapshot, fidelity: tuple[Fidelity, ...]) -> RefreshResult:
    return RefreshResult(
        exit=0,
        snapshot=snapshot.id,
        backup=snapshot.backup,
        staging=ServedStaging(served_url(work), snapshot.engine.name),
        tables=tuple(
            RefreshedTable(name, rows, snapshot.masked.get(name, ()), snapshot.subset.get(name))
            for name, rows in sorted(snapshot.rows.items())
        ),
        fidelity=fidelity,
    )
