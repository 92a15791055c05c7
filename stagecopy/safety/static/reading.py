"""A migration's statements as the rules of this package read them: plain text, and which transaction each ran in.

Surprising: this is no parser. ``text`` holds the words in small letters, one blank between tokens, without comments;
a string is ``''`` there, whatever is in it (``literals`` has it), so that no rule is led astray by words in strings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from stagecopy.model.migration import MigrationRun, StatementRun, Transaction
from stagecopy.trial.tokens import FILLER, STRING, WORD, tokens

NAME = r'(?:"[^"]*"|[^\s".,();]+)(?: \. (?:"[^"]*"|[^\s".,();]+))*'  # as it stands in ``text``
_MOST = 100_000  # characters of a statement that are read: beyond that it is data
_BEGIN = re.compile(r"begin\b|start transaction\b")
_END = re.compile(r"(?:commit|end|rollback|abort)\b(?! prepared)(?!(?: work| transaction)? to\b)|prepare transaction\b")
_SET = re.compile(r"set (?P<local>local )?(?:session )?(?P<name>time zone|[\w.]+)(?: (?:=|to))? (?P<value>.+)")
_NOTHING = re.compile(r"(?i)default|'?0+ *[a-z]*'?")


@dataclass(frozen=True, slots=True)
class Read:
    """One statement. ``inside``: the number of the transaction around it; None when it stood alone.

    ``tool``: whose layout its file has; ``wrapped``: that tool opens one transaction around the file.
    """

    run: StatementRun
    text: str
    literals: tuple[str, ...]
    inside: int | None = None
    tool: str | None = None
    wrapped: bool = False

    @property
    def place(self) -> str:
        """``statement 3 (line 7)``."""
        line = f" (line {self.run.line})" if self.run.line is not None else ""
        return f"statement {self.run.n}{line}"

    @property
    def subject(self) -> str:
        """What a finding about it alone is about."""
        return f"statement {self.run.n}"

    @property
    def begins(self) -> bool:
        """Whether it opens a transaction."""
        return _BEGIN.match(self.text) is not None

    @property
    def ends(self) -> bool:
        """Whether it ends one; not back to a savepoint."""
        return _END.match(self.text) is not None


def read(run: MigrationRun) -> tuple[Read, ...]:
    """The statements of *run* in order."""
    modes = {each.name: (each.tool, each.transaction) for each in run.files}
    counts = Counter(each.file for each in run.statements)
    state = _Transactions()
    found = []
    for statement in run.statements:
        tool, mode = modes.get(statement.file or "", (None, "statement"))
        mode = "statement" if mode == "query" and counts[statement.file] == 1 else mode
        wrapped = mode in ("file", "single")
        one = Read(statement, *_plain(statement.sql), tool=tool, wrapped=wrapped)
        found.append(replace(one, inside=state.around(one, mode)))
    return tuple(found)


@dataclass(slots=True)
class _Transactions:
    """Which transaction is open, statement by statement."""

    number: int = 0
    opened: bool = False  # by a BEGIN
    unit: str | None = None  # what the tool has a transaction around
    over: set[str] = field(default_factory=set)  # such units of which a COMMIT ended it early

    def around(self, one: Read, mode: Transaction) -> int | None:
        unit = {"statement": None, "single": "all files"}.get(mode, one.run.file)
        if unit != self.unit or (one.begins and not self.opened and not unit):
            self.number += 1
        self.unit, self.opened = unit, self.opened or one.begins
        inside = self.opened or one.ends or (unit is not None and unit not in self.over)
        number = self.number
        if one.ends:
            self.opened, self.number = False, number + 1
            self.over |= {unit} if unit and mode != "query" else set()
        return number if inside else None


def _plain(sql: str) -> tuple[str, tuple[str, ...]]:
    words: list[str] = []
    literals: list[str] = []
    for kind, start, end in tokens(sql[:_MOST]):
        piece = sql[start:end]
        if kind == STRING and not piece.startswith('"'):
            words.append("''")
            literals.append(piece)
        elif kind not in FILLER:
            words.append(piece.lower() if kind == WORD else piece)
    return " ".join(words), tuple(literals)


def matching(statements: Sequence[Read], pattern: re.Pattern[str]) -> Iterator[tuple[Read, re.Match[str]]]:
    """Statements whose text begins so."""
    return ((each, found) for each in statements if (found := pattern.match(each.text)))


def setters(statements: Sequence[Read], name: str) -> tuple[Read, ...]:
    """Statements that give the setting *name* a value other than 0 and DEFAULT."""
    return tuple(each for each in statements if _sets(each, name))


def set_before(setting_it: Sequence[Read], use: Read) -> bool:
    """Whether one of those came before *use* and still holds there."""
    return any(each.run.n < use.run.n and _lasts(each, use) for each in setting_it)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a SET says; ``local``: for its transaction only."""

    name: str
    value: str
    local: bool


def setting(statement: Read) -> Setting | None:
    """What *statement* sets, if it is a SET."""
    found = _SET.match(statement.text)
    if found is None:
        return None
    value = statement.literals[0] if found["value"] == "''" and statement.literals else found["value"]
    return Setting(found["name"].replace("time zone", "timezone"), value, bool(found["local"]))


def _sets(statement: Read, name: str) -> bool:
    """By SET with a value other than 0 and DEFAULT, by set_config, or somewhere in a DO block."""
    found = setting(statement)
    if found is None:
        said = statement.text.startswith("do ") or "set_config (" in statement.text
        return said and any(name in literal.lower() for literal in statement.literals)
    return found.name == name and not _NOTHING.fullmatch(found.value)


def _lasts(statement: Read, use: Read) -> bool:
    found = setting(statement)
    return found is None or not found.local or (statement.inside is not None and statement.inside == use.inside)
