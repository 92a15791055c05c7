"""Finds and reads stagecopy.yaml: ``${VAR}`` filled in, every mistake located, project name and home worked out."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from stagecopy import yamlfile
from stagecopy.config.envfile import with_stored
from stagecopy.config.settings import Settings
from stagecopy.errors import UsageError
from stagecopy.home import STAGING_URL, NamedServer
from stagecopy.postgres.dsn import Dsn

DEFAULT_FILE = "stagecopy.yaml"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


@dataclass(frozen=True, slots=True)
class Project:
    """Settings with what follows from where the file lies."""

    name: str
    folder: Path  # relative paths in the file start here
    home: Path
    settings: Settings
    document: yamlfile.Document
    environ: Mapping[str, str]

    def path(self, text: str) -> Path:
        """A path of the config file, relative to its folder; ``~`` is the user's home."""
        return self.folder / Path(text).expanduser()

    def trying(self, *, transaction: str | None) -> Project:
        """The same with trial.transaction as the command line says; None leaves it."""
        if transaction is None:
            return self
        trial = self.settings.trial.model_copy(update={"transaction": transaction})
        return replace(self, settings=self.settings.model_copy(update={"trial": trial}))

    def production(self) -> Dsn:
        """Production's connection parameters. Raises UsageError ``no-production-url``."""
        text = self.settings.production.url or self.environ.get("STAGECOPY_PRODUCTION_URL")
        where = self.document.where("production", "url")
        if not text:
            raise UsageError(
                "no-production-url",
                "no production URL is known",
                hint="set STAGECOPY_PRODUCTION_URL, or production.url in stagecopy.yaml",
                where=where,
            )
        return Dsn.parse(text, where=where)

    def staging_server(self) -> NamedServer | None:
        """The server that holds staging, None with another engine. Raises UsageError ``no-staging-url``."""
        staging = self.settings.staging
        where = self.document.where("staging", "url")
        if staging.engine != "server":
            if staging.url:
                message = f"staging.url is given, but staging.engine is {staging.engine}"
                hint = "set staging.engine: server, or remove staging.url"
                raise UsageError("staging-url-unused", message, hint=hint, where=where)
            return None
        text = staging.url or self.environ.get(STAGING_URL)
        if not text:
            raise UsageError(
                "no-staging-url",
                "staging.engine is server, but no staging.url is known",
                hint=f"set {STAGING_URL}, or staging.url in stagecopy.yaml",
                where=where,
            )
        Dsn.parse(text, where=where, what="staging")
        return NamedServer(text, staging.quota.databases, staging.quota.size)


def load_project(config: Path | None, environ: Mapping[str, str]) -> Project:
    """Read the config file: the flag's, STAGECOPY_CONFIG's or ./stagecopy.yaml.

    Raises UsageError ``no-config``, ``bad-config``, ``env-file-mode`` or ``unset-variable``, with file:line.
    """
    chosen = config or Path(environ.get("STAGECOPY_CONFIG") or DEFAULT_FILE)
    if not chosen.exists():
        raise UsageError(
            "no-config",
            f"there is no {chosen}",
            hint=_where_it_may_be(chosen),
            where=str(chosen),
        )
    return project_of(yamlfile.load(chosen, code="bad-config"), chosen.resolve().parent, environ)


def _where_it_may_be(chosen: Path) -> str:
    """What to do without a config file. Nothing above is taken by itself: the folder decides what is copied where."""
    if chosen == Path(DEFAULT_FILE):
        above = next((each for each in Path.cwd().parents if (each / DEFAULT_FILE).is_file()), None)
        if above is not None:
            return f"there is one in {above}: go there, or name it: -c {os.path.relpath(above / DEFAULT_FILE)}"
    return "run `stagecopy init` in your project's folder, or name the file with -c"


