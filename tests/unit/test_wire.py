"""What is read along on the wire: made-up conversations, in pieces of any size."""

from __future__ import annotations

import struct

import pytest

from stagecopy.trial.wire import Session, Story

WHOLE = 1 << 20


def _message(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + struct.pack(">I", 4 + len(body)) + body


def _query(text: str) -> bytes:
    return _message("Q", text.encode() + b"\0")


def _parse(text: str, name: str = "") -> bytes:
    return _message("P", name.encode() + b"\0" + text.encode() + b"\0\0\0")


def _bind(name: str = "") -> bytes:
    return _message("B", b"\0" + name.encode() + b"\0" + b"raw-parameter")


EXECUTE, SYNC = _message("E", b"\0" + bytes(4)), _message("S")
ADMITTED = _message("R", bytes(4)) + _message("K", struct.pack(">II", 77, 1))
PARSED, BOUND = _message("1"), _message("2")


def _done(tag: str) -> bytes:
    return _message("C", tag.encode() + b"\0")


def _ready(status: str = "I") -> bytes:
    return _message("Z", status.encode())


def _error(state: str = "42P01") -> bytes:
    return _message("E", f"SERROR\0C{state}\0Mrelation is gone\0DKey (id)=(raw-value)\0\0".encode())


ROW = _message("D", b"raw-value" * 50)


def _told(*turns: bytes, size: int = WHOLE) -> Story:
    """Client and server speak in turns, the client first."""
    story = Story()
    session = Session(story)
    session.server_sent(ADMITTED + _ready())
    for number, said in enumerate(turns):
        for at in range(0, len(said), size):
            piece = said[at : at + size]
            (session.server_sent if number % 2 else session.client_sent)(piece)
    session.over()
    return story


def _seen(story: Story) -> list[tuple[str, str, int | None]]:
    return [(each.sql, each.tag, each.rows) for each in story.seen]


@pytest.mark.parametrize("size", [1, 3, 7, 64, WHOLE])
def test_simple_and_extended_queries_in_pieces_of_any_size(size: int) -> None:
    story = _told(
        _query("BEGIN; UPDATE t SET a = ';'; SELECT 1"),
        _done("BEGIN") + _done("UPDATE 3") + ROW * 3 + _done("SELECT 1") + _ready("T"),
        _parse("DELETE FROM t WHERE a = $1", "s") + SYNC,
        PARSED + _ready("T"),
        _bind("s") + EXECUTE + _bind("s") + EXECUTE + SYNC,
        BOUND + _done("DELETE 1") + BOUND + _done("DELETE 0") + _ready("T"),
        _query("COMMIT"),
        _done("COMMIT") + _ready(),
        size=size,
    )
    assert _seen(story) == [
        ("BEGIN", "BEGIN", None),
        ("UPDATE t SET a = ';'", "UPDATE 3", 3),
        ("SELECT 1", "SELECT 1", 1),
        ("DELETE FROM t WHERE a = $1", "DELETE 1", 1),
        ("DELETE FROM t WHERE a = $1", "DELETE 0", 0),
        ("COMMIT", "COMMIT", None),
    ]
    assert (story.sessions, story.processes, story.left_open) == (1, [77], False)
    assert "raw" not in repr(story)


def test_an_error_ends_the_query_and_what_was_sent_with_it() -> None:
    story = _told(
        _query("SELECT 1; SELECT nothing; SELECT 2"),
        _done("SELECT 1") + _error() + _ready(),
        _parse("SELECT gone") + _bind() + EXECUTE + _parse("SELECT skipped") + _bind() + EXECUTE + SYNC,
        _error() + _ready(),
        _query("SELECT 3"),
        _done("SELECT 1") + _ready(),
    )
    assert [each.sql for each in story.seen] == ["SELECT 1", "SELECT nothing", "SELECT gone", "SELECT 3"]
    assert [each.error is not None for each in story.seen] == [False, True, True, False]
    error = story.seen[1].error
    assert error is not None
    assert (error.get("C"), error.get("M"), error.get("D")) == ("42P01", "relation is gone", "")


def test_who_is_not_let_in_has_no_session() -> None:
    story = Story()
    Session(story).server_sent(_error("28P01"))
    assert (story.sessions, [each.get("C") for each in story.refused]) == (0, ["28P01"])


@pytest.mark.parametrize(
    ("text", "tag", "open_"), [("DELETE FROM t", "DELETE 1", True), ("SELECT 1", "SELECT 1", False)]
)
def test_a_transaction_that_wrote_and_was_left_open_is_told(text: str, tag: str, open_: bool) -> None:
    story = _told(_query("BEGIN"), _done("BEGIN") + _ready("T"), _query(text), _done(tag) + _ready("T"))
    assert story.left_open is open_


def test_copied_rows_are_neither_kept_nor_taken_for_statements() -> None:
    rows = _message("d", b"raw-row" * 1000) * 5 + _message("c")
    story = _told(_query("COPY t FROM STDIN"), _message("G", b"\0\0\0"), rows, _done("COPY 5") + _ready(), size=100)
    assert _seen(story) == [("COPY t FROM STDIN", "COPY 5", 5)]
