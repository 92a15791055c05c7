"""States of a database as pg_dump writes them down, and what differs between two: independent of our own diff.

What identity the dumps cannot tell (a table or column renamed) is taken from the trial's document, then verified.
Order is none here: neither of rows nor of columns. Where a sequence stands is left out.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stagecopy.model.server import Address
from tests.integration.scratch_server import BINARIES

_HEADER = re.compile(r"^-- (?:Data for )?Name: (.+); Type: ([A-Z ]+); Schema: (.+?);.*$")
_COPY = re.compile(r"^COPY (.+?) \((.*)\) FROM stdin;$")
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^".,\s]+)')
_NULL = "\\N"
_LEFT_OUT = ("TABLE DATA", "SEQUENCE SET", "MATERIALIZED VIEW DATA")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """``objects``: what there is by kind and name, as SQL. ``tables``: rows by schema.table, names unquoted."""

    objects: dict[str, str]
    tables: dict[str, list[Row]]


def dumped(address: Address) -> State:
    """The whole database as it is now."""
    argv = [str(BINARIES / "pg_dump"), "--no-security-labels", "-d", address.url]
    return _parsed(subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout.decode())


def _parsed(text: str) -> State:
    objects: dict[str, list[str]] = {}
    tables: dict[str, list[Row]] = {}
    body: list[str] = []
    lines = iter(text.split("\n"))
    for line in lines:
        if header := _HEADER.match(line):
            body = objects.setdefault(f"{header[2]} {header[3]}.{header[1]}", [])
            if header[2] in _LEFT_OUT:
                del objects[f"{header[2]} {header[3]}.{header[1]}"]
        elif copied := _COPY.match(line):
            columns = _names(copied[2])
            tables[".".join(_names(copied[1]))] = [
                dict(zip(columns, row.split("\t"), strict=True)) for row in _until_end(lines) if columns
            ]
        elif line.strip() and not line.startswith(("--", "SET ", "SELECT pg_catalog.set_config", "\\")):
            body.append(line)
    return State({name: _normal(lines) for name, lines in objects.items()}, tables)


def _until_end(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "\\.":
            return
        yield line


def _names(text: str) -> list[str]:
    return [quoted.replace('""', '"') or plain for quoted, plain in _NAME.findall(text)]


def _normal(lines: list[str]) -> str:
    """The columns of a CREATE TABLE in no order."""
    if lines and lines[0].startswith("CREATE TABLE"):
        return "\n".join(sorted(line.strip().rstrip(",") for line in lines))
    return "\n".join(lines)


def multiset(rows: list[Row], columns: Mapping[str, str] | None = None) -> Counter[frozenset[tuple[str, str]]]:
    """Rows with their columns under new names; with *columns* only those."""
    if columns is None:
        return Counter(frozenset(row.items()) for row in rows)
    return Counter(frozenset((columns[name], value) for name, value in row.items() if name in columns) for row in rows)


def differing_objects(before: State, after: State) -> set[str]:
    """Kinds and names of what is not the same."""
    names = before.objects.keys() | after.objects.keys()
    return {name for name in names if before.objects.get(name) != after.objects.get(name)}


def differing_tables(before: State, after: State) -> set[str]:
    """Tables whose rows are not the same, or that are not on both sides with a row in them."""
    names = before.tables.keys() | after.tables.keys()
    return {name for name in names if multiset(before.tables.get(name, [])) != multiset(after.tables.get(name, []))}


def disagreements(before: State, after: State, document: Any) -> list[str]:
    """What a trial's document says otherwise than the dumps before and after it."""
    found = list(_rows_told_otherwise(before, after, document))
    differing, told = differing_objects(before, after), document["schema"]
    if bool(differing) != bool(told):
        found.append(f"schema: dumps differ in {sorted(differing)}, told is {[each['name'] for each in told]}")
    words = {word for each in told for name in (each["name"], each["from"] or "") for word in re.split(r"[.\s(]", name)}
    found += [f"not told: {name}" for name in sorted(differing) if not words & set(re.split(r"[.\s(]", name))]
    return found


def _rows_told_otherwise(before: State, after: State, document: Any) -> Iterator[str]:
    told = {each["name"]: each for each in document["tables"]}
    old_names = {each["renamed_from"] or name: name for name, each in told.items() if each["change"] != "created"}
    for name in {old_names.get(old, old) for old in before.tables} | after.tables.keys():
        entry = told.get(name)
        old = (entry["renamed_from"] if entry else None) or name
        mine, other = before.tables.get(old), after.tables.get(name)
        if entry is None:
            if mine is None or other is None or multiset(mine) != multiset(other):
                yield f"{name}: the rows differ, and nothing is told of it"
            continue
        yield from _counts_told_otherwise(name, entry, mine, other)
        if mine is not None and other is not None and not entry["moved"]:
            yield from _values_told_otherwise(entry, mine, other, _renamed(document, name))


def _counts_told_otherwise(name: str, entry: Any, mine: list[Row] | None, other: list[Row] | None) -> Iterator[str]:
    counts = [None if rows is None else len(rows) for rows in (mine, other)]
    if counts != [entry["rows_before"], entry["rows_after"]]:
        yield f"{name}: {counts} rows, told are {entry['rows_before']} and {entry['rows_after']}"


def _renamed(document: Any, table: str) -> dict[str, str]:
    lines = (each for each in document["schema"] if (each["kind"], each["change"]) == ("column", "renamed"))
    return {each["from"].rsplit(".", 1)[-1]: each["name"].removeprefix(f"{table}.") for each in lines
            if each["name"].startswith(f"{table}.")}  # fmt: skip


def _values_told_otherwise(entry: Any, mine: list[Row], other: list[Row], renamed: dict[str, str]) -> Iterator[str]:
    """Rows over surviving columns whose type, and with it the spelling of values, is the same."""
    retyped = {name for name, each in entry["columns"].items() if each["type_from"] and each["type_to"]}
    new = set(other[0]) if other else set()
    kept = {name: renamed.get(name, name) for name in (mine[0] if mine else {})}
    both = {old: now for old, now in kept.items() if now in new and not {old, now} & retyped}
    if mine and other:
        for name in [old for old, now in kept.items() if now not in new]:
            lost = sum(row[name] != _NULL for row in mine)
            if entry["columns"].get(name, {}).get("lost", 0) != lost and entry["change"] is None:
                yield f"{entry['name']}.{name}: {lost} values lost, told is {entry['columns'].get(name)}"
    gone, come = multiset(mine, both), multiset(other, {name: name for name in both.values()})
    counts = (gone - come).total(), (come - gone).total()
    told = entry["removed"] + entry["changed"], entry["added"] + entry["changed"]
    if counts != told and not (retyped and all(one <= two for one, two in zip(counts, told, strict=True))):
        yield f"{entry['name']}: {counts} rows are gone and come, told are {told}"
