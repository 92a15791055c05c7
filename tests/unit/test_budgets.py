"""House rules that a linter does not know: sizes, who may print or exit, how SQL is made, what things are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.unit.source_tree import ROOT, Module, modules

LONGEST_FUNCTION = 50
LONGEST_FILE = 300
MOST_POSITIONAL = 4
VAGUE_NAMES = ("util", "manager", "helper", "misc", "common")
BROAD_EXCEPTS = {
    "stagecopy/cli/main.py": "the one boundary",
    "stagecopy/staging/ahead.py": "a thread hands every failure to the one that reads, which raises it",
}
RUNS_SQL = ("execute", "executemany", "copy", "stream")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def _length(function: Function) -> int:
    """Lines without the docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def _positional(function: Function) -> int:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return len([name for name in names if name not in ("self", "cls")])


def _outside_cli() -> list[Module]:
    return [module for module in modules() if module.layer != "cli"]


def test_functions_are_short() -> None:
    long = [
        f"{module.place}:{each.lineno} {each.name} has {_length(each)} lines"
        for module in modules()
        for each in _functions(module)
        if _length(each) > LONGEST_FUNCTION
    ]
    assert long == []


def test_files_are_short() -> None:
    sizes = {module.place: len(module.path.read_text(encoding="utf-8").splitlines()) for module in modules()}
    assert {place: lines for place, lines in sizes.items() if lines > LONGEST_FILE} == {}


def test_positional_parameters_are_few() -> None:
    """Verbs aside: the parser passes theirs by name."""
    many = [
        f"{module.place}:{each.lineno} {each.name} takes {_positional(each)}"
        for module in _outside_cli()
        for each in _functions(module)
        if _positional(each) > MOST_POSITIONAL
    ]
    assert many == []


def test_only_the_command_line_prints_and_exits() -> None:
    """What runs only as ``python -m`` is a command line of its own."""
    found = [
        f"{module.place}: {ast.unparse(node)}"
        for module in _outside_cli()
        for statement in module.tree.body
        if not (isinstance(statement, ast.If) and "__main__" in ast.unparse(statement.test))
        for node in ast.walk(statement)
        if _speaks_or_exits(node)
    ]
    assert found == []


def _speaks_or_exits(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any(word in ast.unparse(node).split() for word in ("typer", "getpass"))
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in ("sys.exit", "sys.stdout", "sys.stderr", "os._exit")
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in ("print", "SystemExit", "quit")


def test_broad_excepts_are_known_and_have_a_reason() -> None:
    broad = [
        module.place
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]
    assert broad == sorted(BROAD_EXCEPTS)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(isinstance(each, ast.Name) and each.id in ("Exception", "BaseException") for each in caught)
    return broad and not isinstance(handler.body[-1], ast.Raise)  # a cleanup that raises again swallows nothing


def _formatted(node: ast.expr, texts: dict[str, ast.expr]) -> bool:
    """Whether a statement is glued together by Python: an f-string with holes, +, %, or str.format on a literal."""
    if isinstance(node, ast.Name) and node.id in texts:
        return _formatted(texts[node.id], {})
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(each, ast.FormattedValue) for each in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Mod)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "encode":
            return _formatted(node.func.value, texts)
        return node.func.attr == "format" and isinstance(node.func.value, ast.Constant)
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("SQL") and _formatted(node.args[0], texts)


def _formatted_sql(function: Function) -> Iterator[int]:
    texts = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            makes_sql = node.func.attr in RUNS_SQL or ast.unparse(node.func) == "sql.SQL"
            if makes_sql and _formatted(node.args[0], texts):
                yield node.lineno


def test_sql_is_composed_never_formatted() -> None:
    found = {
        f"{module.place}:{line}" for module in modules() for each in _functions(module) for line in _formatted_sql(each)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("body", "caught"),
    [
        ('c.execute(f"SELECT {x}")', True),
        ('c.execute("SELECT " + x)', True),
        ('c.execute("SELECT %s" % x)', True),
        ('c.execute("SELECT {}".format(x))', True),
        ('s = f"SELECT {x}"; c.execute(s.encode())', True),
        ('c.execute(sql.SQL(f"SELECT {x}"))', True),
        ('c.execute("SELECT %s", (x,))', False),
        ('c.execute(sql.SQL("SELECT {}").format(sql.Identifier(x)))', False),
    ],
)
def test_the_search_for_formatted_sql_finds_it(body: str, caught: bool) -> None:
    function = ast.parse(f"def f(c, x):\n    {body}").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert bool(list(_formatted_sql(function))) is caught


def test_modules_have_names_that_say_something() -> None:
    assert [module.place for module in modules() if any(word in module.name for word in VAGUE_NAMES)] == []


def test_every_module_and_public_function_says_what_it_is_for() -> None:
    silent = [module.place for module in modules() if ast.get_docstring(module.tree) is None]
    silent += [
        f"{module.place}:{node.lineno} {node.name}"
        for module in modules()
        for node in module.tree.body
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "stagecopy").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(f"# {mark}" in line for mark in marks)
    ]
    assert found == []


def test_statements_are_said_in_what_every_database_speaks() -> None:
    files = sorted((ROOT / "stagecopy").rglob("*.sql"))
    assert [path.name for path in files if not path.read_bytes().isascii()] == []
