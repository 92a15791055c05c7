"""Rule files: every mistake is located, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagecopy.errors import UsageError
from stagecopy.masking.identifiers import Part, TableName, parse_table, quote, table_key
from stagecopy.masking.loader import load_rules
from stagecopy.masking.rules import RuleSet, SubjectOf, Subset


def write(folder: Path, text: str, name: str = "rules.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    """The listed mistakes of one file, without the folder."""
    write(folder, text)
    with pytest.raises(UsageError) as caught:
        load_rules(folder)
    assert caught.value.code == "bad-rules"
    lines = caught.value.message.replace(f"{folder}/", "").splitlines()[1:]
    assert (caught.value.where or "").replace(f"{folder}/", "") == lines[0].split(": ")[0]
    return lines


def column_mistake(folder: Path, rule: str) -> str:
    """The one mistake of a column's rule that stands in line 5."""
    lines = mistakes(folder, f"version: 1\ntables:\n  users:\n    columns:\n      email: {rule}\n")
    assert len(lines) == 1, lines
    assert lines[0].startswith("rules.yaml:5: ")
    return lines[0].removeprefix("rules.yaml:5: ")


def test_a_full_file_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "version: 1\ntables:\n"
        "  public.users:\n    columns:\n      email: {mask: email}\n      born: {mask: shift_date, days: 7}\n"
        "      plan: {keep: not personal}\n      note: {mask: null}\n      other: {mask: 'null'}\n"
        "  sessions: {rows: none}\n  vault.secrets: {skip: not readable}\n"
        "patterns:\n  - {column: '*_email', mask: email}\n  - {type: boolean, keep: no free text}\n",
    )
    rules = load_rules(tmp_path)
    users, sessions, secrets = rules.tables
    assert [entry.decision.text for entry in users.columns] == [
        "mask: email", "mask: shift_date, days: 7", "keep", "mask: null", "mask: null",
    ]  # fmt: skip
    assert users.columns[0].decision.where == f"{tmp_path}/rules.yaml:5"
    assert (sessions.name.schema.text, sessions.rows) == ("public", "none")
    assert secrets.skip == "not readable"
    assert [dict(pattern.globs) for pattern in rules.patterns] == [{"column": "*_email"}, {"type": "boolean"}]


def test_what_links_tables_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "version: 1\nuse: [django-auth, django-auth]\nsubjects: {c: {table: crm.people, key: id}}\n"
        "tables:\n  u:\n    rows: {percent: 2.5, seed: a}\n    columns:\n"
        "      doc: {mask: json, paths: {$.a: phone, $.b: {keep: a code}}, rest: redact}\n"
        "      born: {mask: shift_date, subject: {c: parent_id}, on_bad: fail}\n"
        "  v: {rows: {where: id > 7}}\n"
        "references:\n  - {from: '\"a.b\".t.c', to: u.id, when: {kind: U}}\n"
        "  - {from: {column: u.doc, path: $.a}, to: v.id}\n",
    )
    rules = load_rules(tmp_path)
    table, other = rules.tables
    doc, born = (entry.decision for entry in table.columns)
    assert table.rows == Subset(percent=2.5, seed="a")
    assert other.rows == Subset(where="id > 7")
    assert {path: leaf.text for path, leaf in doc.paths.items()} == {"$.a": "mask: phone", "$.b": "keep"}
    assert (doc.rest, born.on_bad, born.subject) == ("redact", "fail", SubjectOf("c", "parent_id"))
    assert [(each.source.text, each.target.text, each.when) for each in rules.references] == [
        ('"a.b".t.c', "public.u.id", ("kind", "U")), ("public.u.doc $.a", "public.v.id", None),
    ]  # fmt: skip
    assert [each.name for each in rules.subjects] == ["c"]
    assert [pack.name for pack in rules.packs] == ["django-auth"]
    assert rules.packs[0].tables


def test_a_folder_is_read_sorted_and_not_into_packs(tmp_path: Path) -> None:
    for name, table in (("b.yml", "b"), ("a.yaml", "a"), ("note.txt", "c")):
        write(tmp_path, f"version: 1\ntables: {{{table}: {{rows: none}}}}\n", name)
    (tmp_path / "packs").mkdir()
    write(tmp_path / "packs", "version: 9\n", "p.yaml")
    assert [rule.text for rule in load_rules(tmp_path).tables] == ["a", "b"]
    assert [rule.text for rule in load_rules(tmp_path / "b.yml").tables] == ["b"]


def test_an_empty_folder_has_no_rules_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    assert load_rules(tmp_path) == RuleSet()
    with pytest.raises(UsageError) as caught:
        load_rules(tmp_path / "none")
    assert caught.value.code == "bad-rules"


