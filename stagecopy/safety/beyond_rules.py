"""Rules about what outlives or underlies the database: server-wide things, what watches changes, who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagecopy.model.change import SchemaChange, TableChange
from stagecopy.model.findings import Finding, Severity
from stagecopy.model.migration import StatementRun
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.mentions import spellings, text_names, word_in
from stagecopy.trial.tokens import FILLER, STRING, WORD, tokens

_SETTING = re.compile(r"(?P<whose>database|system|.+ in database|.+)\.(?P<name>[a-z_]+(?:\.[a-z_]+)?)")
_NO_SETTING = ("schema", "server", "publication of", "subscription", "text search")
_WATCHERS = {"publication of": "publication", "subscription": "subscription", "ON ": "event trigger"}
_OWNER = "OWNER "
_PRIVILEGE = re.compile(r"(?P<who>[^,{}=]*)=(?P<what>[A-Za-z*]+)/")
_REPLICATION_ROLE = re.compile(r"(?is)\bset\s+(?:session\s+|local\s+)?session_replication_role\s*(?:=|to)\s*'?(\w+)")
_VOLATILE = frozenset(
    {"random", "gen_random_uuid", "uuid_generate_v1", "uuid_generate_v4", "uuidv4", "uuidv7", "gen_random_bytes", "now",
     "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "setseed", "random_normal"}
)  # fmt: skip
_VOLATILE_WORDS = frozenset({"current_timestamp", "current_time", "current_date", "localtime", "localtimestamp"})
_WRITES = ("INSERT", "UPDATE", "MERGE", "ALTER TABLE", "DO", "CALL")
_DOLLARS = re.compile(r"\$\w*\$")


def beyond_database(evidence: Evidence) -> Iterator[Finding]:
    """``beyond-database``: it belongs to the whole server, or to every new session of the database."""
    for each in evidence.difference.schema:
        found = _beyond(each)
        if found:
            what, severity = found
            message = f"{what}: that is no part of the database's own data and schema"
            remedy = "do it apart from the migration: no backup and no rollback of this database takes it back"
            yield Finding("beyond-database", severity, each.name, message, remedy)


def _beyond(each: SchemaChange) -> tuple[str, Severity] | None:
    """In words, and how bad; None for what belongs to the database."""
    if each.kind == "role":
        return f"role {quoted(each.name)} is {each.change}", "warn"
    text = each.after or each.before or ""
    if each.kind != "setting" or text.startswith(_NO_SETTING):
        return None
    if text == "database":
        return f"database {quoted(each.name)} is {each.change}", "warn"
    named = _SETTING.fullmatch(each.name)
    if named is None:
        return None
    whose = {"database": "of the database", "system": "of the whole server"}.get(named["whose"], f"of {named['whose']}")
    return f"setting {named['name']} {whose} is {each.change}", "warn" if named["whose"] == "system" else "info"


def watch_removed(evidence: Evidence) -> Iterator[Finding]:
    """``watch-removed``: what noticed changes, or passed them on, is gone: others no longer hear of them."""
    for each in evidence.difference.schema:
        text = each.before or ""
        noun = next((noun for head, noun in _WATCHERS.items() if text.startswith(head)), None)
        if noun and each.change == "dropped" and each.table is None and each.kind in ("setting", "trigger"):
            message = f"{noun} {quoted(each.name)} is dropped: who relied on it hears of no change any more"
            yield Finding("watch-removed", "warn", each.name, message, "make it again, or tell who relies on it")
        elif each.kind == "table" and _is_mute(each.after) and not _is_mute(each.before):
            message = f"{quoted(*each.name.split('.', 1))} has REPLICA IDENTITY NOTHING now: a publication of it "
            message += "refuses UPDATE and DELETE, and what reads its log does not see which row went"
            yield Finding("watch-removed", "warn", each.name, message, "give it REPLICA IDENTITY DEFAULT again")


def _is_mute(text: str | None) -> bool:
    return "REPLICA IDENTITY NOTHING" in (text or "")


def triggers_skipped(evidence: Evidence) -> Iterator[Finding]:
    """``triggers-skipped``: session_replication_role keeps triggers from firing, and with them foreign keys."""
    for statement in evidence.run.statements:
        set_to = _REPLICATION_ROLE.search(statement.sql)
        if set_to and set_to[1].lower() == "replica" and statement.tag:
            message = "session_replication_role = replica: no trigger fires, and no foreign key is checked"
            remedy = "leave it out, or check the foreign keys of every table the migration writes"
            yield Finding("triggers-skipped", "warn", f"statement {statement.n}", message, remedy)


def owner_changed(evidence: Evidence) -> Iterator[Finding]:
    """``owner-changed``: who may alter or drop it, and whom row security passes over, is somebody else."""
    for each in evidence.schema("grant", "changed"):
        was, now = each.before or "", each.after or ""
        if was.startswith(_OWNER) and now.startswith(_OWNER):
            message = f"{each.name} belongs to {now.removeprefix(_OWNER)} now, not to {was.removeprefix(_OWNER)}"
            remedy = "check that the next migration's role may still alter it"
            yield Finding("owner-changed", "info", each.name, message, remedy)


def grants_lost(evidence: Evidence) -> Iterator[Finding]:
    """``grants-lost``: a role may do less than before with something that is still there."""
    gone = {each.name for each in evidence.difference.schema if each.change == "dropped" and each.kind != "grant"}
    for each in evidence.difference.schema:
        if each.kind != "grant" or each.change not in ("dropped", "changed") or each.name in gone:
            continue
        lost = _lost(each)
        if lost:
            message = f"{each.name} is still there, but not for everybody: {', '.join(lost)}"
            remedy = "grant it again: DROP and CREATE forget who was let in; CREATE OR REPLACE does not"
            yield Finding("grants-lost", "warn", each.name, message, remedy)


def _lost(each: SchemaChange) -> list[str]:
    """Of roles that had privileges before, those that have fewer; the owner has all in any case."""
    before, after = (dict(_privileges(text)) for text in (each.before, each.after))
    return [
        f"{who or 'PUBLIC'} loses {what}" for who, had in before.items() if (what := _fewer(had, after.get(who, "")))
    ]


def _privileges(text: str | None) -> Iterator[tuple[str, str]]:
    """Role and letters of an access list such as {owner=arwd/owner,reader=r/owner}; not those of whoever grants."""
    for entry in (text or "").strip("{}").split(","):
        found = _PRIVILEGE.match(entry)
        if found and found["who"] != entry.rpartition("/")[2]:
            yield found["who"].strip('"'), found["what"].replace("*", "")


def _fewer(had: str, has: str) -> str:
    return "".join(letter for letter in had if letter not in has)


def values_vary(evidence: Evidence) -> Iterator[Finding]:
    """``values-vary``: what a statement writes comes out otherwise each time, so production will not hold the same."""
    touched = [table for table in evidence.difference.tables if table.touched]
    for statement in evidence.run.statements if touched else ():
        called = _volatile(statement)
        if called:
            columns = ", ".join(dict.fromkeys(name for table in touched for name in _written(table, statement)))
            message = (
                f"{', '.join(called)} gives other values in every run, so production will hold others than the clone"
            )
            message += f": {columns}" if columns else ""
            remedy = "nothing to do if they are meant to; samples and expectations can only count them"
            yield Finding("values-vary", "info", f"statement {statement.n}", message, remedy)


def _written(table: TableChange, statement: StatementRun) -> Iterator[str]:
    """Columns with new values that the statement names, of tables that it names."""
    if any(text_names(statement.sql, name) for name in spellings(table)):
        for name, column in table.columns.items():
            new = column.changed or column.null_to_value or (column.type_from is None and column.type_to)
            if new and word_in(statement.sql, name):
                yield quoted(table.schema, table.table, name)


def _volatile(statement: StatementRun) -> list[str]:
    """Functions that answer otherwise each time, called by a statement that wrote; not in its strings and comments."""
    text = statement.sql if statement.tag != "DO" else _DOLLARS.sub(" ", statement.sql)
    words = [(kind, text[start:end].lower()) for kind, start, end in tokens(text) if kind not in FILLER]
    made = statement.tag.startswith("SELECT") and words[:1] == [(WORD, "create")]
    if not made and not (statement.tag.startswith(_WRITES) and statement.rows != 0):
        return []
    found: dict[str, None] = {}
    for index, ((kind, word), (_, following)) in enumerate(zip(words, [*words[1:], (STRING, "")], strict=False)):
        if kind == WORD and (word in _VOLATILE_WORDS or (word in _VOLATILE and following == "(")):
            before = [each for _, each in words[:index] if each != "("][-2:]
            if before != ["set", "default"]:  # that is for rows to come
                found[f"{word}()" if word in _VOLATILE else word] = None
    return list(found)
