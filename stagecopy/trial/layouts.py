"""Which migration tool a file is laid out for: what of it runs, what takes it back, and who puts it in a transaction.

Pure: names and bytes in, facts out.
- ``layout_of(path, data, beside)``: one file as its tool would run it. ``up`` and ``down`` are the file with all else
  blanked out, so that every line keeps its number; ``down_name`` is the file beside it that takes it back.
- ``in_order(paths, texts)``: the files of a folder that go forward, in the order the tool runs them.
- ``wanted_texts(paths)``: of which files ``in_order`` and ``layout_of`` need the text.

Surprising: few tools send statements as psql does. Most open a transaction around each file; Prisma, golang-migrate
and others send the file as one query, in which the server opens a transaction by itself as soon as it holds two
statements. What cannot run in a transaction works with psql and fails with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from stagecopy.model.migration import Transaction
from stagecopy.trial.layout_sections import SECTIONS, Sections
from stagecopy.trial.lexer import Role, pieces

_FLYWAY = re.compile(r"(?P<kind>[VURB])(?P<version>[0-9][0-9._]*)?__.+\.sql", re.IGNORECASE)
_UP = re.compile(r"(?P<name>.+)\.up\.sql", re.IGNORECASE)
_BACK = re.compile(r"(?:.+[._-])?(?:down|rollback|revert|undo)\.sql", re.IGNORECASE)
_NOT_IN_TRANSACTION = re.compile(  # what Flyway takes out of its transaction
    r"(?:create\s+(?:database|tablespace|subscription)\b|alter\s+system\b|vacuum\b|discard\s+all\b"
    r"|(?:create\s+(?:unique\s+)?|drop\s+)index\s+concurrently\b|reindex\b.*\b(?:concurrently|database|system)\b)",
    re.IGNORECASE | re.DOTALL,
)
_BREAKPOINT = b"--> statement-breakpoint"
_JOURNAL, _SNAPSHOT, _PLAN, _LOCK = "meta/_journal.json", "snapshot.json", "sqitch.plan", "../migration_lock.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A file as its tool runs it. ``tool`` None: plain SQL, as psql runs it. ``up`` None: it only leads back."""

    tool: str | None = None
    up: bytes | None
    down: bytes | None = None
    down_name: str | None = None
    transaction: Transaction = "statement"
    down_transaction: Transaction = "statement"

    @property
    def runs(self) -> tuple[bytes, Transaction]:
        """What is run of a file that somebody names: the way forward, or the way back where it is nothing else."""
        if self.up is None:
            return self.down or b"", self.down_transaction
        return self.up, self.transaction


def layout_of(path: str, data: bytes, beside: Mapping[str, bytes] | None = None) -> Layout:
    """*path* with ``/``, as long as is known; *beside*: the files of its folder, with text where it is wanted."""
    beside = beside or {}
    place = PurePosixPath(path)
    for sections in SECTIONS:
        if found := sections.cut(data):
            return _of_sections(sections, found)
    if place.parts[-3:-1] == ("supabase", "migrations"):
        return Layout(tool="Supabase", up=data, transaction="query", down_transaction="query")
    for named in (_prisma, _flyway, _up_and_down, _drizzle, _sqitch):
        if layout := named(place, data, beside):
            return layout
    back = _BACK.fullmatch(place.name) is not None
    names = [f"{place.stem}{ending}.sql" for ending in (".down", "_down", ".rollback", "_rollback")]
    names += ["down.sql"] if place.name.lower() in ("up.sql", "migration.sql") else []
    down = _first(beside, names)
    return Layout(up=None if back else data, down=data if back else None, down_name=None if back else down)


def _of_sections(sections: Sections, found: tuple[bytes, bytes | None, bool, bool]) -> Layout:
    up, down, plain_up, plain_down = found
    modes = [sections.outside if plain else sections.wraps for plain in (plain_up, plain_down)]
    return Layout(tool=sections.tool, up=up, down=down, transaction=modes[0], down_transaction=modes[1])


def _prisma(place: PurePosixPath, data: bytes, beside: Mapping[str, bytes]) -> Layout | None:
    """A folder a migration, named by its time. No way back but what somebody puts beside it."""
    dated = re.match(r"[0-9]{14}(?:_|$)", place.parent.name) is not None
    if place.name.lower() != "migration.sql" or not (dated or _LOCK in beside):
        return None
    if _BREAKPOINT in data or _SNAPSHOT in beside:
        return None
    down = _first(beside, ["down.sql"])
    return Layout(tool="Prisma", up=data, down_name=down, transaction="query", down_transaction="query")


def _flyway(place: PurePosixPath, data: bytes, beside: Mapping[str, bytes]) -> Layout | None:
    named = _FLYWAY.fullmatch(place.name)
    if named is None or (named["kind"].upper() == "R") != (named["version"] is None):
        return None
    settings = beside.get(f"{place.name}.conf", b"").replace(b" ", b"").lower()
    outside = b"executeintransaction=false" in settings or _never_in_transaction(data)
    mode: Transaction = "statement" if outside else "file"
    if named["kind"].upper() == "U":
        return Layout(tool="Flyway", up=None, down=data, down_transaction=mode)
    down = _first(beside, [name for name in beside if name[:1] in "Uu" and name[1:] == place.name[1:]])
    return Layout(tool="Flyway", up=data, down_name=down, transaction=mode, down_transaction="file")


