"""Prints the table of masks for masking-rules/README.md: ``python -m stagecopy.masking.document``."""

from __future__ import annotations

import sys

from stagecopy.masking.maskers import MASKS


def table() -> str:
    """A Markdown table of all masks."""
    lines = ["| mask | puts | takes | unique columns | options |", "|---|---|---|---|---|"]
    for name, mask in MASKS.items():
        options = "; ".join(f"`{option}`: {meaning}" for option, meaning in mask.options.items())
        unique = "yes" if mask.injective else "no"
        lines.append(f"| `{name}` | {mask.summary} | {mask.takes} | {unique} | {options or '–'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
