"""What a trial was asked for beyond running the migration, as chapters: a title, sentences and perhaps a table.

Surprising: a chapter is made from the JSON document like everything in a written report, and knows nothing of HTML or
Markdown; each form has one way to draw any chapter. What the document lacks, as that of an older version may, is not
there.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stagecopy.model.wording import counted, quoted
from stagecopy.report.durations import spoken_bytes, spoken_seconds
from stagecopy.report.papers import Document, told

Tone = Literal["", "bad", "warn", "good", "soft"]
MOST = 200
_AGAIN: dict[str, tuple[str, Tone]] = {
    "works": ("works, with the same effect", "good"),
    "fails": ("FAILS", "bad"),
    "differs": ("works, with another effect", "warn"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, harmless already, and whether it is good news."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a table; ``number`` is what it is sorted by."""

    text: str
    number: float | None = None
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """``name`` is short, for links; ``more`` counts what was left out."""

    name: str
    title: str
    lines: Sequence[Line] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    more: int = 0


def chapter(name: str, title: str, lines: Iterable[Line]) -> Iterator[Chapter]:
    """One without a table, or none where there is nothing to say."""
    collected = list(lines)
    if collected:
        yield Chapter(name, title, tuple(collected[:MOST]), more=max(0, len(collected) - MOST))


def tabled(name: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[Chapter]:
    """One that is a table."""
    collected = list(rows)
    if collected:
        yield Chapter(name, title, (), heads, tuple(collected[:MOST]), max(0, len(collected) - MOST))


def named(value: Any) -> Cell:
    """A table's name as one would type it."""
    return Cell(told(quoted(*str(value).split(".", 1))))


def timed(seconds: float | None, *, bad_from: float = 1.0) -> Cell:
    """A time; a long one is bad news."""
    if seconds is None:
        return Cell("–", 0.0)
    return Cell(spoken_seconds(seconds), seconds, "bad" if seconds >= bad_from else "")


def way_back(document: Document) -> Iterator[Chapter]:
    """The rollback, where one was tried."""
    found = document["rollback"]
    if not found["tested"]:
        return
    sources = ", ".join(map(str, found.get("sources", ())))
    yield from chapter("rollback", told(f"The way back ({sources})") if sources else "The way back", _back(found))


def _back(found: Document) -> Iterator[Line]:
    if error := found.get("error"):
        state = f" (sqlstate {error['sqlstate']})" if error["sqlstate"] else ""
        yield Line(told(f"failed at statement {error['statement']}: {error['message']}{state}"), "bad")
    elif found["restores"]:
        yield Line("everything is as it was before", "good")
    for each in found["differences"]:
        if isinstance(each, dict):
            yield Line(told(each["message"]), "bad" if each.get("lost") else "warn")
    for note in found.get("notes", ()):
        yield Line(told(f"note: {note}"), "soft")
    if again := found.get("up_again"):
        what, tone = _AGAIN[again]
        why = "; ".join(found.get("up_again_differences", ()))
        yield Line(told(f"the migration once more after it: {what}" + (f": {why}" if why else "")), tone)


def interruptions(document: Document) -> Iterator[Chapter]:
    """A row for each kill."""
    rows = [
        (
            Cell(told(_moment(each)), each["after"] + (0.5 if each["during"] else 0.0)),
            Cell(told("; ".join(each["left"]) or "nothing"), tone="warn" if each["left"] else ""),
            _rerun(each),
        )
        for each in document.get("interrupt") or ()
    ]
    yield from tabled("interrupt", "Killed in the middle, and started again", ("killed", "left", "second run"), rows)


def _moment(each: Document) -> str:
    return f"during statement {each['during']}" if each["during"] else f"after statement {each['after']}"


def _rerun(each: Document) -> Cell:
    if error := each["error"]:
        return Cell(told(f"FAILS at statement {error['statement']}: {error['message']}"), tone="bad")
    if each["differences"]:
        return Cell(told(f"ends otherwise: {'; '.join(each['differences'])}"), tone="warn")
    return Cell("works", tone="good")


def rescue(document: Document) -> Iterator[Chapter]:
    """The scripts for what is lost."""
    if kit := document.get("rescue"):
        yield from chapter("rescue", "Rescue kit", _kit(kit))


def _kit(kit: Document) -> Iterator[Line]:
    size = f"{counted(len(kit['tables']), 'table')}, up to {spoken_bytes(kit['bytes'])}"
    yield Line(told(f"{kit['folder']}: before.sql copies what is lost ({size}), reverse.sql is to bring it back"))
    if kit["proved"]:
        yield Line("tried on a clone: all of it comes back", "good")
    elif kit["proved"] is not None:
        yield Line("tried on a clone, does not bring back:", "bad")
    for missing in kit["missing"]:
        yield Line(told(missing), "warn")


def guard(document: Document) -> Iterator[Chapter]:
    """The guarded migration for production."""
    if file := document.get("guard"):
        yield from chapter("guard", "Guard", [_guarded(file)])


def _guarded(file: Document) -> Line:
    if file["problem"]:
        return Line(told(f"{file['path']} is not written: {file['problem']}"), "warn")
    seconds = file["counting_seconds"]
    counting = f", counted in {spoken_seconds(seconds)}" if seconds is not None else ""
    tried = f"tried on a clone{counting}" if file["proved"] else "not tried: a command runs by itself"
    return Line(told(f"{file['path']}: limits for {counted(file['tables'], 'table')}; {tried}"), "good")


def announced(document: Document) -> Iterator[Chapter]:
    """What the run was held against, or what was drafted."""
    if file := document.get("expectation"):
        said = "drafted: read it, correct it, commit it" if file["written"] else "the run was held against it"
        yield from chapter("expectation", "Expectation", [Line(told(f"{file['path']}: {said}"))])


def sequences(document: Document) -> Iterator[Chapter]:
    """Those that give another number next."""
    rows = [(named(each["name"]), _next(each["from"]), _next(each["to"])) for each in document.get("sequences") or ()]
    yield from tabled("sequences", "Sequences", ("sequence", "next before", "next after"), rows)


def _next(number: int | None) -> Cell:
    return Cell("–" if number is None else f"{number:,}", number or 0)


def command(document: Document) -> Iterator[Chapter]:
    """How a command ran."""
    migration = document["migration"]
    if migration and (tool := migration.get("command")):
        where = "contained" if tool["contained"] else "not contained"
        said = f"exit code {tool['exit']}, {counted(tool['sessions'], 'connection')}, {where}"
        lines = [Line(told(shlex.join(tool["argv"]), 300)), Line(said, "bad" if tool["exit"] else "")]
        for text, names in (("lead to the clone", "replaced"), ("left out", "removed")):
            if listed := tool["environment"][names]:
                lines.append(Line(told(f"variables {text}: {', '.join(listed)}", 300), "soft"))
        yield from chapter("command", "Command", lines)
