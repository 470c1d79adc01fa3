"""From the text of an expression to its tree.

expression = part { "or" part }          part  = factor { "and" factor }
factor     = { "not" } ( "(" expression ")" | KEY [ comparison ] )
comparison = OPERATOR VALUE | [ "not" ] "in" "(" VALUE { "," VALUE } ")"
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from rla.database.expression.facts import FACTS
from rla.database.expression.literals import is_number
from rla.database.expression.tokens import COMPARISONS, END, Token, tokens_of
from rla.database.expression.tree import AllOf, AnyOf, Comparison, Expression, Key, Node, Not, Value
from rla.errors import ExpressionError, QueryError, UnknownKeyError, did_you_mean

__all__ = ["KINDS", "parse"]

KINDS: Final = ("run", "params", "last")
"""The kinds of value, in the order in which a key without a kind is looked for."""

_LONGEST: Final = 200_000
_DEEPEST: Final = 50
_MOST_COMPARISONS: Final = 500
_MOST_VALUES: Final = 10_000

_QUOTES: Final = "A text with spaces, commas or operators in it needs quotes."
_KEY: Final = re.compile(r"[\w./\-:#@+]+")
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_INSTEAD: Final = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "<>": "!=",
    "=~": "~",
    "=<": "<=",
    "=>": ">=",
    "is": "==",
    "equals": "==",
    "like": "~",
    "matches": "~",
    "glob": "~",
    "contains": "~",
}
"""What other languages write → what is written here."""


def parse(text: str) -> Expression:
    """Read an expression: ``lr < 1e-3 and env_id == 'Hopper-v4' and eval/return > 900``.

    Args:
        text: the expression, as docs/expressions.md describes it.

    Raises:
        ExpressionError: it is none; the message points at the place.
        UnknownKeyError: it names a fact (``run.…``) that there is not.
        QueryError: it is no text, or longer than 200,000 characters.
    """
    if not isinstance(text, str):
        raise QueryError(f"An expression is a text such as 'lr < 1e-3 and status == finished'; got {text!r:.100}.")
    if len(text) > _LONGEST:
        raise QueryError(f"The expression has {len(text)} characters; at most {_LONGEST} are read.")
    if half := re.search("[\ud800-\udfff]", text):
        raise ExpressionError("This is half of a character (a lone surrogate).", text, half.start(), half.end())
    return Expression(text, _Parser(text).whole())


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.place = 0
        self.depth = self.comparisons = self.values = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def closing(self) -> str:
        return "')'" if self.depth else END

    def next(self) -> Token:
        token = self.token
        self.place += token.kind != "end"
        return token

    def fail(self, problem: str, token: Token | None = None) -> NoReturn:
        token = token or self.token
        raise ExpressionError(problem, self.text, token.begin, token.end)

    def unexpected(self, expected: str, advice: str = "") -> NoReturn:
        came = self.token.text if self.token.kind == "end" else f"'{self.token.text:.50}'"
        instead = _INSTEAD.get(self.token.text.lower()) if self.token.kind in ("word", "sign") else None
        if instead and not advice.endswith(_QUOTES):
            advice = f" Write '{instead}' instead."
        self.fail(f"Expected {expected}, came {came}.{advice}")

    # ---- and, or, not ---------------------------------------------------------------------------------------------

    def whole(self) -> Node:
        if self.token.kind == "end":
            self.fail("The expression is empty. Write a condition such as lr < 1e-3.")
        node = self.any_of()
        if self.token.is_sign(")"):
            self.fail("This parenthesis was never opened.")
        if self.token.kind != "end":
            self.after_a_comparison()
        return node

    def any_of(self) -> Node:
        parts = [self.all_of()]
        while self.token.is_word("or"):
            self.next()
            parts.append(self.all_of())
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,))]
        return AnyOf(tuple(flat)) if len(flat) > 1 else flat[0]

    def all_of(self) -> Node:
        parts = [self.factor()]
        while self.token.is_word("and"):
            self.next()
            parts.append(self.factor())
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,))]
        return AllOf(tuple(flat)) if len(flat) > 1 else flat[0]

    def factor(self) -> Node:
        is_negated = False
        while self.token.is_word("not"):
            self.next()
            is_negated = not is_negated
        node = self.in_parentheses() if self.token.is_sign("(") else self.comparison()
        return Not(node) if is_negated else node

    def in_parentheses(self) -> Node:
        opened = self.next()
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"More than {_DEEPEST} parentheses are open here; that is too deep.", opened)
        node = self.any_of()
        if self.token.kind == "end":
            self.fail("This parenthesis is not closed.", opened)
        if not self.token.is_sign(")"):
            self.after_a_comparison()
        self.next()
        self.depth -= 1
        return node

    def after_a_comparison(self) -> NoReturn:
        last, before = self.tokens[self.place - 1], self.tokens[self.place - 2]
        if self.token.is_sign(*_MIRRORED) and before.is_sign(*_MIRRORED):
            self.fail("One comparison has two sides. Write them apart: lr > 1e-4 and lr < 1e-2.")
        touches = self.token.begin == last.end and not self.token.is_sign("&&", "||")
        is_text = self.token.kind in ("word", "text") and self.token.text.lower() not in _INSTEAD
        advice = f" {_QUOTES}" if last.kind == "word" and (touches or is_text) else ""
        self.unexpected(f"'and', 'or' or {self.closing}", advice)

    # ---- comparisons ----------------------------------------------------------------------------------------------

    def comparison(self) -> Node:
        key = self.key()
        self.comparisons += 1
        if self.comparisons > _MOST_COMPARISONS:
            self.fail(f"An expression has at most {_MOST_COMPARISONS} comparisons. Many values of one key: key in (…).")
        if self.token.is_word("in"):
            self.next()
            return Comparison(key, "in", self.list_of_values())
        if self.token.is_word("not") and self.tokens[self.place + 1].is_word("in"):
            self.place += 2
            return Comparison(key, "not in", self.list_of_values())
        if self.token.is_sign(*COMPARISONS):
            operator = self.next().text
            return Comparison(key, "==" if operator == "=" else operator, (self.value(),))
        ends = self.token.kind == "end" or self.token.is_word("and", "or") or self.token.is_sign(")")
        if not ends:
            advice = " A key with other characters goes in backticks: `total reward` > 5."
            self.unexpected(f"an operator (== != < <= > >= ~ !~ in), 'and', 'or' or {self.closing}", advice)
        return Comparison(key, "", ())

    def key(self) -> Key:
        token = self.token
        if token.kind == "key":
            self.next()
            return self.key_of(token)
        if token.kind == "text" or (token.kind == "word" and is_number(token.text)):
            self.value_in_front()
        if token.kind != "word" or token.is_word("and", "or", "in"):
            self.unexpected("the name of a value, such as lr, eval/return or status")
        known = _KEY.match(token.text)
        if known is None or known.end() < len(token.text):
            place = token.begin + (known.end() if known else 0)
            problem = f"'{self.text[place]}' is no part of a name here. Put the name in backticks: `{token.text:.50}`."
            raise ExpressionError(problem, self.text, place, place + 1)
        self.next()
        return self.key_of(token)

    def key_of(self, token: Token) -> Key:
        kind, dot, name = token.text.partition(".")
        if kind not in KINDS or not (dot and name):
            return Key(None, token.text, token.begin, token.end)
        if kind == "run" and name not in FACTS:
            problem = (
                f"There is no fact '{name:.50}'.{did_you_mean(name, FACTS)} Those there are: {', '.join(FACTS)}. "
                f"A hyper-parameter of this name is params.{token.text:.50}."
            )
            raise UnknownKeyError(problem, self.text, token.begin, token.end)
        return Key(kind, name, token.begin, token.end)

    def value_in_front(self) -> NoReturn:
        value, sign, key = (*self.tokens[self.place :], self.token, self.token)[:3]
        problem = "The name of a value stands on the left side of a comparison"
        if sign.is_sign(*COMPARISONS) and key.kind in ("word", "key"):
            turned = f"{_MIRRORED.get(sign.text, sign.text)} {self.text[value.begin : value.end]:.50}"
            problem += f". Write: {self.text[key.begin : key.end]:.50} {turned}"
        elif value.kind == "word":
            problem += f": lr > 1e-4. A name that looks like a number goes in backticks: `{value.text:.50}`"
        self.fail(problem + ".")

    # ---- values ---------------------------------------------------------------------------------------------------

    def list_of_values(self) -> tuple[Value, ...]:
        if not self.token.is_sign("("):
            self.unexpected("a list of values in parentheses: (1, 2, 3)")
        opened = self.next()
        values = [self.value()]
        while self.token.is_sign(","):
            self.next()
            if not self.token.is_sign(")"):  # a comma behind the last is no mistake
                values.append(self.value())
        if self.token.kind == "end":
            self.fail("This parenthesis is not closed.", opened)
        if not self.token.is_sign(")"):
            self.unexpected("',' or ')'")
        self.next()
        return tuple(values)

    def value(self) -> Value:
        token = self.token
        if token.kind not in ("word", "text") or token.is_word("and", "or", "not", "in"):
            self.unexpected("a value, such as 1e-3, 'Hopper-v4', true or 2026-11-20")
        self.values += 1
        if self.values > _MOST_VALUES:
            self.fail(f"An expression has at most {_MOST_VALUES} values.")
        self.next()
        text, end = token.text, token.end
        if token.kind == "word" and self.token.is_word("ago"):
            text, end = f"{text} ago", self.next().end
        return Value(text, token.kind == "text", token.begin, end)
