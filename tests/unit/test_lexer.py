"""Where our lexer cuts, and what it refuses."""

from __future__ import annotations

import pytest

from stagecopy.errors import UsageError
from stagecopy.model.migration import SourceFile, Statement
from stagecopy.trial.lexer import Role, pieces, split


def _texts(text: str, *, standard_strings: bool = True) -> list[str]:
    file = SourceFile("m.sql", text.encode())
    return [statement.text for statement in split(file, standard_strings=standard_strings)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'a;''b;'",
        r"SELECT E'\';', e'a\\'",
        "SELECT U&'d\\0061t;' UESCAPE '!'",
        "SELECT B'0;', X'f;', N'a;'",
        'SELECT "a;""b;" FROM "t;"',
        "SELECT $$ ; ' \" $a$ ; $$",
        "SELECT $tag$ ; $$ ; $TAG$ ; $tag$",
        "SELECT $é1_$ ; $é1_$",
        "SELECT $a$b$a$",
        "SELECT 1 /* ; /* ; */ ; */ + 1 -- ;\n + 2",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "SELECT a[1:2], b::text, :name, :'x;', :\"y;\"",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
        "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC SELECT (CASE 1 WHEN 1 THEN 2 END); END",
        "create function f() returns int begin atomic select case when 1=1 then case 2 when 2 then 3 end end; end",
        "DO $$ BEGIN PERFORM 1; END $$",
    ],
)
def test_one_statement(statement: str) -> None:
    assert _texts(f"{statement}; SELECT 'next'") == [statement, "SELECT 'next'"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT a$b$c; SELECT d$b$e", ["SELECT a$b$c", "SELECT d$b$e"]),
        ("SELECT $1; SELECT $2$a; $a", ["SELECT $1", "SELECT $2$a", "$a"]),
        (r"SELECT '\'; SELECT '2'", [r"SELECT '\'", "SELECT '2'"]),
        (r"SELECT some_e'\'; SELECT '2'", [r"SELECT some_e'\'", "SELECT '2'"]),
        (r"SELECT :e'\'; SELECT '2'", [r"SELECT :e'\'", "SELECT '2'"]),
        ("SELECT 1 AS begin; SELECT 2 AS end", ["SELECT 1 AS begin", "SELECT 2 AS end"]),
        ("BEGIN; SELECT 1; END;", ["BEGIN", "SELECT 1", "END"]),
        ("CREATE TABLE begin (a int); SELECT 1", ["CREATE TABLE begin (a int)", "SELECT 1"]),
        ("CREATE OR replace VIEW v AS SELECT 1; COMMIT", ["CREATE OR replace VIEW v AS SELECT 1", "COMMIT"]),
        ("SELECT 1); SELECT 2", ["SELECT 1)", "SELECT 2"]),
        ("SELECT 1+--2;\n3; SELECT 4", ["SELECT 1+--2;\n3", "SELECT 4"]),
        ("SELECT 1 -- old Mac\r; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT /*/ ; */ 1; SELECT 2", ["SELECT /*/ ; */ 1", "SELECT 2"]),
    ],
)
def test_cuts(text: str, expected: list[str]) -> None:
    assert _texts(text) == expected


@pytest.mark.parametrize("text", ["", " \n", ";", ";; ;", "-- x", "/* ; */;", "\ufeff", "\ufeff-- x\n;"])
def test_nothing_is_no_statement(text: str) -> None:
    assert _texts(text) == []


@pytest.mark.parametrize(
    "rest", ["'a; b", "E'a\\'; b", '"a; b', "$$ a; b", "$x$ a; $$ b", "(a; b", "/* a; b", "/* /* */ ; b", "E'a;\\"]
)
def test_what_is_left_open_is_one_statement(rest: str) -> None:
    assert _texts(f"SELECT 1; SELECT {rest}") == ["SELECT 1", f"SELECT {rest}"]


def test_lines_and_text() -> None:
    data = "\ufeff-- head\n\nSELECT 1 -- tail\n; /* c\n */ SELECT\n2;;\r\n\r\n  SELECT 3 \n-- end\n".encode()
    assert split(SourceFile("a.sql", data)) == (
        Statement("SELECT 1", 3, "a.sql"),
        Statement("SELECT\n2", 5, "a.sql"),
        Statement("SELECT 3", 8, "a.sql"),
    )


def test_byte_order_mark_counts_at_the_start_only() -> None:
    assert _texts("\ufeffSELECT 1; \ufeffSELECT 2") == ["SELECT 1", "\ufeffSELECT 2"]


def test_old_string_rules() -> None:
    text = r"SELECT 'a\'; b'; SELECT U&'\'; SELECT 3"
    assert _texts(text, standard_strings=False) == [r"SELECT 'a\'; b'", r"SELECT U&'\'", "SELECT 3"]


def test_pieces_have_roles() -> None:
    found = [(piece.role, piece.text) for piece in pieces("-- x\n a ; ;b")]
    assert found == [
        (Role.FILLER, "-- x\n "),
        (Role.STATEMENT, "a"),
        (Role.FILLER, " "),
        (Role.SEPARATOR, ";"),
        (Role.FILLER, " "),
        (Role.SEPARATOR, ";"),
        (Role.STATEMENT, "b"),
    ]


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"SELECT 1;\nSELECT '\xff';", "not-utf8", "m.sql:2"),
        ("SELECT 1".encode("utf-16"), "not-utf8", "m.sql:1"),
        (b"SELECT 1;\n\nSELECT 2\0; DROP TABLE t;", "nul-byte", "m.sql:3"),
        (b"SELECT 1;\n\\set x 1\n", "needs-psql", "m.sql:2"),
        (b"SELECT 1 \\gexec\n", "needs-psql", "m.sql:1"),
        (b"SELECT (1\n \\; SELECT 2)", "needs-psql", "m.sql:2"),
        (b"SELECT 1;\nCOPY t (a, b)\n FROM STDIN;\n1\t2\n\\.\n", "needs-psql", "m.sql:3"),
        (b"copy t from /* x */ stdin with (format csv);", "needs-psql", "m.sql:1"),
        (b"COPY t FROM STDOUT;", "needs-psql", "m.sql:1"),
    ],
)
def test_refused(data: bytes, code: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        split(SourceFile("m.sql", data))
    assert (caught.value.code, caught.value.where) == (code, where)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "COPY t FROM '/tmp/stdin'",
        "COPY (SELECT * FROM stdin) TO STDOUT",
        "SELECT copy FROM stdin",
        "COPY t TO STDOUT",
        "SELECT '\\d', \"\\d\", $$\\d$$ /* \\d */ -- \\d",
    ],
)
def test_not_refused(text: str) -> None:
    assert len(_texts(text)) == 1


def test_large_files_take_seconds_at_most() -> None:
    rows = ",".join(f"({n}, 'some text', NULL)" for n in range(20_000))
    assert len(_texts(f"INSERT INTO t VALUES {rows}; SELECT 1")) == 2
    assert len(_texts("/* " * 50_000)) == 1
    assert len(_texts("SELECT 1;\n" * 20_000)) == 20_000
