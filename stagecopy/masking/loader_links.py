"""Reads ``subjects:`` (whose data is it) and ``references:`` (keys that production does not declare)."""

from __future__ import annotations

from typing import Any

from stagecopy.masking.identifiers import parse_column, parse_column_of, parse_table
from stagecopy.masking.jsonpath import spelled
from stagecopy.masking.reading import Reader
from stagecopy.masking.rules import ColumnRef, Reference, Subject
from stagecopy.yamlfile import KeyPath

_REFERENCE = ("from", "to", "when")
_EXAMPLE = "for example `- {from: public.events.mail, to: public.users.email}`"
_SUBJECT_EXAMPLE = "for example `customer: {table: public.users, key: id}`"


def subject(reader: Reader, name: str, entry: Any) -> Subject | None:
    """One entry under ``subjects:``."""
    path: KeyPath = ("subjects", name)
    if not isinstance(entry, dict):
        reader.wrong(path, "a subject has a table and a key", _SUBJECT_EXAMPLE)
        return None
    reader.known(entry, ("table", "key"), path)
    for part in ("table", "key"):
        if not isinstance(entry.get(part), str):
            reader.wrong((*path, part), f"`{part}` of subject {name} is missing", _SUBJECT_EXAMPLE)
            return None
    try:
        table, key = parse_table(entry["table"]), parse_column(entry["key"])
    except ValueError as failure:
        reader.wrong(path, str(failure))
        return None
    if table.table.glob or key.glob:
        reader.wrong(path, "a subject names one table and one column", "only the schema may be a glob")
        return None
    return Subject(name, table, key.text, reader.document.where(*path))


def reference(reader: Reader, position: int, entry: Any) -> Reference | None:
    """One entry under ``references:``."""
    path: KeyPath = ("references", position)
    if not isinstance(entry, dict) or not {"from", "to"} <= set(entry):
        reader.wrong(path, "a reference has `from` and `to`", _EXAMPLE)
        return None
    reader.known(entry, _REFERENCE, path)
    source, target = _column(reader, entry["from"], (*path, "from")), _column(reader, entry["to"], (*path, "to"))
    when, sound = _when(reader, entry, path)
    if source is None or target is None or not sound:
        return None
    if target.path:
        reader.wrong((*path, "to"), "a reference goes to a column", "put the leaf of the document under `from`")
        return None
    if target.table.schema.glob and target.table.schema != source.table.schema:
        reader.wrong((*path, "to"), "a glob in `to` must be the very one of `from`", "both stand for one schema then")
        return None
    return Reference(source, target, reader.document.where(*path), when)


def _column(reader: Reader, said: Any, path: KeyPath) -> ColumnRef | None:
    """``schema.table.column``, or ``{column: schema.table.column, path: $.leaf}``."""
    leaf = None
    if isinstance(said, dict) and set(said) == {"column", "path"}:
        said, leaf = said["column"], said["path"]
    if not isinstance(said, str) or (leaf is not None and not isinstance(leaf, str)):
        reader.wrong(path, "neither a column nor {column: …, path: …}", _EXAMPLE)
        return None
    try:
        leaf = spelled(leaf) if leaf is not None else None
        table, column = parse_column_of(said)
    except ValueError as failure:
        reader.wrong(path, str(failure))
        return None
    return ColumnRef(table, column, leaf)


def _when(reader: Reader, entry: dict[str, Any], path: KeyPath) -> tuple[tuple[str, str] | None, bool]:
    if "when" not in entry:
        return None, True
    when = entry["when"]
    if isinstance(when, dict) and len(when) == 1 and all(isinstance(value, str) for value in when.values()):
        [(column, value)] = when.items()
        try:
            return (parse_column(column).text, value), True
        except ValueError as failure:
            reader.wrong((*path, "when"), str(failure))
            return None, False
    reader.wrong((*path, "when"), "`when` names one column and its value", "for example `when: {owner_type: User}`")
    return None, False
