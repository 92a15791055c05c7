"""Keys under masks: what staging could not have is said before a row moves; what is spelled differently is one key."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecopy.errors import UnclassifiedError, UsageError
from stagecopy.masking.coverage import cover
from stagecopy.masking.explain import explain
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import plan
from stagecopy.model.catalog import ForeignKey, Table
from tests.unit.masking.factory import KEY, catalog, column, foreign, planned, refused, streamed, table, unique

KEEP = "{keep: not personal}"


def test_A25_a_match_full_key_is_emptied_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    pair = table(1, "p", column("a", "int4"), column("b", "int4"), unique_keys=(unique(1, 2),))
    key = ForeignKey("fk", (1, 2), 1, (1, 2), full=True)
    child = table(2, "c", column("a", "int4"), column("b", "int4"), foreign_keys=(key,))
    parent = f"tables:\n  p: {{columns: {{a: {KEEP}, b: {KEEP}}}}}\n"
    half = refused(tmp_path, parent + f"  c: {{columns: {{a: {{mask: null}}, b: {KEEP}}}}}\n", pair, child)
    assert [line.split(", which")[0] for line in half] == [
        "rules.yaml:4: mask null on public.c.a leaves foreign key fk half empty"
    ]
    planned(tmp_path, parent + "  c: {columns: {a: {mask: null}, b: {mask: null}}}\n", pair, child)


def test_A09_a_generated_column_is_unique_only_as_far_as_what_it_reads(tmp_path: Path) -> None:
    computed: dict[str, Any] = {"computed": {2: (1,)}, "unique_keys": (unique(2),)}
    one = table(1, "t", column("nm"), column("low", generated="s"), **computed)
    [line] = refused(tmp_path, "tables: {t: {columns: {nm: {mask: name}}}}\n", one)
    assert "mask name can give two rows of public.t the same nm, which unique index key_2 refuses" in line
    planned(tmp_path, "tables: {t: {columns: {nm: {mask: hash}}}}\n", one)


def test_A09_a_key_by_a_generated_column_cannot_meet_a_masked_one(tmp_path: Path) -> None:
    parent = table(1, "p", column("k"), unique_keys=(unique(1),))
    low = {"computed": {2: (1,)}, "foreign_keys": (foreign((2,), 1, (1,)),)}
    child = table(2, "c", column("nm"), column("low", generated="s"), **low)
    both = refused(tmp_path, "tables:\n  p: {columns: {k: {mask: hash}}}\n  c: {columns: {nm: {mask: name}}}\n",
                   parent, child)  # fmt: skip
    assert [line.split(": foreign")[0] for line in both] == [
        "rules.yaml:4: mask name on public.c.nm", "rules.yaml:3: mask hash on public.p.k",
    ]  # fmt: skip
    planned(tmp_path, f"tables:\n  p: {{columns: {{k: {KEEP}}}}}\n  c: {{columns: {{nm: {KEEP}}}}}\n", parent, child)


def test_a_table_that_others_refer_to_cannot_be_left_out_alone(tmp_path: Path) -> None:
    parent = table(1, "p", column("k"), unique_keys=(unique(1),))
    child = table(2, "c", column("k"), foreign_keys=(foreign((1,), 1, (1,)),))
    [line] = refused(tmp_path, f"tables:\n  p: {{skip: not wanted}}\n  c: {{columns: {{k: {KEEP}}}}}\n", parent, child)
    assert line.startswith("rules.yaml:3: public.p is left out, but foreign key fk_1 of public.c refers to it")
    planned(tmp_path, "tables:\n  p: {skip: not wanted}\n  c: {skip: nor this}\n", parent, child)


def test_A24_a_chain_of_keys_is_compared_as_its_loosest_link(tmp_path: Path) -> None:
    first = table(1, "a", column("k"), unique_keys=(unique(1),))
    second = table(2, "b", column("k", "citext"), unique_keys=(unique(1),), foreign_keys=(foreign((1,), 1, (1,)),))
    third = table(3, "c", column("k", "citext"), foreign_keys=(foreign((1,), 2, (1,)),))
    plans = planned(tmp_path, "tables: {a: {columns: {k: {mask: hash}}}}\n", first, second, third).tables
    masks = {streamed(plans[oid], [raw]) for oid, raw in ((1, b"bob\n"), (2, b"bob\n"), (3, b"BOB\n"))}
    assert len(masks) == 1


USERS = table(1, "u", column("id"), unique_keys=(unique(1),))


def doc_rules(paths: str, path: str) -> str:
    return (
        f"tables:\n  u: {{columns: {{id: {{mask: hash}}}}}}\n"
        f"  ev: {{columns: {{doc: {{mask: json, paths: {{{paths}}}, rest: redact}}}}}}\n"
        f"references:\n  - {{from: {{column: ev.doc, path: '{path}'}}, to: u.id}}\n"
    )


def test_A26_a_leaf_is_one_key_however_its_path_is_spelled(tmp_path: Path) -> None:
    events = table(2, "ev", column("doc", "jsonb"))
    [line] = refused(tmp_path, doc_rules("'$.user_id': email", '$["user_id"]'), USERS, events)
    assert "public.ev.doc $.user_id is `mask: email` here, but it is joined by a reference to public.u.id" in line


def test_A26_a_leaf_that_is_a_key_is_masked_as_one_below_a_glob(tmp_path: Path) -> None:
    events = table(2, "ev", column("doc", "jsonb"))
    plans = planned(tmp_path, doc_rules("'$.*': text", "$.user_id"), USERS, events).tables
    document = json.loads(streamed(plans[2], [b'{"user_id": "u7", "note": "hello"}\n']))
    assert document["user_id"].encode() == streamed(plans[1], [b"u7\n"]).rstrip()
    assert document["note"] != "hello"


def test_A27_a_path_that_names_a_leaf_wins_over_a_glob_above_it(tmp_path: Path) -> None:
    rules = f"tables: {{ev: {{columns: {{doc: {{mask: json, paths: {{'$.*': {KEEP}, '$.mail': email}}}}}}}}}}\n"
    plans = planned(tmp_path, rules, table(2, "ev", column("doc", "jsonb"))).tables
    document = json.loads(streamed(plans[2], [b'{"mail": "a@real.com", "plan": "gold"}\n']))
    assert document["plan"] == "gold"
    assert "real" not in document["mail"]


def polymorphic(when: str, *columns: Any) -> tuple[str, Table]:
    rules = (
        f"tables:\n  u: {{columns: {{id: {{mask: hash}}}}}}\n"
        f"  c: {{columns: {{kind: {KEEP}, owner: {{mask: text}}}}}}\n"
        f"references:\n  - {{from: c.owner, to: u.id, when: {{{when}: User}}}}\n"
    )
    return rules, table(2, "c", *columns, column("owner"))


def test_A26_what_tells_the_target_is_compared_without_its_padding(tmp_path: Path) -> None:
    rules, comments = polymorphic("kind", column("kind", "bpchar", length=8))
    plans = planned(tmp_path, rules, USERS, comments).tables
    assert streamed(plans[2], [b"User    \tu7\n"]).split(b"\t")[1] == streamed(plans[1], [b"u7\n"])


def test_A26_what_tells_the_target_must_be_there_while_rows_are_masked(tmp_path: Path) -> None:
    rules, comments = polymorphic("ty", column("kind"), column("ty", generated="s"))
    [line] = refused(tmp_path, rules, USERS, comments)
    assert line.startswith("rules.yaml:6: public.c.ty is generated")


def test_A1_names_in_quotes_are_read_as_such_wherever_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "version: 1\n"
        'tables: {t: {columns: {d: {mask: shift_date, subject: {p: \'"a.b""?"\'}}}}}\n'
        "references: [{from: t.x, to: u.id, when: {'\"ty.pe\"': User}}]\n"
    )
    rules = load_rules(path)
    subject = rules.tables[0].columns[0].decision.subject
    assert subject is not None
    assert subject.by == 'a.b"?'
    assert rules.references[0].when == ("ty.pe", "User")


def test_A11_partitions_know_the_subject_of_their_parent(tmp_path: Path) -> None:
    whole = table(1, "u", column("id", "int4"), column("born", "date"), kind="p")
    middle = table(2, "u1", column("id", "int4"), column("born", "date"), kind="p", parent_oid=1)
    leaf = table(3, "u11", column("born", "date"), column("id", "int4"), parent_oid=2)
    rules = (
        "subjects: {p: {table: u, key: id}}\n"
        f"tables: {{u: {{columns: {{id: {KEEP}, born: {{mask: shift_date, subject: p}}}}}}}}\n"
    )
    who = planned(tmp_path, rules, whole, middle, leaf).tables[3].columns[0].who
    assert who is not None
    assert who.attnum == 2


@pytest.mark.parametrize("on_bad", ["redact", "null", "fail"])
def test_A27_a_document_nested_too_deep_to_walk_goes_by_on_bad(tmp_path: Path, on_bad: str) -> None:
    rules = f"tables: {{ev: {{columns: {{doc: {{mask: json, rest: redact, on_bad: {on_bad}}}}}}}}}\n"
    plans = planned(tmp_path, rules, table(2, "ev", column("doc", "jsonb", base_type="json"))).tables
    deep = b"[" * 2000 + b'"canary"' + b"]" * 2000 + b"\n"
    brackets = b'["' + b"[{" * 2000 + b'"]\n'
    if on_bad == "fail":
        with pytest.raises(Exception, match=r"mask json failed on row 1 of public\.ev"):
            streamed(plans[2], [deep])
        return
    assert streamed(plans[2], [deep]) == (b'"redacted"\n' if on_bad == "redact" else b"null\n")
    assert streamed(plans[2], [brackets]) == b'["redacted"]\n'


def test_A27_half_characters_and_numbers_out_of_range_stay_json(tmp_path: Path) -> None:
    rules = (
        "tables: {ev: {columns: {doc: {mask: json, rest: keep,"
        " paths: {'$.e': email, '$.n': {mask: constant, value: NaN}}}}}}\n"
    )
    plans = planned(tmp_path, rules, table(2, "ev", column("doc", "jsonb", base_type="json"))).tables
    out = streamed(plans[2], [b'{"e": "\\\\ud800canary", "n": 1e400, "k": "\\\\udfff", "big": 1e400}\n'])
    assert b"canary" not in out
    assert b'"n": "NaN", "k": "\\\\udfff", "big": 1e400' in out


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (b'version: 1\ntables: {"\\UFFFFFFFF": {rows: none}}\n', 1, "an escape that is no character"),
        (b'version: 1\ntables:\n  "\\ud800": {rows: none}\n', 3, "an escape that is half a character"),
        (b"version: 1\n\n\ntables: {\x01: {rows: none}}\n", 4, "a control character"),
    ],
)
def test_A33_what_is_no_character_is_a_located_mistake(tmp_path: Path, text: bytes, line: int, what: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(text)
    with pytest.raises(UsageError) as caught:
        load_rules(path)
    assert f"rules.yaml:{line}: not valid YAML: {what}" in caught.value.message


def test_A1_a_mistake_about_a_nasty_name_stays_on_its_line(tmp_path: Path) -> None:
    [line] = refused(tmp_path, "tables: {'t\\n\\e[2J': {columns: {nme: {mask: email}}}}\n".replace("'", '"'),
                     table(1, "t\n\x1b[2J", column("name")))  # fmt: skip
    assert "t\\n\\x1b[2J has no column nme; did you mean 'name'?" in line


SAID = ("{mask: hash}", "{mask: email}", KEEP, "{mask: text}")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_explain_and_coverage_say_of_every_column_what_the_plan_does(data: st.DataObject) -> None:
    def some(name: str) -> str:
        return f"{name}: {data.draw(st.sampled_from(SAID))}"

    lines = ["tables:"]
    for name in data.draw(st.lists(st.sampled_from(("a", "b", "c", '"*"', "c1")), unique=True, min_size=1)):
        columns = data.draw(st.lists(st.sampled_from(("k", "r", '"*"')), unique=True, min_size=1))
        lines.append(f"  {name}: {{columns: {{{', '.join(some(each) for each in columns)}}}}}")
    patterns = data.draw(st.lists(st.sampled_from(("k", "r", '"?"')), max_size=3))
    lines.append(f"patterns: [{', '.join(f'{{column: {each}, keep: not personal}}' for each in patterns)}]")
    lines += ["references: [{from: b.r, to: a.r}]"] if data.draw(st.booleans()) else []
    first = table(1, "a", column("k"), column("r"), unique_keys=(unique(1),))
    second = table(2, "b", column("k"), column("r"), foreign_keys=(foreign((1,), 1, (1,)),))
    third = table(3, "c", column("k"), column("r"), kind="p")
    leaf = table(4, "c1", column("k"), column("r"), parent_oid=3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text("version: 1\n" + "\n".join(lines) + "\n")
        rules, whole = load_rules(path), catalog(first, second, third, leaf)
        covered = cover(whole, rules)
        try:
            made = plan(whole, rules, key=KEY, locale="en_US")
        except UsageError:
            return
        except UnclassifiedError:
            assert covered.uncovered()
            return
    assert not covered.uncovered()
    for each in made.tables.values():
        for planned_column in each.columns:
            told = explain(covered, each.table, planned_column.column).rule
            assert told is not None
            assert (told.mask, told.where) == (planned_column.rule, planned_column.where)
