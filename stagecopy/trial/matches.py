"""Asks, before an UPDATE with FROM runs, whether it meets rows more than once: which of the values wins is chance.

The server says nothing about it: it takes one match and counts the row once. So the statement's own FROM and WHERE
are read once more, in the same session and transaction, read-only, and taken back. Surprising: only the plain shape
``UPDATE t SET … FROM … WHERE …`` is asked about; what has another shape, or fails to answer, is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement
from stagecopy.trial.tokens import CLOSE, FILLER, OPEN, STRING, WORD, tokens

_PATIENCE = "SET LOCAL statement_timeout = '15s'"
_CLAUSES = ("update", "set", "from", "where", "returning")


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows of the target that the statement finds, and those among them found more than once."""

    rows: int
    twice: int


@dataclass(frozen=True, slots=True)
class _Shape:
    target: str
    name: str
    sources: str
    condition: str


def matches_of(connection: Connection, text: str) -> Matches | None:
    """What the UPDATE *text* is about to find; None where that cannot be asked. The session stays as it was."""
    shape = _shape(text)
    if shape is None:
        return None
    # pieces of the migration itself, which this role runs in this session anyway; UTF-8, as the statement goes out
    query = sql.SQL(statement("effects_matches")).format(
        target=sql.SQL(shape.target),
        name=sql.SQL(shape.name),
        sources=sql.SQL(shape.sources),
        condition=sql.SQL(shape.condition),
    )
    within = connection.pgconn.transaction_status == TransactionStatus.INTRANS
    try:
        connection.execute("SAVEPOINT stagecopy_matches" if within else "BEGIN")
    except psycopg.Error:
        return None
    try:
        connection.execute("SET TRANSACTION READ ONLY")
        connection.execute(_PATIENCE)
        row = connection.execute(query.as_bytes(None)).fetchone()
    except psycopg.Error:
        row = None
    connection.execute("ROLLBACK TO stagecopy_matches; RELEASE stagecopy_matches" if within else "ROLLBACK")
    return Matches(*row) if row else None


def _shape(text: str) -> _Shape | None:
    clauses = _clauses(text)
    if clauses is None:
        return None
    target = clauses["update"].strip()
    names = _names(target)
    if not names or "*" in target or "--" in clauses["from"] + clauses["where"]:
        return None
    return _Shape(target, names[-1], clauses["from"], clauses["where"])


def _clauses(text: str) -> dict[str, str] | None:
    """The clauses of a plain UPDATE by their first word; None for another statement, or one without FROM or WHERE."""
    edges = list(_edges(text))
    found = [word for word, _, _ in edges]
    if found[:4] != ["update", "set", "from", "where"] or found[4:] not in ([], ["returning"]):
        return None
    if any(kind not in FILLER for kind, start, _ in tokens(text) if start < edges[0][1]):
        return None
    ends = [start for _, start, _ in edges[1:]] + [len(text)]
    return {word: text[after:end] for (word, _, after), end in zip(edges, ends, strict=True)}


def _edges(text: str) -> Iterator[tuple[str, int, int]]:
    depth = 0
    for kind, start, end in tokens(text):
        depth += (kind == OPEN) - (kind == CLOSE)
        word = text[start:end].lower()
        if kind == WORD and depth == 0 and word in _CLAUSES:
            yield word, start, end


def _names(target: str) -> Sequence[str]:
    """The names in ``[ONLY] schema.table [[AS] alias]``, the one the statement calls the table by last."""
    names: list[str] = []
    dotted = False
    for kind, start, end in tokens(target):
        word = target[start:end]
        if kind in FILLER or (kind == WORD and word.lower() in ("only", "as")):
            continue
        if word == ".":
            dotted = True
        elif kind == WORD or (kind == STRING and word.startswith('"')):
            if dotted:
                names[-1] = f"{names[-1]}.{word}"
            else:
                names.append(word)
            dotted = False
        else:
            return []
    return names if len(names) <= 2 else []
