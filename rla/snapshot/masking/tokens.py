"""Secrets in JSON and TOML: found piece by piece, without a parser that would forget the places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Final

from rla.snapshot.masking.spans import SecretSections, Span, covered, is_secret, spans_of_comment

__all__ = ["spans_of_tokens"]

_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)|'
    + r"'''.*?(?:'''|\Z)|"
    + r'"(?:[^"\\\n]|\\.)*"?|'
    + r"'[^'\n]*'?|#[^\n]*|[\w.-]+|[^\s\w]",
    re.DOTALL,
)
"""A text, a comment, a word, or a sign."""


def spans_of_tokens(text: str) -> Iterator[Span]:
    """Yield the texts behind secret keys of JSON or TOML, and those in lists and tables behind them."""
    sections = SecretSections(text)
    inherited = [""]  # the secret key that each open list or table stands behind
    secret = ""
    tokens = []
    for match in _TOKEN.finditer(text):
        if match[0].startswith("#"):
            yield from spans_of_comment(text, *match.span())
        else:
            tokens.append(match)
    for token, following in pairwise(chain(tokens, (None,))):
        assert token is not None  # None stands at the end alone
        piece = token[0]
        if len(inherited) == 1:
            inherited[0] = sections.key_at(token.start())
        if following is not None and following[0] in (":", "=") and piece not in ("]", "}"):
            name = piece.strip("\"'")
            secret = name if is_secret(name) else inherited[-1]
        elif piece in ("[", "{"):
            inherited.append(secret)
        elif piece not in (":", "="):
            if piece in ("]", "}"):
                inherited = inherited[:-1] or [""]
            elif secret and piece[0] in "\"'":
                quote = piece[:3] if len(piece) >= 6 and piece[:3] in ('"""', "'''") else piece[0]
                is_whole = len(piece) > len(quote) and piece.endswith(quote)  # the file may be cut short
                closing = quote if is_whole else ""
                inside = piece[len(quote) : len(piece) - len(closing)]
                yield Span(token.start(), token.end(), secret, quote + covered(inside) + closing)
            secret = inherited[-1]
