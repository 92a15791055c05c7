"""What programs say they need: compared with what the loader of this machine loads for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stagecopy.staging.elf import needs_of

PROGRAMS = ["/bin/sh", "/usr/bin/openssl", "/usr/lib/postgresql/15/bin/pg_dump"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads programs of Linux")
@pytest.mark.parametrize("path", PROGRAMS)
def test_interpreter_and_libraries_are_what_readelf_says(path: str) -> None:
    if not Path(path).exists():
        pytest.skip(f"no {path}")
    needs = needs_of(Path(path).read_bytes())
    assert needs is not None
    assert needs.interpreter is not None
    assert Path(needs.interpreter).exists()
    listed = subprocess.run([needs.interpreter, "--list", path], capture_output=True, text=True, check=True).stdout
    assert needs.libraries
    assert all(f"\t{name} " in listed or name in needs.interpreter for name in needs.libraries)


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x01\x01" + bytes(80), b"\x7fELF\x02\x01" + b"\xff" * 80]
)
def test_what_is_no_64_bit_program_needs_nothing(content: bytes) -> None:
    assert needs_of(content) is None
