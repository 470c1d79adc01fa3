"""plot_res_func draws published log trees: the old name format with spaces, no parameter file, no other tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from RLA.easy_plot.plot_func import plot_res_func

from rla.errors import DataRootError, ExperimentNotFoundError, QueryError, RLAWarning

Legends = Callable[[], list[str]]
Picture = Callable[..., dict[str, tuple[object, ...]]]


def write_tree(folder: Path) -> Path:
    """Write four runs as the original did before 2023, and return their folder."""
    for second, (lr, seed) in enumerate([("0.1", 0), ("0.1", 1), ("0.01", 0), ("0.01", 1)]):
        name = f"21-10-{second:02d}-123456 10.0.0.5 &env_id=Hopper-v2&lr={lr}&seed={seed}"
        (folder / "2022/03/01" / name).mkdir(parents=True)
        rows = "\n".join(f"{x * float(lr) + seed},{-x},{x + seed}" for x in range(0, 100, 5))
        (folder / "2022/03/01" / name / "progress.csv").write_text(f"perf/rewards,loss,time-step\n{rows}\n")
    return folder


@pytest.fixture
def log_tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "data" / "log" / "maple")


def test_parameters_come_from_the_names_of_folders(log_tree: Path, legends: Legends) -> None:
    drawn, scores = plot_res_func(str(log_tree), ["2022/03/01/21-[12]*"], ["env_id", "lr"], ["perf/rewards"])
    expected = [f"env_id=Hopper-v2.lr={lr} eval:perf/rewards" for lr in ("0.01", "0.1")]
    assert legends() == [f"{name} (2)" for name in expected]
    assert list(drawn["ALL"]) == [f"{name}-{kind}" for name in expected for kind in ("sr", "se")]
    assert len(drawn["ALL"][f"{expected[0]}-se"][1]) == 1000  # resample is 1,000
    assert scores[f"{expected[1]} (2)-err"][0] == pytest.approx(9.9, abs=0.5)


def test_a_tree_may_lie_anywhere_and_in_no_data_root(
    tmp_path: Path, legends: Legends, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_tree(tmp_path / "published" / "maple")
    monkeypatch.chdir(tmp_path)
    with pytest.warns(RLAWarning, match="None of 4 runs has a hyper-parameter 'units'"):
        plot_res_func("published/maple/", ["/2022/*"], ["lr", "units"], ["loss"], save_name="figure", verbose=False)
    assert legends() == ["lr=0.01.units=NF eval:loss (2)", "lr=0.1.units=NF eval:loss (2)"]
    assert (tmp_path / "results/easy_plot/figure.png").exists()
    assert {path.name for path in folder.rglob("*.*") if path.is_file()} == {"progress.csv"}


def test_a_figure_of_a_data_root_lies_below_the_task(log_tree: Path, picture_of: Picture) -> None:
    before = picture_of(log_tree, without="nothing")
    plot_res_func(str(log_tree), ["2022/*"], ["lr"], ["loss"], save_name="a.pdf", use_buf=True)
    assert (log_tree.parents[1] / "results/easy_plot/maple/a.pdf").stat().st_size > 1000
    assert picture_of(log_tree, without="nothing") == before


def test_a_parameter_file_tells_what_a_name_does_not(log_tree: Path, legends: Legends) -> None:
    for folder in (log_tree / "2022/03/01").iterdir():
        (folder / "parameter.json").write_text('{"lr": "in the file", "agent": {"units": 64}}')
    plot_res_func(str(log_tree), ["2022/*"], ["lr", "agent.units"], ["loss"], show_number=False)
    assert legends() == ["lr=0.01.agent.units=64 eval:loss", "lr=0.1.agent.units=64 eval:loss"]


def test_several_metrics_share_one_pair_of_axes(log_tree: Path, legends: Legends) -> None:
    plot_res_func(str(log_tree), ["2022/*"], ["seed"], ["perf/rewards", "loss"], show_number=False)
    expected = [f"seed={seed} eval:{metric}" for seed in (0, 1) for metric in ("loss", "perf/rewards")]
    assert legends() == expected


def test_names_replace_the_legend_one_for_each_pattern(log_tree: Path, legends: Legends) -> None:
    patterns = ["2022/03/01/*lr=0.1*", "2022/03/01/*lr=0.01*"]
    plot_res_func(str(log_tree), patterns, [], ["loss"], replace_legend_keys=["fast", "slow"])
    assert legends() == ["fast (2)", "slow (2)"]
    with pytest.raises(QueryError, match="replace_legend_keys has a name for each of 2 patterns"):
        plot_res_func(str(log_tree), patterns, [], ["loss"], replace_legend_keys=["fast"])


def test_a_function_names_curves(log_tree: Path, legends: Legends) -> None:
    def name(parse_list: Sequence[str], y_name: str) -> str:
        return f"{parse_list} {y_name}"

    plot_res_func(str(log_tree), ["2022/*"], ["lr", "seed"], ["loss"], key_to_legend_fn=name, show_number=False)
    assert legends()[0] == "['lr=0.01', 'seed=0'] loss"


def test_values_are_cut_at_bounds(log_tree: Path) -> None:
    drawn, scores = plot_res_func(
        str(log_tree), ["**seed=0"], ["lr"], ["perf/rewards"], x_bound=50, x_start=20, y_bound=3, resample=0
    )
    assert len(drawn["ALL"]["lr=0.1 eval:perf/rewards-se"][1]) == 7  # 20, 25, …, 50
    assert scores["lr=0.1 eval:perf/rewards (1)-range"] == (3, 3)


def test_outliers_are_left_out_when_asked_for(log_tree: Path) -> None:
    (folder,) = log_tree.glob("2022/03/01/*lr=0.1&seed=0")
    with open(folder / "progress.csv", "a") as rows:
        rows.write("1000000.0,0,100\n")
    for asked, expected in ((False, 1e6), (True, 9.5)):
        _, scores = plot_res_func(
            str(log_tree), ["**lr=0.1&seed=0"], ["lr"], ["perf/rewards"], remove_outlier=asked, resample=0
        )
        assert scores["lr=0.1 eval:perf/rewards (1)-range"] == (expected, expected)


def test_a_folder_of_a_month_begins_the_patterns_there(log_tree: Path, legends: Legends) -> None:
    plot_res_func(str(log_tree / "2022" / "03"), ["01/*lr=0.1*"], ["lr"], ["loss"], show_number=False)
    assert legends() == ["lr=0.1 eval:loss"]


def test_what_is_not_there_is_told_of(log_tree: Path, tmp_path: Path) -> None:
    with pytest.raises(ExperimentNotFoundError, match=r"No run of 'maple' .* matches '2023/\*'"):
        plot_res_func(str(log_tree), ["2023/*"], ["lr"], ["loss"])
    with pytest.raises(DataRootError, match="there is no such folder"):
        plot_res_func(str(tmp_path / "nowhere"), ["2022/*"], ["lr"], ["loss"])
    with pytest.raises(QueryError, match=r"'los'\. Did you mean 'loss'\? Recorded are: loss, perf/rewards"):
        plot_res_func(str(log_tree), ["2022/*"], ["lr"], ["los"])
    with pytest.raises(TypeError, match=r"plot_res_func\(\) takes no keyword 'smoth_step'\. Did you mean 'smooth_st"):
        plot_res_func(str(log_tree), ["2022/*"], ["lr"], ["loss"], smoth_step=1)
    with pytest.warns(RLAWarning, match=r"No run of 'maple' matches '2023/\*'; it is left out"):
        plot_res_func(str(log_tree), ["2022/*", "2023/*"], ["lr"], ["loss"])
