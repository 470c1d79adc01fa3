"""From the tree of an expression to one condition of SQL."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from rla.database.expression.conditions import Column, Conditions, Parameter
from rla.database.expression.facts import FACTS
from rla.database.expression.parsing import KINDS, parse
from rla.database.expression.tree import AllOf, Comparison, Expression, Key, Node, Not
from rla.errors import UnknownKeyError

__all__ = ["FindKey", "compile_sql", "find_key_of"]

FindKey = Callable[[str, str], int | None]
"""From the kind (``run``, ``params``, ``last``) and name of a key to its number, None where no experiment has it."""

_ROWS: Final = "SELECT experiment, number, text FROM value WHERE key = ?"
_FACTS: Final = "SELECT experiment, number, text FROM fact_value WHERE key = ?"
_AGES: Final = "SELECT experiment, ? - number AS number, NULL AS text FROM fact_value WHERE key = ?"
_NEAREST: Final = 3
_LISTED: Final = 8


def compile_sql(
    expression: Expression, find_key: FindKey, known_keys: Callable[[], Iterable[str]], now: float
) -> tuple[str, list[Parameter]]:
    """Return an expression as a condition on ``experiment.id``: ``experiment.id IN (SELECT …)``, joined by AND and OR.

    It asks tables ``value (key, experiment, number, text)``, ``fact_value``, which has the same columns for the keys of
    facts, and ``tag (experiment, tag)``: each comparison once, by key. A statement with it runs inside of
    `matching_function`.

    Args:
        expression: what `parse` returned.
        find_key: finds the number of a key.
        known_keys: names of hyper-parameters and last values, of which the nearest are suggested; asked when needed.
        now: seconds since 1970, which ``today``, ``12h ago`` and ``age`` count from.

    Returns:
        SQL, never NULL, and its parameters.

    Raises:
        UnknownKeyError: no experiment has a key; the message points at it and names the nearest.
        ExpressionError: an operator or value does not fit the type of its key, or a pattern is none.
    """
    sql, parameters, *_ = _Compiler(expression, find_key, known_keys, now).condition(expression.root, True)
    return f"({sql})", parameters


def find_key_of(name: str, find_key: FindKey, known_keys: Callable[[], Iterable[str]]) -> int | None:
    """Return the number of the key that a name means in an expression; None of a fact that no experiment has.

    Args:
        name: a fact, hyper-parameter or recorded key, with a prefix or without: ``params.lr``.
        find_key: as by `compile_sql`.
        known_keys: as by `compile_sql`.

    Raises:
        UnknownKeyError: there is none of that name.
        ExpressionError: it is no key whose values have an order.
    """
    expression = parse(f"`{name.replace('`', '``')}`")
    assert isinstance(expression.root, Comparison)
    key = expression.root.key
    fact = FACTS.get(key.name) if key.kind in (None, "run") else None
    if fact is None:
        return _Compiler(expression, find_key, known_keys, 0.0).number_of(key)
    if fact.type == "tags" or key.name == "age":
        raise expression.error(f"'{key.name}' has no order; sort by 'start', say", key)
    return find_key("run", key.name)


class _Part(NamedTuple):
    sql: str
    parameters: list[Parameter]
    depth: int = 0
    """How many parentheses are open at its innermost."""
    is_any_of: bool = False


class _Compiler:
    def __init__(
        self, expression: Expression, find_key: FindKey, known_keys: Callable[[], Iterable[str]], now: float
    ) -> None:
        self._expression = expression
        self._find_key = find_key
        self._known_keys = known_keys
        self._now = now
        self._conditions = Conditions(expression, now)

    def condition(self, node: Node, wanted: bool) -> _Part:
        """Return the condition that a node is true, or that it is not: NOT goes down to the comparisons.

        SQLite's parser has a stack of 100. So there are no parentheses but those around an OR in an AND, and the
        deepest stands first: what is on the left of a parenthesis waits on the stack.
        """
        if isinstance(node, Not):
            return self.condition(node.part, not wanted)
        if isinstance(node, Comparison):
            sql, parameters = self._conditions.of(node, self._column(node.key))
            return _Part(sql if wanted else f"NOT {sql}", parameters)
        parts = [self.condition(part, wanted) for part in node.parts]
        is_any_of = isinstance(node, AllOf) != wanted
        if not is_any_of:
            parts = [
                _Part(f"({part.sql})", part.parameters, part.depth + 1) if part.is_any_of else part for part in parts
            ]
        parts.sort(key=lambda part: part.depth, reverse=True)
        sql = (" OR " if is_any_of else " AND ").join(part.sql for part in parts)
        return _Part(sql, [value for part in parts for value in part.parameters], parts[0].depth, is_any_of)

    def _column(self, key: Key) -> Column:
        fact = FACTS.get(key.name) if key.kind in (None, "run") else None
        if fact is None:
            return Column(None, (_ROWS, [self.number_of(key)]))
        if key.name == "age":
            start = self._find_key("run", "start")
            return Column(fact.type, None if start is None else (_AGES, [self._now, start]))
        if fact.type == "tags":
            return Column(fact.type, None)
        number = self._find_key("run", key.name)
        return Column(fact.type, None if number is None else (_FACTS, [number]), key.name == "name")

    def number_of(self, key: Key) -> int:
        """Return the number of a hyper-parameter or recorded key."""
        for kind in [key.kind] if key.kind else KINDS[1:]:
            number = self._find_key(kind, key.name)
            if number is not None:
                return number
        what = {None: "value", "params": "hyper-parameter", "last": "recorded key"}[key.kind]
        known = [*self._known_keys(), *FACTS]
        nearest = _nearest(key.name, known)
        advice = f"Did you mean {' or '.join(nearest)}?" if nearest else f"There are {', '.join(known[:_LISTED])}, …"
        problem = f"No experiment has a {what} '{key.name:.100}'. {advice}"
        raise UnknownKeyError(problem, self._expression.text, key.begin, key.end)


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that were most likely meant: by the whole name or its last part, in small letters."""
    by_form: dict[str, list[str]] = {}
    for candidate in known:
        for form in {candidate.lower(), re.split(r"[./_-]", candidate.lower())[-1]}:
            by_form.setdefault(form, []).append(candidate)
    forms = difflib.get_close_matches(name.lower(), by_form, n=_NEAREST, cutoff=0.75)
    forms = forms or difflib.get_close_matches(name.lower(), by_form, n=1, cutoff=0.6)
    return list(dict.fromkeys(candidate for form in forms for candidate in sorted(by_form[form])))[:_NEAREST]
