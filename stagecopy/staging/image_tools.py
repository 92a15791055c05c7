"""pg_dump, pg_restore and psql out of the staging image, for a Linux host that has none of that major.

Surprising: they run on the host with the image's own loader and libraries, so it does not matter which C library or
distribution either is; only the architecture must be the same. Nothing is fetched from the network, no container is
started, and a remote engine serves as well as a local one. Certificates come from the host: its list of authorities is
what its people trust, and the image's would be looked for at the image's path.
"""

from __future__ import annotations

import platform
import posixpath
import sys
import tempfile
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.files import locked, private_folder, remove_tree
from stagecopy.home import Home, place_of
from stagecopy.model.staging import Binaries
from stagecopy.postgres.binaries import CLIENT, told
from stagecopy.staging.docker_client import connect, ensure_image, has_image
from stagecopy.staging.elf import Needs, needs_of
from stagecopy.staging.image_files import ImageFacts, ImageFile, ImageFiles, image_facts, opened

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64"}
_LIBRARIES = (
    *("/lib/{machine}-linux-gnu", "/usr/lib/{machine}-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"),
    *("/usr/local/lib", "/usr/local/lib64"),
)
# Loaded by name when a host name is looked up; part of the C library itself from glibc 2.34 on.
_LOOKUPS = ("libnss_files.so.2", "libnss_dns.so.2")
_WRAPPER = """#!/bin/sh
# {name} of a PostgreSQL image, run by the image's own loader; the host's authorities for TLS.
here=${{0%/*}}/..
if [ -z "$SSL_CERT_FILE$SSL_CERT_DIR" ]; then
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem \\
        /etc/ssl/cert.pem; do
        if [ -r "$bundle" ]; then
            export SSL_CERT_FILE="$bundle"
            break
        fi
    done
fi
exec "$here/lib/{loader}" --library-path "$here/lib" "$here/programs/{name}" "$@"
"""


def client_tools_of_image(image: str, major: int, *, home: Home, pull: bool) -> Binaries | None:
    """The client programs of *image*, taken out of it once; None when it is not here and not to be pulled.

    Raises StagingError: no engine answers, ``image-missing``, ``image-tools`` (it has none that run here).
    """
    cache = home.binaries
    if sys.platform != "linux":
        raise StagingError("image-tools", "programs of an image run on Linux only")
    if ":" in str(cache):
        raise StagingError("image-tools", f"the loader of programs breaks on : in the name of the folder {cache}")
    client = connect()
    try:
        if pull:
            ensure_image(client, image)
        elif not has_image(client, image):
            return None
        facts = image_facts(client, image)
        _check(facts, image, major)
        tree = cache / f"image-{major}-{facts.id.removeprefix('sha256:')[:16]}"
        private_folder(cache)
        with locked(cache / ".image.lock", wait=True):
            if not tree.is_dir():
                with opened(client, image, project=home.project, home=place_of(home)) as files:
                    _take(files, tree, _places(major, facts.folders))
    finally:
        client.close()
    return _running(tree, image, major)


def _check(facts: ImageFacts, image: str, major: int) -> None:
    if facts.architecture != _ARCHITECTURES.get(platform.machine()):
        raise StagingError("image-tools", f"image {image} is for {facts.architecture}, this machine for another")
    if facts.major not in (None, major):
        raise StagingError("image-tools", f"image {image} is of PostgreSQL {facts.major}")


def _running(tree: Path, image: str, major: int) -> Binaries:
    found = told(tree / "bin", "image", CLIENT)
    if found is None or found.major != major:
        remove_tree(tree)
        said = f"are of PostgreSQL {found.version}" if found else "do not run on this machine"
        raise StagingError("image-tools", f"the client programs of image {image} {said}")
    for older in tree.parent.glob(f"image-{major}-*"):
        if older != tree:
            remove_tree(older)
    return found


def _places(major: int, path: tuple[str, ...]) -> tuple[str, ...]:
    """Where programs are, likeliest first: Debian's PATH leads to scripts, which are passed over."""
    return (f"/usr/lib/postgresql/{major}/bin", f"/usr/pgsql-{major}/bin", *path)


def _take(files: ImageFiles, tree: Path, places: tuple[str, ...]) -> None:
    """Copy programs, libraries and loader into *tree*, whole or not at all."""
    beside = Path(tempfile.mkdtemp(dir=tree.parent, prefix=f".{tree.name}."))
    try:
        for folder in ("bin", "lib", "programs"):
            (beside / folder).mkdir()
        taken: set[str] = set()
        for name in CLIENT:
            program, needs = _program(files, name, places)
            loader = posixpath.basename(needs.interpreter or "")
            _write(beside / "programs" / name, program.content)
            _write(beside / "bin" / name, _WRAPPER.format(name=name, loader=loader).encode())
            _take_libraries(files, beside / "lib", program, taken)
        beside.rename(tree)
    finally:
        remove_tree(beside)


def _program(files: ImageFiles, name: str, places: tuple[str, ...]) -> tuple[ImageFile, Needs]:
    for place in places:
        found = files.read(f"{place}/{name}")
        needs = needs_of(found.content) if found else None
        if found and needs and needs.interpreter:
            return found, needs
    raise StagingError("image-tools", f"the image has no program {name}")


def _take_libraries(files: ImageFiles, folder: Path, program: ImageFile, taken: set[str]) -> None:
    """All that *program* is linked with, and what that is linked with."""
    waiting = [program]
    while waiting:
        user = waiting.pop()
        needs = needs_of(user.content)
        if needs is None:
            continue
        wanted = [*needs.libraries, *([needs.interpreter, *_LOOKUPS] if needs.interpreter else [])]
        for name in wanted:
            short = posixpath.basename(name)
            if short in taken:
                continue
            taken.add(short)
            found = _library(files, name, user.path, needs)
            if found is not None:
                _write(folder / short, found.content)
                waiting.append(found)
            elif name not in _LOOKUPS:
                raise StagingError("image-tools", f"the image lacks the library {short}")


def _library(files: ImageFiles, name: str, user: str, needs: Needs) -> ImageFile | None:
    if "/" in name:
        return files.read(name)
    origin = posixpath.dirname(user)
    own = [each.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for each in needs.folders]
    usual = [each.format(machine=platform.machine()) for each in _LIBRARIES]
    for folder in dict.fromkeys([*own, *usual, origin, f"{origin}/../lib"]):
        if found := files.read(posixpath.normpath(f"{folder}/{name}")):
            return found
    return None


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)
