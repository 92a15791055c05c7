"""Everything that could stop a refresh, found before production is locked: their side and ours in one list.

Surprising: extensions are compared with a started empty server, since only it knows what CREATE EXTENSION can make.
When all else is well that server is the new snapshot's own; when something is wrong already, one is started and
removed just to complete the list.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stagecopy.config.load import Project
from stagecopy.errors import ProductionError, StagecopyError
from stagecopy.flows.programs import programs_for
from stagecopy.flows.workplace import ChosenEngine, Workplace, choose_engine
from stagecopy.history.runs import Run
from stagecopy.masking.matching import Matcher
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import RuleSet
from stagecopy.masking.subset_plan import least_shares
from stagecopy.model.catalog import Catalog
from stagecopy.model.preflight import Obstacle, Side, Survey
from stagecopy.model.progress import Progress
from stagecopy.model.staging import Binaries, ClusterSpec, ServerOptions
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.preflight import available_extensions
from stagecopy.production.preflight import refusal
from stagecopy.staging.engine import Engine
from stagecopy.staging.extensions import Decided, Policy, decide
from stagecopy.staging.server_access import faults, makeable_extensions
from stagecopy.staging.server_engine import shared
from stagecopy.staging.space import Space, needs, servers_disk, spaces

_USUAL_INDEXES = 2.0  # a database against its tables alone, where it cannot be measured


class Preflight:
    """The look around of one refresh. ``tools`` and ``chosen`` are set once ``inspect`` has passed."""

    tools: Binaries
    chosen: ChosenEngine

    def __init__(self, work: Workplace, run: Run, rules: RuleSet, *, direct: bool, progress: Progress) -> None:
        self._work = work
        self._run = run
        self._rules = rules
        self._direct = direct
        self._progress = progress
        self._looked = False

    def inspect(self, dsn: Dsn, catalog: Catalog, survey: Survey) -> None:
        """Called before anything is locked. Raises ``preflight`` with all that stands in the way."""
        failures = [] if self._looked else self._ready(dsn, catalog)
        short = [] if failures else self._short_of_space(catalog)
        if not failures and not short and not survey.obstacles:
            self._looked = True
            return
        if len(failures) == 1 and not survey.obstacles:
            raise failures[0]
        missed = [] if failures else self._missed_extensions(survey)
        raise refusal([*survey.obstacles, *(obstacle_of(each) for each in failures), *short, *missed])

    def _ready(self, dsn: Dsn, catalog: Catalog) -> list[StagecopyError]:
        """Find tools and engine; what fails comes back."""
        try:
            self.tools = tools_for(dsn, catalog.database.major, self._work)
            if self.tools.source != "host":
                self._progress.note(f"client programs: PostgreSQL {self.tools.version} from {self.tools.source}")
            self.chosen = choose_engine(self._work, self.tools, production_major=catalog.database.major)
        except StagecopyError as failure:
            return [failure]
        server, system = shared(self.chosen.engine), catalog.database.system_identifier
        return [*faults(server.access, production_system=system, tools_major=self.tools.major)] if server else []

    def _short_of_space(self, catalog: Catalog) -> list[Obstacle]:
        sized = sizes(self._work.project, catalog, self._rules)
        found = disk(self._work, self.chosen.engine, sized, direct=self._direct)
        if not self._looked:
            for space in found:
                self._progress.note(space.line)
        return [space.obstacle for space in found if space.obstacle]

    def _missed_extensions(self, survey: Survey) -> list[Obstacle]:
        try:
            return list(missed_extensions(self._work.project, self.chosen.engine, survey, run=self._run.id).obstacles)
        except StagecopyError as failure:
            return [obstacle_of(failure)]


def skipped_by(rules: RuleSet) -> Callable[[Catalog], frozenset[int]]:
    """Which relations the rules leave out altogether, by OID."""

    def by_rule(catalog: Catalog) -> frozenset[int]:
        matcher = Matcher(catalog, rules, Mistakes())
        return frozenset(table.oid for table in catalog.tables if matcher.fate(table).action == "skip")

    return by_rule


def extension_policy(project: Project) -> Policy:
    """staging.extensions as the decision takes it."""
    chosen = project.settings.staging.extensions
    return Policy(chosen.missing == "skip", frozenset(chosen.skip))


def missed_extensions(project: Project, engine: Engine, survey: Survey, *, run: str) -> Decided:
    """Compare production's extensions with an empty server of *engine*, started for this and removed."""
    available = _tried(engine, f"preflight-{run}", run) if survey.extensions else frozenset()
    return decide(survey.extensions, available, extension_policy(project))


