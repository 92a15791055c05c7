"""Names and pieces of SQL for files that people read: quoted where SQL needs it, refused where they cannot be meant."""

from __future__ import annotations

import hashlib
import re

from stagecopy.errors import UsageError
from stagecopy.trial.tokens import BLOCK_COMMENT, CLOSE, LINE_COMMENT, OPEN, SEMICOLON, STRING, tokens

_LONGEST = 63  # bytes; the server cuts longer names in silence
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f]")
_ENDS = {"'": "'", '"': '"'}
# Words that cannot stand for a column, a table or a function everywhere, in any version since 13.
_KEYWORDS = frozenset(
    """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
in initially inner inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists
json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like
limit localtime localtimestamp merge_action national natural nchar new none normalize not notnull null nullif numeric
offset old on only or order out outer overlaps overlay placing position precision primary real references returning
right row select session_user setof similar smallint some substring symmetric system_user table tablesample then time
timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where window with
xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
""".split()  # noqa: SIM905 - as one would look it up
)


def ident(*parts: str) -> str:
    """A name as SQL reads it, qualified by the parts before it; quotes only where it needs them."""
    return ".".join(part if _is_plain(part) else '"' + part.replace('"', '""') + '"' for part in parts)


def _is_plain(part: str) -> bool:
    return _PLAIN.fullmatch(part) is not None and part not in _KEYWORDS


def derived(*words: str) -> str:
    """A name made of others, short enough for the server and still a name of its own."""
    name = "_".join(words)
    if len(name.encode()) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    kept = name.encode()[: _LONGEST - 9].decode(errors="ignore")
    return f"{kept}_{digest}"


def checked(name: str, flag: str) -> str:
    """*name*, if the server takes it as it is. Raises UsageError ``no-sql-name``."""
    if not name or _NO_NAME.search(name):
        raise UsageError("no-sql-name", f"{flag}: {name!r} is no name: it is empty or holds a control character")
    if len(name.encode()) > _LONGEST:
        size = len(name.encode())
        message = f"{flag}: {name!r} has {size} bytes; PostgreSQL cuts names after {_LONGEST}"
        raise UsageError("no-sql-name", message, hint="choose a shorter one")
    return name


def fragment(text: str, flag: str) -> str:
    """*text* (a type, an expression) as one piece that ends where it ends. Raises UsageError ``bad-sql``."""
    depth, wrong = 0, "" if text.strip() else "it is empty"
    for kind, start, end in tokens(text):
        depth += (kind == OPEN) - (kind == CLOSE)
        if kind == SEMICOLON:
            wrong = wrong or "it holds a ;"
        elif kind in (LINE_COMMENT, BLOCK_COMMENT):
            wrong = wrong or "it holds a comment"
        elif depth < 0 or (kind == STRING and not _ended(text[start:end])):
            wrong = wrong or "a quote or parenthesis has no partner"
    if wrong or depth or "\0" in text:
        reason = wrong or "a quote or parenthesis has no partner"
        raise UsageError("bad-sql", f"{flag}: {text!r} cannot stand in a statement: {reason}")
    return text.strip()


def _ended(string: str) -> bool:
    body = string.lstrip("eEbBxXnNuU&")
    if body[:1] == "$":
        tag = body[: body.index("$", 1) + 1]
        return len(body) >= 2 * len(tag) and body.endswith(tag)
    return len(body) > 1 and body.endswith(_ENDS[body[0]])


def dollars(body: str, tag: str) -> str:
    """*body* between dollar quotes whose tag it does not hold."""
    while f"${tag}$" in body:
        tag += "_"
    return f"${tag}$\n{body}\n${tag}$"