def test_A33_every_mistake_of_every_file_is_listed_at_once(tmp_path: Path) -> None:
    write(tmp_path, "version: 1\ntabels: {}\n", "a.yaml")
    write(tmp_path, "a: [\n", "b.yaml")
    write(tmp_path, "version: 1\ntables:\n  u: {colums: {}}\n  v: {rows: some}\n", "c.yaml")
    with pytest.raises(UsageError) as caught:
        load_rules(tmp_path)
    lines = caught.value.message.replace(f"{tmp_path}/", "").splitlines()
    assert lines[0] == "4 mistakes in the masking rules:"
    assert lines[1] == "a.yaml:2: unknown key 'tabels'; did you mean 'tables'?"
    assert any(line.startswith("b.yaml:") and "not valid YAML" in line for line in lines)
    assert "c.yaml:3: unknown key 'colums'; did you mean 'columns'?" in lines
    assert any(line.startswith("c.yaml:4: `rows` is `all`, `none` or a choice of rows") for line in lines)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{mask: emial}", "unknown mask 'emial'; did you mean 'email'?"),
        ("{msk: email}", "unknown key 'msk'; did you mean 'mask'?"),
        ("{mask: }", "`mask` is empty; the mask that empties a column is spelled `mask: null`"),
        ("{mask: ~}", "`mask` is empty"),
        ("{mask: keep}", "`keep` is not a mask here"),
        ("{mask: email, days: 3}", "unknown key 'days'"),
        ("{mask: shift_date, dayz: 3}", "unknown key 'dayz'; did you mean 'days'?"),
        ("{mask: shift_date, days: none}", "mask shift_date: `days` is a whole number from 1 to"),
        ("{mask: shift_date, days: 0}", "mask shift_date: `days` is a whole number from 1 to"),
        ("{mask: constant}", "mask constant: needs `value: TEXT`"),
        ("{mask: [email]}", "`mask` is empty"),
        ("{mask: email, keep: not personal}", "`mask` and `keep` stand together"),
        ("{mask: text, subject: customer}", "mask text does not go by a subject; these do: email, name"),
        ("{mask: email, subject: [a]}", "`subject` is a name; write subject: NAME"),
        ("{mask: email, on_bad: explode}", "`on_bad` is one of fail, null, redact"),
        ("{mask: email, paths: {}}", "unknown key 'paths'"),
        ("{mask: json, rest: drop}", "`rest` is one of keep, redact, fail"),
        ("{mask: json, paths: {phone: phone}}", "'phone' is no path: it begins with $"),
        ("{mask: json, paths: {$.a: fone}}", "unknown mask 'fone'; did you mean 'phone'?"),
        ("{mask: json, paths: {$.a: {keep: yes}}}", "`keep` says why"),
        ("{mask: json, paths: {$.a: {mask: text, subject: c}}}", "mask text does not go by a subject"),
        ("email", "neither a mask nor a reason to keep is given"),
        ("", "neither a mask nor a reason to keep is given"),
        *(
            (f"{{keep: {reason}}}", "`keep` says why")
            for reason in ("", "~", "true", "yes", "Yes", "no", "ok", "'  x '")
        ),
    ],
)
def test_A33_a_wrong_column_rule_is_located(tmp_path: Path, rule: str, said: str) -> None:
    found = mistakes(tmp_path, f"version: 1\ntables:\n  users:\n    columns:\n      email: {rule}\n")
    assert all(line.startswith("rules.yaml:5: ") for line in found)
    assert found[0].removeprefix("rules.yaml:5: ").startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: {}\n", "rules.yaml:1: no version given; write `version: 1`"),
        ("version: 2\n", "rules.yaml:1: version '2' is not known"),
        ("- a\n", "rules.yaml:1: a rule file is a mapping"),
        ("version: 1\nuse: [django-aut]\n", "rules.yaml:2: there is no pack 'django-aut'; did you mean 'django-auth'?"),
        ("version: 1\nuse: django-auth\n", "rules.yaml:2: `use` must be a list"),
        ("version: 1\nsubjects:\n  c: u\n", "rules.yaml:3: a subject has a table and a key"),
        ("version: 1\nsubjects:\n  c: {table: u}\n", "rules.yaml:3: `key` of subject c is missing"),
        ("version: 1\nsubjects:\n  c: {table: u*, key: id}\n", "rules.yaml:3: a subject names one table"),
        ("version: 1\nreferences:\n  - {from: a.b}\n", "rules.yaml:3: a reference has `from` and `to`"),
        ("version: 1\nreferences:\n  - {from: a, to: c.d}\n", "rules.yaml:3: 'a' does not say which table"),
        ("version: 1\nreferences:\n  - {from: a.b, to: c.d, if: x}\n", "rules.yaml:3: unknown key 'if'"),
        ("version: 1\nreferences:\n  - {from: a.b, to: c.d, when: x}\n", "rules.yaml:3: `when` names one column"),
        ("version: 1\nreferences:\n  - {from: a.b, to: t_*.c.d}\n", "rules.yaml:3: a glob in `to` must be the very"),
        ("version: 1\nreferences:\n  - {from: {column: a.b, path: x}, to: c.d}\n", "rules.yaml:3: 'x' is no path"),
        ("version: 1\ntables:\n  u: {rows: {percent: 0}}\n", "rules.yaml:3: `percent` is a number above 0"),
        ("version: 1\ntables:\n  u: {rows: {percent: 5, where: a}}\n", "rules.yaml:3: `rows` takes either"),
        ("version: 1\ntables:\n  u: {rows: {where: ''}}\n", "rules.yaml:3: `where` is an SQL condition"),
        ("version: 1\ntables:\n  u:\n", "rules.yaml:3: nothing is said about u"),
        ("version: 1\ntables:\n  u: {skip: yes}\n", "rules.yaml:3: `skip` says why"),
        (
            "version: 1\ntables:\n  u: {skip: unreadable, rows: none}\n",
            "rules.yaml:3: `skip` leaves the whole table out",
        ),
        ("version: 1\ntables:\n  a.b.c: {rows: none}\n", "rules.yaml:3: 'a.b.c' has 3 parts"),
        ("version: 1\ntables:\n  'a\"b': {rows: none}\n", "rules.yaml:3: "),
        ("version: 1\ntables:\n- u\n", "rules.yaml:2: `tables` must be a mapping"),
        ("version: 1\npatterns: {a: b}\n", "rules.yaml:2: `patterns` must be a list"),
        ("version: 1\npatterns:\n  - {mask: email}\n", "rules.yaml:3: a pattern names none of its keys"),
        (
            "version: 1\npatterns:\n  - {colum: x, type: text, mask: email}\n",
            "rules.yaml:3: unknown key 'colum'; did you",
        ),
        ("version: 1\npatterns:\n  - {column: , mask: email}\n", "rules.yaml:3: `column` must be text"),
        ("version: 1\ntables:\n  u: {columns: {a.b: {mask: text}}}\n", "rules.yaml:3: 'a.b' has a dot"),
        ("version: 1\ntables:\n  u: {rows: none}\n  u: {rows: all}\n", "rules.yaml:4: 'u' stands twice, in line 3 and"),
    ],
)
def test_A33_a_wrong_file_is_located(tmp_path: Path, text: str, said: str) -> None:
    assert mistakes(tmp_path, text)[0].startswith(said)