def project_of(document: yamlfile.Document, folder: Path, environ: Mapping[str, str]) -> Project:
    """The project of a config file that lies, or will lie, in *folder*. Raises UsageError as ``load_project``."""
    top = document.value if isinstance(document.value, dict) else {}
    given = _filled(top.get("project"), document, ("project",), environ)
    name = project_name(given if isinstance(given, str) else None, folder, document)
    known = with_stored(name, environ)
    settings = _validated(_filled(document.value or {}, document, (), known), document)
    return Project(name, folder, home_of(name, environ), settings, document, known)


def project_name(given: str | None, folder: Path, document: yamlfile.Document | None = None) -> str:
    """The given name, else the folder's name and 6 hex digits of its path: unique and stable."""
    if given:
        if not _PROJECT.fullmatch(given):
            raise UsageError(
                "bad-config",
                f"project {given!r} must be lower-case letters, digits, - and _ (at most 41)",
                where=document.where("project") if document else None,
            )
        return given
    word = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:30] or "project"
    return f"{word}-{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"


def home_of(project: str, environ: Mapping[str, str]) -> Path:
    """STAGECOPY_HOME, else the state folder of the user; for root /var/lib, where the server's user can go."""
    if given := environ.get("STAGECOPY_HOME"):
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/stagecopy") / project
    base = environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(base) / "stagecopy" / project


def _filled(value: Any, document: yamlfile.Document, path: yamlfile.KeyPath, environ: Mapping[str, str]) -> Any:
    """Text with ${VAR} replaced; the bare word null is None."""
    if isinstance(value, dict):
        return {key: _filled(each, document, (*path, key), environ) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, document, (*path, position), environ) for position, each in enumerate(value)]
    if value == "null":
        return None
    if not isinstance(value, str):
        return value
    if whole := _VARIABLE.fullmatch(value):
        return environ.get(whole[1])  # an unset variable is as if the key were not given
    return _VARIABLE.sub(lambda match: _required(match[1], document.where(*path), environ), value)


def _required(name: str, where: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise UsageError("unset-variable", f"the environment variable {name} is not set", where=where)
    return environ[name]


M = TypeVar("M", bound=BaseModel)


def _validated(value: Any, document: yamlfile.Document) -> Settings:
    if not isinstance(value, dict):
        raise UsageError("bad-config", "the file must hold keys and values", where=document.where())
    return validated(Settings, _without_empty(value), document, code="bad-config")


def validated(model: type[M], value: Any, document: yamlfile.Document, *, code: str) -> M:
    """The *model* of *value*. Raises UsageError *code* with file:line of every mistake and the nearest known keys."""
    try:
        return model.model_validate(value)
    except ValidationError as failure:
        problems = failure.errors(include_url=False, include_input=False)
        hints = [hint for problem in problems if (hint := _hint(model, problem, problem["loc"]))]
        raise UsageError(
            code,
            "\n".join(
                f"{document.where(*each['loc'])}: {'.'.join(map(str, each['loc']))}: {_words(each)}"
                for each in problems
            ),
            hint="; ".join(dict.fromkeys(hints)) or None,
            where=document.where(*problems[0]["loc"]),
        ) from None


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    """A section left empty (``gate:``) means its defaults."""
    return {key: each for key, each in value.items() if each is not None}


def _words(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return "unknown key"
    return str(problem["msg"]).removeprefix("Value error, ")


def _hint(model: type[BaseModel], problem: Any, path: tuple[str | int, ...]) -> str | None:
    if problem["type"] != "extra_forbidden":
        return None
    section: Any = model
    for key in path[:-1]:
        fields = getattr(section, "model_fields", None)
        section = fields[str(key)].annotation if fields and str(key) in fields else _inside(section)
    fields = getattr(_model_of(section), "model_fields", None)
    return yamlfile.suggestion(str(path[-1]), fields) if fields else None


def _inside(annotation: Any) -> Any:
    """What the values of a mapping or the items of a list are."""
    found = [each for each in get_args(annotation) if each not in (str, type(None), Ellipsis)]
    return found[0] if found else None


def _model_of(annotation: Any) -> Any:
    """The section itself, where it may be left out as well."""
    return annotation if hasattr(annotation, "model_fields") else _inside(annotation)
