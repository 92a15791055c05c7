"""Reads rule files into a ``RuleSet``.

Surprising: a mistake does not stop the reading. All mistakes of all files are collected and raised as one error, each
with file:line, so that nobody mends them one run at a time. What a later version will understand (packs, subjects,
references, partial rows) is refused by name, never ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stagecopy.errors import UsageError
from stagecopy.masking.decisions import Mistakes, decision
from stagecopy.masking.identifiers import parse_column, parse_table
from stagecopy.masking.rules import ColumnRule, PatternRule, RuleSet, TableRule
from stagecopy.yamlfile import Document, KeyPath, load, suggestion

CODE = "bad-rules"
_TOP = ("version", "use", "subjects", "tables", "patterns", "references")
_TABLE = ("rows", "skip", "columns")
_PATTERN = ("schema", "table", "column", "type", "comment")


def load_rules(folder_or_file: Path) -> RuleSet:
    """The rules of one file, or of all ``*.yaml`` and ``*.yml`` directly inside a folder, sorted by name.

    Raises UsageError ``bad-rules`` that lists every mistake as ``file:line: what; hint``.
    """
    mistakes = Mistakes()
    tables: list[TableRule] = []
    patterns: list[PatternRule] = []
    files = _files(folder_or_file)
    for path in files:
        try:
            reader = _Reader(load(path, code=CODE), mistakes)
        except UsageError as failure:
            mistakes.add(failure.where or str(path), failure.message, failure.hint)
            continue
        reader.read()
        tables += reader.tables
        patterns += reader.patterns
    mistakes.raise_any()
    return RuleSet(tuple(tables), tuple(patterns), tuple(str(path) for path in files))


def _files(folder_or_file: Path) -> list[Path]:
    if folder_or_file.is_dir():
        found = [*folder_or_file.glob("*.yaml"), *folder_or_file.glob("*.yml")]
        return sorted(path for path in found if path.is_file())
    if not folder_or_file.exists():
        raise UsageError(
            CODE, f"there is no {folder_or_file}", hint="run `stagecopy init`", where=f"{folder_or_file}:1"
        )
    return [folder_or_file]


class _Reader:
    """Reads one document, adding what is wrong to the mistakes of all."""

    def __init__(self, document: Document, mistakes: Mistakes) -> None:
        self.document = document
        self.mistakes = mistakes
        self.tables: list[TableRule] = []
        self.patterns: list[PatternRule] = []

    def wrong(self, path: KeyPath, what: str, hint: str | None = None) -> None:
        self.mistakes.add(self.document.where(*path), what, hint)

    def read(self) -> None:
        content = self.document.value
        if content is None:
            return
        if not isinstance(content, dict):
            self.wrong((), "a rule file is a mapping", "start with `version: 1`")
            return
        self._known(content, _TOP, ())
        self._version(content)
        for later in ("use", "subjects", "references"):
            if content.get(later):
                self.wrong((later,), f"`{later}` is not available yet in this version", "take it out")
        for text, entry in self._mapping(content, "tables").items():
            self._table(text, entry)
        for position, entry in enumerate(self._sequence(content, "patterns")):
            self._pattern(position, entry)

    def _version(self, content: dict[str, Any]) -> None:
        version = content.get("version")
        if version is None:
            self.wrong(("version",) if "version" in content else (), "no version given", "write `version: 1`")
        elif version != "1":
            self.wrong(("version",), f"version {version!r} is not known", "this stagecopy reads version 1")

    def _known(self, entry: dict[str, Any], known: tuple[str, ...], path: KeyPath) -> None:
        for key in entry:
            if key not in known:
                self.wrong((*path, key), f"unknown key {key!r}", suggestion(key, known))

    def _mapping(self, content: dict[str, Any], key: str, path: KeyPath = ()) -> dict[str, Any]:
        value = content.get(key)
        if value is None or isinstance(value, dict):
            return value or {}
        self.wrong((*path, key), f"`{key}` must be a mapping", "check the indentation")
        return {}

    def _sequence(self, content: dict[str, Any], key: str) -> list[Any]:
        value = content.get(key)
        if value is None or isinstance(value, list):
            return value or []
        self.wrong((key,), f"`{key}` must be a list", "start each entry with `- `")
        return []

    def _table(self, text: str, entry: Any) -> None:
        path: KeyPath = ("tables", text)
        try:
            name = parse_table(text)
        except ValueError as failure:
            self.wrong(path, str(failure))
            return
        if not isinstance(entry, dict) or not entry:
            self.wrong(path, f"nothing is said about {text}", "give it columns, `rows: none` or `skip: reason`")
            return
        self._known(entry, _TABLE, path)
        rows, skip = self._rows(entry, path), self._skip(entry, path)
        columns = [
            rule
            for column, said in self._mapping(entry, "columns", path).items()
            if (rule := self._column((*path, "columns", column), column, said)) is not None
        ]
        self.tables.append(
            TableRule(
                text=text,
                name=name,
                where=self.document.where(*path),
                rows="none" if rows == "none" else "all" if rows == "all" else None,
                rows_where=self.document.where(*path, "skip" if skip else "rows"),
                skip=skip,
                columns=tuple(columns),
            )
        )

    def _rows(self, entry: dict[str, Any], path: KeyPath) -> str | None:
        if "rows" not in entry:
            return None
        rows = entry["rows"]
        if rows in ("all", "none"):
            return str(rows)
        if isinstance(rows, dict) and rows:
            self._known(rows, ("where", "percent", "seed"), (*path, "rows"))
            self.wrong((*path, "rows"), "partial rows are not available yet in this version", "write `rows: none`")
        else:
            self.wrong((*path, "rows"), "`rows` is `all` or `none`")
        return None

    def _skip(self, entry: dict[str, Any], path: KeyPath) -> str | None:
        if "skip" not in entry:
            return None
        reason = entry["skip"]
        if not self.mistakes.sound_reason(reason):
            self.wrong((*path, "skip"), "`skip` says why, in 3 characters or more", "for example `skip: not readable`")
            return None
        if "rows" in entry or "columns" in entry:
            self.wrong((*path, "skip"), "`skip` leaves the whole table out, `rows` and `columns` mean nothing")
        return str(reason)

    def _column(self, path: KeyPath, text: str, entry: Any) -> ColumnRule | None:
        try:
            column = parse_column(text)
        except ValueError as failure:
            self.wrong(path, str(failure))
            return None
        decided = decision(entry, path, self.document, self.mistakes)
        return ColumnRule(column, decided) if decided else None

    def _pattern(self, position: int, entry: Any) -> None:
        path: KeyPath = ("patterns", position)
        if not isinstance(entry, dict):
            self.wrong(path, "a pattern is a mapping", 'for example `- {column: "*_email", mask: email}`')
            return
        globs = {key: value for key, value in entry.items() if key in _PATTERN}
        if not globs:
            self.wrong(path, "a pattern names none of its keys", f"known here: {', '.join(_PATTERN)}")
            return
        for key, value in globs.items():
            if not isinstance(value, str):
                self.wrong((*path, key), f"`{key}` must be text", 'for example "*_email"')
        rest = {key: value for key, value in entry.items() if key not in _PATTERN}
        decided = decision(rest, path, self.document, self.mistakes, beside=_PATTERN)
        if decided and all(isinstance(value, str) for value in globs.values()):
            self.patterns.append(PatternRule(globs, decided))
