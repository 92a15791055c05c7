"""The story of `stagecopy recover`: what production lost since a backup, and the script that brings it back.

Surprising: production is read after the backup was restored, so its snapshot and locks are held only while rows are
compared. The script is for a person: nothing here, and no other verb, runs it on production.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stagecopy.backups.catalog import backup_named, backups_of, used
from stagecopy.backups.restoring import counted
from stagecopy.errors import StagecopyError, StagingError, UsageError
from stagecopy.files import private_folder, remove_tree, write_whole
from stagecopy.flows.masks_reading import rules_of
from stagecopy.flows.preflight import skipped_by, tools_for
from stagecopy.flows.proving import Restored, database_of, restored
from stagecopy.flows.recover_compare import Comparison, Side, compare
from stagecopy.flows.recover_script import Author, check_place
from stagecopy.flows.recover_trial import Ground, not_tried, present, proved
from stagecopy.flows.workplace import Workplace, in_use
from stagecopy.history.past import past_runs
from stagecopy.history.runs import Run
from stagecopy.model.backup import Backup, Manifest
from stagecopy.model.progress import Progress
from stagecopy.model.recovery import Proof, Recovery
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.production.session import ProductionSession, Scope, open_production
from stagecopy.production.watcher import Patience
from stagecopy.report.recovery import incident, script_facts

_TAKE_ONE = "stagecopy backup list  shows what there is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The flags of the verb."""

    backup: str | None = None
    tables: tuple[str, ...] = ()
    since: datetime | None = None
    output: Path | None = None
    trial: bool = False
    incident: Path | None = None


def recover(work: Workplace, run: Run, wanted: Wanted, progress: Progress) -> Recovery:
    """Compare, write the script, prove it. Raises UsageError, ProductionError, StagingError."""
    script = _script_place(work, run, wanted)
    backup = _chosen(backups_of(work.home), wanted, work)
    manifest = backup.manifest
    assert manifest is not None  # noqa: S101 - only sound ones are chosen
    if wanted.incident is not None and not wanted.incident.resolve().parent.is_dir():
        raise UsageError("no-such-file", f"there is no folder {wanted.incident.parent}", where=str(wanted.incident))
    with in_use(work), used(work.home, backup.id), restored(work, run, backup, progress) as there:
        progress.stage("verify")
        counted(manifest, there.address)
        with connect_staging(there.address) as ours:
            with staging_errors("reading the backup's catalog"):
                side = Side.of(ours)
            recovery = _looked(_Looking(work, run, there, manifest, wanted), side, script)
    if wanted.incident is not None:
        write_whole(wanted.incident, incident(recovery, backups_of(work.home), past_runs(work.home.runs)))
    return recovery


def _script_place(work: Workplace, run: Run, wanted: Wanted) -> Path:
    if wanted.output is not None:
        return check_place(wanted.output, work.project.folder)
    return private_folder(work.home.path / "recover") / f"{run.id}.sql"


def _chosen(found: Sequence[Backup], wanted: Wanted, work: Workplace) -> Backup:
    """The one named, or the newest sound one that holds what is asked for and is old enough."""
    if wanted.backup is not None:
        backup = backup_named(work.home, wanted.backup)
        if not backup.sound or backup.manifest is None:
            said = "; ".join(backup.problems) or "it was not read through"
            raise StagingError("backup-damaged", f"backup {backup.id} is {backup.state}: {said}", hint=_TAKE_ONE)
        return backup
    for backup in reversed(found):
        if not backup.sound or backup.manifest is None or backup.taken_at is None:
            continue
        if wanted.since is not None and backup.taken_at > wanted.since:
            continue
        if backup.kind == "whole" or (wanted.tables and _holds(backup.manifest, wanted.tables)):
            return backup
    when = f" that is older than {wanted.since.isoformat()}" if wanted.since else ""
    raise UsageError("no-such-backup", f"there is no sound backup{when} to compare with", hint=_TAKE_ONE)


