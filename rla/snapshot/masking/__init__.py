"""Secrets in configuration files: the values of certain keys are masked before anything is copied.

Only texts behind an exact list of keys, in yaml, json, toml, ini and .env files. Numbers stay, and code is never
touched. A masked text has as many lines as before, so that line numbers and diffs still fit.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from rla.snapshot.masking.lines import spans_of_env, spans_of_lines
from rla.snapshot.masking.spans import ANY_KEY, Span
from rla.snapshot.masking.tokens import spans_of_tokens
from rla.snapshot.masking.yaml_text import spans_of_yaml

__all__ = ["MASKED_PATTERNS", "Masked", "has_masked_pattern", "is_masked_file", "mask_secrets"]

_LARGEST_YAML: Final = 200_000
"""Longer texts would keep the parser of YAML busy for seconds: they are gone through line by line."""


def _spans_of_any_yaml(text: str) -> Iterator[Span]:
    return spans_of_yaml(text) if len(text) <= _LARGEST_YAML else spans_of_lines(text, yaml=True)


def _spans_of_ini(text: str) -> Iterator[Span]:
    return spans_of_lines(text, yaml=False)


_READERS: Final[dict[str, Callable[[str], Iterator[Span]]]] = {
    "yaml": _spans_of_any_yaml,
    "yml": _spans_of_any_yaml,
    "json": spans_of_tokens,
    "toml": spans_of_tokens,
    "ini": _spans_of_ini,
    "cfg": _spans_of_ini,
    "env": spans_of_env,
}
"""Suffix of a file → who finds the secrets in it."""


MASKED_PATTERNS: Final = (*(f"*.{suffix}" for suffix in _READERS), ".env.*")
"""Globs of the names that may be masked, in upper or lower case; `is_masked_file` knows the exceptions."""


class Masked(NamedTuple):
    """A text without its secrets.

    Attributes:
        text: the text, of as many lines as before.
        keys: what was masked: ``key (line n)``.
    """

    text: str
    keys: list[str]


def has_masked_pattern(path: str) -> bool:
    """Say whether the name of a file has one of `MASKED_PATTERNS`."""
    name = path.rpartition("/")[2].lower()
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in MASKED_PATTERNS)


def is_masked_file(path: str) -> bool:
    """Say whether secrets are masked in a file of this name."""
    return _reader(path) is not None


def _reader(path: str) -> Callable[[str], Iterator[Span]] | None:
    name = path.rpartition("/")[2].lower()
    suffix = name.rpartition(".")[2]
    if suffix not in _READERS and name.startswith(".env.") and suffix != "py":  # .env.local
        return spans_of_env
    return _READERS.get(suffix)


def mask_secrets(text: str, path: str) -> Masked:
    """Mask the texts behind secret keys.

    Args:
        text: the content of a configuration file.
        path: its name, which tells its format. What cannot be read in that format is gone through line by line.
    """
    reader = _reader(path)
    if reader is None or ANY_KEY.search(text) is None:
        return Masked(text, [])
    parts: list[str] = []
    keys: list[str] = []
    done, line = 0, 1
    for start, end, key, mask in sorted(reader(text)):
        if start >= done and start < end:
            line += text.count("\n", done, start)
            parts += [text[done:start], mask]
            keys.append(f"{key} (line {line})")
            line += text.count("\n", start, end)
            done = end
    return Masked("".join([*parts, text[done:]]), keys)
