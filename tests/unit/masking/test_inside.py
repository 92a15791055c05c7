"""Arrays, hstore and composite values: parts by their masks, every other byte as it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagecopy.masking.arraytext import array_spans, array_spelled
from stagecopy.masking.hstoretext import hstore_spans, hstore_spelled
from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.rowtext import row_spans, row_spelled
from stagecopy.masking.rules import OnBad, Rest
from stagecopy.masking.spans import ShapeError
from tests.unit.masking.factory import KEY, column, planned, refused, rules_of, streamed, table, unique

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
VALUE = st.none() | TEXT | st.sampled_from(["NULL", "null", "{}", "a b", '"', "\\", ",", ";", "()", "=>", "\t\r\n"])


def mask_of(kind: str, leaves: Mapping[str, str], *, rest: Rest = "keep", on_bad: OnBad = "redact") -> Setting:
    made = {name: MASKS[mask](Setting(KEY, options={"value": "X"})) for name, mask in leaves.items()}
    return Setting(KEY, leaves=made, rest=rest, on_bad=on_bad, fields=("street", "no") if kind == "composite" else ())


def masked(kind: str, text: str, leaves: Mapping[str, str], *, rest: Rest = "keep", on_bad: OnBad = "redact") -> object:
    setting = mask_of(kind, leaves, rest=rest, on_bad=on_bad)
    return MASKS[kind](setting).apply(pl.Series([text, None, ""], dtype=pl.String)).to_list()[0]


def email_of(value: str) -> str:
    return str(MASKS["email"](Setting(KEY)).apply(pl.Series([value]))[0])


@given(st.lists(VALUE, min_size=1, max_size=5), st.sampled_from([",", ";", ":"]))
def test_what_is_spelled_is_read_back(values: list[str | None], delimiter: str) -> None:
    array = "{" + delimiter.join(array_spelled(each, delimiter) for each in values) + "}"
    assert [span.value for span in array_spans(array, delimiter)] == values
    row = "(" + ",".join(map(row_spelled, values)) + ")"
    assert [span.value for span in row_spans(row)] == values
    keys = [f'k"\\{number}' for number, _ in enumerate(values)]
    pairs = zip(keys, values, strict=True)
    store = ", ".join(f"{hstore_spelled(key)}=>{hstore_spelled(each)}" for key, each in pairs)
    assert [(key, span.value) for key, span in hstore_spans(store)] == list(zip(keys, values, strict=True))


@given(st.text(alphabet='{}[]():=,"\\ aN', max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (array_spans, row_spans, lambda each: list(hstore_spans(each))):
        try:
            spans = read(text)
        except ShapeError:
            continue
        assert isinstance(spans, list)


def test_A18_an_element_is_masked_as_a_column_is() -> None:
    mail = email_of("x@y.z")
    assert masked("array", '{x@y.z,NULL,"",x@y.z}', {"each": "email"}) == f'{{{mail},NULL,"",{mail}}}'
    assert masked("array", "[0:1][3:3]={{x@y.z},{NULL}}", {"each": "email"}) == f"[0:1][3:3]={{{{{mail}}},{{NULL}}}}"
    assert masked("array", '{"NULL","x@y.z"}', {"each": "null"}) == "{NULL,NULL}"


@pytest.mark.parametrize("text", ["{}", '{a,"b c",NULL}', '[0:1]={"\\"",x}', "{{1,2},{3,4}}"])
def test_A18_what_is_kept_keeps_its_bytes(text: str) -> None:
    assert masked("array", text, {"each": "keep"}) == text
    assert masked("array", text, {"each": "constant"}) != text or text == "{}"


def test_an_hstore_goes_by_key() -> None:
    text = '"mail"=>"x@y.z", "q\\"k"=>"kept \\"\\\\", "nil"=>NULL'
    assert masked("hstore", text, {"mail": "email"}) == text.replace("x@y.z", email_of("x@y.z"))
    assert masked("hstore", text, {"mail": "email"}, rest="redact") == (
        f'"mail"=>"{email_of("x@y.z")}", "q\\"k"=>"redacted", "nil"=>NULL'
    )
    with pytest.raises(ValueError, match="does not name"):
        masked("hstore", text, {"mail": "email"}, rest="fail")
    assert (
        masked("hstore", '"mail"=>"x@y.z", "nil"=>NULL', {"mail": "null"}, rest="fail") == '"mail"=>NULL, "nil"=>NULL'
    )


def test_a_composite_value_goes_by_field() -> None:
    assert masked("composite", '("Elm ""St"" \\\\",7)', {"street": "constant"}) == "(X,7)"
    assert masked("composite", '("Elm ""St"" \\\\",7)', {"no": "constant"}) == '("Elm ""St"" \\\\",X)'
    assert masked("composite", "(Elm,7)", {"no": "constant"}, rest="redact") == "(,X)"
    assert masked("composite", "(,)", {"street": "constant"}, rest="fail") == "(,)"


@pytest.mark.parametrize(
    ("kind", "text", "empty"),
    [("array", "{raw", "{}"), ("hstore", "raw", ""), ("composite", "(raw)", "(,)"), ("composite", "(a,b,raw)", "(,)")],
)
def test_a_value_that_cannot_be_read_never_stays(kind: str, text: str, empty: str) -> None:
    assert masked(kind, text, {}) == empty
    assert masked(kind, text, {}, on_bad="null") is None
    with pytest.raises(ShapeError):
        masked(kind, text, {}, on_bad="fail")


MAILS = column("mails", "_text", type="text[]", parts=(column("element"),))
HOME = column("home", "place", parts=(column("street", "varchar", length=9), column("no", "int4")))
STORE = column("store", "hstore")


def test_the_plan_knows_elements_and_fields(tmp_path: Path) -> None:
    rules = (
        "tables:\n  t:\n    columns:\n      mails: {mask: array, each: {mask: email}}\n"
        "      home: {mask: composite, fields: {street: street}, rest: keep}\n"
        "      store: {mask: hstore, keys: {mail: email, on: {keep: not personal}}, rest: redact}\n"
    )
    made = planned(tmp_path, rules, table(1, "t", MAILS, HOME, STORE))
    assert rules_of(made) == {"mails": "array", "home": "composite", "store": "hstore"}
    mail = email_of("x@y.z")
    done = streamed(made.tables[1], [b'{x@y.z,"q\\\\"@y.z"}\t(Elm,7)\t"mail"=>"x@y.z", "on"=>"1", "p"=>"q"\n']).decode()
    mails, home, store = done.rstrip("\n").split("\t")
    assert mails.startswith(f"{{{mail},")
    assert home.endswith(",7)")
    assert len(home) <= len("(,7)") + 9 + len('""')
    assert store == f'"mail"=>"{mail}", "on"=>"1", "p"=>"redacted"'


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("mails: {mask: array}", "needs `each: MASK`"),
        ("mails: {mask: array, each: shift_date}", "elements: takes"),
        ("mails: {mask: array, each: {mask: email, subject: p}}", "there is no subject"),
        ("mails: {mask: array, each: emial}", "unknown mask 'emial'; did you mean 'email'?"),
        ("mails: {mask: array, each: email, rest: keep}", "unknown key 'rest'"),
        ("home: {mask: array, each: email}", "takes arrays, place is not"),
        ("home: {mask: composite, fields: {stret: street}, rest: keep}", "has no field stret; did you mean 'street'?"),
        ("home: {mask: composite, fields: {street: street}}", "nothing is said about no"),
        ("home: {mask: composite, fields: {no: email}, rest: keep}", "field no: takes text, integer is not"),
        ("home: {mask: composite, fields: [street]}", "`fields` must be a mapping"),
        ("store: {mask: hstore, keys: {a: {mask: array, each: email}}}", "a leaf has no paths"),
        ("mails: {mask: hstore, rest: keep}", "takes hstore, text[] is not"),
    ],
)
def test_rules_that_do_not_fit_are_refused(tmp_path: Path, rule: str, said: str) -> None:
    rules = f"tables:\n  t:\n    columns:\n      {rule}\npatterns:\n  - {{column: '*', keep: not personal}}\n"
    assert any(said in line for line in refused(tmp_path, rules, table(1, "t", MAILS, HOME, STORE)))


@pytest.mark.parametrize(("each", "fits"), [("email", True), ("city", False), ("{keep: not personal}", True)])
def test_an_array_is_as_distinct_as_its_elements(tmp_path: Path, each: str, fits: bool) -> None:
    rules = f"tables:\n  t: {{columns: {{mails: {{mask: array, each: {each}}}}}}}\n"
    one = table(1, "t", MAILS, unique_keys=(unique(1),))
    if fits:
        planned(tmp_path, rules, one)
    else:
        assert "can give two rows" in refused(tmp_path, rules, one)[0]
