"""YAML read for people: every scalar stays text, every key knows its line.

Surprising: PyYAML would turn ``no:`` into False, merge ``on:`` with ``yes:`` and keep the last of two equal keys in
silence. Here nothing is resolved and a repeated key is an error that names both lines. Files over 1 MB, more than 100
aliases, deep nesting and aliases that multiply each other are refused before they can blow up.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stagecopy.errors import UsageError

MAX_BYTES = 1_000_000
MAX_ALIASES = 100
_DEEPEST = 60
_MOST_NODES = 200_000  # with every alias written out

_HALVES = re.compile("[\ud800-\udfff]")

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: ``value`` of dicts, lists, text and None, and the line of every key path."""

    path: str
    value: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def where(self, *keys: str | int) -> str:
        """``file:line`` of the deepest part of *keys* that stands in the file."""
        for length in range(len(keys), -1, -1):
            line = self.lines.get(tuple(keys[:length]))
            if line is not None:
                return f"{self.path}:{line}"
        return f"{self.path}:1"


def load(path: Path, *, code: str) -> Document:
    """Read *path*. Raises UsageError with *code* and file:line on anything that is not sound YAML."""
    try:
        data = path.read_bytes()
    except OSError as failure:
        raise UsageError(code, f"cannot read {path}: {failure.strerror}", where=str(path)) from failure
    return parse(data, name=str(path), code=code)


def parse(data: bytes, *, name: str, code: str) -> Document:
    """Parse *data*; *name* is the file's name in messages. Raises UsageError with *code*."""
    if len(data) > MAX_BYTES:
        raise UsageError(code, f"{name} is larger than 1 MB", where=f"{name}:1")
    try:
        text = data.decode("utf-8-sig")
        if (problem := _overgrown(text)) is not None:
            raise UsageError(code, f"{name} {problem}", where=f"{name}:1")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None and _nodes(node, {}) > _MOST_NODES:
            raise UsageError(code, f"{name} has aliases that multiply each other", where=f"{name}:1")
    except UnicodeDecodeError as failure:
        raise UsageError(code, f"{name} is not UTF-8", where=f"{name}:1") from failure
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        place = f"{name}:{mark.line + 1 if mark else 1}"
        raise UsageError(code, f"not valid YAML: {failure.problem or failure.context}", where=place) from None
    except yaml.reader.ReaderError as failure:
        line = text.count("\n", 0, failure.position) + 1
        raise UsageError(code, "not valid YAML: a control character", where=f"{name}:{line}") from None
    except (yaml.YAMLError, ValueError, OverflowError):  # the latter two: PyYAML meets \UFFFFFFFF in double quotes
        raise UsageError(code, "not valid YAML: an escape that is no character", where=f"{name}:1") from None
    builder = _Builder(name, code)
    value = builder.build(node, ()) if node is not None else None
    return Document(name, value, builder.lines)


def _overgrown(text: str) -> str | None:
    """What is too much in *text*, found before all of it is read: deep nesting takes quadratic time to read."""
    aliases, depth = 0, 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return f"is nested deeper than {_DEEPEST} levels"
    return f"has {aliases} aliases, {MAX_ALIASES} are allowed" if aliases > MAX_ALIASES else None


def _nodes(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are with every alias written out; one inside itself counts as too many."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1  # stands while its children are counted
        below: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            below = [each for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            below = node.value
        known[id(node)] = 1 + sum(_nodes(each, known) for each in below)
    return known[id(node)]


@dataclass(slots=True)
class _Builder:
    name: str
    code: str
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, position)) for position, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            self._sound(node)
            return None if not node.style and node.value in ("", "~") else node.value
        raise UsageError(self.code, "an unknown kind of YAML node", where=f"{self.name}:{node.start_mark.line + 1}")

    def _sound(self, node: yaml.ScalarNode) -> None:
        """``"\\ud800"`` is half a character: nothing could ever print it."""
        if _HALVES.search(node.value):
            where = f"{self.name}:{node.start_mark.line + 1}"
            raise UsageError(self.code, "not valid YAML: an escape that is half a character", where=where)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise UsageError(self.code, "a key must be text", where=f"{self.name}:{line}")
            key = key_node.value
            self._sound(key_node)
            if key in result:
                first = self.lines[(*path, key)]
                raise UsageError(
                    self.code,
                    f"{key!r} stands twice, in line {first} and in line {line}",
                    hint="keep one of them",
                    where=f"{self.name}:{line}",
                )
            self.lines[(*path, key)] = line
            result[key] = self.build(value_node, (*path, key))
        return result


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that *word* was most likely meant to be, or None."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown key: the nearest known one, else all of them."""
    names = sorted(known)
    close = nearest(word, names)
    return f"did you mean {close!r}?" if close else f"known here: {', '.join(names)}"
