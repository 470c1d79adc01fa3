"""plot_func groups runs by the values of `split_keys`, or by patterns, and says so in the legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from RLA import plot_func
from rla.errors import ExperimentNotFoundError, QueryError, RLAWarning

Legends = Callable[[], list[str]]


def groups(answer: tuple[dict[str, dict[str, Any]], Any], panel: str = "eval/return") -> list[str]:
    return [name.removesuffix("-se") for name in answer[0][panel] if name.endswith("-se")]


def test_a_group_is_named_by_its_values_and_the_number_of_its_runs(six_runs: Path, legends: Legends) -> None:
    answer = plot_func(six_runs, "demo", ["2026/*"], ["lr", "info"], ["eval/return"])
    assert legends() == ["lr=0.01.info=a (3)", "lr=0.1.info=a (3)"]
    assert groups(answer) == ["lr=0.01.info=a", "lr=0.1.info=a"]


def test_the_number_can_be_left_away(six_runs: Path, legends: Legends) -> None:
    plot_func(six_runs, "demo", "2026/*", "lr", "eval/return", show_number=False)
    assert legends() == ["lr=0.01", "lr=0.1"]


def test_the_call_of_the_readme(six_runs: Path) -> None:
    _ = plot_func(
        data_root=six_runs, task_table_name="demo", regs=["2026/11/20/13-0[0]*"], split_keys=["info", "lr"],
        metrics=["eval/return"],
    )  # fmt: skip
    assert groups(_) == ["info=a.lr=0.01", "info=a.lr=0.1"]


def test_a_key_that_a_run_lacks_reads_nf(run: Callable[..., Path], data_root: Path, legends: Legends) -> None:
    run([0, 1], {"eval/return": [0, 1]}, lr=1)
    run([0, 1], {"eval/return": [0, 1]}, lr=1, momentum=0.9)
    plot_func(data_root, "demo", ["2026/*"], ["momentum"], ["eval/return"])
    assert legends() == ["momentum=0.9 (1)", "momentum=NF (1)"]


def test_a_key_that_no_run_has_is_warned_of(six_runs: Path) -> None:
    with pytest.warns(RLAWarning, match=r"None of 6 runs has a hyper-parameter 'sede'; .* Did you mean 'seed'\?"):
        plot_func(six_runs, "demo", ["2026/*"], ["sede"], ["eval/return"])


def test_dotted_keys_go_down_and_numbers_are_sorted_by_value(
    run: Callable[..., Path], data_root: Path, legends: Legends
) -> None:
    for lr in (1e-05, 10, 2):
        run([0, 1], {"eval/return": [0, 1]}, agent={"lr": lr})
    plot_func(data_root, "demo", ["2026/*"], ["agent.lr"], ["eval/return"], show_number=False)
    assert legends() == ["agent.lr=1e-05", "agent.lr=2", "agent.lr=10"]


def test_several_metrics_on_one_pair_of_axes_are_named(six_runs: Path, legends: Legends) -> None:
    answer = plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["eval/return", "loss"], split_by_metrics=False)
    expected = [f"lr={lr} eval:{metric}" for lr in (0.01, 0.1) for metric in ("eval/return", "loss")]
    assert groups(answer, "ALL") == expected
    assert legends() == [f"{name} (3)" for name in expected]
    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], split_by_metrics=False)
    assert legends() == ["lr=0.01 (3)", "lr=0.1 (3)"]


def test_a_run_that_lacks_a_metric_does_not_count_in_its_curve(
    six_runs: Path, run: Callable[..., Path], legends: Legends
) -> None:
    run([0, 50, 100], {"eval/return": [0, 1, 2]}, lr=0.1)
    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["eval/return", "loss"])
    assert legends() == ["lr=0.01 (3)", "lr=0.1 (4)", "lr=0.01 (3)", "lr=0.1 (3)"]


def test_functions_of_users_name_curves(six_runs: Path, legends: Legends) -> None:
    def three(parse_dict: dict[str, str], split_keys: Sequence[str], y_name: str) -> str:
        return f"{parse_dict['lr']} of {list(split_keys)}, {y_name}"

    def four(parse_dict: dict[str, str], split_keys: Sequence[str], y_name: str, use_y_name: bool = True) -> str:
        return f"{parse_dict['lr']} {use_y_name}"

    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], key_to_legend_fn=three, show_number=False)
    assert legends() == ["0.01 of ['lr'], loss", "0.1 of ['lr'], loss"]
    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], key_to_legend_fn=four, show_number=False)
    assert legends() == ["0.01 False", "0.1 False"]


def test_two_metrics_are_never_averaged_into_one_curve(six_runs: Path) -> None:
    arguments: dict[str, Any] = {"key_to_legend_fn": lambda values, keys, metric: "all", "split_by_metrics": False}
    answer = plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["eval/return", "loss"], **arguments)
    assert groups(answer, "ALL") == ["all", "all eval:loss"]


# ---- one curve for each pattern --------------------------------------------------------------------------------------


def test_patterns_with_names_make_a_curve_each_in_their_order(six_runs: Path, legends: Legends) -> None:
    patterns = ["**lr=0.1*", "**seed=0*"]  # the run that both name is in both
    plot_func(six_runs, "demo", patterns, [], ["eval/return"], regs2legends=["slow", "first seeds"])
    assert legends() == ["slow (3)", "first seeds (2)"]


def test_patterns_of_one_name_make_one_curve_in_which_a_run_counts_once(six_runs: Path, legends: Legends) -> None:
    plot_func(six_runs, "demo", ["**seed=0*", "**lr=0.1*"], [], ["loss"], regs2legends=["both", "both"])
    assert legends() == ["both (4)"]


def test_without_names_a_run_that_two_patterns_name_counts_once(six_runs: Path, legends: Legends) -> None:
    plot_func(six_runs, "demo", ["2026/*", "**lr=0.1*"], ["lr"], ["loss"])
    assert legends() == ["lr=0.01 (3)", "lr=0.1 (3)"]


def test_as_many_names_as_patterns_are_needed(six_runs: Path) -> None:
    with pytest.raises(QueryError, match="regs2legends has a name for each of 1 pattern; got"):
        plot_func(six_runs, "demo", ["2026/*"], [], ["loss"], regs2legends=["a", "b"])


# ---- filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.1, "0.1", [0.1], ["0.1", "7"], {0.1}])
def test_a_filter_compares_texts(six_runs: Path, legends: Legends, value: object) -> None:
    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], hp_filter_dict={"lr": value, "info": "a"})
    assert legends() == ["lr=0.1 (3)"]


def test_a_filter_compares_lists_too(run: Callable[..., Path], data_root: Path, legends: Legends) -> None:
    for layers in ([64, 64], [256]):
        run([0, 1], {"loss": [0, 1]}, agent={"layers": layers})
    arguments: dict[str, Any] = {"hp_filter_dict": {"agent.layers": [64, 64]}}
    plot_func(data_root, "demo", ["2026/*"], ["agent.layers"], ["loss"], **arguments)
    assert legends() == ["agent.layers=[64, 64] (1)"]


def test_a_filter_that_lets_none_pass_says_what_there_is(six_runs: Path) -> None:
    with pytest.raises(ExperimentNotFoundError, match=r"None of 6 runs has .* 'lr' = 7 .*there are 0\.01, 0\.1"):
        plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], hp_filter_dict={"info": "a", "lr": 7})
    with pytest.raises(ExperimentNotFoundError, match=r"'sede' = 1 .*there is NF\. Did you mean 'seed'\?"):
        plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], hp_filter_dict={"sede": 1})
