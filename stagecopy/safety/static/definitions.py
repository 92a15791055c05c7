"""Rules about what is defined: functions, roles, names that programs know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stagecopy.model.findings import Finding
from stagecopy.model.wording import counted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static.reading import NAME, Read, matching

_ROUTINE = re.compile(rf"create (?:or replace )?(?:function|procedure) (?P<name>{NAME}) \(")
_DEFINER = re.compile(r"\bsecurity definer\b")
_PATH = re.compile(r"\bset search_path\b")
_PASSWORD = re.compile(rf"(?:create|alter) (?:role|user|group) ({NAME}) .*\bpassword ''")
_KNOWN = ("table", "column", "view", "matview", "function")
_HASHED = ("'SCRAM-SHA-256$", "'md5")


def security_definer_path(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``security-definer-path``: whoever calls it decides which tables and operators its names mean."""
    pinned = " ".join(each.text for each in statements if each.text.startswith("alter ") and _PATH.search(each.text))
    for each, found in matching(statements, _ROUTINE):
        if _DEFINER.search(each.text) and not _PATH.search(each.text) and f" {found['name']} " not in pinned:
            name = found["name"].replace(" ", "")
            message = (
                f"{each.place}: {name} runs with its owner's rights and its caller's search_path: whoever may make a"
                " schema can put other tables and functions under the names it uses"
            )
            remedy = "add SET search_path = public, pg_temp to the function: the schemas it needs, pg_temp last"
            yield Finding("security-definer-path", "warn", each.subject, message, remedy)


def password_in_text(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``password-in-text``: a password that the repository, the server's log and every report hold."""
    for each, found in matching(statements, _PASSWORD):
        if not each.literals or any(literal.startswith(_HASHED) for literal in each.literals):
            continue
        message = f"{each.place}: the password of {found[1]} stands in the text, so in the repository and in logs"
        remedy = "create the role without one and set it by hand (\\password), or give the SCRAM verifier"
        yield Finding("password-in-text", "warn", each.subject, message, remedy)


def old_name_gone(evidence: Evidence, _: Sequence[Read]) -> Iterator[Finding]:
    """``old-name-gone``: programs that are deployed before or after the migration know the other name."""
    if evidence.application is not None and evidence.application.broken:  # its own queries say so
        return
    there = {each.name for each in evidence.difference.schema if each.change != "dropped"}
    there |= {each.name for each in evidence.difference.tables if each.change != "dropped"}
    renamed = [each for each in evidence.difference.schema if each.change == "renamed" and each.kind in _KNOWN]
    names = [f"{each.before} is {each.name} now" for each in renamed if each.before not in there]
    if names:
        more = f", and {counted(len(names) - 3, 'more')}" if len(names) > 3 else ""
        message = f"{', '.join(names[:3])}{more}: programs that know the old name fail from the moment it commits"
        remedy = "keep the old name until none uses it: a view under it, or a second column and a later migration"
        yield Finding("old-name-gone", "info", "migration", message, remedy)
