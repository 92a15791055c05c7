"""The story of `stagecopy init`: find production, look at it, ask, and only then write.

Surprising: nothing that exists is overwritten, above all never a key: a new key over an old one would change every
masked value. Nothing is written before the last question is answered, so Ctrl-C at any of them leaves nothing.
Production is read as gently as by refresh: locked, watched, given back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from stagecopy import yamlfile
from stagecopy.config.envfile import outside, with_stored
from stagecopy.config.finders.search import search
from stagecopy.config.load import DEFAULT_FILE, Project, load_project, project_name, project_of
from stagecopy.errors import UsageError
from stagecopy.flows.ignores import ignores
from stagecopy.flows.init_choices import PRODUCTION, Address, Answers, Looked, Plan
from stagecopy.flows.init_engine import engine_ahead
from stagecopy.flows.init_write import write_plan
from stagecopy.history.runs import new_id
from stagecopy.masking.classify import Decision, classify
from stagecopy.masking.classify_sample import table_sampler
from stagecopy.masking.draft import draft_rules
from stagecopy.masking.keys import VARIABLE
from stagecopy.production.session import Scope, open_production
from stagecopy.production.watcher import Patience

RULES_FILE = "first.yaml"


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was decided, and what of it was written."""

    plan: Plan
    recipient: str | None = None

    @property
    def config(self) -> Path | None:
        """The config file, if it was made."""
        return self.plan.config if self.plan.text is not None else None

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """How the columns were judged."""
        return self.plan.looked.decisions

    @property
    def to_export(self) -> Address | None:
        """The address, where nothing that stays holds it for stagecopy."""
        address = self.plan.address
        return address if address and not address.in_environment and self.plan.env is None else None


def initialise(folder: Path, config: Path | None, environ: Mapping[str, str], answers: Answers) -> Initialised:
    """Set up *folder* for stagecopy. Raises StagecopyError; then nothing was written."""
    chosen = (config or folder / DEFAULT_FILE).absolute()
    if not os.access(chosen.parent, os.W_OK | os.X_OK):
        raise UsageError("not-writable", f"cannot write in {chosen.parent}")
    existing = load_project(chosen, environ) if chosen.exists() else None
    name = existing.name if existing else project_name(None, chosen.resolve().parent)
    known = existing.environ if existing else with_stored(name, environ)
    address = _address(existing, chosen, known, answers=answers)
    full = {**known, address.variable: address.url} if address else known
    key = outside(f"{name}.key", environ) if _needs_key(existing, known) else None
    text = _config_text(key, address.variable if address else PRODUCTION) if existing is None else None
    project = _project(existing, chosen, text, full)
    answers.looking(project.production().shown)
    looked = _looked(project)
    engine = engine_ahead(project, looked.major)
    answers.looked(looked, engine, project.home)
    plan = _asked(_plan(project, chosen, text, looked=looked, key=key), address, answers)
    if not answers.agreed(replace(plan, engine=engine)):
        raise UsageError("not-confirmed", "nothing was written")
    return Initialised(replace(plan, engine=engine), write_plan(plan))


def _address(existing: Project | None, config: Path, environ: Mapping[str, str], *, answers: Answers) -> Address | None:
    """Production's, unless what is configured already says it."""
    told = existing.settings.production.url if existing else None
    if told and answers.wants_candidates():
        hint = "change production.url, or the variable it names"
        raise UsageError("usage", f"{config.name} says already where production is", hint=hint)
    if (told or environ.get(PRODUCTION)) and not answers.wants_candidates():
        return None
    found = answers.production(search(config.parent, environ))
    return replace(found, variable=_variable_of(existing)) if existing else found


def _variable_of(project: Project) -> str:
    """The variable that the existing file names for production's URL."""
    section = project.document.value.get("production") if isinstance(project.document.value, dict) else None
    raw = section.get("url") if isinstance(section, dict) else None
    whole = isinstance(raw, str) and raw.startswith("${") and raw.endswith("}")
    return str(raw)[2:-1] if whole else PRODUCTION


def _project(existing: Project | None, config: Path, text: str | None, environ: Mapping[str, str]) -> Project:
    """The project as it will be: the text is validated before anything is written."""
    document = (
        existing.document if existing else yamlfile.parse((text or "").encode(), name=str(config), code="bad-config")
    )
    return project_of(document, config.resolve().parent, environ)


def _needs_key(project: Project | None, environ: Mapping[str, str]) -> bool:
    if environ.get(VARIABLE):
        return False
    masking = project.settings.masking if project else None
    return masking is None or not (masking.key_file or masking.key_command)


def _config_text(key: Path | None, variable: str) -> str:
    template = files("stagecopy.config").joinpath("template.yaml").read_text(encoding="utf-8")
    shown = "null" if key is None else _short(key)
    return template.replace("KEY_FILE", shown).replace("PRODUCTION_VARIABLE", variable)


def _short(path: Path) -> str:
    home = Path("~").expanduser()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _looked(project: Project) -> Looked:
    production = project.settings.production
    scope = Scope(production.schemas, production.exclude, production.lock_timeout, lambda _: frozenset())
    patience = Patience(production.yield_after, production.max_time)
    name = f"stagecopy/init-{new_id()}"
    with open_production(project.production(), name, patience=patience, scope=scope) as session:
        reader = session.reader()
        try:
            with session.errors("looking at some values"):
                decisions = classify(session.catalog, table_sampler(reader))
        finally:
            reader.close()
        return Looked(
            shown=session.dsn.shown,
            major=session.catalog.database.major,
            tables=len(session.catalog.row_tables),
            role=session.survey.role,
            decisions=decisions,
            rules=draft_rules(session.catalog, decisions),
        )


def _plan(project: Project, config: Path, text: str | None, *, looked: Looked, key: Path | None) -> Plan:
    folder = project.path(project.settings.masking.rules)
    there = folder.is_dir() and any(folder.glob("*.y*ml"))
    return Plan(
        project=project,
        config=config,
        text=text,
        looked=looked,
        engine="",
        key=key if key and not key.exists() else None,
        rules=None if there else folder / RULES_FILE,
    )


def _asked(plan: Plan, address: Address | None, answers: Answers) -> Plan:
    """The plan with what the answers add to it."""
    project = plan.project
    env = outside(f"{project.name}.env", project.environ)
    store = address is not None and not address.in_environment and answers.store_url(env, address)
    identity = outside(f"{project.name}.agekey", project.environ)
    fresh = not identity.exists() and answers.identity(identity)
    secret = (address.file,) if address and address.file else ()
    in_git = tuple(name for name in secret if name.rpartition("/")[2].startswith(".env"))
    return replace(
        plan,
        address=address,
        env=env if store else None,
        identity=identity if fresh else None,
        ignores=tuple(ignores(project.folder, in_git)),
    )
