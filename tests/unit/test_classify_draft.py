"""The first rules file as text: it must read back as what was decided, whatever the names are."""

from __future__ import annotations

from pathlib import Path

from stagecopy.masking.classify import classify
from stagecopy.masking.draft import draft_rules
from stagecopy.masking.loader import load_rules
from stagecopy.model.catalog import Catalog
from stagecopy.yamlfile import parse
from tests.unit.classify_catalogs import catalog, referencing, table

ODD = [
    table("a.b", "id int pk", "yes|text", "null|text", 'q"uote|text', "x: y # z|text", "line\nbreak\x85\u2028|text"),
    table("*", "- dash|text", "email text", "ключ text", schema="Odd Schema"),
    table("loose", "payload jsonb"),
]


def _read(made: Catalog, folder: Path) -> tuple[str, dict[str, dict[str, object]]]:
    text = draft_rules(made, classify(made))
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    load_rules(path)
    return text, parse(text.encode(), name="rules.yaml", code="bad-rules").value["tables"]


def test_the_draft_quotes_what_needs_quoting(tmp_path: Path) -> None:
    text, tables = _read(catalog(*ODD), tmp_path)
    assert set(tables) == {'public."a.b"', 'Odd Schema."*"'}
    columns = tables['public."a.b"']["columns"]
    assert isinstance(columns, dict)
    assert set(columns) == {"id", "yes", "null", '"q""uote"', "x: y # z", "line\nbreak\x85\u2028"}
    assert "# todo: payload (jsonb): mask: …, or keep: why" in text


def test_the_draft_of_nothing_is_a_rules_file(tmp_path: Path) -> None:
    assert _read(catalog(), tmp_path)[1] == {}
    assert _read(catalog(table("loose", "payload jsonb")), tmp_path)[1] == {}


def test_the_draft_says_what_a_reference_follows() -> None:
    users = table("users", "mail varchar(80) pk")
    orders = referencing(table("orders", "id int pk", "buyer varchar(80)"), "buyer", users, "mail")
    made = catalog(users, orders)
    assert "# buyer: as public.users.mail, which it references" in draft_rules(made, classify(made))


def test_the_draft_offers_documents_leaf_by_leaf(tmp_path: Path) -> None:
    users = table("users", "id int pk", "email text", "prefs jsonb")
    made = catalog(users)
    values = {"prefs": ['{"phone": "+49 30 901820", "Anna": {"email": "x"}, "n": [{"street": "x"}]}']}
    decisions = classify(made, lambda _, columns: {each.name: values.get(each.name, ()) for each in columns})
    lines = draft_rules(made, decisions).splitlines()
    [offered] = [line for line in lines if "# or leaf by leaf: " in line]
    assert "Anna" not in offered
    taken = [line for line in lines if not line.strip().startswith("prefs:")]
    text = "\n".join(taken).replace("# or leaf by leaf: ", "")
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    [rule] = load_rules(tmp_path).tables
    [prefs] = [each.decision for each in rule.columns if each.column.text == "prefs"]
    assert {path: leaf.mask for path, leaf in prefs.paths.items()} == {"$.phone": "phone", "$.n[*].street": "street"}
