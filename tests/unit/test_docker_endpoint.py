"""The same engine as the docker program's own: its environment, its contexts, its order of precedence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from stagecopy.errors import StagingError
from stagecopy.staging.docker_endpoint import DEFAULT_HOST, Endpoint, endpoint


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings folder with two contexts; ``far`` has certificates."""
    for name, host in (("far", "tcp://far:2376"), ("near", "unix:///run/near.sock")):
        folder = hashlib.sha256(name.encode()).hexdigest()
        meta = tmp_path / "contexts" / "meta" / folder
        meta.mkdir(parents=True)
        document = {"Name": name, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
        (meta / "meta.json").write_text(json.dumps(document))
    material = tmp_path / "contexts" / "tls" / hashlib.sha256(b"far").hexdigest() / "docker"
    material.mkdir(parents=True)
    for file in ("ca.pem", "cert.pem", "key.pem"):
        (material / file).touch()
    return tmp_path


def found(settings: Path, **environ: str) -> Endpoint:
    return endpoint({"DOCKER_CONFIG": str(settings), **environ})


def test_without_anything_it_is_the_local_socket(settings: Path) -> None:
    assert found(settings).host == DEFAULT_HOST


def test_the_current_context_counts_and_brings_its_certificates(settings: Path) -> None:
    (settings / "config.json").write_text('{"currentContext": "far"}')
    chosen = found(settings)
    assert (chosen.host, chosen.verify) == ("tcp://far:2376", True)
    assert chosen.certificates
    assert chosen.certificates.is_relative_to(settings / "contexts" / "tls")


def test_the_environment_wins_over_it_and_a_named_context_over_all(settings: Path) -> None:
    (settings / "config.json").write_text('{"currentContext": "far"}')
    assert found(settings, DOCKER_HOST="unix:///run/other.sock").host == "unix:///run/other.sock"
    both = {"DOCKER_HOST": "unix:///run/other.sock", "DOCKER_CONTEXT": "near"}
    assert found(settings, **both).host == "unix:///run/near.sock"
    assert found(settings, DOCKER_CONTEXT="default").host == DEFAULT_HOST


def test_tls_of_the_environment(settings: Path, tmp_path: Path) -> None:
    host = "tcp://far:2376"
    assert found(settings, DOCKER_HOST=host).certificates is None
    assert found(settings, DOCKER_HOST=host, DOCKER_TLS_VERIFY="1") == Endpoint(host, "DOCKER_HOST", settings)
    by_path = found(settings, DOCKER_HOST=host, DOCKER_CERT_PATH=str(tmp_path / "c"))
    assert by_path == Endpoint(host, "DOCKER_HOST", tmp_path / "c", verify=False)


def test_a_context_that_does_not_exist_is_named(settings: Path) -> None:
    with pytest.raises(StagingError, match="'gone'") as failure:
        found(settings, DOCKER_CONTEXT="gone")
    assert failure.value.code == "docker-context"
