"""A trial's report for a pull request: the effect in sight, the rest to unfold, never longer than a comment may be.

Surprising: what the database says is not only escaped for Markdown. An ``@`` in it would call people, and ``#12`` would
link to an issue; both are written as character references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from stagecopy.model.wording import counted
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.papers import (
    ROW_COUNTS,
    Document,
    TableRow,
    circumstances,
    effort,
    failure,
    rollback,
    schema_lines,
    tables,
    told,
)

LIMIT = 60_000  # characters; a comment on GitHub may have 65,536
# What Markdown or GitHub would read something into; underscores and colons only where they would.
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~@&$]|(?<!\w)_|_(?!\w)|:(?=//)")
_SIGNS = {"error": "❌", "warn": "⚠️", "info": "ℹ️"}
_VERDICTS = {"pass": "✅ PASS", "warn": "⚠️ WARN", "fail": "❌ FAIL", None: "❌ no verdict"}
_MOST = 50


def trial_markdown(document: Document, *, limit: int = LIMIT) -> str:
    """The whole report in at most *limit* characters; sections that find no room are named at the end."""
    parts = [_head(document), _effects(document)]
    left_out = []
    room = limit - sum(map(len, parts)) - 500  # for what is left out, and the last line
    for title, text in _sections(document):
        if not text:
            continue
        section = text if title == "Findings" else f"<details><summary>{title}</summary>\n\n{text}\n</details>\n\n"
        if len(section) > room:
            left_out.append(title)
            continue
        room -= len(section)
        parts.append(section)
    if left_out:
        parts.append(f"Left out, for it would be too long here: {', '.join(left_out)}.\n\n")
    parts.append(f"<sub>stagecopy trial {_escaped(document['trial'])}</sub>\n")
    return "".join(parts)[:limit]


def _head(document: Document) -> str:
    lines = [
        f"### {_VERDICTS[document['verdict']]}: {_escaped(document['headline'])}",
        _escaped(circumstances(document)),
    ]
    if stopped := failure(document):
        lines.append(f"**{_escaped(stopped)}**")
    lines += [_escaped(each) for each in (effort(document), rollback(document)) if each]
    return "\n\n".join(lines) + "\n\n"


def _effects(document: Document) -> str:
    found = tables(document)
    if not found:
        return ""
    shown = [name for name in ROW_COUNTS if any(each.counts[name] for each in found)]
    lines = [_cells(["table", "before", "after", *shown]), _cells(["---", *["---:"] * (2 + len(shown))])]
    for each in found[:_MOST]:
        name = _escaped(each.name) + (f" ({_escaped(each.note)})" if each.note else "")
        numbers = [_number(each.before), _number(each.after), *(_number(each.counts[count]) for count in shown)]
        lines.append(_cells([name, *numbers]))
    if len(found) > _MOST:
        lines.append(f"\n… and {counted(len(found) - _MOST, 'more table')}")
    return "\n".join(lines) + "\n\n"


def _sections(document: Document) -> Iterable[tuple[str, str]]:
    yield "Findings", _findings(document)
    yield "Columns", _columns(tables(document))
    yield "Schema", _listed(" ".join(map(_escaped, each)) for each in schema_lines(document))
    yield "What the way back leaves", _listed(_escaped(told(each["message"])) for each in _left(document))
    yield "Locks and statements", _statements(document)
    yield (
        "How the clone differs from production",
        _listed(f"{_escaped(each['code'])}: {_escaped(told(each['message']))}" for each in document["fidelity"]),
    )


def _left(document: Document) -> Iterable[Document]:
    return (each for each in document["rollback"]["differences"] if isinstance(each, dict))


def _findings(document: Document) -> str:
    lines = []
    for each in document["findings"][:_MOST]:
        text = f"{_SIGNS[each['severity']]} **{_escaped(each['rule'])}** {_escaped(told(each['message']))}"
        lines.append(f"- {text}<br>next: {_escaped(told(each['remedy']))}" if each["remedy"] else f"- {text}")
    more = len(document["findings"]) - _MOST
    lines += [f"- … and {counted(more, 'more finding')}"] if more > 0 else []
    return "\n".join(lines) + "\n\n" if lines else ""


def _columns(found: Iterable[TableRow]) -> str:
    return _listed(
        f"{_escaped(each.name)}.{_escaped(name)}: {_escaped(what)}" for each in found for name, what, _ in each.columns
    )


def _statements(document: Document) -> str:
    statements = document["migration"]["statements"] if document["migration"] else ()
    lines = []
    for each in statements:
        locks = ", ".join(
            f"{lock['mode']} on {lock['relation']} {spoken_seconds(lock['seconds'])}" for lock in each["locks"]
        )
        text = " ".join(told(each["sql"], 300).split())
        lines.append(
            f"{spoken_seconds(each['seconds'])} {_escaped(text)}" + (f"<br>{_escaped(told(locks))}" if locks else "")
        )
    return _listed(lines)


def _listed(lines: Iterable[str]) -> str:
    collected = list(lines)
    shown = [f"- {line}" for line in collected[:_MOST]]
    if len(collected) > _MOST:
        shown.append(f"- … and {len(collected) - _MOST:,} more")
    return "\n".join(shown) + "\n" if shown else ""


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _escaped(text: object) -> str:
    """Harmless in Markdown and in the HTML that Markdown lets through."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", told(text))
