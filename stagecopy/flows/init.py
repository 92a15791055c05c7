"""The story of `stagecopy init`: a key outside the project, a commented config file, first masking rules.

Surprising: nothing that exists is overwritten, above all never a key: a new key over an old one would change every
masked value. Production is read as gently as by refresh: locked, watched, given back.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from stagecopy.config.load import DEFAULT_FILE, Project, load_project, project_name
from stagecopy.errors import UsageError
from stagecopy.files import private_folder, write_whole
from stagecopy.history.runs import new_id
from stagecopy.masking.classify import Decision, classify
from stagecopy.masking.classify_sample import table_sampler
from stagecopy.masking.draft import draft_rules
from stagecopy.masking.keys import VARIABLE
from stagecopy.production.session import Scope, open_production
from stagecopy.production.watcher import Patience

_RULES_FILE = "first.yaml"


@dataclass(frozen=True, slots=True)
class Initialised:
    """What init made (None: it was there already) and how the columns were judged."""

    config: Path | None
    key: Path | None
    rules: Path | None
    decisions: tuple[Decision, ...]

    def count(self, verdict: str) -> int:
        """How many columns got *verdict*: mask, keep or todo."""
        return sum(each.verdict == verdict for each in self.decisions)


def initialise(folder: Path, config: Path | None, environ: Mapping[str, str]) -> Initialised:
    """Set up *folder* for stagecopy. Raises StagecopyError; then nothing was written."""
    chosen = config or folder / DEFAULT_FILE
    existing = load_project(chosen, environ) if chosen.exists() else None
    key = _key_path(project_name(None, chosen.resolve().parent), environ) if _needs_key(existing, environ) else None
    text = _config_text(key) if existing is None else None
    project = existing or _imagined(chosen, text or "", environ)
    rules = project.path(project.settings.masking.rules)
    decided, drafted = _classified(project)
    made_rules = _write_rules(rules, drafted)
    made_key = _write_key(key) if key else None
    if text is not None:
        write_whole(chosen, text, mode=0o644)
    return Initialised(chosen if text else None, made_key, made_rules, decided)


def _needs_key(project: Project | None, environ: Mapping[str, str]) -> bool:
    if environ.get(VARIABLE):
        return False
    masking = project.settings.masking if project else None
    return masking is None or not (masking.key_file or masking.key_command)


def _key_path(name: str, environ: Mapping[str, str]) -> Path:
    """Outside the project, so that it is never committed and never in the same place as the data."""
    base = environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "stagecopy" / f"{name}.key"


def _write_key(path: Path) -> Path | None:
    if path.exists():
        return None
    private_folder(path.parent)
    write_whole(path, secrets.token_hex(32) + "\n")
    return path


def _config_text(key: Path | None) -> str:
    template = files("stagecopy.config").joinpath("template.yaml").read_text(encoding="utf-8")
    home = Path("~").expanduser()
    shown = "null" if key is None else str(key)
    if key is not None and key.is_relative_to(home):
        shown = f"~/{key.relative_to(home)}"
    return template.replace("KEY_FILE", shown)


def _imagined(path: Path, text: str, environ: Mapping[str, str]) -> Project:
    """The project as it will be: the text is validated before anything is written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_whole(beside, text)
        return load_project(beside, environ)
    except OSError as failure:
        raise UsageError("not-writable", f"cannot write in {path.parent}: {failure.strerror}") from failure
    finally:
        beside.unlink(missing_ok=True)


def _classified(project: Project) -> tuple[tuple[Decision, ...], str]:
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
        return decisions, draft_rules(session.catalog, decisions)


def _write_rules(folder: Path, text: str) -> Path | None:
    """First rules, unless there are rules already."""
    if folder.is_dir() and any(folder.glob("*.y*ml")):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _RULES_FILE
    write_whole(path, text, mode=0o644)
    return path
