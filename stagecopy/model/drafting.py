"""A migration that is to be written: what is wished for, and the steps that get there safely. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Phase = Literal["expand", "swap", "contract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the flags of ``migration new`` say. ``columns`` with their types; what was not given is None or empty."""

    name: str
    schema: str = "public"
    table: str = ""
    columns: tuple[tuple[str, str | None], ...] = ()
    to: str | None = None
    old_type: str | None = None
    default: str | None = None
    not_null: bool = False
    key: str = "id"
    key_type: str = "bigint"
    value: str | None = None
    check: str | None = None
    references: tuple[str, str, str] | None = None  # schema, table, column
    unique: bool = False
    constraint: str | None = None

    @property
    def column(self) -> str:
        """The one column."""
        return self.columns[0][0]

    @property
    def type(self) -> str:
        """Its type, as given."""
        return self.columns[0][1] or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration: statements without their semicolons.

    ``alone``: the one statement of that direction cannot run inside a transaction. ``expect`` is NAME.expect.yaml
    below ``version``. ``notes`` are told in the file's head.
    """

    slug: str
    what: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    phase: Phase = "expand"
    alone: bool = False
    down_alone: bool = False
    expect: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    down_notes: tuple[str, ...] = ()
