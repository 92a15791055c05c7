"""The story of `stagecopy masks audit`: an existing snapshot, searched for what production holds now.

Surprising: no digests are kept beside a snapshot, for they would be worth stealing. Production's masked columns are
read again, as they are now: what has changed there since the snapshot was made is not looked for. No key is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stagecopy.config.load import Project
from stagecopy.errors import NoSnapshotError
from stagecopy.files import private_folder, remove_tree
from stagecopy.flows.audit import audit_copy
from stagecopy.flows.cleanup import clean_up
from stagecopy.flows.masks_reading import ANY_KEY, reading, rules_of
from stagecopy.flows.preflight import tools_for
from stagecopy.flows.workplace import Workplace, in_use, open_workplace
from stagecopy.history.runs import Run, open_run
from stagecopy.masking.plan import MaskPlan, plan
from stagecopy.masking.stream import MaskedStream
from stagecopy.masking.witness import Observer, Witness
from stagecopy.model.audit import Audited
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.production.readers import DirectReader
from stagecopy.staging.server_engine import inside, shared
from stagecopy.staging.snapshots import Snapshot, all_snapshots, held
from stagecopy.staging.ssh_link import naming_lost_link

_QUIET = ServerOptions(settings={"default_transaction_read_only": "on"}, isolated=True)


@dataclass(frozen=True, slots=True)
class AuditedSnapshot:
    """Which one, and what was found in it."""

    snapshot: str
    audited: Audited


def audit_snapshot(project: Project, name: str | None) -> AuditedSnapshot:
    """Search the snapshot of that id, else the newest. Raises NoSnapshotError and all that reading production does."""
    work = open_workplace(project)
    with (
        in_use(work),
        open_run(work.home.runs, "masks audit") as run,
        naming_lost_link(),
        held(work.home, lambda: _chosen(work, name)) as snapshot,
    ):
        audited = _audited(work, run, snapshot)
        run.finish({"snapshot": snapshot.id, "checked": audited.checked, "leaks": audited.count})
        return AuditedSnapshot(snapshot.id, audited)


def _chosen(work: Workplace, name: str | None) -> Snapshot:
    found = [each for each in all_snapshots(work.home) if name in (None, each.id)]
    if not found:
        what = f"there is no snapshot {name}" if name else "there is no snapshot"
        raise NoSnapshotError("no-snapshot", what, hint="`stagecopy snapshot list` shows those there are")
    return found[-1]


def _audited(work: Workplace, run: Run, snapshot: Snapshot) -> Audited:
    rules, jobs = rules_of(work.project), work.project.settings.production.jobs
    scratch = private_folder(work.home.tmp / run.id)
    with reading(work.project, "audit", rules) as session:
        planned = plan(session.catalog, rules, key=ANY_KEY, locale=work.project.settings.masking.locale)
        tools = tools_for(session.dsn, session.catalog.database.major, work)
        reader = DirectReader(session, tools)
        copied = [each for each in planned.tables.values() if each.action == "copy" and each.table.has_rows]
        witness = Witness(copied, scratch / "digests")

        def read(observer: Observer) -> None:
            _show(planned, reader, observer)

        read(witness)
        with _running(work, run, snapshot) as address:
            audited = audit_copy(address, tools, witness, read, jobs=jobs)
    remove_tree(scratch)
    return audited


def _show(planned: MaskPlan, reader: DirectReader, observer: Observer) -> None:
    """All rows of tables that have masked columns."""
    for each in planned.tables.values():
        if each.action == "copy" and each.table.has_rows and each.masked:
            for _ in MaskedStream(each, observer=observer).run(reader.rows(each.table)):
                pass


@contextmanager
def _running(work: Workplace, run: Run, snapshot: Snapshot) -> Iterator[Address]:
    """A clone of the snapshot, which itself is never started."""
    engine = work.engine(snapshot.engine)
    clean_up(work, engine)
    if server := shared(engine):
        server.admit_clones(snapshot.directory, 1)
    directory = f"clone-{run.id}-audit"
    try:
        engine.clone(snapshot.directory, directory, "clone", run=run.id)
        yield inside(engine, engine.start(directory, _QUIET), snapshot.database)
    finally:
        engine.destroy(directory)
