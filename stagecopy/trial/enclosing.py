"""Finds out whether a migration can run in one transaction of somebody else's, by what it says about transactions.

Surprising: only the statements that begin and end transactions are known by their words. Whether another one refuses
to run inside one (CREATE INDEX CONCURRENTLY, VACUUM …) the server says, which is asked on a clone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stagecopy.errors import UsageError
from stagecopy.model.migration import SourceFile, Statement
from stagecopy.trial.lexer import Role, decode, pieces, split
from stagecopy.trial.tokens import FILLER, WORD, tokens

_WITHOUT_PSQL = "put what must be guarded into a file of plain SQL, without meta-commands, and guard that"
_SEVERAL = "put it into a file of its own and guard each, or let one BEGIN … COMMIT enclose all of it"


@dataclass(frozen=True, slots=True)
class Wrappable:
    """A migration without the transaction around it: its ``text``, its ``statements``, and the BEGIN it had, if any."""

    text: str
    statements: tuple[Statement, ...]
    opening: str | None = None


def wrappable(files: Sequence[SourceFile]) -> Wrappable:
    """*files* as the inside of one transaction. Raises UsageError ``guard-impossible`` with file:line."""
    parts = [_part(file) for file in files]
    openings = [part.opening for part in parts if part.opening]
    if openings and len(parts) > 1:
        raise impossible("each file has a transaction of its own", files[0].name, hint=_SEVERAL)
    text = "\n".join(part.text for part in parts)
    return Wrappable(text, tuple(each for part in parts for each in part.statements), next(iter(openings), None))


def impossible(why: str, where: str | None, *, hint: str) -> UsageError:
    """A guard needs one transaction around all it guards."""
    return UsageError("guard-impossible", f"no guard can be put around this migration: {why}", hint=hint, where=where)


def _part(file: SourceFile) -> Wrappable:
    text = decode(file)
    try:
        statements = split(file)
    except UsageError as failure:
        if failure.code != "needs-psql":
            raise
        raise impossible("it holds what only psql can run", failure.where, hint=_WITHOUT_PSQL) from None
    kinds = [_control(each.text) for each in statements]
    if len(kinds) > 1 and kinds[0] == "begin" and kinds[-1] == "commit" and not any(kinds[1:-1]):
        return _inside(text, statements)
    for kind, each in zip(kinds, statements, strict=True):
        if kind:
            why = f"it begins or ends transactions itself ({_head(each.text).upper()})"
            raise impossible(why, f"{each.file}:{each.line}", hint=_SEVERAL)
    return Wrappable(_closed(text, statements), statements)


def _inside(text: str, statements: tuple[Statement, ...]) -> Wrappable:
    """What stands between the BEGIN and the COMMIT around a file, comments included."""
    parts = list(pieces(text))
    begin, *_, commit = (n for n, each in enumerate(parts) if each.role is Role.STATEMENT)
    closed = next(n for n, each in enumerate(parts) if n > begin and each.role is Role.SEPARATOR)
    inner = "".join(each.text for each in (*parts[:begin], *parts[closed + 1 : commit]))
    return Wrappable(inner, statements[1:-1], statements[0].text)


def _closed(text: str, statements: tuple[Statement, ...]) -> str:
    """*text*, its last statement closed, so that another one can follow."""
    if not statements:
        return text
    again = SourceFile("", f"{text}\nSELECT".encode())
    return text if len(split(again)) > len(statements) else f"{text}\n;"


def _control(text: str) -> str | None:
    """``begin`` or ``commit`` where a statement is one, ``other`` for what else ends a transaction."""
    words = _head(text).split()
    match words:
        case ["begin" | "start", *_]:
            return "begin"
        case ["commit" | "rollback", "prepared", *_] | ["prepare", "transaction", *_]:
            return "other"
        case ["commit" | "end", *rest] if "chain" not in rest:
            return "commit"
        case ["rollback", *rest] if "to" in rest[:2]:
            return None  # to a savepoint
        case ["commit" | "end" | "rollback" | "abort", *_]:
            return "other"
    return None


def _head(text: str) -> str:
    """The first words, in small letters."""
    found: list[str] = []
    for kind, start, end in tokens(text):
        if kind in FILLER:
            continue
        if kind != WORD or len(found) == 4:
            break
        found.append(text[start:end].lower())
    return " ".join(found)
