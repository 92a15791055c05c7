"""Puts together what a folder, production's list and former trials say of each migration.

Surprising: several tools write down only the last migration. Then all before it count as applied, because that is how
the tool itself reads its list.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Sequence

from stagecopy.model.migrations import Applied, Changed, ListedMigration, LocalMigration, State, StateTable

_LEADING = re.compile(r"[0-9]+")

# Where each tool keeps its list: the schema if it has one of its own, and the table.
LISTS: dict[str | None, tuple[tuple[str | None, str], ...]] = {
    None: ((None, "schema_migrations"), (None, "goose_db_version")),
    "golang-migrate or sqlx": ((None, "schema_migrations"), (None, "_sqlx_migrations")),
    "dbmate": ((None, "schema_migrations"),),
    "Rails": ((None, "schema_migrations"),),
    "Supabase": (("supabase_migrations", "schema_migrations"),),
    "Diesel or Hasura": ((None, "__diesel_schema_migrations"),),
    "Alembic": ((None, "alembic_version"),),
    "Flyway": ((None, "flyway_schema_history"),),
    "Drizzle": ((None, "__drizzle_migrations"),),
    "Prisma": ((None, "_prisma_migrations"),),
    "Django": ((None, "django_migrations"),),
    "goose": ((None, "goose_db_version"),),
    "node-pg-migrate": ((None, "pgmigrations"),),
    "sql-migrate": ((None, "gorp_migrations"),),
    "tern": ((None, "schema_version"),),
    "Sqitch": (("sqitch", "changes"),),
}


def list_of(tool: str | None, tables: Iterable[StateTable]) -> StateTable | None:
    """The tool's list among *tables*, which come in order of preference."""
    found = list(tables)
    for schema, table in LISTS.get(tool, ()):
        for each in found:
            if each.table == table and (schema or each.schema) == each.schema:
                return each
    return None


def key_of(tool: str | None, name: str) -> str:
    """What the tool writes down of a migration whose file or folder is *name*."""
    stem = name.removesuffix(".sql")
    if tool in ("Prisma", "node-pg-migrate", "Sqitch", "Alembic", "Django"):
        return stem
    if tool in ("Flyway", "sql-migrate"):
        return name
    if tool == "Diesel or Hasura":
        return re.sub(r"\D", "", stem.partition("_")[0])
    leading = _LEADING.match(name)
    if leading is None:
        return stem
    by_number = tool in ("golang-migrate or sqlx", "goose", "tern")
    return str(int(leading[0])) if by_number else leading[0]


def texts_of(tool: str | None, data: bytes) -> frozenset[str]:
    """Hashes of a file as the tool makes them; both line ends, for a checkout may change them."""
    unix = data.replace(b"\r\n", b"\n")
    forms = (data, unix, unix.replace(b"\n", b"\r\n"))
    if tool in ("Prisma", "Drizzle"):
        return frozenset(hashlib.sha256(each).hexdigest() for each in forms)
    if tool == "golang-migrate or sqlx":
        return frozenset(hashlib.sha384(each).hexdigest() for each in forms)
    return frozenset({str(_flyway_checksum(data))}) if tool == "Flyway" else frozenset()


def _flyway_checksum(data: bytes) -> int:
    """CRC-32 of the lines without their ends, as a signed number."""
    found = 0
    for line in re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf")):
        found = zlib.crc32(line, found)
    return found - 2**32 if found >= 2**31 else found


def listed(local: Sequence[LocalMigration], table: StateTable | None, *, asked: bool) -> list[ListedMigration]:
    """The folder's migrations in their order, then those that only production knows. *asked*: whether it answered."""
    if table is None:
        state: State = "pending" if asked and local and local[0].tool is not None else "unknown"
        return [_line(each, Applied(key=each.key, state=state)) for each in local]
    if _elsewhere(local, table):
        return [_line(each, Applied(key=each.key, state="unknown")) for each in local] + _without_file(local, table)
    rows = {_plain(each.key): each for each in table.rows}
    earlier = _earlier(local, table)
    return [_line(each, _said(each, rows, earlier)) for each in local] + _without_file(local, table)


def _elsewhere(local: Sequence[LocalMigration], table: StateTable) -> bool:
    """Whether production stands at a revision of Alembic that the folder lacks: of which branch, who can say."""
    known = {each.key for each in local}
    return bool(local) and local[0].tool == "Alembic" and any(each.key not in known for each in table.rows)


def _without_file(local: Sequence[LocalMigration], table: StateTable) -> list[ListedMigration]:
    """What ran in production and is not in the folder. Of Django only apps there: it lists packages too."""
    known = {_plain(each.key) for each in local}
    tool = local[0].tool if local else None
    apps = {each.key.partition(".")[0] for each in local} if tool == "Django" else set()
    return [
        ListedMigration(name=each.key, path=None, tool=tool, state=each.state, at=each.at)
        for each in table.rows
        if _plain(each.key) not in known
        and each.state in ("applied", "failed")
        and (not apps or each.key.partition(".")[0] in apps)
    ]


def _earlier(local: Sequence[LocalMigration], table: StateTable) -> set[str]:
    """Keys that ran although no line says so."""
    last = [each.key for each in table.rows if each.upto]
    if not last:
        return set()
    if local and local[0].tool == "Alembic":
        return _behind(local, last)
    top = max(int(each) for each in last if each.isdecimal()) if any(each.isdecimal() for each in last) else -1
    return {each.key for each in local if each.key.isdecimal() and int(each.key) < top}


def _plain(key: str) -> str:
    """Numbers are the same with and without zeros before them."""
    return str(int(key)) if key.isdecimal() else key


def _behind(local: Sequence[LocalMigration], last: Sequence[str]) -> set[str]:
    follows = {each.key: each.follows for each in local}
    found: set[str] = set()
    waiting = [parent for each in last for parent in follows.get(each, ())]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += follows.get(each, ())
    return found


def _said(each: LocalMigration, rows: dict[str, Applied], earlier: set[str]) -> Applied:
    if found := rows.get(_plain(each.key)):
        return found
    if each.key in earlier:
        return Applied(key=each.key)
    later = [int(key) for key in rows if key.isdecimal()]
    if each.tool == "Drizzle" and each.key.isdecimal() and later and int(each.key) < max(later):
        return Applied(key=each.key, state="skipped")  # it runs only what is newer than the newest
    return Applied(key=each.key, state="pending")


def _line(each: LocalMigration, said: Applied) -> ListedMigration:
    changed: Changed | None = None
    if said.state in ("applied", "failed"):
        changed = "unknown" if said.text is None or not each.texts else "no" if said.text in each.texts else "yes"
    return ListedMigration(
        name=each.name,
        path=each.path,
        tool=each.tool,
        state=said.state,
        at=said.at,
        has_down=each.has_down,
        changed=changed,
    )
