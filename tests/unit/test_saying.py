"""What a command wrote is shown as far as it is of use and cannot be of a row."""

from __future__ import annotations

import pytest

from stagecopy.trial.saying import NOTE, last_lines


@pytest.mark.parametrize(
    "line",
    [
        "ModuleNotFoundError: No module named 'alembic'",
        "FAILED: Can't locate revision identified by 'ae1027a6'",
        '  File "/project/env.py", line 3, in <module>',
        "KeyError: 'DATABASE_URL'",
        "Error: Cannot find module './drizzle.config.ts'",
        'duplicate key value violates unique constraint "users_pkey"',
        "Applying 20240102120000_add_users.sql … done in 3 ms",
        "npm ERR! could not determine executable to run for drizzle-kit@0.30.1",
    ],
)
def test_what_helps_stays(line: str) -> None:
    assert last_lines(line) == line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DETAIL:  Key (email)=(jo@corp.test) already exists.", NOTE),
        ("  detail: 'Failing row contains (1, Jo).',\n  where: undefined,\n  table: 'users'",
         f"{NOTE}\n  table: 'users'"),
        ("[parameters: ('Jo',\n 'Main Street 1')]\n(Background on this error at: x)",
         f"{NOTE}\n(Background on this error at: x)"),
        ("LINE 1: INSERT INTO users VALUES ('Jo')\n                                  ^", NOTE),
        ("CONTEXT:  COPY users, line 1: \"1\tJo\"\nof Main Street\nTraceback (most recent call last):",
         f"{NOTE}\nTraceback (most recent call last):"),
        ("ValueError: no int() with base 10: 'Jo'", "ValueError: no int() with base 10: '…'"),
        ("ValueError: 'O'Brien' is no number", "ValueError: '…' is no number"),
        ('invalid input syntax for type integer: "Jo', 'invalid input syntax for type integer: "…"'),
        ("migrating jo.d+x@mail.corp.test", "migrating …"),
        ("KeyError: 'JO'", "KeyError: '…'"),
    ],
)  # fmt: skip
def test_what_may_be_of_a_row_does_not(text: str, shown: str) -> None:
    assert last_lines(text) == shown


def test_words_of_the_command_and_of_its_statements_are_names() -> None:
    text = "unknown column 'plan' in \"users\", 'Jo'"
    assert last_lines(text, known=["ALTER TABLE users ADD plan text"]) == "unknown column 'plan' in \"users\", '…'"


def test_a_message_of_the_server_is_told_by_its_template() -> None:
    said = last_lines("DataError: bad Jo\nhere\n", templates={"bad Jo\nhere": "bad …"})
    assert said == "DataError: bad …"


def test_only_the_last_lines_are_kept() -> None:
    assert last_lines("\n\n".join(f"line {n}" for n in range(40))).splitlines() == [f"line {n}" for n in range(28, 40)]
