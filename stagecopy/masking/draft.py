"""Writes the first rules file: every decision of classify on a line of its own, with its reason.

The text depends on catalog and decisions alone, so that two runs over one database write the same bytes. Columns left
to a human are comments: until they are decided a refresh stops, which is what an undecided column should do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence

from stagecopy.masking.classify import Decision, ruled_tables
from stagecopy.masking.equality import equality_classes
from stagecopy.masking.harmless import HarmlessPattern
from stagecopy.masking.identifiers import quote, table_key
from stagecopy.masking.unclassified import yaml_key
from stagecopy.model.catalog import Catalog
from stagecopy.model.wording import counted

_HEAD = """\
# First masking rules, proposed from names, types, keys and a look at some values. Read them before you trust them:
# a column that is kept goes to staging as it is.
"""
_DOCUMENTS = ("json", "jsonb")
_UNSURE_PATH = re.compile(r"\.\.|\.\*")
_AS_CALLED = ("email", "phone", "name", "first_name", "last_name", "username", "address", "street", "city", "company")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


def draft_rules(
    catalog: Catalog,
    decisions: Sequence[Decision],
    *,
    patterns: Sequence[HarmlessPattern] = (),
    patterned: Collection[tuple[int, int]] = (),
    head: str = _HEAD,
) -> str:
    """The rules file as text. Partitions have no entry: their parent's serves them.

    *patterns* cover the columns at the places *patterned*, which then have no line of their own.
    """
    by_table: dict[int, list[Decision]] = {}
    for decision in decisions:
        if decision.place not in patterned:
            by_table.setdefault(decision.table.oid, []).append(decision)
    served = _served_by_keys(catalog, decisions)
    body = [
        line
        for table in ruled_tables(catalog)
        if by_table.get(table.oid)
        for line in _table(by_table[table.oid], served)
    ]
    ruled = any(each.verdict != "todo" for group in by_table.values() for each in group)
    lines = [head + _summary(decisions), "version: 1", "tables:" if ruled else "tables: {}", *body]
    if patterns:
        lines += ["patterns:", *(_pattern(each) for each in patterns)]
    return "\n".join(lines) + "\n"


def _pattern(pattern: HarmlessPattern) -> str:
    globs = "".join(f"{key}: {_scalar(text)}, " for key, text in pattern.globs)
    return f"  - {{{globs}keep: {_scalar(pattern.reason)}}}  # {pattern.columns} columns"


def _summary(decisions: Sequence[Decision]) -> str:
    counts = {verdict: sum(each.verdict == verdict for each in decisions) for verdict in ("mask", "keep", "todo")}
    left = f"{counts['todo']} left to you" + (": look for `todo`" if counts["todo"] else "")
    return f"# {counted(len(decisions), 'column')}: {counts['mask']} masked, {counts['keep']} kept, {left}.\n"


def _served_by_keys(catalog: Catalog, decisions: Iterable[Decision]) -> dict[tuple[int, int], str]:
    """Masked columns that reference another one, with its name: the rule of the key serves them."""
    masked = {(each.table.oid, each.column.attnum): each.name for each in decisions if each.verdict == "mask"}
    served = {}
    for group in equality_classes(catalog):
        keys = [key.node[:2] for key in group.keys]
        leader = next((masked[key] for key in keys if key in masked), None)
        if leader is not None:
            places = [member.node[:2] for member in group.members if not member.path]
            served.update({place: leader for place in places if place not in keys})
    return served


def _table(decisions: Sequence[Decision], served: dict[tuple[int, int], str]) -> Iterable[str]:
    table = decisions[0].table
    # A table whose columns are all undecided must not stand there without a rule: its heading waits as a comment.
    lead = "" if any(each.verdict != "todo" for each in decisions) else "# "
    yield f"  {lead}{_key(table_key(table.schema, table.name))}:"
    yield f"  {lead}  columns:"
    for decision in decisions:
        key = _key(quote(decision.column.name))
        leader = served.get((decision.table.oid, decision.column.attnum))
        if leader is not None:
            yield f"      # {_one_line(decision.column.name)}: as {_one_line(leader)}, which it references"
        line = _todo(decision) if decision.verdict == "todo" else f"{key}: {_rule(decision)}"
        yield f"      {line}"
        if decision.leaves and decision.column.base_type in _DOCUMENTS:
            yield f"      # or leaf by leaf: {key}: {{mask: json, paths: {{{_leaves(decision)}}}, rest: redact}}"


def _leaves(decision: Decision) -> str:
    known = [(path, kind) for path, kind in decision.leaves if not _UNSURE_PATH.search(path)]
    return ", ".join(f"{json.dumps(path)}: {kind if kind in _AS_CALLED else 'hash'}" for path, kind in known)


def _todo(decision: Decision) -> str:
    column = decision.column
    what = _one_line(f"{column.name} ({column.type})")
    return f"# todo: {what}: mask: …, or keep: why  # {decision.basis}: {_one_line(decision.reason)}"


def _rule(decision: Decision) -> str:
    if decision.verdict == "keep":
        return f"{{keep: {_scalar(decision.reason)}}}"
    options = "".join(f", {name}: {_scalar(value)}" for name, value in decision.options)
    return f"{{mask: {decision.mask}{options}}}  # {decision.level}: {_one_line(decision.reason)}"


def _scalar(text: str) -> str:
    """A YAML scalar inside a flow mapping: quoted unless it is one plain word or plain words."""
    plain = all(_PLAIN_VALUE.fullmatch(word) for word in text.split(" ")) and text not in ("null", "Null", "NULL")
    return text if plain else json.dumps(text, ensure_ascii=False)


def _key(text: str) -> str:
    """A key on one line: YAML takes more characters for line breaks than JSON escapes."""
    key = yaml_key(text)
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in key)


def _one_line(text: str) -> str:
    """For comments: names may hold line breaks, and other control characters are no YAML."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
