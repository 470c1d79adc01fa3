"""A key is a fact, else a hyper-parameter, else a recorded key; a prefix picks the kind, backticks take any name."""

from __future__ import annotations

from typing import Any

import pytest

from rla.database.expression import FACTS, parse
from rla.errors import QueryError
from rla.errors import UnknownKeyError as Unknown

NAMES = ["lr", "eval/return_mean", "time-step", "agent.optimizer.lr", "rollout/ep_rew_mean", "a:b", "a#1", "x@y", "+x"]


@pytest.mark.parametrize("name", [*NAMES, "_", "奖励", "größe", "1st", "ago", "true_positive", "order", "e/5"])
def test_names_of_usual_characters_need_no_quotes(database: Any, name: str) -> None:
    found = database.add(last={name: 1})
    assert database.find(f"{name}==1") == database.find(f"({name}>0)and not{' '}{name}<0") == [found]


@pytest.mark.parametrize(
    "name", ["total reward", "gpu %", "a=b", "and", "1e-3", "f(x)", "it's", "a`b", "x>y", "in", ""]
)
def test_any_name_can_be_written_in_backticks(database: Any, name: str) -> None:
    found = database.add(last={name: 1})
    quoted = "`" + name.replace("`", "``") + "`"
    assert database.find(f"{quoted} == 1") == [found]
    assert parse(f"{quoted} > 0").keys() == (name,)


def test_the_first_kind_that_has_a_name_is_taken_for_all_experiments(database: Any) -> None:
    parameter = database.add(both=1)
    recorded = database.add(last={"both": 1})
    assert database.find("both == 1") == database.find("params.both == 1") == [parameter]
    assert database.find("last.both == 1") == [recorded]


@pytest.mark.parametrize("name", ["run.name", "params.x", "last.x", "status"])
def test_a_prefix_goes_before_the_name_whatever_that_is(database: Any, name: str) -> None:
    found = database.add(**{name: 1})
    assert database.find(f"params.{name} == 1") == database.find(f"`params.{name}` == 1") == [found]


def test_a_prefix_alone_is_a_name(database: Any) -> None:
    found = database.add(run={}, params=1, last={"run": 2})
    assert database.find("params == 1 and run == 2") == [found]


def test_an_expression_tells_its_keys() -> None:
    expression = parse("lr < 1 and (params.lr > 0 or not `a b` == 2) and lr != 3 and tag == x")
    assert expression.keys() == ("lr", "params.lr", "a b", "tag")
    assert expression.text.startswith("lr < 1 and (")


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("retrun", "eval/return"),
        ("return", "eval/return"),
        ("params.lrr", "lr"),
        ("LR", "lr"),
        ("Seed", "agent.seed"),
        ("agent.sed", "agent.seed"),
        ("staus", "status"),
        ("last.returns", "eval/return"),
    ],
)
def test_a_key_that_nobody_has_is_told_with_the_nearest(database: Any, key: str, nearest: str) -> None:
    database.add(lr=1, last={"eval/return": 1}, **{"agent.seed": 1})
    with pytest.raises(Unknown) as caught:
        database.find(f"lr > 0 and {key} == 1")
    problem, line, pointer = str(caught.value).splitlines()
    assert f"Did you mean {nearest}?" in problem
    assert line[pointer.index("^") :].startswith(f"{key} ")
    assert pointer.count("^") == len(key)


def test_where_nothing_is_near_some_keys_are_listed(database: Any) -> None:
    database.add(lr=1)
    with pytest.raises(Unknown, match=r"No experiment has a value 'zzz'\. There are lr, task, name"):
        database.find("zzz == 1")


def test_a_fact_that_is_none_is_told_before_anything_is_asked() -> None:
    with pytest.raises(Unknown, match=r"There is no fact 'stauts'\. Did you mean 'status'\?") as caught:
        parse("run.stauts == running")
    assert isinstance(caught.value, QueryError)
    assert all(fact in str(caught.value) for fact in FACTS)
