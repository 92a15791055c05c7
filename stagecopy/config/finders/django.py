"""Django settings, read as a syntax tree and never run: DATABASES dicts, dj_database_url and django-environ calls."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.config.finders.urls import from_parts, from_url, from_variable

FAMILY = "Django"
_KEYS = {"HOST": "host", "PORT": "port", "NAME": "dbname", "USER": "user", "PASSWORD": "password"}
_URL_CALLS = ("dj_database_url.parse", "dj_database_url.config", "env.db", "env.db_url")
_UNKNOWN = "${AN_EXPRESSION}"  # not evaluated: it is a variable without a value


def find(source: Source, values: Values) -> Iterator[Candidate]:
    """Every database dict with PostgreSQL's engine, and every call that reads a URL."""
    for node in _nodes(source.text):
        found = None
        if isinstance(node, ast.Dict):
            found = _from_dict(source, node, values)
        elif isinstance(node, ast.Call) and _name(node.func).endswith(_URL_CALLS):
            found = _from_call(source, node, values)
        if found is not None:
            yield found


def _nodes(text: str) -> Iterator[ast.AST]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about their code
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return iter(())
    return ast.walk(tree)


def _from_dict(source: Source, node: ast.Dict, values: Values) -> Candidate | None:
    given = {
        key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
    }
    engine = given.get("ENGINE")
    if not (isinstance(engine, ast.Constant) and str(engine.value).rpartition(".")[2] in ("postgresql", "postgis")):
        return None
    parts = {ours: _text(given[key]) for key, ours in _KEYS.items() if key in given}
    return from_parts(source, node.lineno, parts, family=FAMILY, values=values)


def _from_call(source: Source, node: ast.Call, values: Values) -> Candidate | None:
    call = _name(node.func)
    words = {word.arg: word.value for word in node.keywords if word.arg}
    if call.endswith("parse"):
        text = _text(node.args[0]) if node.args else ""
        return from_url(source, node.lineno, text, family=FAMILY, values=values)
    named = words.get("env") or words.get("var") or (node.args[0] if node.args else None)
    name = named.value if isinstance(named, ast.Constant) and isinstance(named.value, str) else "DATABASE_URL"
    default = words.get("default")
    if name not in values and isinstance(default, ast.Constant) and isinstance(default.value, str):
        return from_url(source, node.lineno, default.value, family=FAMILY, values=values)
    return from_variable(source, node.lineno, name, family=FAMILY, values=values)


def _text(node: ast.expr) -> str:
    """A literal, a variable of the environment as ``${NAME}``, with its default; or what has no value here."""
    if isinstance(node, ast.Constant):
        return "" if node.value is None else str(node.value)
    if (
        isinstance(node, ast.Subscript)
        and _name(node.value).endswith("environ")
        and isinstance(node.slice, ast.Constant)
    ):
        return f"${{{node.slice.value!s}}}"
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = _name(node.func)
        if called.endswith(("environ.get", "getenv")) or called in ("config", "env", "env.str", "str"):
            defaults = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "default")]
            default = f":-{defaults[0].value!s}" if defaults and isinstance(defaults[0], ast.Constant) else ""
            return f"${{{node.args[0].value!s}{default}}}"
    return _UNKNOWN


def _name(node: ast.expr) -> str:
    """``os.environ.get`` of the nodes that spell it."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return ".".join(reversed([*words, node.id])) if isinstance(node, ast.Name) else ""
