"""Functions as a project writes them beside its settings."""

from __future__ import annotations


def shout(values: list[str], digests: list[str]) -> list[str | None]:
    """The text in capitals and a little of its digest."""
    return [f"{value.upper()} {digest[:8]}" for value, digest in zip(values, digests, strict=True)]


def same(values: list[str], digests: list[str]) -> list[str | None]:
    """One mask for all."""
    return ["same" for _ in zip(values, digests, strict=True)]


def nothing(values: list[str], digests: list[str]) -> list[str | None]:
    """None for all."""
    return [None for _ in zip(values, digests, strict=True)]


def short(values: list[str], digests: list[str]) -> list[str | None]:
    """One too few."""
    return [*values[1:], *digests[:0]]


def numbers(values: list[str], digests: list[str]) -> list[int]:
    """No texts."""
    return [len(value) + len(digest) for value, digest in zip(values, digests, strict=True)]


def broken(values: list[str], digests: list[str]) -> list[str | None]:
    """Fails, and says a value."""
    raise KeyError(values[0] + digests[0])


def leaves(values: list[str], digests: list[str]) -> list[str | None]:
    """Ends the program."""
    raise SystemExit(len(values) + len(digests))
