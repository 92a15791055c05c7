"""Waivers: what they waive, until when, and how stagecopy.yaml refuses those that nobody stands for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stagecopy import yamlfile
from stagecopy.config.load import project_of
from stagecopy.errors import UsageError
from stagecopy.flows.trial import policy_of
from stagecopy.model.change import Difference, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.safety.policy import Agreed, Policy, judge, verdict

USERS = "public.users"
ENTRY = "{rule: rows-lost, subject: public.users, reason: test accounts, by: [Ada, Bob], until: 2026-08-14}"
RUN = MigrationRun("00", 0.01, (StatementRun(1, 1, "sql", 0.1, None, "DO"),), None, False, 100)
LOSS = Difference((TableChange("public", "users", 100, 90, removed=10),), ())


def policy(text: str) -> Policy:
    data = f"version: 1\npolicy:\n  rollback: off\n  waivers:\n    - {text}\n".encode()
    document = yamlfile.parse(data, name="stagecopy.yaml", code="bad-config")
    return policy_of(project_of(document, Path("/nowhere"), {}).settings.policy)


def found(text: str, day: str, difference: Difference = LOSS) -> tuple[Finding, ...]:
    return judge(difference, RUN, policy(text), agreed=Agreed(today=date.fromisoformat(day)))


def test_a_waived_finding_is_for_information_and_says_who_and_why() -> None:
    (loss,) = found(ENTRY, "2026-08-14")
    assert (loss.rule, loss.severity) == ("rows-lost", "info")
    assert loss.message.endswith("(waived until 2026-08-14 by Ada and Bob: test accounts)")


def test_an_expired_waiver_waives_nothing_and_is_an_error_of_its_own() -> None:
    findings = found(ENTRY, "2026-08-15")
    assert [(each.rule, each.severity) for each in findings] == [("rows-lost", "error"), ("waiver-expired", "error")]
    assert "rows-lost for public.users, by Ada and Bob, ended on 2026-08-14" in findings[1].message
    assert verdict(found(ENTRY, "2026-08-15", Difference((), ()))) == "fail"


@pytest.mark.parametrize("other", ["rule: values-lost", "subject: public.other"])
def test_a_waiver_of_something_else_is_unused(other: str) -> None:
    key = other.partition(":")[0]
    entry = ", ".join(other if part.strip(" {").startswith(key) else part.strip("{}") for part in ENTRY.split(", ", 2))
    findings = found("{" + entry + "}", "2026-08-01")
    assert [(each.rule, each.severity) for each in findings] == [("rows-lost", "error"), ("waiver-unused", "info")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[Ada, Bob]", "[Ada]"), "name two people"),
        (("[Ada, Bob]", "[Ada, ' ada ']"), "name two people"),
        (("[Ada, Bob]", "[Ada, '']"), "name two people"),
        (("[Ada, Bob]", "Ada"), "tuple"),
        (("2026-08-14", "soon"), "date"),
        (("reason: test accounts, ", ""), "required"),
        (("reason", "raeson"), "did you mean 'reason'"),
    ],
)
def test_a_waiver_that_nobody_stands_for_is_refused_with_its_line(change: tuple[str, str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        policy(ENTRY.replace(*change))
    assert (caught.value.code, caught.value.where) == ("bad-config", "stagecopy.yaml:5")
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_a_wrong_key_of_a_table_has_a_suggestion() -> None:
    text = b"version: 1\npolicy:\n  tables:\n    public.users: {rows_lots: {rows: 1}}\n"
    document = yamlfile.parse(text, name="stagecopy.yaml", code="bad-config")
    with pytest.raises(UsageError) as caught:
        project_of(document, Path("/nowhere"), {})
    assert (caught.value.where, caught.value.hint) == ("stagecopy.yaml:4", "did you mean 'rows_lost'?")
