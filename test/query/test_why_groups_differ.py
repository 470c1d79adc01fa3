"""Groups of experiments are compared: what is constant inside each and differs between them explains the result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager
from rla.database.index.sizes import Sizes
from rla.errors import QueryError
from rla.query import Experiment, experiments
from rla.query.comparing import ABSENT, FACTS, MOST_CARDS, Explanation, explain

Start = Callable[..., None]


@pytest.fixture
def compare(start: Start, data_root: Path) -> Callable[..., Explanation]:
    """Record each group in a task of its own, and compare them: ``compare([{"lr": 1}, {"lr": 1}], [{"lr": 2}])``."""

    def record_and_explain(*groups: list[dict[str, Any]], edit: Callable[..., None] | None = None) -> Explanation:
        for number, runs in enumerate(groups):
            for hyper_param in runs:
                exp_manager.hyper_param = {}
                start(f"task_{number}", log_used=("csv",), **hyper_param)
                path = Path(exp_manager.log_dir, "experiment.json")
                exp_manager.finish()
                if edit is not None:
                    card = json.loads(path.read_text())
                    edit(number, card)
                    path.write_text(json.dumps(card))
        return explain({f"task_{number}": experiments(data_root, f"task_{number}") for number in range(len(groups))})

    return record_and_explain


def differing(found: Explanation, kind: str = "params") -> dict[str, tuple[Any, ...]]:
    return {each.key: each.values for each in found.differences if each.kind == kind}


def varying(found: Explanation, kind: str = "params") -> dict[str, tuple[int, ...]]:
    return {each.key: each.counts for each in found.variations if each.kind == kind}


def test_what_is_constant_inside_and_differs_between_is_a_difference(compare: Callable[..., Explanation]) -> None:
    one = [{"algo": "sac", "agent": {"lr": 0.1, "net": [64, 64]}, "gamma": 0.99, "seed": seed} for seed in (1, 2, 3)]
    two = [{"algo": "td3", "agent": {"lr": 0.1, "net": [256, 256]}, "gamma": 0.99, "seed": seed} for seed in (1, 2)]
    found = compare(one, two)
    assert differing(found) == {"algo": ("sac", "td3"), "agent.net": ([64, 64], [256, 256])}
    assert differing(found, "run") == {"task": ("task_0", "task_1")}
    assert varying(found) == {"seed": (3, 2)}
    assert [(group.name, group.size) for group in found.groups] == [("task_0", 3), ("task_1", 2)]
    assert found.overlapping == 0


def test_a_key_that_varies_in_one_group_only_explains_nothing(compare: Callable[..., Explanation]) -> None:
    found = compare([{"lr": 0.1}, {"lr": 0.2}], [{"lr": 0.3}, {"lr": 0.3}])
    assert "lr" not in differing(found)
    assert varying(found) == {"lr": (2, 1)}


def test_a_key_that_a_whole_group_lacks_is_a_difference(compare: Callable[..., Explanation]) -> None:
    found = compare([{"seed": 1, "tau": None}, {"seed": 1, "tau": None}], [{"seed": 1}])
    assert differing(found) == {"tau": (None, ABSENT)}


def test_a_key_that_some_of_a_group_lack_varies(compare: Callable[..., Explanation]) -> None:
    found = compare([{"seed": 1, "tau": 0.5}, {"seed": 1}], [{"seed": 1, "tau": 0.5}])
    assert differing(found) == {}
    assert varying(found) == {"tau": (2, 1)}


def test_what_reads_as_the_same_value_is_no_difference(compare: Callable[..., Explanation]) -> None:
    one = {"lr": 1, "decay": "1e-3", "clip": float("nan"), "double": True, "mode": "a", "empty": ""}
    two = {"lr": 1.0, "decay": 0.001, "clip": float("nan"), "double": "True", "mode": "A", "empty": None}
    assert differing(compare([one], [two])) == {"mode": ("a", "A"), "empty": ("", None)}


def test_what_all_share_is_counted(compare: Callable[..., Explanation]) -> None:
    shared = {f"option_{number}": number for number in range(40)}
    found = compare([{"algo": "a", **shared}], [{"algo": "b", **shared}], edit=lambda _, card: card.pop("packages"))
    assert list(differing(found)) == ["algo"]
    assert 40 < found.shared < 40 + len(FACTS)


def test_three_groups_are_compared_at_once(compare: Callable[..., Explanation]) -> None:
    assert differing(compare([{"lr": 1}], [{"lr": 1}], [{"lr": 2}])) == {"lr": (1, 1, 2)}


def test_the_code_and_the_machine_are_looked_at(compare: Callable[..., Explanation]) -> None:
    def edit(number: int, card: dict[str, Any]) -> None:
        card |= {"git_commit": f"{number}" * 40, "git_dirty": bool(number), "host": f"gpu-{number}", "pid": number}

    found = differing(compare([{}, {}], [{}], edit=edit), "run")
    assert found["commit"] == ("0" * 40, "1" * 40)
    assert found["dirty"] == (False, True)
    assert found["host"] == ("gpu-0", "gpu-1")
    assert "pid" not in found


def test_versions_of_packages_are_looked_at(compare: Callable[..., Explanation]) -> None:
    def edit(number: int, card: dict[str, Any]) -> None:
        card["packages"] = {"torch": f"2.{number}", "numpy": "2.0", **({"gym": "0.26"} if number else {})}

    found = compare([{}, {}], [{}], edit=edit)
    assert differing(found, "packages") == {"torch": ("2.0", "2.1"), "gym": (ABSENT, "0.26")}
    assert found.without_packages is None


def test_a_group_that_does_not_tell_its_packages_is_not_compared_by_them(compare: Callable[..., Explanation]) -> None:
    def edit(number: int, card: dict[str, Any]) -> None:
        card["packages"] = {} if number else {"torch": "2.0"}

    found = compare([{}], [{}], edit=edit)
    assert differing(found, "packages") == varying(found, "packages") == {}
    assert found.without_packages == "a group has no run card that names them"


def test_of_many_runs_no_card_is_read(start: Start, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(lr=1)
    exp_manager.finish()
    many = [*experiments(data_root)] * MOST_CARDS
    read: list[Path] = []
    monkeypatch.setattr("rla.query.comparing.read_run_card", read.append)
    assert explain({"a": many, "b": many[:1]}).without_packages == "there are more than 200 runs"
    assert read == []
    assert explain({"a": many[:-1], "b": many[:1]}).without_packages is not None
    assert len(read) == MOST_CARDS


def test_experiments_in_several_groups_are_counted(start: Start, data_root: Path) -> None:
    for seed in range(3):
        start(seed=seed)
    exp_manager.finish()
    every = experiments(data_root)
    assert explain({"all": every, "the last two": every[1:]}).overlapping == 2


def test_more_values_than_can_be_told_apart_are_still_several(start: Start, data_root: Path) -> None:
    start(lr=1)
    exp_manager.finish()
    (one,) = experiments(data_root)
    many = []
    for number in range(1500):
        place = (data_root, one.task, one.place.day, one.place.index_name)
        many.append(Experiment(*place, b'{"seed": %d}' % number, b"{}", lambda: (b"{}", b"{}"), lambda: Sizes({}, {})))
    found = explain({"many": many, "one": many[:1]})
    assert varying(found) == {"seed": (1000, 1)}


def test_an_empty_group_is_refused_by_name(start: Start, data_root: Path) -> None:
    start(lr=1)
    exp_manager.finish()
    every = experiments(data_root)
    with pytest.raises(QueryError, match="no experiment satisfies 'lr == 7'"):
        explain({"all": every, "lr == 7": every[:0]})
    with pytest.raises(QueryError, match="at least two groups"):
        explain({"all": every})
