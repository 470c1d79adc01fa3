"""What all readers of secrets share: the keys, and the places of values in a text."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from rla.names import MASK, SECRET_KEYS

__all__ = ["ANY_KEY", "COMMENT", "KEY", "NUMBER", "SecretSections", "Span", "covered", "is_secret", "spans_of_comment"]

KEYS: Final = frozenset((*SECRET_KEYS, "ftp_server", "username"))
"""Those of the remote setting too: whoever gets the code needs neither the server nor the account."""

ANY_KEY: Final = re.compile("|".join(sorted(KEYS)).replace("_", "[-_]"), re.IGNORECASE)
"""Found nowhere in a text, there is nothing to mask in it."""

_ENDINGS: Final = tuple(f"_{known}" for known in KEYS)
_HEADING: Final = re.compile(r"^[ \t]*\[+(?P<name>[^\[\]\n=]+)\]+[ \t]*(?:[#;][^\n]*)?\r?$", re.MULTILINE)

KEY: Final = re.compile(r"(?P<quote>[\"']?)(?<![\w.-])(?P<key>[\w.-]+)(?P=quote)[ \t]*[:=][ \t]*")
"""A key, in quotes or without, and the sign behind it."""

COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))[#;][^\n]*", re.MULTILINE)

NUMBER: Final = re.compile(
    r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?\.?inf|\.?nan|0x[0-9a-f]+|true|false|null|none|~|", re.IGNORECASE
)
"""What is no text although nothing says so: numbers, truth values, null, and nothing at all."""


class Span(NamedTuple):
    """The place of a value, the key that it stands behind, and what stands there instead."""

    start: int
    end: int
    key: str
    mask: str


def is_secret(key: str, prefixes: bool = False) -> bool:
    """Say whether a key is one of the list; variables of the environment have their owner in front of it."""
    parts = [part.strip(" \t\"'").lower().replace("-", "_") for part in key.split(".")]
    return not KEYS.isdisjoint(parts) or (prefixes and parts[-1].endswith(_ENDINGS))


class SecretSections:
    """The sections of an INI or TOML file whose headings name a secret key.

    Args:
        text: the file.
    """

    def __init__(self, text: str) -> None:
        headings = [(match.start(), match["name"]) for match in _HEADING.finditer(text)]
        self._starts = [start for start, _ in headings]
        self._keys = [name if is_secret(name) else "" for _, name in headings]

    def key_at(self, position: int) -> str:
        """Return the secret key that the section at a position is named by; empty when it is none."""
        index = bisect.bisect_right(self._starts, position)
        return self._keys[index - 1] if index else ""


def covered(value: str) -> str:
    """Return a mask of as many lines, with their indentation."""
    return re.sub(r"\S[^\r\n]*", MASK, value) or MASK


def spans_of_comment(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield what stands behind a secret key in a comment, to the end of its line."""
    end -= text[start:end].endswith("\r")
    for match in KEY.finditer(text, start, end):
        value = text[match.end() : end]
        if is_secret(match["key"], prefixes=True) and not NUMBER.fullmatch(value.strip()):
            yield Span(match.end(), end, match["key"], MASK)
