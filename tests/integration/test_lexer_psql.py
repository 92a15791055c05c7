"""Our cut against psql's own: random scripts of nasty fragments, sent by a real psql that logs what it sends."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stagecopy import process
from stagecopy.model.server import Address
from stagecopy.trial import tokens as kinds
from stagecopy.trial.lexer import Role, pieces
from stagecopy.trial.tokens import tokens
from tests.integration.scratch_server import BINARIES

_SENT = re.compile(r"\*{9} QUERY \*{10}\n(.*?)\n\*{26}\n", re.DOTALL)

# No COPY FROM STDIN: psql would wait for data. Quotes, comments, parentheses and bodies are often left open, which is
# the point.
_FRAGMENTS = (
    *(
        "select 1",
        "select",
        "a",
        "x",
        "1",
        "1.5e+3",
        ".5",
        "1e",
        "1e+",
        "2x",
        "$1",
        "$2z",
        "é",
        "日本",
        "a$b",
        "a$b$c$",
    ),
    *(
        "'",
        "''",
        "'a;b'",
        "'it''s'",
        "E'",
        "e'\\''",
        "E'a\\\\'",
        "E'\\'';'",
        "b'01'",
        "x'ff'",
        "X'",
        "n'x'",
        "U&'\\0041'",
    ),
    *("u&'", 'U&"d"', '"', '""', '"a;b"', '"q""r;"', "`"),
    *("$$", "$a$", "$b$", "$é$", "$$;$$", "$a$ ; $$ ; $a$", "$a", "$", "$1$", "a$$", "$a$b$a$", "$_1$", "$1a$"),
    *(
        "--",
        "-- x;",
        "-- '",
        "--\n",
        "-",
        "/*",
        "*/",
        "/* ; */",
        "/*/",
        "/**/",
        "/* /* ; */ */",
        "/* /* */ ; */",
        "*",
        "/",
        "+",
        "@-",
        "--/*",
    ),
    *("(", ")", "(;)", "[", "]", ",", ".", "..", ":", "::", ":=", ":zz", ":'zz'", ':"zz"', ":zz'", ":e'", "::e'"),
    *(
        "create",
        "CREATE",
        "or",
        "replace",
        "function",
        "Function",
        "procedure",
        "begin",
        "BEGIN",
        "atomic",
        "end",
        "End",
    ),
    *("case", "create function", "create or replace procedure", "begin atomic", "case when", "create or function"),
    *("case end", "end;", "table", "view", "do", "language sql"),
    *(";", ";", ";", ";;", "; ;", ";--", ";/*"),
    *(" ", " ", " ", "\n", "\n", "\n\n", "\t", "\r\n", "\f", "\v", "\r"),
)
_SCRIPTS = st.lists(st.sampled_from(_FRAGMENTS), max_size=25).map("".join)


class Psql:
    """One psql that runs script after script and logs every query it sends."""

    def __init__(self, server: Address, folder: Path) -> None:
        self._log, self._script = folder / "sent.log", folder / "script.sql"
        self._read, self._count = 0, 0
        target = f"host={server.host} port={server.port} dbname={server.database} user={server.user}"
        argv = (BINARIES / "psql", "-X", "-q", "-L", self._log, "-d", target, "-f", "-")
        env = process.environment({"PGPASSWORD": server.password, "PGCLIENTENCODING": "UTF8"})
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        self._child = process.start(argv, env=env, cwd=folder, stdin=pipe, stdout=pipe, stderr=null)

    def sends(self, script: str) -> list[str]:
        """The queries psql sends for *script*."""
        self._script.write_bytes(script.encode())
        self._count += 1
        self._command("\\o /dev/null", f"\\i '{self._script}'", f"\\echo done {self._count}")
        self._wait_for(f"done {self._count}")
        text = self._log.read_bytes()[self._read :].decode()
        self._command("rollback;", f"\\echo over {self._count}")
        self._wait_for(f"over {self._count}")
        self._read = self._log.stat().st_size
        return _SENT.findall(text)

    def close(self) -> None:
        self._child.communicate(timeout=10)

    def _command(self, *lines: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self._child.stdin.flush()

    def _wait_for(self, mark: str) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            if line.decode().strip() == mark:
                return
        pytest.fail("psql ended early")


@pytest.fixture(scope="module")
def psql(scratch_server: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Psql]:
    child = Psql(scratch_server, tmp_path_factory.mktemp("psql"))
    yield child
    child.close()


def _leading(text: str) -> str:
    """What psql keeps of the filler before a statement: all from the first block comment on."""
    for kind, start, _ in tokens(text):
        if kind == kinds.BLOCK_COMMENT:
            return text[start:]
    return ""


def _expected(script: str) -> list[str]:
    """The queries that our cut says psql sends, each with its filler and its semicolon."""
    queries, query = [], ""
    for piece in pieces(script):
        if piece.role is Role.FILLER and not query:
            query = _leading(piece.text)
        else:
            query += piece.text
        if piece.role is Role.SEPARATOR:
            queries.append(query)
            query = ""
    return [each for each in (*queries, query) if each]


def _before_meta_command(script: str) -> int | None:
    """How many queries come before a backslash outside quotes, where psql stops to be a plain sender."""
    for kind, start, _ in tokens(script):
        if kind == kinds.BACKSLASH:
            return sum(query.endswith(";") for query in _expected(script[:start]))
    return None


def _seen(queries: list[str]) -> list[str]:
    """Without what psql's reading by lines changes: white space at the end, and empty lines outside quotes."""
    return [re.sub(r"\n+", "\n", query.rstrip()) for query in queries]


@settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(script=_SCRIPTS)
@example("select 1; select 2")
@example("create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3")
@example("create or replace procedure p() begin atomic select (case when true then 1 end); end; select 3")
@example("create table begin (a int); select 1")
@example("select E'a'\n'b\\'; c';")
@example("select $a$ $b$ ; $a$; select 1")
@example("select /* /* */ ; */ 1; select 2")
def test_cut_is_psqls(psql: Psql, script: str) -> None:
    ours, theirs = _seen(_expected(script)), _seen(psql.sends(script))
    if (certain := _before_meta_command(script)) is not None:
        ours, theirs = ours[:certain], theirs[:certain]
    assert ours == theirs
