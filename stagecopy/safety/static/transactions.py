"""Rules about transactions: where one is missing, and where there is one already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stagecopy.model.findings import Finding
from stagecopy.model.migration import changes
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static.reading import Read, setting

_KINDS = (
    r"(?:unlogged )?table|(?:unique )?index(?: concurrently)?|schema|sequence|extension|materialized view|view"
    r"|type|domain|function|procedure|trigger|constraint trigger|policy|role|aggregate|rule|publication|collation"
)
_CREATES = re.compile(rf"create (?:{_KINDS})\b(?!.* if not exists )")
_DROPS = re.compile(r"drop (?:\w+ ){1,3}?(?!.*\bif exists\b)")
_ALTERS = re.compile(
    r"alter table (?:.* )?(?:add (?:column (?!if not)|constraint )|drop (?:column|constraint) (?!if exists)|rename )"
    r"|alter type (?:.* )?(?:add value (?!if not exists)|rename )|alter \w+ (?:.* )?rename to "
)
_INSERTS = re.compile(r"insert into (?!.*(?:on conflict|not exists|except) )")


def set_local_alone(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``set-local-alone``: SET LOCAL outside a transaction is over before the next statement begins."""
    for each in statements:
        found = setting(each)
        if found and found.local and each.inside is None:
            message = f"{each.place}: SET LOCAL outside a transaction sets nothing: {found.name} stays as it was"
            remedy = "write SET without LOCAL, or put BEGIN before it"
            yield Finding("set-local-alone", "warn", each.subject, message, remedy)


def inside_another(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``inside-another``: a file that a tool puts in a transaction begins or ends one by itself."""
    controls = [each for each in statements if each.wrapped and (each.begins or each.ends)]
    told = _opening_another(controls)
    for each in sorted(controls, key=lambda one: (not one.ends, one.run.n)):
        if each.run.file in told:
            continue
        told.add(each.run.file)
        around = f"the transaction that {each.tool or 'its tool'} has around the file"
        if each.ends:
            message = (
                f"{each.place} ends {around}: what comes after stands alone, what came before stays when it fails, and"
                " so may the tool's own note of whether the file ran"
            )
        else:
            message = f"{each.place} begins a transaction inside {around}: that does nothing"
        remedy = "leave BEGIN and COMMIT to the tool, or tell it to run the file without a transaction"
        yield Finding("inside-another", "warn", each.subject, message, remedy)


def _opening_another(controls: Sequence[Read]) -> set[str | None]:
    """Files that end the tool's transaction and leave it a new one: they know what they do."""
    first = {each.run.file: each for each in reversed(controls)}
    last = {each.run.file: each for each in controls}
    return {file for file, each in last.items() if each.begins and first[file].ends}


def half_done(evidence: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``half-done``: what fails in the middle leaves its beginning, which a second run does not get past."""
    if evidence.back.interruptions is not None or evidence.run.error is not None:  # it was tried, or it happened
        return
    if evidence.run.tool is not None and not evidence.run.files:  # the command's own matter
        return
    doing = [each for each in statements if changes(each.run.tag) and not each.begins and not each.ends]
    last = {each.run.file: _unit(each) for each in doing}
    for each in doing:
        if _unit(each) != last[each.run.file] and _fails_again(each):
            message = (
                f"the file is no single transaction: if it is cut off in the middle, {each.place} stays, and a second"
                f" run stops at it ({_what(each)})"
            )
            remedy = "put BEGIN and COMMIT around it, or write IF NOT EXISTS, IF EXISTS; --interrupt tries it"
            yield Finding("half-done", "info", "migration", message, remedy)
            return


def _unit(each: Read) -> tuple[str, int]:
    """What stays or goes together with it."""
    return ("alone", each.run.n) if each.inside is None else ("in", each.inside)


def _fails_again(each: Read) -> bool:
    return any(pattern.match(each.text) for pattern in (_CREATES, _DROPS, _ALTERS, _INSERTS))


def _what(each: Read) -> str:
    if _INSERTS.match(each.text):
        return "or its rows are there twice"
    return "without IF EXISTS" if _DROPS.match(each.text) else "it is done already"
