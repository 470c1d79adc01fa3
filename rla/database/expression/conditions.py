"""From one comparison to a condition of SQL, by the type of its key.

A value is a row (key, experiment, number, text); `docs/expressions.md` says how values become rows. Every condition
reads the rows of one key once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from rla.database.expression.facts import Type
from rla.database.expression.literals import number_in, read_number
from rla.database.expression.matching import FUNCTION
from rla.database.expression.moments import read_moment
from rla.database.expression.tree import Comparison, Expression, Value
from rla.database.patterns import REGULAR_EXPRESSION, compile_name_pattern, compile_text_pattern
from rla.database.regular_expressions import syntax_problem
from rla.errors import QueryError

__all__ = ["Column", "Condition", "Conditions", "Parameter"]

Parameter = float | int | str | None
Condition = tuple[str, list[Parameter]]
"""SQL that is true or false, never NULL, and its parameters."""

_PRESENT: Final = "(number IS NOT NULL OR text IS NOT NULL)"
_WORDS: Final = {"true": (1.0, ("True", "true")), "false": (0.0, ("False", "false"))}
_MOST_DATES: Final = 100
_ORDERS: Final = ("<", "<=", ">", ">=")
_MEANS: Final[dict[str, str]] = {
    "number": "a number",
    "duration": "a duration, such as 90s, 5min, 12h or 3d, or a number of seconds",
    "size": "a size, such as 500MB or 1GiB, or a number of bytes",
    "bool": "true or false",
    "moment": "a date, such as 2026-11-20, '2026-11-20 08:00', today or 12h ago",
}


@dataclass(frozen=True)
class Column:
    """The values that a comparison looks at.

    Attributes:
        type: that of a fact; None for hyper-parameters and last values, which have any.
        rows: SQL that yields experiment, number and text, with its parameters; None where no experiment has a value.
        is_name: patterns are those of names of experiments.
    """

    type: Type | None
    rows: Condition | None
    is_name: bool = False

    def where(self, rows: str, parameters: Iterable[Parameter] = ()) -> Condition:
        """Return the condition that an experiment has a value for which ``rows`` holds."""
        if self.rows is None:
            return "0", []
        return (
            f"experiment.id IN (SELECT experiment FROM ({self.rows[0]}) WHERE {rows})",
            [*self.rows[1], *parameters],
        )

    def matching(self, pattern: str, wanted: bool) -> Condition:
        """Return the condition that an experiment has a value that matches a pattern, or that does not."""
        if self.rows is None:
            return "0", []
        found = f"SELECT {FUNCTION}(?, ?, ?, experiment, number, text) FROM ({self.rows[0]})"
        parameters = [pattern, int(self.is_name), int(wanted), *self.rows[1]]
        return f"experiment.id IN (SELECT value FROM json_each(({found})))", parameters


class Conditions:
    """Makes conditions of the comparisons of an expression.

    Args:
        expression: points out what is wrong.
        now: seconds since 1970.
    """

    def __init__(self, expression: Expression, now: float) -> None:
        self._expression = expression
        self._now = now

    def of(self, comparison: Comparison, column: Column) -> Condition:
        """Return the condition of a comparison.

        Raises:
            ExpressionError: the operator or a value does not fit the type of the column.
        """
        if column.type == "tags":
            return self._of_tags(comparison)
        operator, values = comparison.operator, comparison.values
        if not operator:
            if column.type in ("text", "moment"):
                self._fail_key(comparison, f"is a {column.type}, neither true nor false")
            return column.where("number <> 0 OR text IN ('True', 'true')")
        if operator in ("~", "!~"):
            if column.type == "moment":
                self._fail_key(comparison, "is a moment, which has no pattern. Compare a beginning of it: == 2026-11")
            self._check_pattern(values[0], column.is_name)
            return column.matching(values[0].text, operator == "~")
        if operator in _ORDERS:
            return self._order(comparison, column)
        others = [value for value in values if not _is_none(value)]
        if operator in ("!=", "not in"):
            return column.where(*self._unequal_rows(others, column.type))
        equal = [column.where(*self._equal_rows(others, column.type))] if others else []
        return _any_of(equal + ([_negated(column.where(_PRESENT))] if len(others) < len(values) else []))

    def _fail_key(self, comparison: Comparison, problem: str) -> NoReturn:
        name = comparison.key.name
        advice = f" To ask whether there is any: {name} != none." if not comparison.operator else ""
        raise self._expression.error(f"'{name}' {problem}.{advice}", comparison.key)

    # ---- order ----------------------------------------------------------------------------------------------------

    def _order(self, comparison: Comparison, column: Column) -> Condition:
        operator, value = comparison.operator, comparison.values[0]
        if column.type in ("text", "bool"):
            what = "a text" if column.type == "text" else "true or false"
            self._fail_key(comparison, f"is {what}, which has no order. Use == != ~ !~ or in")
        number = read_number(value.text) if column.type != "moment" else None
        if number is not None:
            return column.where(f"number {operator} ?", [number])
        span = read_moment(value.text, self._now) if column.type in (None, "moment") else None
        if span is None:
            raise self._wrong_value(value, column.type or "number")
        if operator in ("<=", ">") and span.begin < span.end:  # the end of a day is no more of the day
            return column.where(f"number {'<' if operator == '<=' else '>='} ?", [span.end])
        return column.where(f"number {operator} ?", [span.begin])

    def _wrong_value(self, value: Value, type: str) -> Exception:
        advice = ""
        if value.text[-1:] == "m" and read_number(value.text[:-1]) is not None:
            advice = " Minutes are 'min', millions are 'M'."
        return self._expression.error(f"Expected {_MEANS[type]}, came '{value.text:.50}'.{advice}", value)

    # ---- equality -------------------------------------------------------------------------------------------------

    def _unequal_rows(self, values: Sequence[Value], type: Type | None) -> Condition:
        if not values:
            return _PRESENT, []
        rows, parameters = self._equal_rows(values, type)
        return f"{_PRESENT} AND NOT ifnull({rows}, 0)", parameters

    def _equal_rows(self, values: Sequence[Value], type: Type | None) -> Condition:
        """Return the condition of rows (which may be NULL) that equal one of the values."""
        if type == "moment":
            return self._within(values)
        numbers: dict[float, None] = {}
        texts: dict[str, None] = {}
        has_nan = False
        for value in values:
            as_texts, number = self._equals(value, type)
            texts.update(dict.fromkeys(as_texts))
            if number is not None and math.isnan(number):
                has_nan = True
            elif number is not None:
                numbers[number] = None
        parts: list[Condition] = [(f"number IN ({_marks(numbers)})", list(numbers))] if numbers else []
        parts += [(f"text IN ({_marks(texts)})", list(texts))] if texts else []
        parts += [("lower(text) IN ('nan', '+nan', '-nan')", [])] if has_nan else []
        return _any_of(parts)

    def _equals(self, value: Value, type: Type | None) -> tuple[Iterable[str], float | None]:
        """Return the texts and the number that a stored value must have, to equal a value of the expression."""
        text, word = value.text, value.text.lower() if not value.is_quoted else ""
        if type == "text":
            return [text], None
        if type is None and value.is_quoted:
            return [text], number_in(text)
        if type in (None, "bool") and word in _WORDS:
            number, texts = _WORDS[word]
            return [*texts, text], number
        number_read = read_number(text)
        if type is not None and (number_read is None or (type == "bool" and number_read not in (0, 1))):
            raise self._wrong_value(value, type)
        return [text] if type is None else [], number_read

    def _within(self, values: Sequence[Value]) -> Condition:
        if len(values) > _MOST_DATES:
            raise self._expression.error(f"A list has at most {_MOST_DATES} dates.", values[_MOST_DATES])
        parts: list[Condition] = []
        for value in values:
            span = read_moment(value.text, self._now)
            if span is None:
                raise self._wrong_value(value, "moment")
            before = "<=" if span.begin == span.end else "<"
            parts.append((f"(number >= ? AND number {before} ?)", [span.begin, span.end]))
        return _any_of(parts)

    # ---- patterns and tags ----------------------------------------------------------------------------------------

    def _check_pattern(self, value: Value, is_name: bool) -> None:
        expression = value.text.removeprefix(REGULAR_EXPRESSION)
        problem = syntax_problem(expression) if expression != value.text else None
        if problem:
            place = value.begin + value.is_quoted + len(REGULAR_EXPRESSION) + problem[1]
            as_written = self._expression.text[value.begin + value.is_quoted : value.end - value.is_quoted]
            where = Value("", False, place, place + 1) if as_written == value.text else value
            raise self._expression.error(f"Not a regular expression: {problem[0]}.", where)
        try:
            (compile_name_pattern if is_name else compile_text_pattern)(value.text)
        except QueryError as error:
            raise self._expression.error(str(error), value) from error

    def _of_tags(self, comparison: Comparison) -> Condition:
        """Return the condition of a comparison of tags, of which an experiment has any number."""
        operator, values = comparison.operator, comparison.values
        if not operator or operator in _ORDERS:
            self._fail_key(comparison, "is a list of texts: use == != ~ !~ or in")
        if operator in ("~", "!~"):
            self._check_pattern(values[0], False)
            tags = Column("text", ("SELECT experiment, NULL AS number, tag AS text FROM tag", []))
            found = tags.matching(values[0].text, True)
        else:
            texts = [value.text for value in values if not _is_none(value)]
            any_tag = "experiment.id IN (SELECT experiment FROM tag"
            parts: list[Condition] = [(f"{any_tag} WHERE tag IN ({_marks(texts)}))", [*texts])] if texts else []
            parts += [(f"NOT {any_tag})", [])] if len(texts) < len(values) else []
            found = _any_of(parts)
        return _negated(found) if operator in ("!=", "!~", "not in") else found


def _is_none(value: Value) -> bool:
    return not value.is_quoted and value.text.lower() == "none"


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _negated(condition: Condition) -> Condition:
    return f"NOT {condition[0]}", condition[1]


def _any_of(parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    return f"({' OR '.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]
