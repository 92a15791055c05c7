"""Reads the entries under ``tables:`` and ``patterns:``."""

from __future__ import annotations

from typing import Any

from stagecopy.masking.decisions import decision
from stagecopy.masking.identifiers import parse_column, parse_table
from stagecopy.masking.reading import Reader
from stagecopy.masking.rules import ColumnRule, PatternRule, Rows, Subset, TableRule
from stagecopy.yamlfile import KeyPath

_TABLE = ("rows", "skip", "columns")
_ROWS = ("where", "percent", "seed")
_PATTERN = ("schema", "table", "column", "type", "comment")
_ROWS_HINT = "write `rows: none`, `rows: {where: SQL}` or `rows: {percent: 10, seed: a}`"


def table_rule(reader: Reader, text: str, entry: Any) -> TableRule | None:
    """One entry under ``tables:``."""
    path: KeyPath = ("tables", text)
    try:
        name = parse_table(text)
    except ValueError as failure:
        reader.wrong(path, str(failure))
        return None
    if not isinstance(entry, dict) or not entry:
        reader.wrong(path, f"nothing is said about {text}", "give it columns, `rows: none` or `skip: reason`")
        return None
    reader.known(entry, _TABLE, path)
    rows, skip = _rows(reader, entry, path), _skip(reader, entry, path)
    columns = [
        rule
        for column, said in reader.mapping(entry, "columns", path).items()
        if (rule := _column(reader, (*path, "columns", column), column, said)) is not None
    ]
    return TableRule(
        text=text,
        name=name,
        where=reader.document.where(*path),
        rows=rows,
        rows_where=reader.document.where(*path, "skip" if skip else "rows"),
        skip=skip,
        columns=tuple(columns),
    )


def _rows(reader: Reader, entry: dict[str, Any], path: KeyPath) -> Rows | None:
    if "rows" not in entry:
        return None
    rows, path = entry["rows"], (*path, "rows")
    if rows == "all":
        return "all"
    if rows == "none":
        return "none"
    if not isinstance(rows, dict) or not rows:
        reader.wrong(path, "`rows` is `all`, `none` or a choice of rows", _ROWS_HINT)
        return None
    reader.known(rows, _ROWS, path)
    if ("where" in rows) == ("percent" in rows) or ("where" in rows and "seed" in rows):
        reader.wrong(path, "`rows` takes either `where`, or `percent` with `seed`", _ROWS_HINT)
        return None
    if "where" in rows:
        return _where(reader, rows["where"], (*path, "where"))
    percent = _percent(rows["percent"])
    if percent is None or not isinstance(rows.get("seed", "0"), str):
        reader.wrong((*path, "percent"), "`percent` is a number above 0 and up to 100", _ROWS_HINT)
        return None
    return Subset(percent=percent, seed=str(rows.get("seed", "0")))


def _where(reader: Reader, condition: Any, path: KeyPath) -> Subset | None:
    if isinstance(condition, str) and condition.strip():
        return Subset(where=condition.strip())
    reader.wrong(path, "`where` is an SQL condition", "for example {where: created_at > now() - interval '90 days'}")
    return None


def _percent(text: Any) -> float | None:
    try:
        percent = float(text)
    except (TypeError, ValueError):
        return None
    return percent if 0 < percent <= 100 else None


def _skip(reader: Reader, entry: dict[str, Any], path: KeyPath) -> str | None:
    if "skip" not in entry:
        return None
    reason = entry["skip"]
    if not reader.mistakes.sound_reason(reason):
        reader.wrong((*path, "skip"), "`skip` says why, in 3 characters or more", "for example `skip: not readable`")
        return None
    if "rows" in entry or "columns" in entry:
        reader.wrong((*path, "skip"), "`skip` leaves the whole table out, `rows` and `columns` mean nothing")
    return str(reason)


def _column(reader: Reader, path: KeyPath, text: str, entry: Any) -> ColumnRule | None:
    try:
        column = parse_column(text)
    except ValueError as failure:
        reader.wrong(path, str(failure))
        return None
    decided = decision(entry, path, reader.document, reader.mistakes)
    return ColumnRule(column, decided) if decided else None


def pattern_rule(reader: Reader, position: int, entry: Any) -> PatternRule | None:
    """One entry under ``patterns:``."""
    path: KeyPath = ("patterns", position)
    if not isinstance(entry, dict):
        reader.wrong(path, "a pattern is a mapping", 'for example `- {column: "*_email", mask: email}`')
        return None
    globs = {key: value for key, value in entry.items() if key in _PATTERN}
    if not globs:
        reader.wrong(path, "a pattern names none of its keys", f"known here: {', '.join(_PATTERN)}")
        return None
    for key, value in globs.items():
        if not isinstance(value, str):
            reader.wrong((*path, key), f"`{key}` must be text", 'for example "*_email"')
    rest = {key: value for key, value in entry.items() if key not in _PATTERN}
    decided = decision(rest, path, reader.document, reader.mistakes, beside=_PATTERN)
    if decided is None or not all(isinstance(value, str) for value in globs.values()):
        return None
    return PatternRule(globs, decided)
