"""A trial's report for a pull request: verdict and effect in sight, the rest to unfold, never too long.

Surprising: what the database says is not only escaped for Markdown. An ``@`` in it would call people, and ``#12`` would
link to an issue; both are written as character references. And no sample rows: a pull request is read by more people
than may see staging.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stagecopy.report.chapters import Chapter
from stagecopy.report.contents import contents
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.papers import (
    ROW_COUNTS,
    Document,
    TableRow,
    about,
    circumstances,
    effort,
    failure,
    rollback,
    schema_lines,
    tables,
    tally,
    told,
    typed,
    work,
)

LIMIT = 60_000  # characters; a comment on GitHub may have 65,536
MARK = "<!-- stagecopy -->"  # by which a pipeline finds its own comment again
# What Markdown or GitHub would read something into; underscores and colons only where they would.
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~@&$]|(?<!\w)_|_(?!\w)|:(?=//)|(?i:(?<=www)\.)|^[-+=](?=\s|[-=]|$)|^(?<=\d)[.)]")
_SIGNS = {"error": "❌", "warn": "⚠️", "info": "ℹ️"}
_TONES = {"bad": "❌ ", "warn": "⚠️ ", "good": "✅ "}
_VERDICTS = {"pass": "✅ PASS", "warn": "⚠️ WARN", "fail": "❌ FAIL", None: "❌ no verdict"}
_MOST = 50
_LONGEST, _NAME = 600, 200
_FOOT = 1_000  # for what is left out, and the last line


@dataclass(frozen=True, slots=True)
class _Section:
    """Lines below each other, to unfold unless it is ``open``; ``head`` are the first lines of a table."""

    title: str
    lines: Sequence[str]
    head: str = ""
    open: bool = False
    more: int = 0


def trial_markdown(document: Document, *, limit: int = LIMIT) -> str:
    """The whole report in at most *limit* characters; what finds no room is named at the end."""
    parts = [_head(document)]
    left_out = []
    room = limit - len(parts[0]) - _FOOT
    for section in _sections(document):
        drawn = _drawn(section, room)
        if drawn:
            room -= len(drawn)
            parts.append(drawn)
        elif section.lines:
            left_out.append(section.title)
    if left_out:
        parts.append(f"Left out, for it would be too long here: {', '.join(left_out)}.\n\n")
    parts.append(f"<sub>stagecopy trial {_escaped(document['trial'])}, exit code {document['exit']}</sub>\n")
    return "".join(parts)


def _drawn(section: _Section, room: int) -> str:
    """As many lines as there is room for, and how many there are beside them; '' where there is room for none."""
    before = section.head
    after = "\n"
    if not section.open:
        before, after = f"<details><summary>{section.title}</summary>\n\n{before}", "\n</details>\n\n"
    room -= len(before) + len(after) + 40
    shown: list[str] = []
    for line in section.lines[:_MOST]:
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(f"{line}\n")
    more = section.more + len(section.lines) - len(shown)
    if shown and more > 0:
        shown.append(f"\n… and {more:,} more\n")
    return "".join([before, *shown, after]) if shown else ""


def _head(document: Document) -> str:
    effects = ", ".join(f"{figure} {what}" for figure, what in effort(document))
    lines = [MARK, f"### {_VERDICTS[document['verdict']]}: {_escaped(document['headline'], _LONGEST)}"]
    if stopped := failure(document):
        lines.append(f"**{_escaped(stopped, _LONGEST)}**")
    lines.append(f"**{tally(document)}**")
    subject = about(document)
    lines.append(_escaped(f"{subject}: {circumstances(document)}" if subject else circumstances(document), _LONGEST))
    lines += [_escaped(each, _LONGEST) for each in (effects, rollback(document)) if each]
    return "\n\n".join(lines) + "\n\n"


def _sections(document: Document) -> Iterator[_Section]:
    found = tables(document)
    yield _effects(found)
    told_first = [each for each in document["findings"] if each["severity"] != "info"]
    notes = [each for each in document["findings"] if each["severity"] == "info"]
    yield _Section("Findings", [_finding(each) for each in told_first[:_MOST]], open=True, more=len(told_first[_MOST:]))
    yield _Section(_titled("Notes", notes), [_finding(each) for each in notes[:_MOST]], more=len(notes[_MOST:]))
    yield _Section("Columns", list(_columns(found)))
    for each in contents(document):
        yield from _chapter(each)
    schema = [f"- {' '.join(map(_escaped, filter(None, each)))}" for each in schema_lines(document, _MOST)]
    yield _Section(_titled("Schema", document["schema"]), schema, more=len(document["schema"][_MOST:]))
    statements = document["migration"]["statements"] if document["migration"] else ()
    yield _Section(
        _titled("Locks and statements", statements),
        [_statement(each) for each in statements[:_MOST]],
        more=len(statements[_MOST:]),
    )
    fidelity = [f"- <code>{_escaped(each['code'])}</code> {_escaped(each['message'])}" for each in document["fidelity"]]
    yield _Section("How the clone differs from production", fidelity)


def _titled(title: str, held: Sequence[object]) -> str:
    return f"{title} ({len(held):,})" if len(held) > 1 else title


def _effects(found: Sequence[TableRow]) -> _Section:
    shown = [name for name in ROW_COUNTS if any(each.counts[name] for each in found)]
    head = [_cells(["table", "before", "after", *shown]), _cells(["---", *["---:"] * (2 + len(shown))])]
    lines = []
    for each in found[:_MOST]:
        name = _escaped(each.name, _NAME) + (f" ({_escaped(each.note, _NAME)})" if each.note else "")
        numbers = [_number(each.before), _number(each.after), *(_number(each.counts[count]) for count in shown)]
        lines.append(_cells([name, *numbers]))
    return _Section("Tables", lines, "\n".join(head) + "\n", open=True, more=len(found[_MOST:]))


def _finding(each: Document) -> str:
    text = f"{_SIGNS[each['severity']]} <code>{_escaped(each['rule'])}</code> {_escaped(each['message'], _LONGEST)}"
    return f"- {text}<br>next: {_escaped(each['remedy'], _LONGEST)}" if each["remedy"] else f"- {text}"


def _columns(found: Sequence[TableRow]) -> Iterator[str]:
    for each in found:
        for name, what, _ in each.columns:
            yield f"- {_escaped(each.name, _NAME)}.{_escaped(name, _NAME)}: {_escaped(what, _NAME)}"


def _chapter(each: Chapter) -> Iterator[_Section]:
    title = _escaped(each.title, _NAME)
    lines = [f"- {_TONES.get(line.tone, '')}{_escaped(line.text, _LONGEST)}" for line in each.lines]
    if not each.rows:
        yield _Section(title, lines, more=each.more)
    else:
        ruled = ["---" if cell.number is None else "---:" for cell in each.rows[0]]
        head = "\n".join([*lines, "", _cells(each.heads), _cells(ruled), ""])
        rows = [_cells(_TONES.get(cell.tone, "") + _escaped(cell.text, _LONGEST) for cell in row) for row in each.rows]
        yield _Section(title, rows, head, more=each.more)


def _statement(each: Document) -> str:
    text = " ".join(str(each["sql"])[:_LONGEST].split())
    line = f"- {spoken_seconds(each['seconds'])} <code>{_escaped(text, 300)}</code>"
    locks = [f"{lock['mode']} on {typed(lock['relation'])} {spoken_seconds(lock['seconds'])}" for lock in each["locks"]]
    beside = ", ".join(filter(None, [*locks[:10], work(each)]))
    return f"{line}<br>{_escaped(beside, _LONGEST)}" if beside else line


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _escaped(text: object, most: int = _LONGEST) -> str:
    """Harmless in Markdown and in the HTML that Markdown lets through."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", told(text, most))
