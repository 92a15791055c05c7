"""The schema that editors use says what the loader says, wherever a schema can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stagecopy.errors import UsageError
from stagecopy.masking import packs
from stagecopy.masking.loader import load_rules
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.schema import schema, text

ROOT = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(schema())


def accepted(content: Any) -> bool:
    return bool(VALIDATOR.is_valid(content))


def test_the_file_is_what_the_code_says() -> None:
    assert (ROOT / "masking-rules" / "schema.json").read_text(encoding="utf-8") == text(), (
        "python -m stagecopy.masking.schema > masking-rules/schema.json"
    )


@pytest.mark.parametrize("name", packs.names())
def test_packs_are_valid(name: str) -> None:
    assert accepted(yaml.safe_load(packs.path(name).read_text(encoding="utf-8")))


def test_the_example_of_the_readme_is_valid(tmp_path: Path) -> None:
    readme = (ROOT / "masking-rules" / "README.md").read_text(encoding="utf-8")
    examples = [each.partition("```")[0] for each in readme.split("```yaml\n")[1:]]
    whole = [each for each in examples if each.startswith("version:")]
    assert whole
    for number, example in enumerate(whole):
        assert accepted(yaml.safe_load(example))
        (tmp_path / f"{number}.yaml").write_text(example, encoding="utf-8")
        assert load_rules(tmp_path / f"{number}.yaml").tables


_NAMES = st.sampled_from(["users", "s.t", "a*", '"x.y"', "email", "c"])
_DECISIONS = st.one_of(
    st.fixed_dictionaries({"keep": st.sampled_from(["not personal", "yes", "", None])}),
    st.fixed_dictionaries(
        {"mask": st.sampled_from([*MASKS, "emial", None, "null"])},
        optional={
            "days": st.sampled_from(["3", "x"]),
            "value": st.just("v"),
            "subject": st.sampled_from(["p", {"p": "c"}, ["p"]]),
            "on_bad": st.sampled_from(["fail", "never"]),
            "rest": st.sampled_from(["keep", "drop"]),
            "paths": st.dictionaries(
                st.sampled_from(["$.a", "a", "$"]), st.sampled_from(["phone", "fone"]), max_size=2
            ),
        },
    ),
    st.text(max_size=3),
)
_TABLES = st.fixed_dictionaries(
    {},
    optional={
        "rows": st.sampled_from(["all", "none", "some", {"where": "a"}, {"percent": "5"}, {"percent": "0"}, {}]),
        "skip": st.sampled_from(["not readable", "yes"]),
        "columns": st.dictionaries(_NAMES, _DECISIONS, max_size=3),
        "colums": st.just({}),
    },
)
_FILES = st.fixed_dictionaries(
    {"version": st.sampled_from(["1", "2"])},
    optional={
        "tables": st.dictionaries(_NAMES, _TABLES, max_size=3),
        "patterns": st.lists(_DECISIONS, max_size=3),
        "use": st.lists(st.sampled_from(["django-auth", "nope"]), max_size=2),
        "subjects": st.dictionaries(_NAMES, st.fixed_dictionaries({"table": _NAMES}, optional={"key": _NAMES})),
        "references": st.lists(
            st.fixed_dictionaries({"from": _NAMES, "to": st.sampled_from(["a.b", "a"])}), max_size=2
        ),
        "other": st.just("x"),
    },
)


def loaded(folder: Path, content: Any) -> bool:
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    try:
        load_rules(path)
    except UsageError as failure:
        refused = failure
    else:
        return True
    assert refused.code == "bad-rules"
    assert all(line.startswith(str(path)) for line in refused.message.splitlines()[1:])
    return False


@given(content=_FILES)
def test_what_the_loader_takes_the_schema_takes(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    if loaded(tmp_path_factory.getbasetemp(), content):
        assert accepted(yaml.safe_load(yaml.safe_dump(content)))


_KEYS = st.sampled_from(["version", "tables", "patterns", "use", "columns", "rows", "mask", "keep", "users"])
_ANYTHING = st.recursive(
    st.none() | st.text(max_size=6) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(content=_ANYTHING)
def test_any_yaml_is_read_or_refused_with_its_line(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    loaded(tmp_path_factory.getbasetemp(), content)
