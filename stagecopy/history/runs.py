"""A run of a verb: an id, a folder, a lock that lives exactly as long as the process, a log, a result.

Surprising: whether a run is alive is asked of the kernel (a lock on its folder), never of a pid file; after a crash,
a kill -9 or a reboot the lock is gone and what the run left behind may be cleaned up.
"""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stagecopy.errors import TerminatedError
from stagecopy.files import is_locked, locked, private_folder, remove_tree, write_json
from stagecopy.redact import scrub

KEPT_RUNS = 200
_RESULT = "result.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """A run under way. ``id`` sorts by time: 20261123-061739-3f2a."""

    id: str
    verb: str
    folder: Path

    @property
    def log_path(self) -> Path:
        """One JSON object a line."""
        return self.folder / "log.jsonl"

    def finish(self, document: dict[str, Any]) -> None:
        """Keep the result beside the log, without passwords."""
        text = scrub(json.dumps({"verb": self.verb, **document}, ensure_ascii=False))
        write_json(self.folder / _RESULT, json.loads(text))


class _JsonLines(logging.Handler):
    def __init__(self, path: Path) -> None:
        super().__init__(logging.DEBUG)
        self._stream = path.open("a", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("stagecopy."),
            "message": scrub(record.getMessage()),
        }
        if record.exc_info:
            entry["trace"] = scrub("".join(traceback.format_tb(record.exc_info[2])))
        with suppress(OSError):  # a full disk is the run's failure to report, not the log's
            self._stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._stream.flush()

    def close(self) -> None:
        with suppress(OSError):
            self._stream.close()
        super().close()


def new_id() -> str:
    """Time and four random hex digits: sortable, unique within a project."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


@contextmanager
def open_run(runs: Path, verb: str) -> Iterator[Run]:
    """A new run, its lock held and its log attached until the block ends."""
    run = Run(new_id(), verb, Path())
    run = Run(run.id, verb, private_folder(runs / run.id))
    with locked(run.folder / "lock", wait=True):
        handler = _JsonLines(run.log_path)
        logger = logging.getLogger("stagecopy")
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        _log.info("%s begins", verb)
        try:
            yield run
        except Exception as failure:
            _log.error("%s failed: %s", verb, type(failure).__name__, exc_info=failure)
            raise
        except (KeyboardInterrupt, TerminatedError) as ended:
            if not (run.folder / _RESULT).exists():
                code, words = (143, "terminated") if isinstance(ended, TerminatedError) else (130, "interrupted")
                run.finish(_without_result(code, words, f"the run was {words}"))
            raise
        finally:
            _log.info("%s ends", verb)
            logger.removeHandler(handler)
            handler.close()


def is_alive(runs: Path, run_id: str) -> bool:
    """Whether the process of that run still lives."""
    return is_locked(runs / run_id / "lock")


def bury_the_dead(runs: Path) -> None:
    """Give runs that were killed a result that says so, and keep only the newest runs."""
    folders = sorted(path for path in runs.iterdir() if path.is_dir())
    for folder in folders:
        if not (folder / _RESULT).exists() and not is_locked(folder / "lock"):
            write_json(folder / _RESULT, _without_result(137, "killed", "the process was killed"))
    for folder in folders[:-KEPT_RUNS]:
        if not is_locked(folder / "lock"):
            remove_tree(folder)


def _without_result(code: int, name: str, message: str) -> dict[str, Any]:
    """The result of a run that came to none."""
    return {"format": 1, "exit": code, "error": {"code": name, "message": message, "hint": None, "where": None}}
