"""Builds one snapshot: an empty server, production's schema, masked rows, then a stopped and sealed directory."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stagecopy.backups.dump import DumpScope, take_dump
from stagecopy.backups.taking import Content, Taking, not_in_it
from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.flows.audit import audit_copy, definition_leaks
from stagecopy.flows.ground import Ground, ground_of
from stagecopy.flows.large_objects import LargeObjectCopy
from stagecopy.flows.mask_trial import try_masks
from stagecopy.flows.plot import Plot
from stagecopy.flows.preflight import extension_policy
from stagecopy.flows.routing import routed
from stagecopy.flows.subset import ChosenRows
from stagecopy.flows.workplace import ChosenEngine, Workplace
from stagecopy.history.runs import Run
from stagecopy.masking.plan import MaskPlan
from stagecopy.masking.rules import LargeObjects
from stagecopy.masking.stream import MaskedStream, small_domains
from stagecopy.masking.witness import Confirmer, Witness
from stagecopy.model.audit import Audited, Leak, LeakError
from stagecopy.model.backup import Backup
from stagecopy.model.catalog import Catalog, Table
from stagecopy.model.findings import Fidelity
from stagecopy.model.progress import Progress
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.preflight import extension_versions, server_state
from stagecopy.production.preflight import refusal
from stagecopy.production.readers import DirectReader, Reader, open_archive
from stagecopy.production.session import ProductionSession
from stagecopy.staging import finish, roles
from stagecopy.staging.extensions import decide, other_versions
from stagecopy.staging.load import Loaded, load_tables
from stagecopy.staging.otherwise import other_server, same_zone
from stagecopy.staging.provider_roles import without_provider_roles
from stagecopy.staging.restore import SchemaArchive, extensions, without_extensions
from stagecopy.staging.rights import inert_objects
from stagecopy.staging.sequences import clear_of_masks
from stagecopy.staging.snapshots import Snapshot, save, write_plan, write_receipt

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied, by which programs, with or without keeping a backup."""

    session: ProductionSession
    plan: MaskPlan
    tools: Binaries
    direct: bool
    chosen: ChosenRows = field(default_factory=ChosenRows)
    notes: tuple[Fidelity, ...] = ()
    large_objects: LargeObjects | None = None


