"""No pattern hangs: one that tries every way to match is given up, with advice, and those that are quick mean what
Python's `re` says."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rla.database.patterns import compile_name_pattern, compile_pattern, compile_text_pattern
from rla.database.query import find_experiments
from rla.database.regular_expressions import SearchTime, search_all, syntax_problem
from rla.errors import QueryError

LONG = "a" * 60 + "!"
NAMES = ["2022/03/01/21-10-11-000001_a_&lr=0.01", f"2022/03/02/21-10-11-000001_a_&x={LONG}"]


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|aa)+$", "(.*a){25}!?$", "(x?a?){60}a{60}b", r"^(\w+\s?)*\|$"])
def test_an_expression_that_would_take_for_ever_is_given_up(expression: str) -> None:
    with pytest.raises(QueryError, match=re.escape(f"'{expression}' was given up after 0.2 seconds")) as caught:
        search_all(expression, [LONG], SearchTime(0.2))
    assert "repeat once" in str(caught.value)


def test_one_limit_holds_for_all_names_and_all_expressions_of_a_question() -> None:
    together = SearchTime(0.2)
    with pytest.raises(QueryError, match="given up"):
        search_all("(a+)+$", ["a", *[LONG] * 1000], together)
    assert together.left <= 0
    with pytest.raises(QueryError, match=r"given up after 0\.2 seconds"):
        search_all("a", ["a"], together)


def test_nested_groups_take_neither_the_time_nor_the_memory_of_the_reader() -> None:
    with pytest.raises(QueryError, match="given up"):
        search_all("(" * 100 + "a" + ")+" * 100 + "b", [LONG], SearchTime(0.2))


def test_an_expression_that_wants_too_much_memory_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rla.database.regular_expressions._MEMORY", 64 << 20)
    with pytest.raises(QueryError, match="for want of memory"):
        search_all("^(ab|a)*$", ["a" * (4 << 20)], SearchTime(60))


@pytest.mark.parametrize("compile_any", [compile_pattern, compile_text_pattern, compile_name_pattern])
def test_each_kind_of_pattern_is_limited(compile_any: Callable[..., object]) -> None:
    pattern = compile_any("re:(a+)+!!$", SearchTime(0.2))
    with pytest.raises(QueryError, match="given up"):
        pattern.select([f"task/{name}" for name in NAMES])  # type: ignore[attr-defined]


def test_a_listing_is_limited(
    found_experiment: Callable[..., Path], data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        found_experiment(name)
    monkeypatch.setattr("rla.database.patterns.SearchTime", lambda: SearchTime(0.2))
    with pytest.raises(QueryError, match=r"given up after 0\.2 seconds"):
        find_experiments(data_root, "demo_task", "re:(a+)+$")
    monkeypatch.setattr("rla.database.patterns.SearchTime", lambda: SearchTime(60))
    assert len(find_experiments(data_root, "demo_task", "re:a+!$")) == 1


@pytest.mark.parametrize(
    "glob", ["*a*a*a*a*b", "*a" * 100 + "*b", "*?" * 100 + "b", "**a" * 50 + "b", "*[ab]" * 50 + "c"]
)
def test_globs_take_no_time_whatever_they_are(glob: str) -> None:
    names = [f"task/2022/03/01/21-10-11-000001_a_&x={'a' * 100_000}"]
    assert compile_text_pattern(glob).select(names) == []
    assert compile_name_pattern(glob).select(names) == []


# ---- what is quick means what Python says ---------------------------------------------------------------------------

SIGNS = r"a b 1 _ { } [ ] ( ) | ^ $ . * + ? - & , : = \d \w \b \. \1 [ab] [^a] [[:alpha:]] (a) a| *?"
GROUPS = "(?: (?= (?! (?i: (?P<n> (?P=n) {2} {e<=1} {,1} {1,}"
PIECES = [" ", *SIGNS.split(), *GROUPS.split()]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.lists(st.text("abA1_{}&=e<\n", max_size=8), max_size=5),
)
@example("x{e<=1}", ["xx", "x", "x{e<=1}", "y"])
@example("[[:alpha:]]", ["a]", ":]", "z"])
@example("(?i)A$", ["a", "a\n", "b"])
@example("\ud800", ["\ud800", "a\0b", "é"])
def test_an_expression_finds_what_re_finds(expression: str, texts: list[str]) -> None:
    wrong, found = None, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = re.compile(expression)
            found = [compiled.search(text) is not None for text in texts]
        except re.error as error:
            wrong = (error.msg, error.pos or 0)
    assert syntax_problem(expression) == wrong
    assert wrong or search_all(expression, texts, SearchTime(60)) == found


@pytest.mark.parametrize("expression", ["(" * 500 + ")" * 500, "a{99999999999}", "a" * 1001])
def test_an_expression_that_re_cannot_take_is_refused_before_the_search(expression: str) -> None:
    with pytest.raises(QueryError, match="Not a regular expression"):
        compile_pattern(f"re:{expression}")
