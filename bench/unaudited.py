"""The program with nobody watching the rows: no digest is kept, so there is nothing to audit. For benches alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.cli.main import main
from stagecopy.masking.witness import Witness


def _look_away(*_: object) -> None:
    pass


Witness.see = _look_away  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
