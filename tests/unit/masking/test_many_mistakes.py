"""One run tells every mistake of a rule set: those that only the files show, then those that only the catalog shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.errors import UsageError
from stagecopy.masking.loader import load_rules
from stagecopy.model.catalog import Exclusion
from tests.unit.masking.factory import column, foreign, refused, table, unique

FILE = """\
version: 1
uses: []
use: [nope]
subjects:
  a: {table: users}
  b: {table: "u*", key: id}
tables:
  a.b.c: {rows: none}
  t1: {}
  t2: {rows: some}
  t3: {rows: {percent: 200}}
  t4: {rows: {where: ""}}
  t5: {skip: yes}
  t6: {skip: not readable, rows: none}
  t7:
    columns:
      a: {mask: emial}
      b: {keep: ok}
      c: {mask: email, keep: not personal}
      d: {mask: shift_date, days: many}
      e: {mask: constant}
      f: {mask: text, subject: a}
      g: {mask: json, paths: {x: phone}}
      h: {mask: email, on_bad: maybe}
      i.j: {mask: text}
      k: {mask: hash, lenght: 3}
patterns:
  - {mask: email}
  - {column: "*_id"}
references:
  - {from: a.b}
  - {from: a, to: b.c}
"""


def test_A33_a_file_with_twenty_five_mistakes_is_told_in_one_run(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_rules(tmp_path)
    lines = caught.value.message.replace(f"{tmp_path}/rules.yaml:", "").splitlines()
    assert lines[0] == "25 mistakes in the masking rules:"
    told = [int(line.partition(":")[0]) for line in lines[1:]]
    wrong = [2, 3, 5, 6, *range(8, 15), *range(17, 27), 28, 29, 31, 32]
    assert sorted(set(told)) == wrong
    assert len(told) == 25


def test_A33_what_only_the_catalog_shows_is_told_in_one_run_as_well(tmp_path: Path) -> None:
    users = table(
        1, "users", column("id", "int4", not_null=True), column("mail", "varchar", length=14), column("born", "date"),
        column("nick", not_null=True), column("doc", "jsonb"), column("name"),
        unique_keys=(unique(1, primary=True), unique(2), unique(6)),
    )  # fmt: skip
    stays = table(
        2, "stays", column("who", "int4"), column("during", "date"), column("tag"), column("made", generated="s"),
        foreign_keys=(foreign((1,), 1, (1,)),), exclusions=(Exclusion("apart", (1, 2), ("=", "&&"), computed=False),),
    )  # fmt: skip
    rules = (
        "subjects:\n  person: {table: people, key: id}\n"
        "tables:\n  users:\n    columns:\n"
        "      id: {mask: constant, value: one}\n      mail: {mask: email}\n      born: {mask: phone}\n"
        "      nick: {mask: null}\n      doc: {keep: settings only}\n"
        "      name: {mask: name}\n      nam: {mask: name}\n"
        "  stays:\n    columns:\n      who: {mask: hash}\n      during: {mask: shift_date}\n"
        "      tag: {mask: name, subject: persn}\n      made: {mask: text}\n"
        "  gone: {rows: none}\n  'tmp_*': {rows: none}\n"
        "references:\n  - {from: stays.tagg, to: users.name}\n"
        "  - {from: {column: users.doc, path: $.n}, to: users.name}\n"
    )
    lines = refused(tmp_path, rules, users, stays)
    told = {int(line.split(":")[1]) for line in lines}
    assert told == {3, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 23}
