"""What sampled values add to names and types; values are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from stagecopy.masking.classify import Decision, Sampler, classify
from stagecopy.model.catalog import Column, Table
from tests.unit.classify_catalogs import catalog, table


def _sampler(values: Mapping[str, Sequence[str]]) -> Sampler:
    def sample(_: Table, columns: tuple[Column, ...]) -> Mapping[str, Sequence[str]]:
        return {column.name: values.get(column.name, ()) for column in columns}

    return sample


def _judged(*tables: Table, **values: Sequence[str]) -> dict[str, Decision]:
    found = classify(catalog(*tables), _sampler(values) if values else None)
    return {decision.name.removeprefix("public."): decision for decision in found}


def _one(made: Table, name: str, **values: Sequence[str]) -> Decision:
    return _judged(made, **values)[f"{made.name}.{name}"]


VALUES = [
    (["anna@example.org", "bob@example.org"], "email"),
    (["192.0.2.7", "2001:db8::1"], "hash"),
    (["$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA"], "hash"),
    (["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"], "hash"),
    (["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"], "hash"),
    (["4111 1111 1111 1111", "5500005555555559"], "hash"),
    (["+49 30 123456", "(030) 123456"], "phone"),
]


@pytest.mark.parametrize(("values", "mask"), VALUES)
def test_values_speak_where_names_do_not(values: list[str], mask: str) -> None:
    decision = _one(table("things", "id int pk", "x1 text"), "x1", x1=values)
    assert decision.mask == mask
    assert not any(value in decision.reason for value in values)


def test_names_of_people_are_masked_near_people_and_asked_elsewhere() -> None:
    values = ["Anna Meier", "Peter Schulz", "José Pérez"]
    assert _one(table("things", "id int pk", "x1 text"), "x1", x1=values).verdict == "todo"
    assert _one(table("things", "id int pk", "user_id int", "x1 text"), "x1", x1=values).mask == "name"


def test_a_column_of_salutations_tells_the_gender() -> None:
    made = table("users", "id int pk", "email text", "title text")
    assert _one(made, "title", title=["Mr.", "Frau", "Dr."]).mask == "null"
    assert _one(made, "title", title=["Engineer", "Head of Sales"]).verdict == "keep"


def test_few_repeated_codes_near_people_are_kept() -> None:
    made = table("things", "id int pk", "user_id int", "x1 text")
    assert _one(made, "x1", x1=["open", "done", "open"] * 10).verdict == "keep"
    assert _one(made, "x1", x1=["open", "done"]).verdict == "todo"


@pytest.mark.parametrize("document", ['{"customer": {"email": "x"}}', '{"a": ["x@y.example"]}', '{"a": {"iban": "1"'])
def test_documents_are_judged_by_keys_and_leaves(document: str) -> None:
    made = table("things", "id int pk", "doc jsonb")
    assert _one(made, "doc", doc=[document]).mask == "null" or not document.endswith("}")
    assert _one(made, "doc", doc=['{"width": 3, "unit": "cm"}'] * 20).verdict == "keep"
    assert _one(made, "doc", doc=["{}"]).verdict == "todo"
