"""Rules about the role that deploys: what it makes is its own, and others may have no way in."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.findings import Finding
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence


def other_owner(evidence: Evidence) -> Iterator[Finding]:
    """``other-owner``: a new table belongs to another role than most others of its schema."""
    for each in evidence.effects.newcomers:
        if each.usual_owner not in (None, each.owner):
            schema, name = each.name.split(".", 1)
            message = (
                f"{quoted(schema, name)} belongs to {quoted(each.owner)}, most other tables of {quoted(schema)} to "
                f"{quoted(each.usual_owner or '')}, who can neither alter nor drop it, and whose default privileges "
                "do not count for it"
            )
            owner = quoted(each.usual_owner or "")
            remedy = f"begin the migration with SET ROLE {owner}, or end it with ALTER TABLE … OWNER TO {owner}"
            yield Finding("other-owner", "warn", each.name, message, remedy)


def not_granted(evidence: Evidence) -> Iterator[Finding]:
    """``not-granted``: roles that may read most tables of the schema may not read the new one."""
    for each in evidence.effects.newcomers:
        if each.unread_by:
            schema, name = each.name.split(".", 1)
            roles = ", ".join(quoted(role) if role != "PUBLIC" else role for role in each.unread_by)
            message = f"{roles} may read most other tables of {quoted(schema)}, but not {quoted(schema, name)}"
            remedy = "GRANT what they need in the migration, or set it once with ALTER DEFAULT PRIVILEGES"
            yield Finding("not-granted", "warn", each.name, message, remedy)
