"""Reads the migrations of a folder, whatever tool they are for: SQL, Alembic, Django, Rails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from stagecopy.errors import UsageError
from stagecopy.flows.sources import layout_at, migrations_in, whole
from stagecopy.model.migration import SourceFile, fingerprint
from stagecopy.model.migrations import LocalMigration
from stagecopy.trial.forms.alembic import Revision, chained, revision_of
from stagecopy.trial.frameworks import django_has_down, is_rails, rails_has_down
from stagecopy.trial.listing import key_of, texts_of

_FOLDERS = (
    *("", "versions", "migrations", "migrations/versions", "alembic/versions", "db/migrations", "db/migrate"),
    *("drizzle", "prisma/migrations", "supabase/migrations"),
)
_BY_FOLDER = ("migration.sql", "up.sql")


def local_migrations(folder: Path) -> list[LocalMigration]:
    """Those of *folder*, else of the usual ones in it, in the order they run. Raises UsageError ``no-migrations``."""
    if not folder.is_dir():
        raise UsageError("no-such-file", f"there is no folder {folder}", where=str(folder))
    for below in _FOLDERS:
        place = folder / below if below else folder
        if place.is_dir() and (found := _of(place)):
            return found
    if found := _django(folder):
        return found
    hint = "name the folder that holds them"
    raise UsageError("no-migrations", f"{folder} holds no migrations", hint=hint, where=str(folder))


def _of(folder: Path) -> list[LocalMigration]:
    return _alembic(folder) or _rails(folder) or _sql(folder)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _alembic(folder: Path) -> list[LocalMigration]:
    revisions = [each for path in sorted(folder.glob("*.py")) if (each := revision_of(path.name, _text(path)))]
    return [_revision(folder, each) for each in chained(revisions)]


def _revision(folder: Path, revision: Revision) -> LocalMigration:
    path = folder / revision.path
    return LocalMigration(
        name=path.stem,
        path=str(path),
        tool="Alembic",
        key=revision.id,
        has_down=revision.has_down,
        sha256=_sha256(path),
        follows=revision.parents,
    )


def _rails(folder: Path) -> list[LocalMigration]:
    paths = [each for each in sorted(folder.glob("*.rb")) if is_rails(each.name)]
    return [_program(each, "Rails", key_of("Rails", each.name), down=rails_has_down(_text(each))) for each in paths]


def _django(folder: Path) -> list[LocalMigration]:
    """Of every app below *folder*, or of the one that it is."""
    found = []
    for path in sorted({*folder.glob("*.py"), *_apps(folder)}):
        down = django_has_down(_text(path)) if path.parent.name == "migrations" and path.name != "__init__.py" else None
        if down is not None:
            app = path.absolute().parent.parent.name
            found.append(_program(path, "Django", f"{app}.{path.stem}", down=down))
    return found


def _apps(folder: Path) -> Iterator[Path]:
    for pattern in ("migrations/*.py", "*/migrations/*.py", "*/*/migrations/*.py"):
        yield from folder.glob(pattern)


def _program(path: Path, tool: str, key: str, *, down: bool) -> LocalMigration:
    name = key if tool == "Django" else path.stem
    return LocalMigration(name=name, path=str(path), tool=tool, key=key, has_down=down, sha256=_sha256(path))


def _sql(folder: Path) -> list[LocalMigration]:
    try:
        paths = migrations_in(folder)
    except UsageError:
        return []
    when = _journal(folder)
    return [_script(path, when) for path in paths]


def _script(path: Path, when: dict[str, str]) -> LocalMigration:
    data = path.read_bytes()
    layout = layout_at(path, data)
    name = path.parent.name if path.name in _BY_FOLDER else path.name
    return LocalMigration(
        name=name.removesuffix(".sql").removesuffix(".up"),
        path=str(path),
        tool=layout.tool,
        key=when.get(path.stem) or key_of(layout.tool, name),
        has_down=layout.down is not None or layout.down_name is not None,
        sha256=_sha256(path),
        texts=texts_of(layout.tool, data),
    )


def _journal(folder: Path) -> dict[str, str]:
    """Drizzle notes the time at which a migration was generated, not its name."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        entries = json.loads((folder / "meta/_journal.json").read_bytes())["entries"]
        return {str(each["tag"]): str(int(each["when"])) for each in entries}
    return {}


def _sha256(path: Path) -> str:
    return fingerprint((whole(SourceFile(path.name, path.read_bytes()), path),))
