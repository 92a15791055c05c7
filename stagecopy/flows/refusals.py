"""Finds out why a statement was refused for what is there: rows with the same key, views that read a column.

Surprising: nothing here is a failure of the trial. The statement is read with simple patterns; one that they do not
fit, or a key made of expressions, is left to the server's own words. Rows are counted as the failure left them.
"""

from __future__ import annotations

import re
from contextlib import closing, suppress
from dataclasses import replace

import psycopg

from stagecopy.errors import StagecopyError
from stagecopy.flows.pair import Pair
from stagecopy.model.effects import Effects, Refusal
from stagecopy.model.migration import MigrationRun
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.postgres.refusals import readers, repeated, table_columns
from stagecopy.safety.mentions import text_names, word_in

_DUPLICATE, _DEPENDED = "23505", ("2BP01", "0A000")
_SECONDS = "60s"
_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_TABLE = rf"(?P<table>{_NAME}(?:\s*\.\s*{_NAME})?)"
_KEY = rf"\(\s*(?P<key>{_NAME}(?:\s*,\s*{_NAME})*)\s*\)"
_INDEX = re.compile(
    rf"(?is)\bcreate\s+unique\s+index\b.*?\bon\s+(?:only\s+)?{_TABLE}\s*(?:using\s+\w+\s*)?{_KEY}\s*"
    rf"(?:where\s+\(?\s*(?P<present>{_NAME})\s+is\s+not\s+null\s*\)?\s*)?;?\s*$"
)
_CONSTRAINT = re.compile(
    rf"(?is)\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_TABLE}\s.*?\badd\s+(?:constraint\s+{_NAME}\s+)?"
    rf"(?:unique|primary\s+key)\s*{_KEY}"
)
_EACH = re.compile(_NAME)


def with_refusal(pair: Pair, effects: Effects, run: MigrationRun) -> Effects:
    """*effects* with what stood in the way of the statement that failed, if that can be told."""
    failed = next((each.sql for each in run.statements if run.error and each.n == run.error.statement), None)
    if run.error is None or failed is None or run.error.sqlstate not in (_DUPLICATE, *_DEPENDED):
        return effects
    with suppress(psycopg.Error, StagecopyError), closing(connect_staging(pair.after)) as observer:
        observer.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)", (_SECONDS,))
        found = _repeated(observer, failed) if run.error.sqlstate == _DUPLICATE else _read_by(observer, failed)
        return replace(effects, refusal=found)
    return effects


def unique_key(text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The table (with or without its schema) and the columns that *text* wants to be unique.

    None where rows would have to be counted in another way: by an expression, or those of a condition alone.
    """
    found = _INDEX.search(text) or _CONSTRAINT.search(text)
    if found is None:
        return None
    key, present = _plain(found["key"]), found.groupdict().get("present")
    if present and _plain(present)[0] not in key:  # values that are NULL are not counted anyway
        return None
    return _plain(found["table"]), key


def _repeated(observer: Connection, failed: str) -> Refusal | None:
    named = unique_key(failed)
    table = table_columns(observer, named[0]) if named else None
    if named is None or table is None or not table[2].issuperset(named[1]):
        return None
    key = named[1]
    keys, rows = repeated(observer, table[:2], key)
    return Refusal(".".join(table[:2]), key, keys=keys, rows=rows) if keys else None


def _read_by(observer: Connection, failed: str) -> Refusal | None:
    known = [each for each in readers(observer) if text_names(failed, each[:2])]
    read = [each for each in known if each[2] and word_in(failed, each[2])] or [each for each in known if not each[2]]
    if not read:
        return None
    schema, table = read[0][:2]
    mine = [each for each in read if each[:2] == (schema, table)]
    columns = tuple(dict.fromkeys(each[2] for each in mine if each[2]))
    return Refusal(f"{schema}.{table}", columns, views=tuple(dict.fromkeys(f"{each[3]}.{each[4]}" for each in mine)))


def _plain(names: str) -> tuple[str, ...]:
    """As the catalog spells them."""
    return tuple(
        each[1:-1].replace('""', '"') if each.startswith('"') else each.lower() for each in _EACH.findall(names)
    )
