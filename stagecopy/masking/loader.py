"""Reads rule files into a ``RuleSet``.

Surprising: a mistake does not stop the reading. All mistakes of all files are collected and raised as one error, each
with file:line, so that nobody mends them one run at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from stagecopy.errors import UsageError
from stagecopy.masking import loader_links, packs
from stagecopy.masking.loader_tables import pattern_rule, table_rule
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.reading import Reader
from stagecopy.masking.rules import LargeObjects, Pack, PatternRule, Reference, RuleSet, Subject, TableRule
from stagecopy.yamlfile import load, suggestion

CODE = "bad-rules"
_T = TypeVar("_T")
_TOP = ("version", "use", "subjects", "tables", "patterns", "references", "large_objects")
_KEEP_THEM = "for example `large_objects: {keep: scans of empty forms}`; without it they stay in production"


def load_rules(folder_or_file: Path) -> RuleSet:
    """The rules of one file, or of all ``*.yaml`` and ``*.yml`` directly inside a folder, sorted by name.

    Raises UsageError ``bad-rules`` that lists every mistake as ``file:line: what; hint``.
    """
    mistakes, read = Mistakes(), _Content()
    files = _files(folder_or_file)
    for path in files:
        _read(path, read, mistakes)
    used = [_pack(name, mistakes) for name in read.packs]
    mistakes.raise_any()
    return RuleSet(
        tables=tuple(read.tables),
        patterns=tuple(read.patterns),
        files=tuple(str(path) for path in files),
        references=tuple(read.references),
        subjects=tuple(read.subjects.values()),
        packs=tuple(used),
        large_objects=read.large_objects,
    )


def _files(folder_or_file: Path) -> list[Path]:
    if folder_or_file.is_dir():
        found = [*folder_or_file.glob("*.yaml"), *folder_or_file.glob("*.yml")]
        return sorted(path for path in found if path.is_file())
    if not folder_or_file.exists():
        raise UsageError(
            CODE, f"there is no {folder_or_file}", hint="run `stagecopy init`", where=f"{folder_or_file}:1"
        )
    return [folder_or_file]


@dataclass(slots=True)
class _Content:
    """What the files read so far say; packs in the order first named, subjects by name."""

    tables: list[TableRule] = field(default_factory=list)
    patterns: list[PatternRule] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    subjects: dict[str, Subject] = field(default_factory=dict)
    packs: list[str] = field(default_factory=list)
    large_objects: LargeObjects | None = None


def _read(path: Path, into: _Content, mistakes: Mistakes) -> None:
    try:
        reader = Reader(load(path, code=CODE), mistakes)
    except UsageError as failure:
        mistakes.add(failure.where or str(path), failure.message, failure.hint)
        return
    content = reader.document.value
    if content is None:
        return
    if not isinstance(content, dict):
        reader.wrong((), "a rule file is a mapping", "start with `version: 1`")
        return
    reader.known(content, _TOP, ())
    _version(reader, content)
    _use(reader, content, into.packs)
    for name, entry in reader.mapping(content, "subjects").items():
        _subject(reader, name, entry, into.subjects)
    for text, entry in reader.mapping(content, "tables").items():
        into.tables += _some(table_rule(reader, text, entry))
    for position, entry in enumerate(reader.sequence(content, "patterns")):
        into.patterns += _some(pattern_rule(reader, position, entry))
    for position, entry in enumerate(reader.sequence(content, "references")):
        into.references += _some(loader_links.reference(reader, position, entry))
    if "large_objects" in content:
        _large_objects(reader, content["large_objects"], into)


def _some(value: _T | None) -> tuple[_T, ...]:
    return () if value is None else (value,)


def _version(reader: Reader, content: dict[str, Any]) -> None:
    version = content.get("version")
    if version is None:
        reader.wrong(("version",) if "version" in content else (), "no version given", "write `version: 1`")
    elif version != "1":
        reader.wrong(("version",), f"version {version!r} is not known", "this stagecopy reads version 1")


def _use(reader: Reader, content: dict[str, Any], names: list[str]) -> None:
    known = packs.names()
    for position, name in enumerate(reader.sequence(content, "use")):
        if not isinstance(name, str) or name not in known:
            hint = suggestion(str(name), known) if known else "this version ships no packs"
            reader.wrong(("use", position), f"there is no pack {name!r}", hint)
        elif name not in names:
            names.append(name)


def _subject(reader: Reader, name: str, entry: Any, subjects: dict[str, Subject]) -> None:
    if name in subjects:
        reader.wrong(("subjects", name), f"subject {name} is defined already at {subjects[name].where}", "keep one")
    elif (read := loader_links.subject(reader, name, entry)) is not None:
        subjects[name] = read


def _large_objects(reader: Reader, entry: Any, into: _Content) -> None:
    path = ("large_objects",)
    if into.large_objects is not None:
        reader.wrong(path, f"large_objects is decided already at {into.large_objects.where}", "keep one")
        return
    if not isinstance(entry, dict):
        reader.wrong(path, "`large_objects` is a mapping with `keep`", _KEEP_THEM)
        return
    reader.known(entry, ("keep",), path)
    if reader.mistakes.sound_reason(entry.get("keep")):
        into.large_objects = LargeObjects(entry["keep"].strip(), reader.document.where(*path))
    elif "keep" in entry or not entry:
        reader.wrong((*path, *(("keep",) if entry else ())), "`keep` says why, in 3 characters or more", _KEEP_THEM)


def _pack(name: str, mistakes: Mistakes) -> Pack:
    """The rules of a pack; those it uses itself are not followed."""
    read = _Content()
    _read(packs.path(name), read, mistakes)
    return Pack(name, tuple(read.tables), tuple(read.patterns), tuple(read.references), tuple(read.subjects.values()))
