"""Every command line of stagecopy in the docs and the CI examples is one that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.source_tree import ROOT
from tests.unit.test_reference import COMMANDS, EVERYWHERE, _options

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PIPELINES = sorted((ROOT / "docs/ci").glob("*.yml"))
# At the start of a line, behind a prompt, a step of a pipeline or another command, or in a span of prose.
_CALL = re.compile(r"(?:^\s*|\$ |run: |- |&& |; |\(|`)(?:\.venv/bin/)?stagecopy((?: +[^\s`#|;&)]+)+)")


def _calls(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers, and the words behind the program's name."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _CALL.finditer(re.sub(r"\S*\$\{.*?\}\S*|\"\$\{.*?\}\"", "X", line)):
            try:
                yield number, shlex.split(found[1])
            except ValueError:  # a quote that the pattern cut in two
                yield number, found[1].replace("'", "").replace('"', "").split()


def _fault(words: list[str]) -> str | None:
    """What the program would not understand."""
    own = words[: words.index("--")] if "--" in words else words
    plain = [word for word in own if not word.startswith("-")]
    verb = next((name for name in (" ".join(plain[:2]), " ".join(plain[:1])) if name in COMMANDS), None)
    if verb is None:
        groups = {name.partition(" ")[0] for name in COMMANDS}
        known = not plain or (plain[0] in groups and len(plain) == 1)
        return None if known else f"no verb: {' '.join(plain[:2])}"
    flags = {word.partition("=")[0] for word in own if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)}
    unknown = flags - _options(COMMANDS[verb]) - EVERYWHERE - {"--help", "--version"}
    return f"{verb} does not take {' '.join(sorted(unknown))}" if unknown else None


@pytest.mark.parametrize("path", [*PAGES, *PIPELINES], ids=lambda path: path.name)
def test_commands_in_the_docs_exist(path: Path) -> None:
    calls = list(_calls(path.read_text(encoding="utf-8")))
    assert [f"line {number}: {fault}" for number, words in calls if (fault := _fault(words))] == []


def test_the_walk_finds_commands_and_their_faults() -> None:
    text = "$ stagecopy trial x.sql --rport y\n- run: stagecopy -q refresh --retry 3\nsee `stagecopy masks chek`\n"
    text += "stagecopy trial -- alembic upgrade head --sql\n.venv/bin/stagecopy staging psql -- -c 'SELECT 1'\n"
    found = [_fault(words) for _, words in _calls(text)]
    assert found == ["trial does not take --rport", None, "no verb: masks chek", None, None]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_pipelines_are_yaml_that_tries_reports_and_comments_once(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only, and leaves `on:` a key
    jobs = loaded.get("jobs", loaded)
    assert {"refresh", "trial"} <= set(jobs)
    verbs = {" ".join(word for word in words if not word.startswith("-"))[:7] for _, words in _calls(text)}
    assert {"refresh", "trial X"} <= {verb.strip() for verb in verbs}
    for wanted in ("--report trial.md", '"<!-- stagecopy -->"', "PATCH" if "github" in path.name else "PUT", "POST"):
        assert wanted in text
    _keeps_secrets_from_trials(jobs)


def _keeps_secrets_from_trials(jobs: dict[str, Any]) -> None:
    """Production's address and the key are the refresh's; no secret is an argument of a command."""
    for secret in ("STAGECOPY_PRODUCTION_URL", "STAGECOPY_KEY"):
        assert secret not in str(jobs["trial"])
    steps = str(jobs["refresh"].get("steps", "")) + str(jobs["trial"].get("steps", ""))
    assert "secrets." not in steps
