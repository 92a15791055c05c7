"""No value of a row survives in the words made of a server's error.

A psycopg error is built from a result, as libpq delivers it; ``_failure`` builds one from the fields a server sends.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest
from psycopg.pq import DiagnosticField

from stagecopy.postgres.failures import describe, sqlstate_of, template_of

CANARY = "Mirabelle"


@dataclass(frozen=True)
class _Fields:
    """The part of a libpq result that an error reads."""

    values: dict[DiagnosticField, str]

    def error_field(self, field: int) -> bytes | None:
        value = self.values.get(DiagnosticField(field))
        return value.encode() if value is not None else None


def _failure(state: str, message: str, *, raised: bool = False, **more: str) -> psycopg.Error:
    values = {
        DiagnosticField.SQLSTATE: state,
        DiagnosticField.MESSAGE_PRIMARY: message,
        DiagnosticField.MESSAGE_DETAIL: f"Key (name)=({CANARY}) is there.",
        DiagnosticField.MESSAGE_HINT: f"Look at {CANARY}.",
        DiagnosticField.CONTEXT: f'COPY people, line 1: "{CANARY}"',
        DiagnosticField.SOURCE_FILE: "pl_exec.c" if raised else "execIndexing.c",
        DiagnosticField.SOURCE_FUNCTION: "exec_stmt_raise" if raised else "check",
    }
    values.update({DiagnosticField[name.upper()]: value for name, value in more.items()})
    kind = psycopg.errors.lookup(state)
    return kind(message, info=_Fields(values))  # type: ignore[arg-type]  # stands in for a result of libpq


@pytest.mark.parametrize(
    ("state", "message", "shown"),
    [
        ("22P02", f'invalid input syntax for type integer: "{CANARY}"', 'invalid input syntax for type integer: "…"'),
        ("22P02", f'invalid input syntax for type uuid: "a"{CANARY}"', 'invalid input syntax for type uuid: "…"'),
        (
            "22P02",
            f'invalid input syntax for type json: "the "user" {CANARY}',
            'invalid input syntax for type json: "…" …',
        ),
        ("22P02", f'invalid input value for enum mood: "{CANARY}\n"', 'invalid input value for enum …: "…"'),
        ("22008", f'date/time field value out of range: "{CANARY} 4711"', 'date/time field value out of range: "…"'),
        (
            "22P05",
            "character with byte sequence 0xc3 0xa9 has no equivalent",
            "character with byte sequence … has no equivalent",
        ),
        ("42P01", f'relation "{CANARY}" does not exist', 'relation "…" does not exist'),
        ("3F000", f'schema "{CANARY}" does not exist', 'schema "…" does not exist'),
        ("0A000", f'cross-database references are not implemented: "{CANARY}.b.c"', None),
        ("42601", f'syntax error at or near "{CANARY}"', 'syntax error at or near "…"'),
        ("42883", f"function {CANARY.lower()}(integer) does not exist", "function …(integer) does not exist"),
        ("42883", f"operator does not exist: +({CANARY})", "operator does not exist: +(…)"),
        ("42703", f"column q.{CANARY} does not exist", "column … does not exist"),
        ("22023", f'time zone "{CANARY}" not recognized', 'time zone "…" not recognized'),
        ("22003", "setval: value 4711 is out of bounds", "…: value … is out of bounds"),
        ("22P02", f"Ungültige Eingabesyntax für Typ »{CANARY}«", "invalid text representation"),
    ],
)
def test_value_in_the_message_is_withheld(state: str, message: str, shown: str | None) -> None:
    text = template_of(_failure(state, message), source="SELECT cast_all(p) FROM t")
    assert shown is None or text == shown
    assert CANARY.lower() not in text.lower()
    assert "4711" not in text


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("23505", 'duplicate key value violates unique constraint "people_name"'),
        ("23503", 'update or delete on table "a" violates foreign key constraint "x" on table "b"'),
        ("23502", 'null value in column "name" of relation "people" violates not-null constraint'),
        ("42501", "permission denied for table people"),
        ("2BP01", "cannot drop table people because other objects depend on it"),
        ("55P03", 'could not obtain lock on relation "people"'),
        ("57014", "canceling statement due to user request"),
        ("53100", 'could not extend file "base/1/2": No space left on device'),
        ("22012", "division by zero"),
        ("22001", "value too long for type character varying(6)"),
        ("22003", "numeric field overflow"),
        ("25001", "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"),
        ("40P01", "deadlock detected"),
    ],
)
def test_the_servers_own_words_stay(state: str, message: str) -> None:
    text = template_of(_failure(state, message))
    assert text == message


def test_detail_hint_and_context_are_never_read() -> None:
    failure = _failure("23505", 'duplicate key value violates unique constraint "k"')
    assert CANARY not in describe(failure)
    assert describe(failure).endswith("(23505)")


def test_names_of_the_diagnostics_stay() -> None:
    failure = _failure("42P16", 'column "name" of relation "people" is odd', column_name="name", table_name="people")
    assert template_of(failure) == 'column "name" of relation "people" is …'


def test_what_the_source_says_stays() -> None:
    failure = _failure("42P01", 'relation "orders" does not exist')
    assert template_of(failure, source="DELETE FROM Orders") == 'relation "orders" does not exist'


def test_a_part_of_a_source_word_is_no_source_word() -> None:
    failure = _failure("42P01", 'relation "order" does not exist')
    assert template_of(failure, source="DELETE FROM orders_old") == 'relation "…" does not exist'


@pytest.mark.parametrize("state", ["P0001", "23505", "42P01", "42501", "57014", "XX000", "38000"])
def test_raised_text_is_withheld_whatever_its_sqlstate(state: str) -> None:
    failure = _failure(state, f"user {CANARY}", raised=True, table_name=CANARY, constraint_name=CANARY)
    assert template_of(failure) == f"raised by code in the database ({state}; its text is withheld)"


@pytest.mark.parametrize(
    ("source", "message", "shown"),
    [
        ("RAISE EXCEPTION 'no user left'", "no user left", "no user left"),
        ("RAISE EXCEPTION 'it''s over'", "it's over", "it's over"),
        ("RAISE 'bad % of 100%%', v", f"bad {CANARY} of 100%", "bad % of 100%%"),
        ("raise  exception '%', v", CANARY, "%"),
        ("RAISE EXCEPTION USING MESSAGE = 'closed'", "closed", "closed"),
        ("RAISE EXCEPTION 'other'", f"bad {CANARY}", None),
        (f"-- {CANARY} is a word of the source only", CANARY, None),
    ],
)
def test_raised_text_that_stands_in_the_source(source: str, message: str, shown: str | None) -> None:
    text = template_of(_failure("P0001", message, raised=True), source=source)
    assert text == (shown or "raised by code in the database (P0001; its text is withheld)")


def test_python_in_the_database_may_choose_any_sqlstate() -> None:
    failure = _failure("23505", CANARY, source_file="plpy_elog.c")
    assert CANARY not in template_of(failure)


def test_client_side_errors() -> None:
    failure = psycopg.OperationalError("server closed the connection unexpectedly")
    assert sqlstate_of(failure) == ""
    assert describe(failure) == "the connection to the server was lost"
