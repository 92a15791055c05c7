"""The text of a step: its head, its statements, and what stands around them in a transaction."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from stagecopy.model.drafting import Step

LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"
_WIDTH = 110
_LATER = "deploy it by itself, after the steps before it are in production and proved there"
_ENDED = "-- Cannot run in a transaction: it is the only statement of its file."


def head(step: Step) -> list[str]:
    """What and why come first: the log of changes quotes them."""
    lines = [f"-- what: {step.what}", "-- why:"]
    notes = [*step.notes, *([_LATER] if step.phase != "expand" else [])]
    return [*lines, *([] if not notes else ["--"]), *_comments(notes)]


def down_head(step: Step) -> list[str]:
    """The first lines of the way back."""
    return [f"-- takes back: {step.what}", *_comments(step.down_notes)]


def _comments(notes: Iterable[str]) -> list[str]:
    return [
        line for note in notes for line in textwrap.wrap(note, _WIDTH, initial_indent="-- ", subsequent_indent="--   ")
    ]


def plain(statements: Sequence[str]) -> list[str]:
    """Each with its semicolon."""
    return [f"{each};" for each in statements]


def guarded(statements: Sequence[str], *, alone: bool) -> list[str]:
    """For a tool that opens the transaction: none waits long for a lock, for others would wait behind it."""
    if alone or not statements:
        return plain(statements)
    return plain([LOCK_TIMEOUT, *statements])


def in_transaction(statements: Sequence[str], *, alone: bool) -> list[str]:
    """For tools that open none."""
    if alone or not statements:
        return [_ENDED, *plain(statements)] if alone else []
    return ["BEGIN;", *guarded(statements, alone=False), "COMMIT;"]


def out_of_transaction(statements: Sequence[str], *, alone: bool) -> list[str]:
    """For a tool that keeps one transaction open over all files and knows no way out of it."""
    if not alone:
        return guarded(statements, alone=alone)
    note = "-- Ends the tool's transaction and opens the next one: what is between cannot run inside."
    return [note, "COMMIT;", *plain(statements), "BEGIN;"]


def joined(*parts: Sequence[str]) -> str:
    """Parts with an empty line between them, as a file."""
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