def test_one_mistake_is_noted_once(tmp_path: Path) -> None:
    assert column_mistake(tmp_path, "{keep: true}") == (
        "`keep` says why, in 3 characters or more; for example {keep: not personal}"
    )


@pytest.mark.parametrize(
    ("text", "schema", "table"),
    [
        ("users", Part("public", glob=False), Part("users", glob=False)),
        ("Sales.Users", Part("Sales", glob=False), Part("Users", glob=False)),
        ("bazaar-vid_user", Part("public", glob=False), Part("bazaar-vid_user", glob=False)),
        ("tenant_*.inv?", Part("tenant_*", glob=True), Part("inv?", glob=True)),
        ('"a.b"."c""d*"', Part("a.b", glob=False), Part('c"d*', glob=False)),
        ('s."*"', Part("s", glob=False), Part("*", glob=False)),
    ],
)
def test_names(text: str, schema: Part, table: Part) -> None:
    assert parse_table(text) == TableName(schema, table)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", 'a"b', '"a', '""', '"a"b', "a.b.c"])
def test_names_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_table(text)


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(NAMES, NAMES)
def test_A1_any_name_survives_quoting(schema: str, table: str) -> None:
    name = parse_table(table_key(schema, table))
    assert name == TableName(Part(schema, glob=False), Part(table, glob=False))
    assert name.matches(schema, table)


@given(st.text("ab*?[]", max_size=8), st.text("ab[]", max_size=8))
def test_globs_know_only_star_and_question_mark(pattern: str, text: str) -> None:
    if not {*"*?"} & {*pattern}:
        assert Part(pattern, glob=True).matches(text) is (pattern == text)
    assert Part("*", glob=True).matches(text)
    assert quote(pattern) == pattern or quote(pattern).startswith('"')


def test_large_objects_are_kept_for_a_reason(tmp_path: Path) -> None:
    assert load_rules(write(tmp_path, "version: 1\n")).large_objects is None
    kept = load_rules(write(tmp_path, "version: 1\nlarge_objects: {keep: scans of empty forms}\n")).large_objects
    assert kept is not None
    assert (kept.reason, kept.where) == ("scans of empty forms", f"{tmp_path}/rules.yaml:2")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("keep", "`large_objects` is a mapping with `keep`"),
        ("{}", "`keep` says why, in 3 characters or more"),
        ("{keep: yes}", "`keep` says why, in 3 characters or more"),
        ("{kepp: scans of forms}", "unknown key 'kepp'; did you mean 'keep'?"),
    ],
)
def test_A33_wrong_words_about_large_objects(tmp_path: Path, entry: str, said: str) -> None:
    (line,) = mistakes(tmp_path, f"version: 1\nlarge_objects: {entry}\n")
    assert line.startswith(f"rules.yaml:2: {said}")


def test_large_objects_are_decided_once(tmp_path: Path) -> None:
    write(tmp_path, "version: 1\nlarge_objects: {keep: scans of empty forms}\n", "a.yaml")
    (line,) = mistakes(tmp_path, "version: 1\nlarge_objects: {keep: another reason}\n")
    assert line == "rules.yaml:2: large_objects is decided already at a.yaml:2; keep one"
