"""docs/reference.md says what the program does: verbs, options, settings, codes and findings, no more, no less."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from stagecopy.cli.main import app
from stagecopy.config.settings import Settings
from stagecopy.errors import StagecopyError
from stagecopy.masking.maskers import MASKS
from tests.unit.source_tree import ROOT, Module, modules

REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
PROMISED = """
init doctor status demo refresh clone(create|list|destroy) snapshot(list|push|pull) staging(url|psql|list|reset|destroy)
masks(suggest|check|preview|explain|audit) trial migration(new|list) report history
backup(create|list|verify|restore|prune) recover gate approve watch
"""  # the closed list of verbs: another one is a new promise
WORKING = "init doctor status refresh staging(url|psql|list|reset|destroy) clone(create|list|destroy) "
WORKING += "masks(suggest|check|preview|explain|audit) snapshot(list) trial demo"
WORKING += " migration(new|list) report history backup(create|list|verify|restore|prune) recover"
EVERYWHERE = {"--config", "-c", "--json", "--quiet", "-q", "--verbose", "-v"}
BOUNDARY_CODES = {"usage": 2, "bug": 70, "interrupted": 130, "terminated": 143}


def _verbs_of(listed: str) -> set[str]:
    found = set()
    for verb, below in re.findall(r"([a-z]+)(?:\(([a-z|]+)\))?", listed):
        found |= {f"{verb} {each}" for each in below.split("|")} if below else {verb}
    return found


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(words), command
    for name, each in (below or {}).items():
        yield from _commands(each, (*words, name))


COMMANDS: dict[str, Any] = dict(_commands(typer.main.get_command(app)))


def _section(heading: str) -> str:
    """The text below a heading, to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def _options(command: Any) -> set[str]:
    return {word for each in command.params for word in (*each.opts, *each.secondary_opts) if word.startswith("-")}


def test_the_verbs_are_those_promised() -> None:
    assert set(COMMANDS) == _verbs_of(WORKING)
    assert set(COMMANDS) <= _verbs_of(PROMISED)


def test_every_verb_has_its_section() -> None:
    assert set(re.findall(r"^### stagecopy (.+)$", REFERENCE, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_a_verb_explains_itself_with_an_example(verb: str) -> None:
    command = COMMANDS[verb]
    assert command.help
    assert command.epilog.startswith("Example: ")
    assert f"stagecopy {verb}" in command.epilog
    assert all(each.help for each in command.params if each.opts[0].startswith("-"))
    assert _options(command) >= EVERYWHERE


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_the_section_of_a_verb_names_its_options_and_no_other(verb: str) -> None:
    section = _section(f"stagecopy {verb}")
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", re.sub(r"```.*?```", "", section, flags=re.DOTALL)))
    assert _options(COMMANDS[verb]) - EVERYWHERE == named - EVERYWHERE


def test_options_of_every_verb_are_explained_once() -> None:
    root = _options(typer.main.get_command(app))
    assert {word for word in root | EVERYWHERE if f"`{word}" not in _section("Verbs")} == set()


def _error_classes(module: Module) -> dict[str, type[StagecopyError]]:
    """Names in *module* that are expected failures."""
    loaded = vars(importlib.import_module(module.name))
    return {name: each for name, each in loaded.items() if isinstance(each, type) and issubclass(each, StagecopyError)}


def _literals(module: Module, node: ast.expr) -> set[str]:
    """The texts *node* may stand for: a literal, a choice of two, a constant or a local of the module."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return _literals(module, node.body) | _literals(module, node.orelse)
    if not isinstance(node, ast.Name):
        return set()
    assigned = [
        each.value
        for each in ast.walk(module.tree)
        if isinstance(each, ast.Assign) and any(ast.unparse(target) == node.id for target in each.targets)
    ]
    return {text for value in assigned for text in _literals(module, value)}


def _raised(module: Module) -> Iterator[tuple[str, int]]:
    """Codes with their exit code: arguments of failures, and what failures of a class of their own always say."""
    classes = {} if module.name.endswith("__main__") else _error_classes(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and node.name in classes:
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__" and call.args:
                    yield from ((text, classes[node.name].exit_code) for text in _literals(module, call.args[0]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes:
            kind = classes[node.func.id]
            if node.args and kind.__init__ is StagecopyError.__init__:
                yield from ((text, kind.exit_code) for text in _literals(module, node.args[0]))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("load"):
            given = [word.value for word in node.keywords if word.arg == "code"]
            yield from ((text, 2) for value in given for text in _literals(module, value))


def _boundary_codes() -> Iterator[tuple[str, int]]:
    main = next(module for module in modules() if module.name == "stagecopy.cli.main")
    for node in ast.walk(main.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_failed":
            code, name = node.args[:2]
            if isinstance(code, ast.Constant) and isinstance(name, ast.Constant):
                yield str(name.value), int(str(code.value))


@cache
def _codes() -> frozenset[tuple[str, int]]:
    never_shown = {("stopped", 4)}  # one table tells the others to stop; the first failure is raised
    found = {pair for module in modules() for pair in _raised(module)} | set(_boundary_codes())
    return frozenset(found - never_shown)


def _documented_codes() -> list[tuple[str, int]]:
    table = REFERENCE.split("<!-- codes:begin -->")[1].split("<!-- codes:end -->")[0]
    return [(name, int(code)) for name, code in re.findall(r"^\| `([a-z0-9-]+)` \| (\d+) \|", table, re.MULTILINE)]


def test_every_error_code_is_listed_with_its_exit_code() -> None:
    documented = _documented_codes()
    assert sorted(_codes() - set(documented)) == []
    assert sorted(set(documented) - _codes()) == []


def test_a_code_means_one_thing_and_the_list_is_in_order() -> None:
    documented = _documented_codes()
    names = [name for name, _ in documented]
    assert sorted(names) == sorted(set(names))
    assert documented == sorted(documented, key=lambda each: (each[1], each[0]))
    assert set(BOUNDARY_CODES.items()) <= set(documented)


def test_the_walk_finds_codes_of_every_kind() -> None:
    """A literal, a constant, a class of its own, a choice of two, a keyword."""
    assert {
        ("no-snapshot", 6),
        ("bad-rules", 2),
        ("child-failed", 4),
        ("port-in-use", 4),
        ("bad-config", 2),
    } <= _codes()


@pytest.mark.parametrize(("kind", "heading"), [("Finding", "Findings"), ("Fidelity", "Fidelity")])
def test_every_finding_and_difference_is_listed(kind: str, heading: str) -> None:
    made = {
        text
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == kind and node.args
        for text in _literals(module, node.args[0])
    }
    listed = {name for row in re.findall(r"^\|(.+?)\|", _section(heading), re.MULTILINE) for name in _spans(row)}
    assert made == listed


def _spans(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def _settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _settings(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_every_setting_is_listed() -> None:
    """``.name`` in a row stands beside the full name before it; a section may be listed as a whole."""
    listed: list[str] = []
    for row in re.findall(r"^\|(.+?)\|", _section("stagecopy.yaml"), re.MULTILINE):
        for name in _spans(row):
            listed.append(listed[-1].rpartition(".")[0] + name if name.startswith(".") else name)
    real = list(_settings(Settings))
    assert [name for name in real if not any(name == each or name.startswith(f"{each}.") for each in listed)] == []
    assert [each for each in listed if not any(name == each or name.startswith(f"{each}.") for name in real)] == []


def test_every_mask_is_listed() -> None:
    assert set(MASKS) - {"keep"} <= set(_section("Masking rules").replace("`", " ").replace(";", " ").split())


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []
