"""The program with one of its guards switched off: ``python -m tests.acceptance.unguarded GUARD refresh …``.

Tests that find nothing prove something only if they find what gets out without a guard. Nothing of the program knows
this file; it puts one function in the place of another and then is the program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from stagecopy.cli.main import main
from stagecopy.flows import build, refresh
from stagecopy.flows.subset import ChosenRows
from stagecopy.masking import matching
from stagecopy.masking.maskers.bytea import Bytea
from stagecopy.masking.maskers.json_document import JsonDocument
from stagecopy.masking.maskers.parts import PartsMasker
from stagecopy.masking.maskers.phone import Phone
from stagecopy.masking.maskers.redact_text import RedactText
from stagecopy.masking.maskers.tsvector import Tsvector
from stagecopy.model.audit import Audited
from stagecopy.staging import restore


def _raw(_mask: object, raw: pl.Series, _who: pl.Series | None = None) -> pl.Series:
    return raw


def _parts(_mask: object, _name: str, spans: list[Any], _who: object) -> list[str | None]:
    return [span.value for span in spans]


def _rows_of_all_tables() -> None:
    usual = matching._fate

    def fate(rule: Any) -> Any:
        found = usual(rule)
        return replace(found, action="copy") if found.action == "empty" else found

    _set(matching, "_fate", fate)


def _set(place: Any, name: str, other: object) -> None:
    assert hasattr(place, name), f"{place} has no {name}: the guard stands elsewhere now"
    setattr(place, name, other)


def _kinds() -> tuple[str, ...]:
    return tuple(kind for kind in restore._LEFT_BEHIND if kind != "USER MAPPING")


GUARDS: Mapping[str, Callable[[], None]] = {
    "audit": lambda: _set(build, "audit_copy", lambda *_args, **_options: Audited()),
    "rest of documents": lambda: _set(JsonDocument, "_mask_rest", lambda _mask, _rest: None),
    "mask of a column": lambda: _set(Phone, "apply", _raw),
    "leaves of documents": lambda: _set(JsonDocument, "_mask", lambda _mask, _path, _found, _who: None),
    "parts of values": lambda: _set(PartsMasker, "_masked", _parts),
    "rest of values": lambda: _set(PartsMasker, "redacted", lambda _mask, value: value),
    "bytes": lambda: _set(Bytea, "fill", _raw),
    "lexemes": lambda: _set(Tsvector, "fill", _raw),
    "finds in texts": lambda: _set(RedactText, "fill", _raw),
    "what is left behind": lambda: _set(restore, "_LEFT_BEHIND", _kinds()),
    "rows that stay": _rows_of_all_tables,
    "chosen rows": lambda: _set(refresh, "choose_rows", lambda *_args, **_options: ChosenRows()),
}

if __name__ == "__main__":
    GUARDS[sys.argv.pop(1)]()
    main()
