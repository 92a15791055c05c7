"""Rules about times whose zone is that of whoever runs the migration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stagecopy.model.change import TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static.reading import Read, set_before, setters

_BARE, _ZONED = "timestamp without time zone", "timestamp with time zone"
_SOURCES = {
    "database": "set for this database",
    "user": "set for the role",
    "database user": "set for the role in this database",
    "server": "set for production's whole server",
}
_LITERAL = re.compile(r"'\s*\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?\s*'")
_TYPE = r"\b(?:timestamptz|timestamp (?:\( \d+ \) )?with time zone)\b"
_SPELLED = re.compile(rf"{_TYPE} ''|'' (?:\)+ )*:: {_TYPE}|cast \( '' as {_TYPE}")


def zone_of_session(evidence: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``zone-of-session``: timestamp to timestamptz, or back, by whatever zone the session has."""
    zone = evidence.effects.settings.get("TimeZone")
    if zone is None:
        return
    stated_zones = setters(statements, "timezone")
    for table, column, way in _converted(evidence):
        stated = [each for each in statements if re.search(rf'"?\b{re.escape(column)}\b"?', each.text)]
        doing = next((each for each in stated if re.search(r"\btype timestamp", each.text)), None)
        if doing is None or "at time zone" in doing.text or set_before(stated_zones, doing):
            continue
        decided = _SOURCES.get(zone.source, "no setting of production says otherwise")
        name = f"{quoted(table.schema, table.table)}.{column}"
        message = f"{doing.place} reads {name} as times in {zone.value} ({decided}), {way}"
        remedy = f"say which zone they are in: USING {column} AT TIME ZONE 'UTC'"
        yield Finding("zone-of-session", "warn", f"{table.name}.{column}", message, remedy)


def _converted(evidence: Evidence) -> Iterator[tuple[TableChange, str, str]]:
    """Columns whose type gained or lost its zone."""
    for table in evidence.standing():
        for name, column in table.columns.items():
            kinds = (re.sub(r"\(\d\)", "", column.type_from or ""), re.sub(r"\(\d\)", "", column.type_to or ""))
            if kinds == (_BARE, _ZONED):
                yield table, name, "because that is the zone of the session; in another one they are other moments"
            elif kinds == (_ZONED, _BARE):
                yield table, name, "because that is the zone of the session, and forgets that they were"


def literal_without_zone(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``literal-without-zone``: a literal of a zoned type that names no zone."""
    stated_zones = setters(statements, "timezone")
    for each in statements:
        bare = [literal for literal in each.literals if _LITERAL.fullmatch(literal)]
        if not bare or not _SPELLED.search(each.text) or set_before(stated_zones, each):
            continue
        message = f"{each.place}: {bare[0]} names no time zone: which moment it means is up to the session that runs it"
        remedy = "write the zone into it, as in timestamptz '2024-01-31 12:00+00'"
        yield Finding("literal-without-zone", "info", each.subject, message, remedy)