class Build:
    """One snapshot in the making. Call prepare, dump, load, seal in this order."""

    snapshot: Snapshot

    def __init__(self, work: Workplace, run: Run, chosen: ChosenEngine, source: Source, *, progress: Progress) -> None:
        self._work = work
        self._run = run
        self._chosen = chosen
        self._engine = chosen.engine
        self._source = source
        self._progress = progress
        self._directory = f"snapshot-{run.id}"
        self._survey = survey = source.session.survey
        self._catalog: Catalog
        self._catalog, left = without_provider_roles(source.session.catalog, survey.used_roles)
        self._fidelity: list[Fidelity] = [*chosen.fidelity, *survey.notes, *left]
        self._fidelity += [*source.chosen.fidelity, *source.notes]
        self._left_extensions: frozenset[str] = frozenset()
        self._loaded: list[Loaded] = []
        self.backup: Backup | None = None
        self.audited = Audited()
        self.large_objects = LargeObjectCopy(source.session, source.large_objects)

    def prepare(self) -> None:
        """Start an empty server of the right encoding and locale, with production's roles."""
        self._progress.stage("staging")
        roles.refuse_our_names(self._catalog)
        self._fidelity += self._ground.prepare()
        self._admin = self._ground.admin
        self._decide_extensions()

    def dump(self) -> None:
        """Dump production on the held snapshot: all of it as the backup, or with --direct its schema only."""
        self._progress.stage("dump")
        production = self._work.project.settings.production
        scope = DumpScope(
            schemas=production.schemas,
            left_out=self._source.session.left_out,
            jobs=production.jobs,
            lock_timeout=production.lock_timeout,
            rows=not self._source.direct,
            large_objects=self._source.large_objects is not None,
        )
        session = self._source.session
        if self._source.direct:
            take_dump(session, self._source.tools, self._archive_folder, scope)
        else:
            self._taking.take(scope, Content(left_out=not_in_it(production.schemas, session.left_out)))
        with session.errors("reading what must stay inert"), closing(session.reader()) as reader:
            self._inert = inert_objects(reader)
            apart = self._tmp / "large-objects" if self._source.direct else None
            self.large_objects.dump(reader, self._source.tools, apart)

    def load(self) -> None:
        """Schema, masked rows, indexes and constraints, sequences, statistics, counts."""
        address = self._ground.loader()
        archive = self._ground.archive(self._source.tools, self._archive_folder, self._tmp)
        self._progress.stage("schema")
        entries = without_extensions(archive.entries("pre-data"), self._left_extensions)
        self._refuse_missing_extensions(extensions(entries))
        self._fidelity += archive.left_behind(large_objects=self.large_objects.left)
        self._fidelity += self.large_objects.fidelity(self._catalog)
        rights = self._ground.rights(self._inert)
        archive.restore_pre_data(entries, rights, schemas=self._work.project.settings.production.schemas)
        self._compare_extensions(address)
        try_masks(self._source.plan, self._reader, address, self._through)
        self._progress.stage("rows")
        self._load_rows(address)
        self.large_objects.load(archive, self._admin)
        self._refuse_definitions(archive)
        self._progress.stage("indexes")
        archive.restore_post_data(rights, jobs=self._work.project.settings.production.jobs)
        self._progress.stage("finish")
        with connect_staging(self._admin) as connection, staging_errors("finishing the copy"):
            finish.set_sequences(connection, self._catalog)
            clear_of_masks(connection, self._source.plan.masked_numbers(self._catalog))
            self._fidelity += self._ground.finish(connection)
            archive.restore_event_triggers(self._admin)
            finish.settle(connection)
            self._progress.stage("verify")
            finish.verify_counts(connection, self._loaded, self._through)
        with connect_staging(self._admin) as connection, staging_errors("copying settings"):
            self._fidelity += [*self._ground.settings(connection), *same_zone(connection, self._survey.state)]
        self._audit()

    def _refuse_definitions(self, archive: SchemaArchive) -> None:
        """Before the rest is defined; the rows are then searched too, so that all is told at once. Raises LeakError."""
        if leaks := definition_leaks(self._admin, archive.still_to_come(), self.witness, self._reread):
            self._audit(leaks)

    def _audit(self, known: tuple[Leak, ...] = ()) -> None:
        """Nothing raw is in the copy, beyond what is *known*. Raises LeakError."""
        self._progress.stage("audit")
        jobs = self._work.project.settings.production.jobs
        audited = audit_copy(self._admin, self._source.tools, self.witness, self._reread, jobs=jobs)
        self.audited = replace(audited, leaks=tuple(dict.fromkeys((*audited.leaks, *known))))
        if self.audited.leaks:
            raise LeakError(self.audited)

    def _reread(self, confirmer: Confirmer) -> None:
        for plan in self._source.plan.tables.values():
            if plan.action == "copy" and plan.table.has_rows and plan.masked:
                for _ in MaskedStream(plan, observer=confirmer).run(self._reader.rows(plan.table)):
                    pass

    def seal(self, *, key_id: str, receipt: Mapping[str, Any], remembered: Mapping[str, Any] | None = None) -> None:
        """Stop cleanly, flush to disk, keep the backup, write the manifest last.

        *remembered* is the plan, for the next refresh to compare with.
        """
        self._progress.stage("seal")
        self._engine.stop(self._directory)
        self._engine.sync(self._directory)
        if not self._source.direct:
            some = self._source.chosen.filters
            loaded = {each.table.qualified: each.rows for each in self._loaded if each.table.oid not in some}
            self.backup = self._taking.keep(loaded=loaded)
        role = self._ground.trial()
        self.snapshot = Snapshot(
            id=self._run.id,
            directory=self._directory,
            taken_at=self._source.session.taken_at,
            engine=self._chosen.spec,
            database=self._catalog.database.name,
            trial_role=role.name,
            stand_in=role.stand_in,
            key_id=key_id,
            rows={each.table.qualified: each.rows for each in self._loaded},
            masked={plan.table.qualified: plan.masked for plan in self._source.plan.tables.values() if plan.masked},
            fidelity=tuple(self._fidelity),
            backup=self.backup.id if self.backup else None,
            source=self._catalog.database.identity,
            settings=self._survey.state.settings,
            subset=self._source.chosen.tables,
            longest_transaction=self._source.session.longest_transaction,
        )
        if remembered is not None:
            write_plan(self._work.home, self.snapshot.id, remembered)
        write_receipt(self._work.home, self.snapshot.id, receipt)
        save(self._work.home, self.snapshot)
        remove_tree(self._tmp)

    def _load_rows(self, address: Address) -> None:
        plans = self._source.plan.tables
        reader = self._reader
        streams: dict[int, MaskedStream] = {}

        def stream(table: Table) -> Iterator[bytes]:
            streams[table.oid] = MaskedStream(plans[table.oid], observer=self.witness)
            return streams[table.oid].run(reader.rows(table))

        tables = [plan.table for plan in plans.values() if plan.action == "copy" and plan.table.has_rows]
        jobs = self._work.project.settings.production.jobs
        self._loaded = load_tables(address, tables, stream, through=self._through, jobs=jobs, progress=self._progress)
        for each in self._loaded:
            read = streams[each.table.oid].rows
            if read != each.rows:
                message = f"{read} rows were read but {each.rows} arrived"
                raise StagingError("rows-missing", message, where=each.table.qualified)
        self._fidelity += small_domains(streams.values())

    def _decide_extensions(self) -> None:
        """Before any row moves. Raises StagingError ``preflight``."""
        with connect_staging(self._admin) as connection, staging_errors("listing extensions"):
            available = self._ground.extensions(connection)
        policy = extension_policy(self._work.project)
        decided = decide(self._survey.extensions, available, policy)
        if decided.obstacles:
            raise refusal(decided.obstacles)
        self._left_extensions = decided.skipped
        self._fidelity += decided.notes

    def _compare_extensions(self, address: Address) -> None:
        with connect_staging(address) as connection, staging_errors("reading versions of extensions"):
            self._fidelity += other_versions(self._survey.extensions, extension_versions(connection))
            self._fidelity += other_server(self._survey.state, self._catalog.database, server_state(connection))

    def _refuse_missing_extensions(self, wanted: list[str]) -> None:
        with connect_staging(self._admin) as connection, staging_errors("listing extensions"):
            known = self._ground.extensions(connection)
        missing = sorted(set(wanted) - known)
        if missing:
            raise StagingError(
                "extension-missing",
                f"staging lacks the extensions {', '.join(missing)}",
                hint="name an image that has them in staging.image, or install their packages for this PostgreSQL",
            )

    @cached_property
    def _through(self) -> dict[int, Table]:
        """See ``routed``."""
        return routed(self._catalog, self._source.plan)

    @cached_property
    def _reader(self) -> Reader:
        if self._source.direct:
            return self._source.chosen.out_of(DirectReader(self._source.session, self._source.tools))
        return self._source.chosen.out_of(open_archive(self._source.tools, self._archive_folder))

    @cached_property
    def witness(self) -> Witness:
        """Who sees all rows before and after."""
        copied = [plan for plan in self._source.plan.tables.values() if plan.action == "copy" and plan.table.has_rows]
        return Witness(copied, self._tmp / "digests")

    @cached_property
    def _tmp(self) -> Path:
        return private_folder(self._work.home.tmp / self._run.id)

    @cached_property
    def _archive_folder(self) -> Path:
        """With --direct the schema alone, gone at the end; else the backup."""
        return self._tmp / "schema" if self._source.direct else self._taking.archive

    @cached_property
    def _taking(self) -> Taking:
        return Taking(self._source.session, self._source.tools, self._work.home, self._run.id)

    @cached_property
    def _ground(self) -> Ground:
        """Where it is built."""
        password = self._work.secrets.served_password
        plot = Plot(
            self._work.home,
            self._source.session,
            self._catalog,
            self._directory,
            self._run.id,
            served_password=password,
        )
        return ground_of(self._engine, plot)
