"""`add_hparams` shows hyper-parameters and results: of the run itself, or of runs below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla.adapt.summary_writer import SummaryWriter

torch = pytest.importorskip("torch")
pytest.importorskip("tensorboard")

import tensorboardX  # noqa: E402
from tensorboard.plugins.hparams import plugin_data_pb2  # noqa: E402
from torch.utils.tensorboard import SummaryWriter as WriterOfTorch  # noqa: E402

PLUGIN = "hparams"
TABLE = {"lr": 0.1, "layers": 3, "env": "CartPole-v1", "anneal": True}
RESULTS = {"hparam/return": 500.0, "hparam/loss": 0.25}


def table_of(view: Any) -> dict[str, Any]:
    """Return the hyper-parameters that TensorBoard's tab shows of a run."""
    content = view.PluginTagToContent(PLUGIN)["_hparams_/session_start_info"]
    data = plugin_data_pb2.HParamsPluginData.FromString(content)
    values = data.session_start_info.hparams.items()
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in values}


def metrics_of(view: Any) -> set[str]:
    content = view.PluginTagToContent(PLUGIN)["_hparams_/experiment"]
    data = plugin_data_pb2.HParamsPluginData.FromString(content)
    return {info.name.tag for info in data.experiment.metric_infos}


def test_they_are_those_of_the_run_itself(in_tmp: Path, views: Callable, rows: Callable) -> None:
    with SummaryWriter("runs/first") as writer:
        writer.add_scalar("a", 1, 7)
        writer.add_hparams(TABLE, RESULTS, global_step=7)
    (view,) = views(in_tmp / "runs").values()
    assert table_of(view) == TABLE
    assert metrics_of(view) == set(RESULTS)
    assert [(event.step, event.value) for event in view.Scalars("hparam/return")] == [(7, 500)]
    assert rows(in_tmp / "runs" / "first") == [
        {"time-step": "7", "a": "1", "hparam/return": "500.0", "hparam/loss": "0.25"}
    ]


@pytest.mark.parametrize("make", [WriterOfTorch, tensorboardX.SummaryWriter, SummaryWriter])
def test_several_trials_are_runs_of_their_own_as_the_real_ones_have_them(
    make: Any, in_tmp: Path, views: Callable
) -> None:
    with make("runs/search") as writer:
        for trial in range(3):
            writer.add_hparams({"lr": 0.1 * trial}, {"hparam/accuracy": 10 * trial})
    with_table = [view for view in views(in_tmp / "runs").values() if PLUGIN in str(view.summary_metadata)]
    assert [table_of(view) for view in with_table] == [{"lr": 0.0}, {"lr": 0.1}, {"lr": 0.2}]
    assert [view.Scalars("hparam/accuracy")[0].value for view in with_table] == [0, 10, 20]


@pytest.mark.parametrize("make", [WriterOfTorch, SummaryWriter])
def test_a_named_run_lies_below(make: Any, in_tmp: Path, views: Callable) -> None:
    with make("runs/search") as writer:
        writer.add_hparams(TABLE, RESULTS, run_name="trial", global_step=3)
    found = views(in_tmp / "runs")["search/trial"]
    assert table_of(found) == TABLE
    assert [(event.step, event.value) for event in found.Scalars("hparam/loss")] == [(3, 0.25)]


@pytest.mark.parametrize("make", [tensorboardX.SummaryWriter, SummaryWriter])
def test_tensorboardx_has_the_name_in_the_third_place(make: Any, in_tmp: Path, views: Callable) -> None:
    with make("runs/search") as writer:
        writer.add_hparams(TABLE, RESULTS, "trial", 3)
    found = views(in_tmp / "runs")["search/trial"]
    assert [(event.step, event.value) for event in found.Scalars("hparam/loss")] == [(3, 0.25)]


def test_the_name_of_this_folder_means_the_run_itself(in_tmp: Path, views: Callable) -> None:
    """People write ``run_name="."`` for that."""
    with SummaryWriter("runs/first") as writer:
        writer.add_hparams(TABLE, RESULTS, run_name=".")
        writer.add_scalar("a", 1, 1)
    (view,) = views(in_tmp / "runs").values()
    assert table_of(view) == TABLE
    assert set(view.Tags()["scalars"]) == {*RESULTS, "a"}


def test_values_of_other_libraries_are_shown_too(in_tmp: Path, views: Callable) -> None:
    table = {"lr": np.float32(0.5), "layers": np.int64(3), "tensor": torch.tensor(2), "units": [64, 64], "none": None}
    with SummaryWriter("runs/first") as writer:
        writer.add_hparams(table, {"loss": torch.tensor(0.5)})
    (view,) = views(in_tmp / "runs").values()
    assert table_of(view) == {"lr": 0.5, "layers": 3, "tensor": 2, "units": "[64, 64]"}


def test_an_experiment_keeps_its_first_set_and_says_so(
    start: Callable[..., None], data_root: Path, views: Callable, said: list[str]
) -> None:
    start()
    writer = SummaryWriter("runs/ignored")
    for trial in (1, 2, 3):
        writer.add_hparams({"lr": trial}, {"loss": trial}, global_step=trial)
    writer.close()
    (view,) = views(data_root).values()
    assert table_of(view) == {"lr": 1}
    assert [event.value for event in view.Scalars("loss")] == [1, 2, 3]
    assert len(said) == 1
    assert "a run has one set of hyper-parameters" in said[0]


@pytest.mark.parametrize("arguments", [([], {}), ({}, None), ("lr", {})], ids=repr)
def test_what_is_no_dict_is_refused(in_tmp: Path, arguments: Any) -> None:
    with SummaryWriter("runs/first") as writer, pytest.raises(TypeError, match="takes two dicts"):
        writer.add_hparams(*arguments)


def test_a_result_that_is_no_number_is_refused(in_tmp: Path) -> None:
    with SummaryWriter("runs/first") as writer, pytest.raises(ValueError, match="for 'loss'"):
        writer.add_hparams(TABLE, {"loss": "low"})
