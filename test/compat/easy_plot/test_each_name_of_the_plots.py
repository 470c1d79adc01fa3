"""Each name of the old modules for plots: called once, and its result looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from RLA.easy_plot import plot_func as first
from RLA.easy_plot import plot_func_v2 as second
from RLA.easy_plot import plot_util
from RLA.easy_plot.result_cls import CsvResult, ImgResult, Result
from RLA.easy_plot.utils import results_loader

import rla
from rla.errors import DataRootError, QueryError, RLAWarning


def result(**parameters: Any) -> CsvResult:
    progress = pd.DataFrame({"time-step": [0, 1, 2, 3], "y": [1.0, 2.0, np.nan, 40.0], "note": list("abcd")})
    return CsvResult(progress=progress, dirname="runs/ppo-3", hyper_param=parameters)


# ---- plot_func and plot_func_v2 --------------------------------------------------------------------------------------


def test_default_key_to_legend() -> None:
    assert first.default_key_to_legend(["lr=1", "seed=2"], "loss") == "lr=1.seed=2 eval:loss"
    assert second.default_key_to_legend({"lr": "1"}, ["lr", "seed"], "loss") == "lr=1.seed=NF eval:loss"
    assert second.default_key_to_legend({"lr": "1"}, ["lr"], "loss", use_y_name=False) == "lr=1"


@pytest.mark.parametrize("module", [first, second])
def test_split_by_task_and_split_by_reg(module: Any) -> None:
    assert module.split_by_task(result(lr=1), ["lr", "seed"], ["a", "b"], None) == [
        "lr=1.seed=NF eval:a",
        "lr=1.seed=NF eval:b",
    ]
    found = {"2025/*": ["runs/other"], "2026/*": ["runs/ppo-3"]}
    assert module.split_by_reg(result(), found, ["a", "b"]) == ["2026/* eval:a", "2026/* eval:b"]


@pytest.mark.parametrize("module", [first, second])
def test_picture_split(module: Any) -> None:
    assert module.picture_split(result(lr=1), single_name="all") == ("all", None)
    assert module.picture_split(result(lr=1), None, ["lr"], ["a"]) == (None, ["lr=1 eval:a"])


def test_auto_gen_key_value_name() -> None:
    assert first.auto_gen_key_value_name({"lr": 0.1, "seed": 2}) == "lr=0.1.seed=2"


@pytest.mark.parametrize("module", [first, second])
def test_csv_to_xy(module: Any) -> None:
    x, y = module.csv_to_xy(result(), "time-step", "y", {"y": lambda values: values + 1}, x_bound=2, x_start=1)
    assert (x.tolist(), np.nan_to_num(y, nan=-1).tolist()) == ([1, 2], [3, -1])
    assert module.csv_to_xy(result(), "time-step", "nobody", None) is None
    with pytest.warns(RLAWarning, match="4 values of 'note' .* are no number, such as 'a'"):
        assert module.csv_to_xy(result(), "time-step", "note", None) is None
    with pytest.raises(QueryError, match="expected a value for each"):
        module.csv_to_xy(result(), "time-step", "y", {"y": lambda values: values[1:]})


def test_csv_to_xy_cuts_values_and_outliers() -> None:
    assert first.csv_to_xy(result(), "time-step", "y", None, y_bound=5)[1][-1] == 5  # type: ignore[index]
    few = result()
    few.progress = pd.DataFrame({"time-step": range(9), "y": [1, 2, 3, 4, 5, 6, 7, 8, 1e6]})
    x, y = first.csv_to_xy(few, "time-step", "y", None, remove_outlier=True)  # type: ignore[misc]
    assert (x[-1], y[-1]) == (7, 8)


def test_scale_index_to_dict() -> None:
    assert first.scale_index_to_dict(["a", "b", "c"], [0, -1], 100) == {"a": 100, "c": 100}
    assert first.scale_index_to_dict(["a", "b"], 1, 2.0) == {"b": 2.0}
    with pytest.raises(QueryError, match="no metric at position 2"):
        first.scale_index_to_dict(["a", "b"], 2, 1)


def test_show_plt(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    shown: list[str] = []
    monkeypatch.setattr(plt, "show", lambda: shown.append("shown"))
    monkeypatch.setattr(plt, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    first.show_plt()
    assert shown == ["shown"]


def test_plot_func_and_plot_res_func(six_runs: Path) -> None:
    assert rla.plot_func is second.plot_func
    drawn, _ = second.plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"])
    again, _ = first.plot_res_func(f"{six_runs}/log/demo", ["2026/*"], ["lr"], ["loss"], resample=0)
    assert drawn["loss"]["lr=0.1-se"][1].tolist() == again["ALL"]["lr=0.1 eval:loss-se"][1].tolist() == [2, 2]


def test_meta_csv_data_loader_func(six_runs: Path) -> None:
    (found,) = rla.experiment_data_query(six_runs, "demo", "**lr=0.1&seed=0*", "log").values()
    for use_buf in (False, True, True):
        loaded = second.meta_csv_data_loader_func(found, ["loss"], 60, use_buf)
        assert loaded.progress is not None
        assert loaded.progress.to_dict("list") == {"time-step": [0, 50], "loss": [3, 2]}


# ---- plot_util -------------------------------------------------------------------------------------------------------


def test_smooth_one_sided_ema_and_symmetric_ema() -> None:
    assert plot_util.smooth([0, 3, 6], 1).tolist() == [1.5, 3, 4.5]
    for average in (plot_util.one_sided_ema, plot_util.symmetric_ema):
        x, y, counts = average([0.0, 1.0, 2.0], [5.0, 5.0, 5.0], n=3)
        assert (x.tolist(), y.tolist()) == ([0, 1, 2], [5, 5, 5])
        assert counts.min() >= 1


@pytest.mark.parametrize("module", [first, plot_util])
def test_word_replace_and_word_replace_back(module: Any) -> None:
    assert module.word_replace("eval/a/b") == "eval--a--b"
    assert module.word_replace_back("eval--a--b") == "eval/a/b"
    assert module.word_replace_back(["a--b", "c"]) == ["a/b", "c"]


def test_colours_and_markers() -> None:
    assert len(plot_util.PRETTY_COLORS) == 6
    assert len(plot_util.PRETTY_MARKERS) == 5


def test_default_xy_fn_and_default_split_fn() -> None:
    x, y = plot_util.default_xy_fn(result(), "y")  # type: ignore[misc]
    assert (x.tolist(), y[:2].tolist()) == ([0, 1, 2, 3], [1, 2])
    assert plot_util.default_xy_fn(result(), None) is None
    assert plot_util.default_split_fn(result()) == "ppo"
    assert plot_util.default_split_fn(Result(dirname="/runs/td3/")) == "td3"


def test_load_results(six_runs: Path) -> None:
    task = six_runs / "log" / "demo"
    results = plot_util.load_results(task, ["loss", "nobody"], x_bound=50, verbose=False)
    assert [each.hyper_param["seed"] for each in results] == [0, 1, 2, 0, 1, 2]  # type: ignore[index]
    assert results[0].progress is not None
    assert results[0].progress.to_dict("list") == {"time-step": [0, 50], "loss": [3, 2]}
    (all_keys,) = plot_util.load_results([str(results[3].dirname)], None, None, use_buf=True)
    assert list(all_keys.progress) == ["eval/return", "loss", "time-step"]  # type: ignore[call-overload]
    assert all(each.progress is None for each in plot_util.load_results(task, ["loss"], None, enable_progress=False))
    with pytest.raises(DataRootError, match="there is no such folder"):
        plot_util.load_results(six_runs / "nowhere", [], None)


def test_load_results_of_folders_of_any_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("plain", "21-10-11-000001 10.0.0.5 &lr=0.1", "with parameters"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "progress.csv").write_text("loss,time-step\n1,0\n")
    (tmp_path / "with parameters" / "parameter.json").write_text('{"lr": 0.2}')
    found = plot_util.load_results(tmp_path, "loss", None, verbose=True)
    assert [each.hyper_param for each in found] == [{"lr": "0.1"}, {}, {"lr": 0.2}]
    assert capsys.readouterr().out.startswith("3 runs\n  ")


def test_plot_results() -> None:
    plotted = plot_util.plot_results([result()], metrics=["y"], average_group=True)
    assert list(plotted.g2lf["ALL"]) == ["ppo-sr", "ppo-se"]


def test_regression_analysis() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"lr": random.normal(size=50), "width": random.normal(size=50)})
    table["score"] = 3 + 2 * table["lr"] + random.normal(0, 0.1, 50)
    found = plot_util.regression_analysis(table)
    assert found.loc["lr", "low"] < 2 < found.loc["lr", "high"]
    assert found.loc["const", "coef"] == pytest.approx(3, abs=0.1)
    assert found.loc["lr", "P>|t|"] < 1e-9 < 0.01 < found.loc["width", "P>|t|"]
    assert found.attrs["r_squared"] > 0.99
    with pytest.raises(QueryError, match=r"with a column 'score'; got \['Score'\]\. Did you mean 'Score'"):
        plot_util.regression_analysis(pd.DataFrame({"Score": [1]}))
    with pytest.raises(QueryError, match="give more lines than columns"):
        plot_util.regression_analysis(table[:2])


# ---- result_cls and utils --------------------------------------------------------------------------------------------


def test_results() -> None:
    assert vars(Result({"lr": 1}, "a")) == {"hyper_param": {"lr": 1}, "dirname": "a"}
    assert vars(ImgResult({"lr": 1}, "a", {"b": []})) == {
        "hyper_param": {"lr": 1},
        "dirname": "a",
        "img_path_dict": {"b": []},
    }
    found = CsvResult("monitor", "progress", "a", "metadata", {"lr": 1})  # type: ignore[arg-type]
    assert (found.monitor, found.progress, found.metadata) == ("monitor", "progress", "metadata")
    assert repr(found) == "CsvResult('a')"


def test_results_loader(six_runs: Path, experiment: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    def load(query_res: Any) -> Any:
        if "lr=0.01&seed=1" in query_res.dirname:
            return None
        if "lr=0.01&seed=2" in query_res.dirname:
            raise OSError("it is gone")
        return Result(dirname=query_res.dirname)

    patterns = ["**lr=0.01*", "2026/*"]
    with pytest.warns(RLAWarning, match=r"lr=0\.01&seed=2.*' cannot be read: it is gone; it is left out"):
        results, reg_group = results_loader(six_runs, "demo", patterns, {"info": "a"}, load, True, "log")
    assert [each.hyper_param["lr"] for each in results] == [0.01, 0.1, 0.1, 0.1]  # type: ignore[index]
    assert {pattern: len(folders) for pattern, folders in reg_group.items()} == {"**lr=0.01*": 1, "2026/*": 4}
    assert "demo, '2026/*': 4 results\n" in capsys.readouterr().out
