"""How every disposable server is set up, whatever engine runs it.

Surprising: nothing is written into postgresql.conf. All settings travel as ``-c`` arguments at every start, so a clone
never inherits those of its source and a migration's ALTER SYSTEM cannot undo the ones that keep data out of the log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.model.staging import ClusterSpec
from stagecopy.staging.engine import ADMIN

READY_SECONDS = 60.0
STOP_SECONDS = 300  # the checkpoint of a large shared_buffers on a slow disk

# Speed: the directory can always be made again, so nothing is flushed before `Engine.sync`.
# Silence: an error's primary message may quote a value ("invalid input syntax … \"Bob\""), so errors are not logged
# at all; what remains is FATAL and PANIC. Asking for more is a decision of the caller, by ServerOptions.
_BASE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",
    "unix_socket_directories": "",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_autovacuum_min_duration": "-1",
    "log_lock_waits": "off",
    "lc_messages": "C",
}
_SINCE = {"log_parameter_max_length_on_error": ("0", 13)}
_KEPT_FROM_US = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")


def arguments(major: int, *layers: Mapping[str, str]) -> list[str]:
    """``-c name=value`` arguments of the server: the base, then each of *layers* over it."""
    values = dict(_BASE)
    values.update({name: value for name, (value, since) in _SINCE.items() if major >= since})
    for layer in layers:
        values.update(layer)
    return [word for name, value in sorted(values.items()) for word in ("-c", f"{name}={value}")]


def initdb_arguments(major: int, spec: ClusterSpec, *, locale: tuple[str, str]) -> list[str]:
    """Arguments of initdb but for the data directory and the password file. *locale* is (collate, ctype)."""
    collate, ctype = locale
    words = [f"--username={ADMIN}", "--auth=scram-sha-256", f"--encoding={spec.encoding}", "--no-sync"]
    words += ["--locale=C", f"--lc-collate={collate}", f"--lc-ctype={ctype}"]
    if major >= 18:
        words.append("--no-data-checksums")
    return words


def locale_ladder(spec: ClusterSpec) -> list[tuple[str, str]]:
    """The (collate, ctype) pairs to try in turn: exact, C.UTF-8, C. The encoding stays, so C.UTF-8 may not fit."""
    exact = (spec.collate, spec.ctype)
    rungs = [exact]
    if spec.encoding.upper().replace("-", "") == "UTF8":
        rungs.append(("C.UTF-8", "C.UTF-8"))
    rungs.append(("C", "C"))
    return list(dict.fromkeys(rungs))


def other_collation(spec: ClusterSpec, got: tuple[str, str]) -> tuple[Fidelity, ...]:
    """What to say when *got* is not the locale that was asked for."""
    if got == (spec.collate, spec.ctype):
        return ()
    message = (
        f"staging sorts text by {got[0]}, production by {spec.collate} (character types {spec.ctype}), which this "
        "engine does not have: order of text and ranges over text may differ"
    )
    return (Fidelity("other-collation", message),)


def blames_locale(text: str) -> bool:
    """Whether initdb's error is about the locale, so that the next rung is worth trying."""
    blames = ("invalid locale", "encoding mismatch", "could not find suitable encoding")
    return any(words in text.lower() for words in blames)


def host_based_authentication(addresses: tuple[str, ...]) -> str:
    """pg_hba.conf: a password by scram from *addresses* and by socket, nobody else, and no trust anywhere."""
    lines = ["# TYPE DATABASE USER ADDRESS METHOD", "local all all scram-sha-256"]
    lines += [f"host all all {address} scram-sha-256" for address in addresses]
    return "\n".join(lines) + "\n"


def server_environment() -> dict[str, str]:
    """The environment of a server's programs: none of ours but what finds libraries.

    The server outlives us and code inside it can read its environment, which must hold no key and no URL.
    """
    kept = {name: os.environ[name] for name in _KEPT_FROM_US if name in os.environ}
    return kept | server_locale()


def server_locale() -> dict[str, str]:
    """Messages of the server's programs in English, which is what we read."""
    return {"LC_ALL": "C", "LANG": "C"}


def check_name(name: str) -> str:
    """*name*, if it may name a folder, a volume and a container. Raises StagingError ``bad-name``."""
    plain = name.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and name[0].isalnum() and len(name) <= 100):
        raise StagingError("bad-name", f"{name!r} cannot name a data directory: use letters, digits, - and _")
    return name
