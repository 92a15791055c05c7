"""Backups that do not come to their end: killed anywhere, on a full disk. The last good one stays as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.harness import Shop, kill
from tests.integration.majors import SLOW

STAGES = ("guard", "dump", "verify", "retain") if SLOW else ("verify",)
ROOMY = 50_000_000
# Bytes that nothing packs: a dump of them is larger than the tables are, where usual ones are far smaller.
INCOMPRESSIBLE = """
CREATE TABLE noise AS SELECT i AS id,
    (SELECT string_agg(decode(md5((i * 1000 + j)::text), 'hex'), '') FROM generate_series(1, 100) j) AS body
  FROM generate_series(1, 400) i;
ALTER TABLE noise ADD PRIMARY KEY (id)
"""


@contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    """A disk of its own at *folder*, whose size can be changed; needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir(parents=True, mode=0o700)
    argv: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={ROOMY},mode=0700", "tmpfs", folder]
    if subprocess.run(argv, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _room(disk: Path, size: int) -> None:
    used = sum(path.lstat().st_blocks * 512 for path in disk.rglob("*"))
    subprocess.run(["mount", "-o", f"remount,size={used + size}", disk], check=True)


def _sound(shop: Shop) -> list[str]:
    """The backups that a list shows, all of which have to be sound."""
    done = shop.run("backup", "list", "--json")
    assert done.code == 0, done.err
    assert {each["state"] for each in done.document["backups"]} <= {"verified"}
    return [each["id"] for each in done.document["backups"]]


def test_the_last_good_backup_outlives_full_disks_and_kills(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.production_sql(INCOMPRESSIBLE)
    with _disk(shop.home / "backups") as disk:
        good = shop.run("backup", "create", "--json")
        assert good.code == 0, good.err
        first = good.document["backup"]["id"]
        _room(disk, 450_000)
        full = shop.run("backup", "create", "--json")
        assert (full.code, full.document["error"]["code"]) == (4, "disk-full"), full.err
        assert "nothing was read" not in full.document["error"]["message"]
        assert [path.name for path in disk.iterdir()] == [first]
        _room(disk, 100_000)
        ahead = shop.run("backup", "create", "--json")
        assert (ahead.code, ahead.document["error"]["code"]) == (4, "disk-full"), ahead.err
        assert "nothing was read" in ahead.document["error"]["message"]
        _room(disk, ROOMY)
        assert _sound(shop) == [first]
        for stage in STAGES:
            _killed_at(shop, stage)
            assert first in _sound(shop) or len(_sound(shop)) == 2
        assert shop.run("backup", "create").code == 0
        assert len(_sound(shop)) == 2
        assert shop.run("backup", "verify", "-q").code == 0
        assert not list(disk.glob(".partial-*"))


def _killed_at(shop: Shop, stage: str) -> None:
    child = shop.start("backup", "create")
    assert child.stderr is not None
    for line in child.stderr:
        if line.strip() == stage:
            break
    kill(child)
