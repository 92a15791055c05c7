"""Writes the script that brings back what is lost, out of the restored backup.

Surprising: the script holds raw rows. It is readable by its owner alone, is never written where a commit would take it
along, and bears another name until it is whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from stagecopy.errors import UsageError
from stagecopy.files import check_writable, sync_folder
from stagecopy.flows.recover_compare import Comparison, Unit, changed_rows, now_of
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.connect import Connection, staging_errors
from stagecopy.postgres.recovery import cells, read_out
from stagecopy.postgres.sequencevalues import read_feeds
from stagecopy.postgres.tools import run_tool, staging_environment
from stagecopy.report import recover_script as words
from stagecopy.report.recover_script import TableScript

_NOT_OURS = re.compile(r"^(?:\\.*|SET .*;|SELECT pg_catalog\.set_config\(.*)\n", re.MULTILINE)


def check_place(path: Path, project: Path) -> Path:
    """Where raw rows may be written. Raises UsageError ``raw-in-project``, ``file-exists`` …"""
    path = path.resolve()
    inside = path.is_relative_to(project.resolve())
    if inside or any((above / ".git").exists() for above in path.parents):
        where = "the project's folder" if inside else "a git work tree"
        message = f"{path} is inside {where}, and the script holds raw rows of production"
        raise UsageError(
            "raw-in-project", message, hint="name a file elsewhere, or leave --output out", where=str(path)
        )
    return check_writable(path, new="name another file, or remove it first")


@dataclass(frozen=True, slots=True)
class Author:
    """Writes one script."""

    comparison: Comparison
    address: Address
    tools: Binaries

    def write(self, path: Path, facts: Sequence[str]) -> None:
        """The whole script, or nothing. Raises StagingError."""
        beside = path.with_name(f".{path.name}.partial")
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream, staging_errors("writing the script"):
                for piece in self._pieces(facts):
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _pieces(self, facts: Sequence[str]) -> Iterator[bytes]:
        hurt = self.comparison.hurt
        tables = {each.before.oid: _table(each) for each in hurt}
        yield words.head(facts).encode()
        yield self._definitions(_made_again(hurt), "pre-data")
        for unit in hurt:
            yield words.columns_back(tables[unit.before.oid]).encode()
        for unit in hurt:
            yield from _data(unit, tables[unit.before.oid])
        for group in self._in_order():
            yield words.inserts([tables[each.before.oid] for each in group]).encode()
        for table in tables.values():
            yield words.updates(table).encode()
        for table in tables.values():
            yield words.checks(table).encode()
        yield self._definitions([each for each in hurt if each.loss.dropped], "post-data")
        yield "".join([*self._keys_back(), *self._sequences(), *words.foot()]).encode()

    def _definitions(self, units: Sequence[Unit | str], section: str) -> bytes:
        """What pg_dump says of tables that are gone, by name or with all their partitions."""
        names = [name for each in units for name in ([each] if isinstance(each, str) else self._with_parts(each))]
        if not names:
            return b""
        known = {each.qualified: each for each in self.comparison.ours.relations.values()}
        chosen = [f"--table={words.named(known[name].schema, known[name].name)}" for name in names]
        argv: list[str | Path] = ["pg_dump", f"--section={section}", "--no-password", "--no-publications", *chosen]
        said = run_tool(self.tools, argv, staging_environment(self.address)).stdout.decode()
        return _NOT_OURS.sub("", said).encode()

    def _with_parts(self, unit: Unit) -> list[str]:
        parts = [each.qualified for each in self.comparison.ours.relations.values() if each.root == unit.before.oid]
        return [unit.before.qualified, *parts]

    def _in_order(self) -> Iterator[list[Unit]]:
        """Tables before those whose foreign keys point at them; those that point at each other together."""
        theirs = self.comparison.theirs
        units = {each.before.qualified: each for each in self.comparison.hurt}
        points: dict[str, set[str]] = {name: set() for name in units}
        for key in theirs.keys:
            ends = [theirs.relations.get(theirs.whole(oid)) for oid in (key.table, key.target)]
            here, there = (each.qualified if each is not None else "" for each in ends)
            if here in units and there in units:
                points[here].add(there)
        for group in in_order(points):
            yield [units[name] for name in group]

    def _keys_back(self) -> Iterator[str]:
        """Foreign keys of other tables that went with the tables they pointed at."""
        ours, theirs = self.comparison.ours, self.comparison.theirs
        hurt = {each.before.oid for each in self.comparison.hurt}
        dropped = {each.before.oid for each in self.comparison.hurt if each.loss.dropped}
        known = {(each.table, each.name) for each in theirs.keys}
        for key in ours.keys:
            holder = ours.relations.get(key.table)
            there = theirs.named(holder.qualified) if holder is not None else None
            if holder is None or there is None or key.table in dropped:
                continue
            again = words.key_back((holder.schema, holder.name), key.name, key.definition)
            if key.target in dropped:
                yield again
            elif key.target in hurt and (there.oid, key.name) not in known:
                yield words.remark(f"gone since the backup, left to you: {again}")

    def _sequences(self) -> Iterator[str]:
        ours, theirs = self.comparison.ours, self.comparison.theirs
        dropped = {each.before.oid for each in self.comparison.hurt if each.loss.dropped}
        feeds = read_feeds(ours.connection)
        for place, was in ours.sequences.items():
            now = theirs.sequences.get(place)
            made = any(each.relation in dropped for each in feeds.get(was.oid, ()))
            if now.behind(was) if now is not None else made:
                yield words.sequence_on(place, was.last, called=was.called, increment=was.increment)


def _made_again(hurt: Sequence[Unit]) -> list[Unit | str]:
    found: list[Unit | str] = [each for each in hurt if each.loss.dropped]
    return [*found, *(name for each in hurt for name in each.loss.partitions)]


def _table(unit: Unit) -> TableScript:
    return TableScript(
        unit.work.number,
        unit.before.schema,
        unit.before.name,
        unit.carried,
        unit.key,
        unit.loss.missing,
        unit.repaired if unit.after is not None and unit.loss.nulled else (),
        unit.loss.nulled,
        made=unit.loss.dropped,
        added={each.name: unit.facts[each.name].type for each in unit.gone} if unit.after is not None else None,
    )


def _data(unit: Unit, table: TableScript) -> Iterator[bytes]:
    work = unit.work
    if table.missing:
        there = sql.SQL(", ").join([*cells_of(table.columns), *([] if table.key or table.made else [_THERE])])
        rows = sql.SQL("SELECT {} FROM {} m JOIN {} AS r ON r.tableoid = m.part AND r.ctid = m.place").format(
            there, work.name("m"), unit.source
        )
        yield from _copied(work.ours, rows, words.rows_table(table))
    if table.repaired:
        parts: list[sql.Composable] = list(cells_of(table.key))
        for name in table.repaired:
            parts += [*cells_of([name]), now_of(unit, name)]
        values = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(parts), changed_rows(unit))
        yield from _copied(work.ours, values, words.values_table(table))


_THERE = sql.SQL("m.there")


def cells_of(columns: Sequence[str]) -> list[sql.Composed]:
    """Columns of the backup's row."""
    return [cells([each]) for each in columns]


def _copied(connection: Connection, query: sql.Composed, around: tuple[str, str]) -> Iterator[bytes]:
    first, last = around
    yield first.encode()
    yield from read_out(connection, query)
    yield last.encode()


def in_order(points: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Names in groups: what *points* at something comes later, what leads around in a circle together."""
    reach = {name: _reached(points, name) for name in points}
    left = list(points)
    while left:
        free = next(name for name in left if not (reach[name] & set(left)) - _circle(reach, name))
        group = [name for name in left if name in _circle(reach, free)]
        yield group
        left = [name for name in left if name not in group]


def _circle(reach: Mapping[str, set[str]], name: str) -> set[str]:
    return {name, *(other for other in reach[name] if name in reach[other])}


def _reached(points: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        for other in points[left.pop()] - found:
            found.add(other)
            left.append(other)
    return found