def _never_in_transaction(data: bytes) -> bool:
    """Whether no statement can run in one. A mix of such and others Flyway refuses, as the server does in its BEGIN."""
    found = [each.text for each in pieces(data.decode("utf-8", "replace")) if each.role is Role.STATEMENT]
    return bool(found) and all(_NOT_IN_TRANSACTION.match(text) for text in found)


def _up_and_down(place: PurePosixPath, data: bytes, beside: Mapping[str, bytes]) -> Layout | None:
    name = place.name.lower()
    if name in ("up.sql", "down.sql") and place.parent.name[:1].isdigit():
        plain = re.search(rb"(?m)^\s*run_in_transaction\s*=\s*false", beside.get("metadata.toml", b""))
        mode: Transaction = "query" if plain else "file"
        return _pair("Diesel or Hasura", mode, data, _first(beside, ["down.sql"]) if name == "up.sql" else "")
    if named := _UP.fullmatch(place.name):
        down = _first(beside, [f"{named['name']}.down.sql"])
        return _pair("golang-migrate or sqlx", "query", data, down)
    is_down = name.endswith(".down.sql") and f"{place.name[: -len('.down.sql')]}.up.sql" in beside
    return _pair("golang-migrate or sqlx", "query", data, "") if is_down else None


def _pair(tool: str, mode: Transaction, data: bytes, down: str | None) -> Layout:
    """*down* '' for the file that leads back itself."""
    if down == "":
        return Layout(tool=tool, up=None, down=data, transaction=mode, down_transaction=mode)
    return Layout(tool=tool, up=data, down_name=down, transaction=mode, down_transaction=mode)


def _drizzle(place: PurePosixPath, data: bytes, beside: Mapping[str, bytes]) -> Layout | None:
    if _BREAKPOINT not in data and not {_JOURNAL, _SNAPSHOT} & set(beside):
        return None
    down = _first(beside, ["down.sql" if place.name == "migration.sql" else f"{place.stem}.down.sql"])
    return Layout(tool="Drizzle", up=data, down_name=down, transaction="single", down_transaction="single")


def _sqitch(place: PurePosixPath, data: bytes, beside: Mapping[str, bytes]) -> Layout | None:
    """Its scripts are psql's and bring their own BEGIN."""
    if f"../{_PLAN}" not in beside or place.parent.name not in ("deploy", "revert"):
        return None
    if place.parent.name == "revert":
        return Layout(tool="Sqitch", up=None, down=data)
    return Layout(tool="Sqitch", up=data, down_name=_first(beside, [f"../revert/{place.name}"]))


def _first(beside: Mapping[str, bytes], names: Iterable[str]) -> str | None:
    return next((name for name in names if name in beside), None)


def wanted_texts(paths: Iterable[str]) -> tuple[str, ...]:
    """Of the files *paths* those that settle an order or a transaction."""
    last = (_JOURNAL, _PLAN, "metadata.toml", ".sql.conf")
    return tuple(path for path in paths if path.endswith(last))


def in_order(paths: Sequence[str], texts: Mapping[str, bytes]) -> tuple[str, ...]:
    """Of a folder's files *paths* (relative, two levels deep) those that go forward, in the order they run."""
    known = frozenset(paths)
    if _PLAN in known:
        return tuple(path for path in _planned(texts.get(_PLAN, b"")) if path in known)
    folders = [path for path in paths if path.count("/") == 1 and path.lower().endswith(("/migration.sql", "/up.sql"))]
    direct = [path for path in paths if "/" not in path and path.lower().endswith(".sql")]
    if folders and not direct:
        return tuple(sorted(folders))
    if _JOURNAL in known:
        return tuple(path for path in _journal(texts.get(_JOURNAL, b"")) if path in known)
    if flyway := [path for path in direct if (named := _FLYWAY.fullmatch(path)) and named["kind"] in "VvRr"]:
        return tuple(sorted(flyway, key=_flyway_order))
    ups = [path for path in direct if _UP.fullmatch(path)] or [each for each in direct if not _BACK.fullmatch(each)]
    numbered = [path for path in ups if path[0].isdigit()]
    return tuple(sorted(numbered or ups, key=_number))


def _number(path: str) -> tuple[int, str]:
    """Tools compare the leading numbers as numbers: 10 comes after 9."""
    number = re.match(r"[0-9]+", path)
    return int(number[0]) if number else 0, path


def _flyway_order(path: str) -> tuple[bool, list[int], str]:
    """Versions by their parts, then the repeatable ones by description."""
    named = _FLYWAY.fullmatch(path)
    version = (named["version"] if named else None) or ""
    return not version, [int(part) for part in re.findall(r"[0-9]+", version)], path


def _planned(plan: bytes) -> list[str]:
    """The deploy scripts of a sqitch.plan: a change a line, after the pragmas."""
    lines = (line.split() for line in plan.decode("utf-8", "replace").splitlines())
    names = [words[0] for words in lines if words and not words[0].startswith(("%", "#", "@"))]
    return [f"deploy/{name}.sql" for name in dict.fromkeys(names)]


def _journal(text: bytes) -> list[str]:
    with suppress(ValueError, KeyError, TypeError):
        entries: list[Any] = json.loads(text)["entries"]
        return [f"{each['tag']}.sql" for each in sorted(entries, key=lambda each: int(each["idx"]))]
    return []
