"""The story of `stagecopy migration new`: the steps of an idiom, written as the folder's tool wants them.

Surprising: what drops or swaps something is not written with the rest. A tool would run all files of its folder in one
deploy, and the programs that still use the old column would stand without it; a later call writes the next phase.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from stagecopy.errors import UsageError
from stagecopy.files import read_json, write_json
from stagecopy.flows.sources import layout_at, migrations_in
from stagecopy.model.drafting import Phase, Step, Wish
from stagecopy.report.expectation import expected_text
from stagecopy.trial.forms.alembic import Revision, alembic, heads, revision_of
from stagecopy.trial.forms.numbering import next_stems, next_versions
from stagecopy.trial.forms.sql import SQL_FORMS, Files
from stagecopy.trial.frameworks import django_has_down, is_rails
from stagecopy.trial.idioms.choice import steps_of

FormName = Literal["sql", "alembic", "drizzle"]
PHASES: tuple[Phase, ...] = get_args(Phase)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_USUAL = (
    "db/migrations",
    "drizzle",
    "prisma/migrations",
    "supabase/migrations",
    "alembic/versions",
    "migrations/versions",
)
_JOURNAL = "meta/_journal.json"
_DATED = ("Prisma", "Supabase", "Diesel or Hasura")
_READABLE = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOptions:
    """The flags of the verb. ``given``: those that say something about the idiom, without dashes."""

    wish: Wish
    idiom: str | None = None
    given: frozenset[str] = frozenset()
    phase: Phase | Literal["all"] = "expand"
    form: FormName | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, for which tool, and the phases that are still to be asked for."""

    folder: Path
    form: str
    files: tuple[Path, ...]
    later: tuple[Phase, ...] = ()
    forward: tuple[Path, ...] = ()  # those of *files* that go forward, in order

    def document(self) -> dict[str, Any]:
        """``migration new --json`` below the error."""
        return {
            "folder": str(self.folder),
            "form": self.form,
            "files": [str(each) for each in self.files],
            "later": self.later,
        }


@dataclass(frozen=True, slots=True)
class _Place:
    """The folder with what it holds."""

    folder: Path
    form: str  # sql, alembic or drizzle
    tool: str | None = None  # of SQL: whose layout
    names: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def new_migration(options: NewOptions) -> Written:
    """Write it. Raises UsageError; nothing is written then, and never over a file."""
    name = options.wish.name
    if not _SLUG.fullmatch(name):
        hint = "letters, digits, _ and -, such as add_plan_to_users"
        raise UsageError("bad-migration-name", f"{name!r} cannot be the name of a migration", hint=hint)
    steps = steps_of(options.idiom, options.wish, options.given)
    chosen = [each for each in steps if options.phase in ("all", each.phase)]
    if not chosen:
        there = ", ".join(dict.fromkeys(each.phase for each in steps))
        message = f"--idiom {options.idiom} has no phase {options.phase}; it has {there}"
        raise UsageError("idiom-flags", message)
    place = _place(options.folder or _usual(options.form), options.form)
    files = _files(place, name, chosen)
    later = [each for each in PHASES if options.phase != "all" and _comes_later(each, options.phase, steps)]
    forward = tuple(place.folder / next(iter(each)) for each, _, _ in files)
    return Written(place.folder, place.tool or place.form, _write(place, files), tuple(later), forward)


def _comes_later(phase: Phase, written: str, steps: Sequence[Step]) -> bool:
    return PHASES.index(phase) > PHASES.index(written) and any(each.phase == phase for each in steps)


def _usual(form: str | None) -> Path:
    """The one folder of migrations there is, else ./migrations."""
    found = [Path(each) for each in _USUAL if Path(each).is_dir()]
    return (
        found[0]
        if len(found) == 1 and not Path("migrations").is_dir()
        else Path("drizzle" if form == "drizzle" else "migrations")
    )


def _place(folder: Path, form: FormName | None) -> _Place:
    if folder.exists() and not folder.is_dir():
        raise UsageError("no-such-file", f"{folder} is not a folder", where=str(folder))
    versions = folder / "versions" if (folder / "versions").is_dir() else folder
    revisions = _revisions(versions)
    if form == "alembic" or (form is None and (revisions or (folder / "env.py").is_file())):
        return _Place(versions, "alembic", revisions=revisions)
    names = tuple(sorted(each.name for each in folder.iterdir())) if folder.is_dir() else ()
    if form == "drizzle" or (form is None and (folder / _JOURNAL).is_file()):
        return _Place(folder, "drizzle", names=names)
    tool = _tool(folder)
    if tool not in SQL_FORMS:
        hint = f"make it with {tool} itself, or name another folder with --dir"
        raise UsageError("form-unknown", f"migrations of {tool} are not written", hint=hint, where=str(folder))
    return _Place(folder, "sql", tool, names)


