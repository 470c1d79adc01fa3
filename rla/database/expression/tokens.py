"""The words of an expression: keys, operators, values and parentheses, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rla.errors import ExpressionError

__all__ = ["COMPARISONS", "END", "Token", "tokens_of"]

END: Final = "the end"

COMPARISONS: Final = ("==", "!=", "<=", ">=", "!~", "<", ">", "~", "=")

_TOKEN: Final = re.compile(
    r"""
      (?P<space>     \s+ )
    | (?P<text>      '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<key>       `(?:[^`]|``)*` )
    | (?P<sign>      ==|!=|<=|>=|!~|=>|=<|=~|<>|&&|\|\||[=<>~!&|(),] )
    | (?P<word>      [^\s'"`=<>~!&|(),]+ )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A word of an expression.

    Attributes:
        kind: ``word``, ``sign``, ``text`` (in quotes), ``key`` (in backticks) or ``end``.
        text: what it says; without its quotes, and a doubled quote inside is one.
        begin: its place in the expression.
        end: where that ends.
    """

    kind: str
    text: str
    begin: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Say whether it is one of these words of the language, in capitals or not."""
        return self.kind == "word" and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        """Say whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs


def tokens_of(expression: str) -> list[Token]:
    """Divide an expression into its words; an ``end`` stands behind the last.

    Raises:
        ExpressionError: a quote or backtick is not closed.
    """
    tokens, place = [], 0
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None:  # only an opening quote is no token
            what = "backtick" if expression[place] == "`" else "quote"
            raise ExpressionError(f"This {what} is not closed.", expression, place, place + 1)
        place = match.end()
        if match.lastgroup != "space":
            tokens.append(_token(match))
    return [*tokens, Token("end", END, len(expression), len(expression))]


def _token(match: re.Match[str]) -> Token:
    kind, text = str(match.lastgroup), match[0]
    if kind in ("text", "key"):
        text = text[1:-1].replace(text[0] * 2, text[0])
    return Token(kind, text, match.start(), match.end())
