"""What the projects share: their folder, their commands, the people in them, and what must not leave production."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stagecopy.model.server import Address

PEOPLE = [
    {
        "username": f"{first}_{number}", "first": first.capitalize(), "last": last.capitalize(),
        "name": f"{first.capitalize()} {last.capitalize()}", "email": f"{first}.{last}@{house}.test",
        "ip": f"198.51.{number}.{number + 100}", "phone": f"+49 30 55{number}7781",
        "street": f"{number} Quillfeather Lane", "city": f"Nether Zobbleton {number}",
        "postcode": f"ZX{number} 9QQ", "uid": f"10938475610293{number}",
        "agent": f"Mozilla/5.0 (Zeppelin {number}; rv:{number}.0) Gecko", "secret": f"sesame-{last}-{number}-open",
    }
    for number, first, last, house in (
        (41, "zaphira", "ondlewick", "canary-nest"),
        (42, "quentoria", "brambleshaw", "canary-nest"),
        (43, "thaddeon", "fernquist", "magpie-hall"),
    )
]  # fmt: skip
PERSONAL = ("username", "name", "email", "phone", "street", "city", "uid", "agent", "secret")


@dataclass(frozen=True)
class Project:
    """A folder with a framework's project in it that works on *database*."""

    folder: Path
    database: Address

    def run(self, *argv: str | Path, within: str = ".", **environ: str) -> str:
        """Run a command of the framework and return its stdout; a failure shows the end of what it said."""
        try:
            people = self.write("people.json", json.dumps(PEOPLE))
            done = subprocess.run(
                argv, cwd=self.folder / within, capture_output=True, text=True, timeout=1200, check=False,
                env={**_plain_environ(), "DATABASE_URL": self.database.url, "PEOPLE": str(people), **environ},
            )  # fmt: skip
        except FileNotFoundError:
            pytest.skip(f"{argv[0]} is not on this machine")
        assert done.returncode == 0, f"{argv[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
        return done.stdout

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def spoken(said: str) -> Any:
    """The document on the last line of what a script said: frameworks greet before."""
    return json.loads(said.strip().splitlines()[-1])


def needed(*tools: str) -> None:
    """Skip where one of *tools* is missing."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on this machine")


def _plain_environ() -> dict[str, str]:
    """Nothing of the tests' own interpreter, nor of a database that the caller happens to use."""
    strange = ("PG", "PYTHON", "DJANGO", "RAILS", "STAGECOPY", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(strange)}


def personal(fields: Sequence[str] = PERSONAL) -> list[str]:
    """The values of *fields* of all people."""
    return [person[field] for person in PEOPLE for field in fields]