def _revisions(folder: Path) -> tuple[Revision, ...]:
    paths = sorted(folder.glob("*.py")) if folder.is_dir() else []
    found = (revision_of(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in paths)
    return tuple(each for each in found if each is not None)


def _tool(folder: Path) -> str | None:
    """Whose layout the newest migration has. A folder without any: pairs of up and down."""
    if (folder / "migration_lock.toml").is_file():
        return "Prisma"
    if folder.absolute().as_posix().endswith("supabase/migrations"):
        return "Supabase"
    if any(is_rails(each.name) for each in folder.glob("*.rb")):
        return "Rails"
    if any(django_has_down(each.read_text("utf-8", "replace")) is not None for each in folder.glob("*.py")):
        return "Django"
    try:
        last = migrations_in(folder)[-1]
    except UsageError:
        return "golang-migrate or sqlx"
    return layout_at(last, last.read_bytes()).tool


def _files(place: _Place, name: str, steps: Sequence[Step]) -> list[tuple[Files, Step, str]]:
    """For each step its files, and the name its expectation goes by."""
    slugs = [f"{name}_{each.slug}" if each.slug else name for each in steps]
    if place.form == "alembic":
        return _alembic(place, slugs, steps)
    if place.form == "drizzle":
        return _drizzle(place, slugs, steps)
    stems = next_stems(place.names, slugs, place.now, dated=place.tool in _DATED)
    if place.tool == "Flyway":
        stems = next_versions(place.names, slugs, place.now)
    beside = {"Prisma": "{}/migration", "Diesel or Hasura": "{}/up"}.get(place.tool or "", "{}")
    form = SQL_FORMS[place.tool]
    return [(form(stem, step), step, beside.format(stem)) for stem, step in zip(stems, steps, strict=True)]


def _alembic(place: _Place, slugs: Sequence[str], steps: Sequence[Step]) -> list[tuple[Files, Step, str]]:
    ends = heads(place.revisions)
    if len(ends) > 1:
        hint = "join them with `alembic merge heads`"
        raise UsageError(
            "form-unknown", f"the revisions have several heads: {', '.join(ends)}", hint=hint, where=str(place.folder)
        )
    parent, found = (ends[0] if ends else None), []
    for slug, step in zip(slugs, steps, strict=True):
        revision = uuid.uuid4().hex[-12:]
        stem = f"{revision}_{slug}"
        found.append(({f"{stem}.py": alembic(step, revision, parent, place.now)}, step, stem))
        parent = revision
    return found


def _drizzle(place: _Place, slugs: Sequence[str], steps: Sequence[Step]) -> list[tuple[Files, Step, str]]:
    entries = _journal(place.folder)["entries"]
    tags = [str(each.get("tag")) for each in entries] or ["-1"]
    stems = next_stems(tags, slugs, place.now) if entries else [f"{at:04}_{slug}" for at, slug in enumerate(slugs)]
    return [(SQL_FORMS["Drizzle"](stem, step), step, stem) for stem, step in zip(stems, steps, strict=True)]


def _journal(folder: Path) -> dict[str, Any]:
    try:
        found = read_json(folder / _JOURNAL)
    except ValueError as failure:
        raise UsageError("form-unknown", f"{_JOURNAL} is no JSON", where=str(folder / _JOURNAL)) from failure
    if found is None:
        return {"version": "7", "dialect": "postgresql", "entries": []}
    if not isinstance(found, dict) or not isinstance(found.get("entries"), list):
        raise UsageError("form-unknown", f"{_JOURNAL} lists no entries", where=str(folder / _JOURNAL))
    return found


def _write(place: _Place, made: Iterable[tuple[Files, Step, str]]) -> tuple[Path, ...]:
    texts: dict[Path, str] = {}
    tags = []
    for files, step, stem in made:
        texts |= {place.folder / name: text for name, text in files.items()}
        texts[place.folder / f"{stem}.expect.yaml"] = expected_text(step.expect)
        tags.append(stem)
    if taken := [path for path in texts if path.exists()]:
        raise UsageError("file-exists", f"{taken[0]} exists and is not overwritten", where=str(taken[0]))
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:  # x: also not over one that came up meanwhile
                stream.write(text)
        if place.form == "drizzle":
            _enter(place, tags)
    except OSError as failure:
        raise UsageError("not-writable", f"cannot write {failure.filename}: {failure.strerror}") from failure
    return tuple(texts)


def _enter(place: _Place, tags: Sequence[str]) -> None:
    """Drizzle runs what its journal lists, in the order of ``when``."""
    journal = _journal(place.folder)
    entries = journal["entries"]
    when = max([int(place.now.timestamp() * 1000), *(int(each["when"]) + 1 for each in entries)])
    for at, tag in enumerate(tags):
        version = str(journal.get("version", "7"))
        entries.append({"idx": len(entries), "version": version, "when": when + at, "tag": tag, "breakpoints": True})
    path = place.folder / _JOURNAL
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, journal, mode=_READABLE)
