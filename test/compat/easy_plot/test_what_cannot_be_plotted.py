"""What cannot be plotted is told of in words that say what to do; one broken run does not hide the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from RLA import plot_func
from rla.errors import DataRootError, ExperimentNotFoundError, QueryError, RLAWarning


def draw(root: Path, metrics: list[str], **options: Any) -> Any:
    return plot_func(root, "demo", ["2026/*"], ["lr"], metrics, **options)


def test_a_metric_that_nobody_has(six_runs: Path) -> None:
    with pytest.raises(
        QueryError,
        match=r"None of 6 runs of 'demo' has values of 'eval/retrun'\. Did you mean 'eval/return'\? "
        r"Recorded are: eval/return, loss\.",
    ):
        draw(six_runs, ["eval/retrun"])


def test_one_of_several_metrics_that_nobody_has_is_warned_of(six_runs: Path) -> None:
    with pytest.warns(RLAWarning, match=r"has values of 'los'\. Did you mean 'loss'\?"):
        drawn, _ = draw(six_runs, ["los", "eval/return"])
    assert list(drawn) == ["eval/return"]


def test_patterns_that_match_nothing(six_runs: Path) -> None:
    with pytest.raises(ExperimentNotFoundError, match=r"No experiment in log/demo matches '2025/\*' and '1999'\."):
        plot_func(six_runs, "demo", ["2025/*", "1999"], ["lr"], ["loss"])
    with pytest.warns(RLAWarning, match=r"No experiment in log/demo matches '2025/\*'; it is left out"):
        plot_func(six_runs, "demo", ["2025/*", "2026/*"], ["lr"], ["loss"])


def test_a_task_or_a_data_root_that_is_not_there(six_runs: Path) -> None:
    with pytest.raises(QueryError, match=r"There is no task 'dmeo' .* Did you mean 'demo'\?"):
        plot_func(six_runs, "dmeo", ["2026/*"], ["lr"], ["loss"])
    with pytest.raises(DataRootError, match="there is no such folder"):
        plot_func(six_runs / "nowhere", "demo", ["2026/*"], ["lr"], ["loss"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"shaded_sdt": True}, TypeError, r"plot_func\(\) takes no keyword 'shaded_sdt'\. Did you mean 'shaded_std'\?"),
        ({"metric": ["loss"]}, TypeError, r"takes no keyword 'metric'\. Did you mean 'metrics'\?"),
        ({"tiling": "diagonal"}, QueryError, "tiling='diagonal' is none of 'symmetric', 'vertical', 'horizontal'"),
        ({"estimator": "iqn"}, QueryError, "'iqn' is no estimator; .* Did you mean 'iqm'"),
        ({"band": "minmx"}, QueryError, "band='minmx' is none of .* Did you mean 'minmax'"),
        ({"x_range": "all"}, QueryError, "x_range='all' is none of"),
        ({"log": "z"}, QueryError, "log='z' is none of"),
        ({"bound_line": [5, "k", "--", "expert"]}, QueryError, r"bound_line is a list of .*; got 5 in it"),
        ({"bound_line": [[]]}, QueryError, r"bound_line is a list of \[y, color, style, label\]"),
        ({"resample": -1}, QueryError, "resample=-1 is no number of points"),
        ({"title": ["a", "b"]}, QueryError, "title is a text or a list of 1"),
        ({"colors": {"lr=0.1": "red"}}, QueryError, r"colors has none for 'lr=0\.01'"),
        ({"normalize": {"Hopper": (0, 1)}}, QueryError, "normalize needs to know the task of each run"),
        ({"hp_filter_dict": ["lr"]}, QueryError, "hp_filter_dict has the values that are wanted by name"),
    ],
)
def test_options_that_cannot_be(six_runs: Path, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw(six_runs, ["loss"], **options)


def test_arguments_behind_the_last_position(six_runs: Path) -> None:
    defaults = (False, False, True, None, "x", None, None, None, None, None, True, None)
    with pytest.raises(TypeError, match=r"plot_func\(\) takes 17 arguments by position; .*\('pretty',\)"):
        plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], *defaults, "pretty")


def test_rows_without_a_time_step_and_runs_without_any(six_runs: Path, experiment: Callable[..., Path]) -> None:
    experiment("14-00-00-000001", rows="loss,time-step\n7,\n8,0\n9,100\n", lr=5)
    experiment("14-00-01-000001", rows="loss\n7\n8\n", lr=5)
    with pytest.warns(RLAWarning, match=r"14-00-01-000001.*has no 'time-step'; it is left out"):
        _, scores = draw(six_runs, ["loss"])
    assert scores["lr=5 (1)-range"] == (9, 9)


def test_texts_in_a_metric_are_left_out_and_told_of(six_runs: Path, experiment: Callable[..., Path]) -> None:
    experiment("14-00-00-000001", rows="loss,time-step\n7,0\nfailed,50\n9,100\n", lr=5)
    with pytest.warns(
        RLAWarning, match=r"1 value of 'loss' in '.*14-00-00.*' is no number, such as 'failed'; left out"
    ):
        drawn, _ = draw(six_runs, ["loss"])
    assert drawn["loss"]["lr=5-sr"][1].tolist() == [7, 9]


def test_a_broken_run_is_named_and_the_others_are_drawn(six_runs: Path, experiment: Callable[..., Path]) -> None:
    folder = experiment("14-00-00-000001", rows=None, lr=5)
    (folder / "progress.csv").mkdir()
    experiment("14-00-01-000001", rows=None, lr=6)  # has recorded nothing, which is no fault
    with pytest.warns(RLAWarning, match=r"14-00-00-000001.* cannot be read to its end: .*; it is left out"):
        drawn, _ = draw(six_runs, ["loss"])
    assert {name.rpartition("-")[0] for name in drawn["loss"]} == {"lr=0.1", "lr=0.01"}


def test_names_that_would_be_formulas_are_shown_as_they_are(
    run: Callable[..., Path], data_root: Path, legends: Callable[[], list[str]]
) -> None:
    import matplotlib.pyplot as plt

    run([0, 1], {"a_$x^{$ #1": [0, 1]}, _cost_="$5$")
    plot_func(data_root, "demo", ["2026/*"], ["_cost_"], ["a_$x^{$ #1"], save_name="formula")
    assert legends() == [r" _cost_=\$5\$ (1)"]
    assert plt.gcf().axes[0].get_ylabel() == r"a_\$x^{\$ #1"


def test_fifty_groups_look_different_from_each_other(run: Callable[..., Path], data_root: Path) -> None:
    import matplotlib.pyplot as plt

    for number in range(50):
        run([0, 1], {"loss": [number, number]}, lr=number)
    draw(data_root, ["loss"])
    (axes,) = plt.gcf().axes
    assert len({(str(line.get_color()), line.get_linestyle()) for line in axes.get_lines()}) == 50
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_window_extent().height < plt.gcf().bbox.height
