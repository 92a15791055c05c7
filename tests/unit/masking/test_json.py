"""The json mask: leaves by path, the rest by its own word, nothing else touched."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagecopy.masking.jsonpath import parse_path
from stagecopy.masking.jsontree import Document
from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.rules import OnBad, Rest
from tests.unit.masking.factory import KEY

Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def masked(text: str | None, leaves: Mapping[str, str], *, rest: Rest = "keep", on_bad: OnBad = "redact") -> str | None:
    """One document through the mask; *leaves*: mask by path."""
    made = {path: MASKS[mask](Setting(KEY)) for path, mask in leaves.items()}
    masker = MASKS["json"](Setting(KEY, leaves=made, rest=rest, on_bad=on_bad))
    found = masker.apply(pl.Series([text, "{}"], dtype=pl.String))[0]
    assert found is None or isinstance(found, str)
    return found


def email_of(value: str) -> str:
    return str(MASKS["email"](Setting(KEY)).apply(pl.Series([value]))[0])


def test_A27_leaves_are_masked_as_columns_are() -> None:
    done = masked(
        '{"a": {"mail": "x@y.z"}, "list": [{"mail": "x@y.z"}, {"no": 1}]}',
        {"$.a.mail": "email", "$.list[*].mail": "email"},
    )
    expected = email_of("x@y.z")
    assert json.loads(done or "") == {"a": {"mail": expected}, "list": [{"mail": expected}, {"no": 1}]}


@pytest.mark.parametrize("text", ['{"other": 1}', "[]", "{}", '"x"', "1.50", "null", "true", '{"mail": null}', None])
def test_A27_a_path_that_a_row_lacks_changes_nothing(text: str | None) -> None:
    assert masked(text, {"$.mail": "email"}) == text


def test_A27_repeated_keys_are_all_masked_and_all_stay() -> None:
    done = masked('{"mail": "a@b.c", "n":  1.10, "mail": "d@e.f"}', {"$.mail": "email"})
    assert done == f'{{"mail": "{email_of("a@b.c")}", "n": 1.10, "mail": "{email_of("d@e.f")}"}}'


def test_A27_a_key_with_a_dot_is_one_name() -> None:
    assert masked('{"a.b": "x", "a": {"b": "x"}}', {'$["a.b"]': "hash"}) != masked(
        '{"a.b": "x", "a": {"b": "x"}}', {"$.a.b": "hash"}
    )
    assert json.loads(masked('{"a.b": "x", "a": {"b": "y"}}', {'$["a.b"]': "hash"}) or "")["a"] == {"b": "y"}


@pytest.mark.parametrize(("on_bad", "left"), [("redact", {"street": "redacted", "no": 0, "ok": True}), ("null", None)])
def test_A27_an_object_where_a_value_is_expected_never_stays_raw(on_bad: OnBad, left: object) -> None:
    done = masked('{"home": {"street": "Elm St", "no": 7, "ok": true}}', {"$.home": "address"}, on_bad=on_bad)
    assert json.loads(done or "") == {"home": left}


def test_A27_or_fails() -> None:
    with pytest.raises(ValueError, match="object or array"):
        masked('{"home": {"street": "Elm St"}}', {"$.home": "address"}, on_bad="fail")


def test_a_path_that_goes_on_inside_an_object_decides_there() -> None:
    """Some documents hold an id where others hold the whole object."""
    text = '{"by": "u1", "to": {"id": "u2", "mail": "x@y.z", "more": {"name": "Ann"}}, "at": {"no": 1}}'
    paths = {"$.by": "keep", "$.to": "keep", "$.at": "keep", "$.to.id": "keep", "$.to.*": "hash"}
    done = json.loads(masked(text, paths, rest="redact") or "")
    assert (done["by"], done["to"]["id"], done["at"]) == ("u1", "u2", {"no": 1})
    assert (len(done["to"]["mail"]), done["to"]["more"]) == (64, {"name": "redacted"})


def test_what_such_paths_leave_goes_by_the_one_around() -> None:
    text = '{"prefs": {"theme": "dark", "mail": "x@y.z", "list": [1, {"mail": "x@y.z"}]}}'
    paths = {"$.prefs": "keep", "$.prefs.mail": "email", "$.prefs.list[*].mail": "email"}
    done = json.loads(masked(text, paths) or "")
    mail = email_of("x@y.z")
    assert done == {"prefs": {"theme": "dark", "mail": mail, "list": [1, {"mail": mail}]}}


@pytest.mark.parametrize(
    ("text", "left"), [('{"a": "raw", "n": 5, "b": true, "z": null}', {"a": "redacted", "n": 0, "b": True, "z": None})]
)
def test_A27_the_rest_is_redacted_or_refused(text: str, left: object) -> None:
    assert json.loads(masked(text, {}, rest="redact") or "") == left
    with pytest.raises(ValueError, match="no path names"):
        masked(text, {}, rest="fail")


def test_A27_the_rest_is_refused_unless_a_rule_says_otherwise() -> None:
    assert Setting(KEY).rest == "fail"


def test_A27_a_large_document() -> None:
    text = json.dumps({"items": [{"mail": f"a{n}@b.c", "text": "x" * 100} for n in range(15_000)]})
    done = json.loads(masked(text, {"$.items[*].mail": "email"}) or "")
    assert len({each["mail"] for each in done["items"]}) == 15_000
    assert not any(each["mail"].endswith("@b.c") for each in done["items"])


@given(Json)
def test_a_document_written_anew_means_the_same(value: object) -> None:
    assert json.loads(Document(json.dumps(value)).text) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with"),
        ("phone", "begins with"),
        ("$", "whole document"),
        ("$.", "no path from"),
        ("$[0]", "no path from"),
        ("$.a[?(@.b)]", "no path from"),
        ("$..a", "no path from"),
    ],
)
def test_paths_that_mean_nothing_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_path(text)
