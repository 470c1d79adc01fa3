"""Any expression finds in SQL what plain Python finds over dicts."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.database.expression.parsing import parse
from rla.database.expression.tree import AllOf, AnyOf, Comparison, Node, Value

NAN, INF = math.nan, math.inf

NUMBERS = {"0": 0.0, "1": 1.0, "3": 3.0, "-2": -2.0, "1e-3": 0.001, "2k": 2000.0, "inf": INF, "-inf": -INF, "nan": NAN}
WORDS = {"true": True, "FALSE": False, "none": None, "sac": "sac"}
QUOTED = {
    "'3'": "3",
    "'0.001'": "0.001",
    "'none'": "none",
    "'True'": "True",
    '"[1,2]"': "[1,2]",
    "'2k'": "2k",
    "''": "",
}
RIGHT: Mapping[str, float | bool | str | None] = {**NUMBERS, **WORDS, **QUOTED}
"""Right sides of comparisons, and what they stand for."""

PATTERNS = ["*", "s*", "'[!s]*'", "1", "1.0", "?", "'re:^[0-9]'", "True", "nan", "*.001", "'re:a|e$'"]

LEFT = [0, 1, 3, -2, 0.001, 2000, INF, -INF, NAN, True, False, None, "sac", "3", "1e-3", "nan", "none", "True", "true"]
LEFT += ["2k", "", "tac", [1, 2], "inf"]

KEYS = ["x", "y", "params.x", "last.x", "`last.a b`"]
"""A hyper-parameter and a recorded key share the name x; ``y`` is a hyper-parameter, ``a b`` a recorded key."""

Experiment = dict[str, dict[str, Any]]


def value_of(experiment: Experiment, comparison: Comparison) -> Any:
    key = comparison.key
    return experiment[key.kind or "params"].get(key.name)


def number_of(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (bool, int, float)) else None


def texts_of(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(value).replace(" ", "")]
    if isinstance(value, (str, bool)) or math.isnan(value):
        return [str(value)]
    return [repr(float(value)), *([str(int(value))] if math.isfinite(value) and value == int(value) else [])]


def equal(value: Any, right: Value) -> bool:
    meant = RIGHT[f"'{right.text}'" if right.is_quoted and f"'{right.text}'" in RIGHT else written(right)]
    if value is None or meant is None:
        return value is None and meant is None
    number = number_of(value)
    if isinstance(meant, bool):
        return number == float(meant) or str(value) in (str(meant), str(meant).lower(), right.text)
    other = number_of(meant)
    is_text = isinstance(value, (str, list, bool)) and texts_of(value) == [right.text]
    return is_text or (number is not None and (number == other or (number != number and meant != meant)))


def written(right: Value) -> str:
    return f'"{right.text}"' if right.is_quoted else right.text


def compare(value: Any, comparison: Comparison) -> bool:
    operator, right = comparison.operator, comparison.values
    if operator in ("==", "in"):
        return any(equal(value, each) for each in right)
    if value is None:
        return False
    if operator in ("!=", "not in"):
        return not any(equal(value, each) for each in right)
    if operator in ("~", "!~"):
        return matches(texts_of(value), right[0].text) == (operator == "~")
    number = number_of(value)
    if not operator:
        return (bool(number) and number == number) or value in ("True", "true")
    if number is None:
        return False
    limit = NUMBERS[right[0].text]
    return {"<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit}[operator]


def matches(texts: list[str], pattern: str) -> bool:
    if pattern.startswith("re:"):
        return any(re.search(pattern[3:], text) for text in texts)
    return any(fnmatch.fnmatchcase(text, pattern) for text in texts)


def holds(node: Node, experiment: Experiment) -> bool:
    if isinstance(node, Comparison):
        return compare(value_of(experiment, node), node)
    if isinstance(node, (AllOf, AnyOf)):
        return (all if isinstance(node, AllOf) else any)(holds(part, experiment) for part in node.parts)
    return not holds(node.part, experiment)


# ---- what is asked, and of what --------------------------------------------------------------------------------------

numbers = st.sampled_from(list(NUMBERS))
rights = st.sampled_from(list(RIGHT))
comparisons = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(KEYS), st.sampled_from(["==", "=", "!="]), rights),
    st.builds("{}{}{}".format, st.sampled_from(KEYS), st.sampled_from(["<", "<=", ">", ">="]), numbers),
    st.builds("{} {} {}".format, st.sampled_from(KEYS), st.sampled_from(["~", "!~"]), st.sampled_from(PATTERNS)),
    st.builds(
        lambda key, operator, values: f"{key} {operator} ({', '.join(values)})",
        st.sampled_from(KEYS),
        st.sampled_from(["in", "not in"]),
        st.lists(rights, min_size=1, max_size=4),
    ),
    st.sampled_from(KEYS),
)
expressions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=8,
)
values = st.sampled_from(LEFT)
experiments = st.fixed_dictionaries(
    {"params": st.fixed_dictionaries({}, optional={"x": values, "y": values})}
    | {"last": st.fixed_dictionaries({}, optional={"x": values, "a b": values})}
)


@settings(max_examples=300, deadline=None)
@given(expression=expressions, asked=st.lists(experiments, min_size=1, max_size=12))
def test_sql_finds_what_python_finds(new_database: Callable[[], Any], expression: str, asked: list[Experiment]) -> None:
    check(new_database, expression, asked)


@pytest.mark.parametrize("key", ["x", "last.x"])
@pytest.mark.parametrize("right", list(RIGHT))
def test_each_value_is_compared_with_each(new_database: Callable[[], Any], key: str, right: str) -> None:
    asked: list[Experiment] = [{"params": {"x": value}, "last": {"x": value}} for value in LEFT]
    asked += [{"params": {}, "last": {}}]
    orders = ("<", "<=", ">", ">=") if right in NUMBERS else ()
    for operator in ("==", "!=", *orders):
        check(new_database, f"{key} {operator} {right}", asked)
        check(new_database, f"not {key} {operator} {right}", asked)


def check(new_database: Callable[[], Any], expression: str, asked: list[Experiment]) -> None:
    database = new_database()
    for experiment in asked:
        database.add(last=experiment["last"], **experiment["params"])
    database.add(last={"x": 1, "a b": 1}, x=1, y=1)  # so that all keys are known
    root = parse(expression).root
    expected = [number for number, experiment in enumerate(asked) if holds(root, experiment)]
    assert [number for number in database.find(expression) if number < len(asked)] == expected
