"""Whatever the text, no character is lost, doubled or moved. (The cut itself is compared with psql's elsewhere.)"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stagecopy.errors import UsageError
from stagecopy.model.migration import SourceFile
from stagecopy.trial.lexer import Role, pieces, split

_NASTY = (
    "'",
    "''",
    "E'",
    "\\",
    '"',
    "$$",
    "$a$",
    "$",
    "--",
    "/*",
    "*/",
    "(",
    ")",
    ";",
    "\n",
    "\r\n",
    " ",
    "é",
    "\ufeff",
)
_WORDS = ("create", "function", "begin", "case", "end", "copy", "from", "stdin", "1", "1e", ":", ":e", "a$b", "U&")
_TEXTS = st.lists(st.sampled_from(_NASTY + _WORDS) | st.characters(exclude_categories=["Cs"]), max_size=30).map("".join)


@given(text=_TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    for standard_strings in (True, False):
        assert "".join(piece.text for piece in pieces(text, standard_strings=standard_strings)) == text


@given(text=_TEXTS)
def test_statements_are_the_pieces_that_are_statements(text: str) -> None:
    try:
        statements = split(SourceFile("f", text.encode()))
    except UsageError:
        return
    assert [each.text for each in statements] == [piece.text for piece in pieces(text) if piece.role is Role.STATEMENT]


@given(text=_TEXTS)
def test_lines_are_where_the_statements_stand(text: str) -> None:
    try:
        statements = split(SourceFile("f", text.encode()))
    except UsageError:
        return
    lines = text.split("\n")
    for statement in statements:
        assert statement.text.split("\n")[0] in lines[statement.line - 1]
