"""The last lines that a command wrote, without what may be of a row.

Surprising: drivers print what we never read: the server's DETAIL, their own parameters, the rows of a failed batch. So
lines of such shapes go, with those that continue them; what stands in quotes stays only where it is known to be a name
(a module, a revision, a path, a word of the command or of its statements), and mail addresses never.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

WITHHELD = "…"
NOTE = "(lines that may quote rows are left out)"
_LAST_LINES = 12
_QUOTES_ROWS = re.compile(
    r"(?i:\b(?:detail|context|where|parameters?|params|values?|rows?)\b['\"]?\s*[:=])|\bHINT:|\bLINE \d+:"
    r"|(?i:failing row)|(?i:\bkey \()|^\s*\^+\s*$"
)
_GOES_ON = re.compile(  # after such lines these begin something else
    r"^\s*(?:at |File \"|Traceback|\[SQL|\(Background|The above|During handling|\[[A-Z]|ERROR|FATAL|WARN|INFO|npm )"
    r"|^[\w.:]*(?:Error|Exception|Violation|Warning)\b"
    r"|^\s+(?:schema|table|column|dataType|constraint|code|severity|file|line|routine|length|name|query)\b: "
)
_QUOTED = re.compile(  # an apostrophe within a word opens nothing and ends nothing
    r"(?<!\w)(?P<quote>['\"`])(?P<text>(?:(?!(?P=quote)(?!\w))[^\\\n]|\\.)*)(?:(?P=quote)(?!\w)|$)"
)
_NAMED = re.compile(
    r"(?i)\b(?:modules?|named|package|program|command|file|directory|folder|revision|identified by|migration|option"
    r"|attribute|import name|function|constraint|table|column|schema|role|database|extension|script|severity|routine)"
    r"\s*[:=]?\s*$"
)
_PATH = re.compile(
    r"(?:\.{0,2}/|[\w.-]+/)?[\w.@+ -]*(?:/[\w.@+ -]+)*"
    r"\.(?:py|js|mjs|cjs|ts|rb|php|sql|json|ya?ml|toml|ini|cfg|so|prisma)"
    r"|(?:\.{0,2}/)[\w.@+-]+(?:/[\w.@+-]+)*/?"
)
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ADDRESS = re.compile(r"[\w.+%-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b")
_WORD = re.compile(r"\w[\w$.-]*")


def last_lines(text: str, *, known: Iterable[str] = (), templates: Mapping[str, str] | None = None) -> str:
    """The end of *text*. *known*: texts whose words are no row's; *templates*: what stands for the server's words."""
    for message, template in (templates or {}).items():
        text = text.replace(message, template)
    words = frozenset(word for each in known for word in (each, *_WORD.findall(each)))
    lines = [_shown(line, words) for line in _without_rows(text.splitlines())]
    return "\n".join(lines[-_LAST_LINES:])


def _without_rows(lines: Iterable[str]) -> Iterator[str]:
    leaving_out = False
    for line in lines:
        if _QUOTES_ROWS.search(line):
            if not leaving_out:
                yield NOTE
            leaving_out = True
        elif line.strip() and (not leaving_out or _GOES_ON.search(line)):
            leaving_out = False
            yield line


def _shown(line: str, words: frozenset[str]) -> str:
    def judged(found: re.Match[str]) -> str:
        text, before = found["text"], line[: found.start()]
        own = text in words or _PATH.fullmatch(text) or _CONSTANT.fullmatch(text) or _NAMED.search(before)
        return found[0] if own or not text else f"{found['quote']}{WITHHELD}{found['quote']}"

    return _ADDRESS.sub(WITHHELD, _QUOTED.sub(judged, line))
