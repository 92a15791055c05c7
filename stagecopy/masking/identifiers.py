"""Names of tables and columns as they stand in rule files.

``schema.table``, case-sensitive, no schema means ``public``. A part that holds ``.``, ``*``, ``?`` or ``"`` stands in
double quotes, a quote inside doubled; a quoted part is never a glob. In a bare part ``*`` and ``?`` are globs.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_SPECIAL = re.compile(r'[.*?"]')
_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[^."]+)')


@functools.lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    pieces = {"*": ".*", "?": "."}
    return re.compile("".join(pieces.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)


def glob_matches(pattern: str, text: str) -> bool:
    """Whether *text* as a whole matches *pattern*, in which only ``*`` and ``?`` are special."""
    return _glob(pattern).fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a name: exact text, or a glob."""

    text: str
    glob: bool

    def matches(self, name: str) -> bool:
        """Whether a name of the catalog is meant."""
        return glob_matches(self.text, name) if self.glob else name == self.text


@dataclass(frozen=True, slots=True)
class TableName:
    """A table's name, exact or with globs."""

    schema: Part
    table: Part

    @property
    def glob(self) -> bool:
        """Whether any part is a glob."""
        return self.schema.glob or self.table.glob

    @property
    def text(self) -> str:
        """As a rule file spells it."""
        return ".".join(part.text if part.glob else quote(part.text) for part in (self.schema, self.table))

    def matches(self, schema: str, table: str) -> bool:
        """Whether a table of the catalog is meant."""
        return self.schema.matches(schema) and self.table.matches(table)


def _parts(text: str) -> list[Part]:
    """Split a dotted name. Raises ValueError that says what is wrong."""
    parts: list[Part] = []
    position = 0
    while True:
        found = _PART.match(text, position)
        if found is None:
            raise ValueError(f"{text!r} is not a name: a part is empty, or a double quote stands alone")
        quoted, bare = found.group("quoted"), found.group("bare")
        part = Part(quoted.replace('""', '"'), glob=False) if quoted else Part(bare, glob=not {*"*?"}.isdisjoint(bare))
        parts.append(part)
        position = found.end()
        if position == len(text):
            return parts
        if text[position] != ".":
            raise ValueError(f"{text!r} is not a name: quotes enclose a whole part, and a dot follows it")
        position += 1


def parse_table(text: str) -> TableName:
    """``schema.table`` or ``table``. Raises ValueError that says what is wrong."""
    parts = _parts(text)
    if len(parts) == 1:
        return TableName(Part("public", glob=False), parts[0])
    if len(parts) == 2:
        return TableName(parts[0], parts[1])
    raise ValueError(f"{text!r} has {len(parts)} parts, schema.table has two; put a part with a dot in double quotes")


def parse_column(text: str) -> Part:
    """A column's name or glob. Raises ValueError that says what is wrong."""
    parts = _parts(text)
    if len(parts) > 1:
        raise ValueError(f"{text!r} has a dot; put a column name with a dot in double quotes inside single ones")
    return parts[0]


def parse_column_of(text: str) -> tuple[TableName, str]:
    """``schema.table.column`` or ``table.column``; the schema alone may be a glob. Raises ValueError."""
    parts = _parts(text)
    if len(parts) not in {2, 3}:
        raise ValueError(f"{text!r} does not say which table")
    schema = parts[0] if len(parts) == 3 else Part("public", glob=False)
    table, column = parts[-2:]
    if table.glob or column.glob:
        raise ValueError(f"{text!r}: only the schema may be a glob here; put a name with * or ? in double quotes")
    return TableName(schema, table), column.text


def quote(name: str) -> str:
    """A part as a rule file spells it."""
    return '"' + name.replace('"', '""') + '"' if _SPECIAL.search(name) else name


def table_key(schema: str, table: str) -> str:
    """``schema.table`` as a rule file spells it."""
    return f"{quote(schema)}.{quote(table)}"