def _holds(manifest: Manifest, tables: Sequence[str]) -> bool:
    return all(each in manifest.tables or f"public.{each}" in manifest.tables for each in tables)


@dataclass(frozen=True, slots=True)
class _Looking:
    """What a look at production needs."""

    work: Workplace
    run: Run
    there: Restored
    manifest: Manifest
    wanted: Wanted

    def names(self, side: Side) -> list[str]:
        """The tables to compare: those whose rows are in the backup. Raises UsageError ``no-such-table``."""
        known: dict[str, bool] = {}
        for each in side.relations.values():
            whole = side.relations[side.whole(each.oid)]
            if each.qualified in self.manifest.tables or (self.manifest.kind == "whole" and each.kind == "p"):
                known[whole.qualified] = True
        if not self.wanted.tables:
            return list(known)
        chosen = []
        for name in self.wanted.tables:
            full = next((each for each in (name, f"public.{name}") if side.named(each)), None)
            table = side.named(full) if full else None
            root = side.relations[side.whole(table.oid)].qualified if table else None
            if root is None or root not in known:
                hint = "write schema.table; `stagecopy backup list --json` and the manifest tell what is in it"
                raise UsageError("no-such-table", f"backup {self.manifest.id} has no rows of {name}", hint=hint)
            chosen.append(root)
        return chosen


def _looked(looking: _Looking, side: Side, script: Path) -> Recovery:
    work, wanted = looking.work, looking.wanted
    names = looking.names(side)
    production = work.project.settings.production
    scope = Scope(production.schemas, production.exclude, production.lock_timeout, skipped_by(rules_of(work.project)))
    patience = Patience(production.yield_after, production.max_time)
    name, scratch = f"stagecopy/{looking.run.id}", private_folder(work.home.tmp / looking.run.id / "recover")
    try:
        with (
            open_production(work.project.production(), name, patience=patience, scope=scope) as session,
            closing(session.reader()) as reader,
        ):
            found, skipped = _compared(session, reader, side, names)
            recovery = _told(looking, session, found, skipped)
            ground = Ground(looking.there.address, looking.there.tools, scratch)
            proof = _prepared(looking, session, found, ground) if wanted.trial and recovery.exit else None
        if recovery.exit:
            Author(found, looking.there.address, looking.there.tools).write(script, script_facts(recovery))
            recovery.script = str(script)
            if wanted.trial:
                recovery.proof = proof or proved(ground, script, found)
        return recovery
    finally:
        remove_tree(scratch)


def _compared(
    session: ProductionSession, reader: Connection, side: Side, names: Sequence[str]
) -> tuple[Comparison, dict[str, str]]:
    with session.errors("reading production's catalog"):
        theirs = Side.of(reader)
    out = {each.qualified for each in session.left_out}
    locked = {each.qualified for each in session.catalog.tables}
    skipped = {}
    for name in names:
        if name in out or (theirs.named(name) is not None and name not in locked):
            skipped[name] = "settings or rules leave it out"
        elif (table := side.named(name)) is None or not table.columns:
            skipped[name] = "it has no columns"
    return compare(side, theirs, [each for each in names if each not in skipped], session.errors), skipped


def _told(looking: _Looking, session: ProductionSession, found: Comparison, skipped: dict[str, str]) -> Recovery:
    losses = [each.loss for each in found.units]
    return Recovery(
        backup=looking.manifest.id,
        taken_at=looking.manifest.taken_at,
        looked_at=session.taken_at,
        tables=[each for each in losses if each.lost or each.changed or each.newer],
        skipped=skipped,
    )


def _prepared(looking: _Looking, session: ProductionSession, found: Comparison, ground: Ground) -> Proof | None:
    """Copy production as it is while its snapshot is there; why that was not possible, or None."""
    try:
        tools_for(session.dsn, session.catalog.database.major, looking.work)
        present(ground, session, found, database_of(looking.manifest))
    except StagecopyError as failure:
        if not isinstance(failure, StagingError):
            raise
        return not_tried(failure)
    return None
