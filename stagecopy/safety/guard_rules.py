"""Rules about what guards data and now does less: constraints not checked, triggers that are off, row security."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.change import SchemaChange
from stagecopy.model.findings import Finding
from stagecopy.model.wording import quoted
from stagecopy.safety.evidence import Evidence, local_name

_UNCHECKED = (" NOT VALID", " NOT ENFORCED")
_ROW_SECURITY = " ROW LEVEL SECURITY"


def constraint_not_valid(evidence: Evidence) -> Iterator[Finding]:
    """``constraint-not-valid``: rows that are there already may break it."""
    for each in evidence.difference.schema:
        unchecked = (each.after or "").endswith(_UNCHECKED) and not (each.before or "").endswith(_UNCHECKED)
        if each.kind == "constraint" and unchecked:
            message = f"constraint {_full(each)} is left unchecked: rows that are there may break it"
            remedy = f"ALTER TABLE {_table(each)} VALIDATE CONSTRAINT {quoted(local_name(each))}, in a later migration"
            yield Finding("constraint-not-valid", "info", each.name, message, remedy)
        elif each.kind == "domain" and (fresh := _of_domain(each.after) - _of_domain(each.before)):
            name, first = quoted(*each.name.split(".", 1)), min(fresh)
            message = f"constraint {first} of domain {name} is left unchecked: values that are there may break it"
            remedy = f"ALTER DOMAIN {name} VALIDATE CONSTRAINT {first}, in a later migration"
            yield Finding("constraint-not-valid", "info", each.name, message, remedy)


def _of_domain(definition: str | None) -> set[str]:
    """The names, as SQL, of its constraints that are not valid."""
    constraints = (definition or "").split(" CONSTRAINT ")[1:]
    return {each.split(" CHECK ", 1)[0] for each in constraints if each.endswith(_UNCHECKED)}


def trigger_disabled(evidence: Evidence) -> Iterator[Finding]:
    """``trigger-disabled``: it was switched off and stays so; rules and event triggers count as triggers."""
    for each in evidence.difference.schema:
        off = (each.after or "").endswith(" DISABLED") and not (each.before or "").endswith(" DISABLED")
        if each.kind == "trigger" and off:
            message = f"trigger {_full(each)} is left switched off"
            yield Finding(
                "trigger-disabled", "warn", each.name, message, "switch it on again at the end of the migration"
            )


def row_security(evidence: Evidence) -> Iterator[Finding]:
    """``row-security-off``: everybody with a grant sees all rows; ``row-security-bare``: without a policy, none."""
    fresh = {each.table for each in evidence.schema("policy", "added")}
    for each in evidence.schema("table", "changed"):
        was, now = (_ROW_SECURITY in (text or "") for text in (each.before, each.after))
        if was and not now:
            message = f"row security of {_full(each)} is switched off: whoever may read it sees all rows"
            yield Finding(
                "row-security-off", "warn", each.name, message, "switch it on again, unless all rows are for all"
            )
        elif now and not was and each.name not in fresh:
            message = f"row security of {_full(each)} is switched on, and this migration adds no policy"
            remedy = "check that it has one: without, all but its owner see no row"
            yield Finding("row-security-bare", "warn", each.name, message, remedy)


def _full(each: SchemaChange) -> str:
    table = each.table
    return _table(each) if each.name == table else f"{quoted(local_name(each))}{f' of {_table(each)}' if table else ''}"


def _table(each: SchemaChange) -> str:
    return quoted(*(each.table or each.name).split(".", 1))