def obstacle_of(failure: StagecopyError) -> Obstacle:
    """A failure of one part as one line of the list."""
    side: Side = "production" if isinstance(failure, ProductionError) else "staging"
    return Obstacle(failure.code, failure.message, failure.hint or "", failure.where, side)


def tools_for(dsn: Dsn, major: int, work: Workplace) -> Binaries:
    """pg_dump and its kin. Raises StagingError ``no-binaries``, ProductionError ``tools-without-tls``."""
    tools = programs_for(work, major)
    require_tls(dsn, tools, major)
    return tools


def require_tls(dsn: Dsn, tools: Binaries, major: int) -> None:
    """Raises ProductionError ``tools-without-tls`` where production's URL asks for what *tools* cannot do."""
    if (dsn.get("sslmode") or "").startswith(("require", "verify")) and not tools.tls:
        raise ProductionError(
            "tools-without-tls",
            f"production's URL asks for TLS, but the client tools in {tools.folder} have none",
            hint=f"stagecopy doctor --install {major}  or  apt-get install postgresql-client-{major}"
            f"  or  brew install postgresql@{major}",
        )


def sizes(project: Project, catalog: Catalog, rules: RuleSet) -> tuple[int, int]:
    """Bytes of the tables whose rows are copied, and of the rows that come along with their indexes, at the least."""
    excluded = project.settings.production.exclude
    matcher = Matcher(catalog, rules, Mistakes())
    rows = [table for table in catalog.row_tables if table.qualified not in excluded]
    fates = {table.oid: matcher.fate(table) for table in catalog.tables}
    copied = [table for table in rows if fates[table.oid].action == "copy"]
    share = least_shares(catalog, fates)
    loaded = sum(table.bytes * share[table.oid] for table in copied)
    everything = sum(table.bytes for table in catalog.row_tables)
    known = catalog.database.bytes if not project.settings.production.schemas else 0
    ratio = known / everything if known and everything else _USUAL_INDEXES
    return sum(table.bytes for table in copied), int(loaded * max(1.0, ratio))


def disk(work: Workplace, engine: Engine, sized: tuple[int, int], *, direct: bool) -> list[Space]:
    """What a refresh writes, by file system."""
    rows, cluster = sized
    thin = engine.clone_method()[0] == "reflink"
    backups = None if direct else work.home.backups
    return spaces(needs(rows, cluster, backups=backups, servers=_servers(work, engine, thin=thin), thin=thin))


def _servers(work: Workplace, engine: Engine, *, thin: bool) -> Path | None:
    """The folder whose disk data directories fill; None where it cannot be asked."""
    if thin:
        pool = work.project.settings.staging.pool
        return work.home.path if pool in ("auto", "none") else work.project.path(pool)
    return servers_disk(engine, work.home)


def _tried(engine: Engine, name: str, run: str) -> frozenset[str]:
    """What an empty server of this engine could make; it is gone afterwards, and one that is there is only asked."""
    if server := shared(engine):
        with connect_staging(server.access.address) as connection, staging_errors("listing extensions"):
            return makeable_extensions(connection, server.access)
    engine.initialise(name, "clone", run=run, spec=ClusterSpec("UTF8", "C", "C"))
    try:
        admin = engine.start(name, ServerOptions(isolated=True))
        with connect_staging(admin) as connection, staging_errors("listing extensions"):
            return available_extensions(connection)
    finally:
        engine.destroy(name)
