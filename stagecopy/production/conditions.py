"""A condition that the rules put to one table of production: is it one expression, and for which rows is it true.

Surprising: its text may hold values (``email = 'ada@…'``), so no message quotes it; what the server says is stripped to
names and words of its own. Functions that act or answer differently each time are refused: production is only read, and
the rows must be the same whether they come from production or from the backup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from stagecopy.model.catalog import Table
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.failures import describe
from stagecopy.postgres.sqlfile import statement

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_TOKEN = re.compile(
    r"""(?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)"""
    rf"""|(?P<name>{_NAME}(?:\s*\.\s*{_NAME})*)(?P<called>\s*\()?"""
    r"""|(?P<comment>--|/\*)|(?P<other>.)""",
    re.DOTALL,
)
_REFUSED = {
    ";": "it holds a `;`",
    "$": "it holds a `$`",
    "\\": "it holds a backslash",
    "\0": "it holds a zero byte",
    "'": "it holds a quote without its end",
    '"': "it holds a quote without its end",
}
_PART = re.compile(_NAME)
_NAMING = ("42703", "42883")  # a column, a function that does not exist: the message holds names alone
# What the server says about a statement; all else is about the server, the connection or the snapshot.
_STATEMENTS = ("0A", "21", "22", "2F", "25006", "38", "39", "42", "P0")


@dataclass(frozen=True, slots=True)
class Condition:
    """What to ask of the rows of *table*. ``alias`` is the name by which the rule knows the table."""

    table: Table
    alias: str
    text: str

    @property
    def rows(self) -> sql.Composed:
        """``FROM … WHERE …``."""
        return sql.SQL("FROM ONLY {} AS {} WHERE (\n{}\n)").format(
            sql.Identifier(self.table.schema, self.table.name),
            sql.Identifier(self.alias),
            sql.SQL(self.text),
        )


class NotAConditionError(ValueError):
    """What is wrong with a condition, without a word of its values."""


def functions_called(text: str) -> set[str]:
    """The functions of *text* as ``schema.name``. Raises NotAConditionError for what is not one expression."""
    depth, called = 0, set()
    for token in _TOKEN.finditer(text):
        other = token["other"] or ""
        if token["comment"]:
            raise NotAConditionError("it holds a comment")
        if other and other in _REFUSED:
            raise NotAConditionError(_REFUSED[other])
        depth += (other == "(" or bool(token["called"])) - (other == ")")
        if depth < 0:
            break
        if token["called"]:
            called.add(_function(token["name"]))
    if depth:
        raise NotAConditionError("its brackets do not match")
    return called


def _function(name: str) -> str:
    parts = [each[1:-1].replace('""', '"') if each[0] == '"' else each.lower() for each in _PART.findall(name)]
    return ".".join(parts if len(parts) > 1 else ["pg_catalog", *parts])


def check(connection: Connection, condition: Condition) -> str | None:
    """What is wrong with *condition*, or None. Raises psycopg.Error for what is not its fault."""
    try:
        names = sorted(functions_called(condition.text))
    except NotAConditionError as failure:
        return str(failure)
    for (name,) in connection.execute(statement("volatile_functions"), {"names": names}):
        return f"it calls {name}(), which is VOLATILE: it may act, or answer differently each time"
    # Prepared, a text can hold but one statement, whatever the look at its words has missed.
    return said_of(connection, sql.SQL("SELECT 1 {} LIMIT 0").format(condition.rows), condition.text)


def said_of(connection: Connection, query: sql.Composed, text: str) -> str | None:
    """What the server has against *query*, which holds the user's *text*. Raises psycopg.Error if it is not that."""
    try:
        with connection.transaction():
            connection.execute(query, prepare=True)
    except psycopg.Error as failure:
        if not (failure.sqlstate or "").startswith(_STATEMENTS):
            raise
        return complaint(failure, text)
    return None


def complaint(failure: psycopg.Error, text: str) -> str:
    """The server's words on *text*, without values."""
    return describe(failure, source=text if failure.sqlstate in _NAMING else "")


def at_fault(failure: psycopg.Error) -> bool:
    """Whether *failure* is about what the statement says."""
    return (failure.sqlstate or "").startswith(_STATEMENTS)


def matching_rows(
    connection: Connection, condition: Condition, columns: Sequence[str], *, encoding: str = "UTF8"
) -> Iterator[bytes]:
    """COPY text of *columns* in the rows that *condition* is true for, in *encoding*. Raises psycopg.Error."""
    names = sql.SQL(", ").join([sql.Identifier(column) for column in columns])
    query = sql.SQL("COPY (SELECT {} {}) TO STDOUT").format(names, condition.rows).as_bytes(connection)
    _speak(connection, encoding)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in copy:
            yield bytes(row)
    _speak(connection, "UTF8")


def _speak(connection: Connection, encoding: str) -> None:
    connection.execute(sql.SQL("SET client_encoding = {}").format(sql.Literal(encoding)))
