"""Reads along what a client and the server say to each other: statements, how long each took, how it ended.

Surprising: this, not the server's log, is where statements of a command come from. The log of an engine may be out of
reach, gives no row counts, and would write parameters, which are raw values, to a disk. What is read here is thrown
away: of all messages only statement texts, command tags and errors are kept, never a row and never a parameter.
"""

from __future__ import annotations

import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from stagecopy.model.migration import changes
from stagecopy.trial.lexer import Role, pieces

_HEAD = struct.Struct(">cI")


@dataclass(frozen=True, slots=True)
class ServerError:
    """What the server said was wrong, by the letters of its fields; DETAIL, HINT and CONTEXT are not kept."""

    fields: tuple[tuple[str, str], ...]

    def get(self, letter: str) -> str:
        """One field, or ''."""
        return dict(self.fields).get(letter, "")


@dataclass(slots=True)
class Seen:
    """A statement that the clone received. ``error`` is None when it went well; ``tag`` is '' until it ended."""

    sql: str
    session: int
    began: float  # seconds since the epoch
    seconds: float = 0.0
    tag: str = ""
    error: ServerError | None = None

    @property
    def rows(self) -> int | None:
        """Rows the server counted, None where it counts none."""
        last = self.tag.rpartition(" ")[2]
        return int(last) if last.isascii() and last.isdecimal() else None


@dataclass(slots=True)
class Story:
    """All sessions of a command, in the order in which their statements began. Used by several threads."""

    seen: list[Seen] = field(default_factory=list)
    sessions: int = 0  # those that were let in
    processes: list[int] = field(default_factory=list)
    refused: list[ServerError] = field(default_factory=list)
    left_open: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seen: Seen) -> None:
        """A statement begins."""
        with self._lock:
            self.seen.append(seen)

    def let_in(self) -> int:
        """A session begins; returns its number."""
        with self._lock:
            self.sessions += 1
            return self.sessions


@dataclass(slots=True)
class _Asked:
    """A message of the client that the server will answer. ``texts`` of a simple query may be several."""

    kind: str  # simple, parse, bind, execute, sync
    texts: tuple[str, ...]
    at: float
    done: int = 0


class Frames:
    """Cuts a stream into messages: type and body. Bodies of types outside *wanted* are skipped, not kept."""

    def __init__(self, wanted: frozenset[bytes]) -> None:
        self._wanted = wanted
        self._rest = bytearray()
        self._skip = 0

    def feed(self, piece: bytes) -> list[tuple[bytes, bytes]]:
        """Messages that are complete with *piece*; what is skipped comes without its body."""
        found: list[tuple[bytes, bytes]] = []
        if self._skip >= len(piece):
            self._skip -= len(piece)
            return found
        rest = self._rest
        rest += piece[self._skip :] if self._skip else piece
        self._skip, at = 0, 0
        while len(rest) - at >= 5:
            kind, length = _HEAD.unpack_from(rest, at)
            end = at + 1 + length
            if kind in self._wanted:
                if end > len(rest):
                    break
                found.append((kind, bytes(rest[at + 5 : end])))
            at = end
            if at > len(rest):
                self._skip, at = at - len(rest), len(rest)
        del rest[:at]
        return found


