"""Rules about what a migration sets for its session, which in production may be somebody else's afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagecopy.model.findings import Finding
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static.reading import Read, setting

_SESSIONS = ("search_path", "role", "session_authorization", "row_security", "session_replication_role")
_OWN_SESSION = (None, "Sqitch")  # plain files and those of tools that start psql for each


def setting_outlives_file(_: Evidence, statements: Sequence[Read]) -> Iterator[Finding]:
    """``setting-outlives-file``: the tool goes on in the same session, with the next file and its own tables."""
    for each in statements:
        name = _lasting(each)
        if name is None or each.tool in _OWN_SESSION or _taken_back(name, each, statements):
            continue
        message = (
            f"{each.place} sets {name} for the whole session, in which {each.tool} goes on: its own table of what ran,"
            " and the files after this one, meet it"
        )
        remedy = f"write SET LOCAL {name}, or RESET {name} at the end of the file"
        yield Finding("setting-outlives-file", "warn", each.subject, message, remedy)


def _lasting(each: Read) -> str | None:
    found = setting(each)
    if found is not None:
        name = "session_authorization" if found.name == "authorization" else found.name
        return None if found.local or name not in _SESSIONS else name
    if "set_config (" in each.text and each.text.endswith(", false )") and each.literals:
        name = each.literals[0].strip("'").lower()
        return name if name in _SESSIONS else None
    return None


def _taken_back(name: str, each: Read, statements: Sequence[Read]) -> bool:
    """By a RESET in the same file."""
    words = {f"reset {name}", f"set {name} to default", f"set {name} = default", "reset all", "discard all"}
    words |= {"set role none", "reset session authorization"} if name in ("role", "session_authorization") else set()
    return any(one.text in words and one.run.n > each.run.n and one.run.file == each.run.file for one in statements)
