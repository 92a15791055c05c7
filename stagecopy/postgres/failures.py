"""Turns a server's error into words that carry no row values.

DETAIL, HINT and CONTEXT are never read: DETAIL prints key values, CONTEXT of a COPY error quotes the row. Of the
primary message only what cannot come from a row stays: the server's own words, names that the error's diagnostics
give, and what stands in the statement the user wrote. Surprising: the SQLSTATE alone decides little. ``RAISE`` may
take any; a cast to regclass turns a value into a "relation" that does not exist (42P01); and quotes inside a quoted
value are not doubled, so where it ends cannot be told.
"""

from __future__ import annotations

import re

import psycopg

from stagecopy.postgres.words import WORDS

_WITHHELD = "…"
_QUOTED = re.compile(r'"([^"]*)"')
_TYPE_WITH_SIZE = r"(?:varying|character|char|varchar|bit|varbit|numeric|timestamp|time|interval)\([0-9, -]+\)"
_WORD = re.compile(rf"{_TYPE_WITH_SIZE}|\w[\w$]*", re.IGNORECASE)
_RUN = re.compile(rf'{_WITHHELD}(?:[^\w"…]*{_WITHHELD})+')
_RAISE_FORMAT = re.compile(r"\braise\s+(?:exception\s+)?'((?:[^']|'')*)'", re.IGNORECASE)

# The server quotes names of existing objects and sizes of its own in these, never a value: constraint violations (the
# key is in DETAIL), privileges, dependencies, locks, transaction state, limits and resources, shutdown and cancel.
_NO_VALUES = ("08", "23", "25", "2BP01", "40", "42501", "53", "54", "55000", "55006", "55P03", "57")
_USER_RAISED = ("P0", "38", "39", "XX")
_RAISING_FUNCTIONS = ("exec_stmt_raise", "exec_stmt_assert")
_RAISING_FILES = ("plpy_elog.c", "plpy_plpymodule.c", "plperl.c", "pltcl.c")


def sqlstate_of(failure: psycopg.Error) -> str:
    """The five-character SQLSTATE, or '' for errors of the client side."""
    return failure.sqlstate or ""


def template_of(failure: psycopg.Error, *, source: str = "") -> str:
    """The server's message without row values. *source* is the statement text the user wrote.

    Of a message raised by user code (RAISE, PL/Python …) the format is shown if it stands in *source*.
    """
    state = sqlstate_of(failure)
    message = (failure.diag.message_primary or "").strip()
    if not message:
        return "the connection to the server was lost" if not state else f"error {state}"
    if _is_raised(failure, state):
        withheld = f"raised by code in the database ({state}; its text is withheld)"
        return _literal_in(source, message) or withheld
    if state.startswith(_NO_VALUES) and failure.diag.source_file:
        return message
    return _without_values(message, _Names(failure, source)) or f"{_condition(state)}"


def describe(failure: psycopg.Error, *, source: str = "") -> str:
    """``message template (SQLSTATE)``. *source* as for ``template_of``."""
    state = sqlstate_of(failure)
    return template_of(failure, source=source) + (f" ({state})" if state else "")


def _is_raised(failure: psycopg.Error, state: str) -> bool:
    diag = failure.diag
    return (
        state.startswith(_USER_RAISED)
        or diag.source_function in _RAISING_FUNCTIONS
        or diag.source_file in _RAISING_FILES
    )


def _literal_in(source: str, message: str) -> str | None:
    """The message if *source* holds it as a whole literal, else the format of a RAISE there that makes it."""
    if "'" + message.replace("'", "''") + "'" in source:
        return message
    for found in _RAISE_FORMAT.finditer(source):
        text = found.group(1).replace("''", "'")
        pattern = ".*".join(re.escape(part).replace("\0", "%") for part in text.replace("%%", "\0").split("%"))
        if re.fullmatch(pattern, message, re.DOTALL):
            return text
    return None


class _Names:
    """What may be shown because it is no row's: names from the diagnostics and the text the user wrote."""

    def __init__(self, failure: psycopg.Error, source: str) -> None:
        diag = failure.diag
        given = (diag.schema_name, diag.table_name, diag.column_name, diag.constraint_name, diag.datatype_name)
        self._names = frozenset(name for name in given if name)
        self._source = source.lower()
        self._words = frozenset(_WORD.findall(self._source)) | frozenset(name.lower() for name in self._names)

    def has_word(self, word: str) -> bool:
        return word.lower() in self._words

    def has_text(self, text: str) -> bool:
        """Whether *text* is a name, or stands in the source as it is, not as a part of a longer word."""
        if text in self._names:
            return True
        return bool(text) and bool(re.search(rf"(?<!\w){re.escape(text.lower())}(?!\w)", self._source))


def _without_values(message: str, names: _Names) -> str:
    """The message with "…" for what may be a value; '' when too little would be left to be understood."""
    kept, position = [], 0
    for quoted in _QUOTED.finditer(message):
        kept.append(_own_words(message[position : quoted.start()], names))
        position = quoted.end()
        if not names.has_text(quoted.group(1)):  # its end cannot be told: up to the last quote all may be the value
            kept.append(f'"{_WITHHELD}"')
            position = message.rindex('"') + 1
            break
        kept.append(quoted.group(0))
    rest, stray, _ = message[position:].partition('"')
    kept.append(_own_words(rest, names) + (_WITHHELD if stray else ""))
    text = _RUN.sub(_WITHHELD, "".join(kept))
    understood = sum(word.lower() in WORDS for word in _WORD.findall(text))
    return text if understood >= 2 or _WITHHELD not in text else ""


def _own_words(text: str, names: _Names) -> str:
    def judged(found: re.Match[str]) -> str:
        word = found.group(0)
        own = "(" in word or word.lower() in WORDS or names.has_word(word)
        return word if own else _WITHHELD

    return _WORD.sub(judged, text)


def _condition(state: str) -> str:
    """The condition's name: ``invalid text representation`` for 22P02; for messages in another language."""
    try:
        name = psycopg.errors.lookup(state).__name__
    except KeyError:
        return f"error {state}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
