"""The shape of NAME.expect.yaml: what a migration is expected to do.

Surprising: numbers may be ranges, so they arrive as text: ``5``, ``5..10``, ``5..`` and ``..10``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from stagecopy import yamlfile
from stagecopy.config.load import validated
from stagecopy.config.settings import Seconds, Section, Version
from stagecopy.errors import UsageError
from stagecopy.model.change import SCHEMA_KINDS, SCHEMA_VERBS
from stagecopy.safety.expectation import Expectation, ExpectedTable, Span

CODE = "bad-expectation"
_SPAN = re.compile(r"(?P<least>\d{1,18})?(?P<dots>\.\.)?(?P<most>\d{1,18})?")


def span(value: Any) -> Span:
    """``5``, ``5..10``, ``5..`` or ``..10``. Raises ValueError."""
    if isinstance(value, Span):
        return value
    match = _SPAN.fullmatch(str(value).replace("_", "").strip())
    if match is None or not (match["least"] or match["most"]):
        raise ValueError("write a number such as 5, or a range such as 5..10, 5.. or ..10")
    least = int(match["least"] or 0)
    most = (int(match["most"]) if match["most"] else None) if match["dots"] else least
    if most is not None and most < least:
        raise ValueError(f"the range {value} ends before it begins")
    return Span(least, most)


def line(value: str) -> str:
    """``column added public.users.plan``. Raises ValueError."""
    kind, _, rest = value.partition(" ")
    verb, _, name = rest.partition(" ")
    for word, known in ((kind, SCHEMA_KINDS), (verb, SCHEMA_VERBS)):
        if word not in known:
            raise ValueError(f"{word!r} is unknown: {yamlfile.suggestion(word, known)}")
    if not name.strip():
        raise ValueError("write kind, change and name, such as: column added public.users.plan")
    return f"{kind} {verb} {name}"


Count = Annotated[Any, BeforeValidator(span)]
Line = Annotated[str, AfterValidator(line)]


class _Counts(Section):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def given(self) -> dict[str, Span]:
        """The counts that stand in the file."""
        return {name: value for name in self.model_fields_set if isinstance(value := getattr(self, name), Span)}


class ColumnCounts(_Counts):
    """Values of one column."""

    changed: Count = None
    null_to_value: Count = None
    value_to_null: Count = None
    value_to_value: Count = None
    lost: Count = None


class TableCounts(_Counts):
    """Rows of one table."""

    removed: Count = None
    added: Count = None
    changed: Count = None
    moved: Count = None
    columns: dict[str, ColumnCounts] | None = None


class ExpectationFile(Section):
    """All of NAME.expect.yaml."""

    version: Version = 1
    tables: dict[str, TableCounts] = Field(default_factory=dict)
    schema_: tuple[Line, ...] = Field(default=(), alias="schema")
    lock: Seconds | None = None


def load_expectation(path: Path) -> Expectation:
    """Read *path*. Raises UsageError ``bad-expectation`` with file:line."""
    document = yamlfile.load(path, code=CODE)
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        raise UsageError(CODE, "the file must hold keys and values", where=document.where())
    value = {key: each for key, each in value.items() if each is not None}
    found = validated(ExpectationFile, value, document, code=CODE)
    tables = {name: ExpectedTable(each.given(), _columns(each.columns)) for name, each in found.tables.items()}
    return Expectation(path.name, tables, found.schema_, found.lock)


def _columns(columns: dict[str, ColumnCounts] | None) -> dict[str, dict[str, Span]] | None:
    return None if columns is None else {name: each.given() for name, each in columns.items()}