class Session:
    """One connection, after its start-up packet. Feed it what either side sends, in the order it comes."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._number = 0
        self._front = Frames(frozenset((b"Q", b"P", b"B", b"E", b"S", b"F")))
        self._back = Frames(frozenset((b"R", b"C", b"I", b"E", b"Z", b"1", b"2", b"s", b"K")))
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}
        self._asked: deque[_Asked] = deque()
        self._current: Seen | None = None
        self._free_since = 0.0
        self._status = b"I"
        self._wrote = False  # in the transaction that is open
        self._lock = threading.Lock()

    def client_sent(self, piece: bytes) -> None:
        """What the client sends."""
        with self._lock:
            for kind, body in self._front.feed(piece):
                self._ask(kind, body)

    def server_sent(self, piece: bytes) -> None:
        """What the server answers."""
        with self._lock:
            for kind, body in self._back.feed(piece):
                self._answer(kind, body)

    def over(self) -> None:
        """The connection has ended: what it left open is rolled back now."""
        with self._lock:
            if self._status in (b"T", b"E") and self._wrote:
                self._story.left_open = True

    def _ask(self, kind: bytes, body: bytes) -> None:
        now = time.monotonic()
        if kind == b"Q":
            self._asked.append(_Asked("simple", _statements_of(_text(body[:-1])), now))
        elif kind == b"P":
            name, sql, _ = body.split(b"\0", 2)
            self._statements[name] = _text(sql)
            self._asked.append(_Asked("parse", (_text(sql),), now))
        elif kind == b"B":
            portal, prepared, _ = body.split(b"\0", 2)
            self._portals[portal] = self._statements.get(prepared, "")
            self._asked.append(_Asked("bind", (self._portals[portal],), now))
        elif kind == b"E":
            ran = self._portals.get(body.split(b"\0", 1)[0], "")
            self._asked.append(_Asked("execute", (ran,), now))
        elif kind == b"S":
            self._asked.append(_Asked("sync", (), now))
        else:
            self._asked.append(_Asked("simple", ("function call",), now))
        self._begin()

    def _answer(self, kind: bytes, body: bytes) -> None:
        if kind == b"R":
            if body[:4] == bytes(4):
                self._number = self._story.let_in()
        elif kind == b"K":
            self._story.processes.append(struct.unpack(">I", body[:4])[0])
        elif kind == b"Z":
            self._ready(body)
        elif kind == b"E":
            self._fail(body)
        elif kind in (b"C", b"I"):
            self._complete(_text(body[:-1]))
        elif self._asked and (kind, self._asked[0].kind) in ((b"1", "parse"), (b"2", "bind")):
            self._asked.popleft()
        elif kind == b"s" and self._asked and self._asked[0].kind == "execute":
            self._current = None  # a part of its rows; the rest is asked for by another Execute
            self._asked.popleft()
        self._begin()

    def _begin(self) -> None:
        """What the server works on now, if it is a statement and not noted yet."""
        if self._current is not None or not self._asked:
            return
        head = self._asked[0]
        if head.kind in ("simple", "execute") and head.done < len(head.texts) and head.texts[head.done]:
            self._current = Seen(head.texts[head.done], self._number, time.time())
            self._free_since = max(self._free_since, head.at)
            self._story.add(self._current)

    def _complete(self, tag: str) -> None:
        if not self._asked:
            return
        if self._current is not None:
            self._end(tag)
        head = self._asked[0]
        head.done += 1
        if head.kind == "execute":
            self._asked.popleft()

    def _end(self, tag: str, error: ServerError | None = None) -> None:
        assert self._current is not None  # noqa: S101 - the callers looked
        now = time.monotonic()
        self._current.seconds = now - self._free_since
        self._current.tag, self._current.error = tag, error
        self._wrote = self._wrote or changes(tag)
        self._free_since, self._current = now, None

    def _fail(self, body: bytes) -> None:
        fields = tuple((part[:1].decode("ascii", "replace"), _text(part[1:])) for part in body.split(b"\0") if part)
        error = ServerError(tuple(each for each in fields if each[0] not in "DHWqp"))
        if self._current is None and self._asked and self._asked[0].texts:
            head = self._asked[0]  # it could not even be parsed
            self._current = Seen(head.texts[min(head.done, len(head.texts) - 1)], self._number, time.time())
            self._free_since = max(self._free_since, head.at)
            self._story.add(self._current)
        if self._current is not None:
            self._end("", error)
        elif not self._number:
            self._story.refused.append(error)
        while self._asked and self._asked[0].kind in ("parse", "bind", "execute"):
            self._asked.popleft()  # all that follows up to Sync is skipped by the server
        if self._asked and self._asked[0].kind == "simple":
            self._asked[0].done = len(self._asked[0].texts)

    def _ready(self, body: bytes) -> None:
        while self._asked and self._asked[0].kind not in ("simple", "sync"):
            self._asked.popleft()
        if self._asked:
            self._asked.popleft()
        self._current = None
        self._status = body[:1]
        if self._status == b"I":
            self._wrote = False


def _statements_of(text: str) -> tuple[str, ...]:
    return tuple(piece.text for piece in pieces(text) if piece.role is Role.STATEMENT)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
