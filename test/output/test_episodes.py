"""Episodes: each one is kept with its time step, and rows show the figures of the last hundred."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rla import logger, read_episodes, read_progress, time_step_holder
from rla.output.logger import Logger


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["csv", "tensorboard"])
    return folder


def test_one_episode_comes_back(recording: Path) -> None:
    time_step_holder.set_time(500)
    logger.episodes(21.5, 200)
    (episode,) = read_episodes(recording).to_dict("records")
    assert (episode["time-step"], episode["return"], episode["length"]) == (500, 21.5, 200)
    assert math.isnan(episode["env"])
    assert episode["timestamp"] > 1.7e9


def test_episodes_of_several_environments_stand_in_the_order_in_which_they_were_given(recording: Path) -> None:
    logger.episodes(np.array([3.0, -1.0]), np.array([30, 10]), env_ids=np.array([4, 7]))
    time_step_holder.set_time(10)
    logger.episodes([2.0], [20], env_ids=[0])
    table = read_episodes(recording)
    assert table["return"].to_list() == [3.0, -1.0, 2.0]
    assert table["length"].to_list() == [30, 10, 20]
    assert table["env"].to_list() == [4, 7, 0]
    assert table["time-step"].to_list() == [0, 0, 10]


def test_tensors_count_as_arrays(recording: Path) -> None:
    logger.episodes(torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([5, 6]), env_ids=torch.tensor([0, 1]))
    assert read_episodes(recording)["length"].to_list() == [5, 6]


def test_no_episode_at_all_is_fine_and_makes_no_file(recording: Path) -> None:
    logger.episodes(np.array([]), np.array([]), env_ids=np.array([]))
    assert logger.dump_tabular() == {}
    assert read_episodes(recording).empty
    assert list(read_episodes(recording).columns) == ["time-step", "return", "length", "env", "timestamp"]
    assert not (recording / "episodes.csv").exists()


def test_extra_columns_may_come_at_any_time_and_keep_their_types(recording: Path) -> None:
    logger.episodes(1.0)
    logger.episodes([2.0, 3.0], success=[True, False], level='a "maze",\n')
    logger.episodes(4.0, seed=7, distance=math.nan)
    table = read_episodes(recording)
    assert table["success"].iloc[1:3].to_list() == [True, False]
    assert table["level"].iloc[1:3].to_list() == ['a "maze",\n'] * 2
    assert table["seed"].iloc[3] == 7
    assert table.iloc[0][["success", "level", "seed", "distance"]].isna().all()


def test_texts_may_name_the_environment(recording: Path) -> None:
    names = ["left", '{"right", 1}', "3", "a\nb"]
    logger.episodes([1.0, 2.0, 3.0, 4.0], env_ids=names, won=[1, 0, 1, 0])
    table = read_episodes(recording)
    assert table["env"].to_list() == names
    assert table["won"].to_list() == [1, 0, 1, 0]


def test_returns_that_are_not_finite_come_back(recording: Path) -> None:
    logger.episodes([math.nan, math.inf, -math.inf])
    found = read_episodes(recording)["return"].to_list()
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf]


def test_the_row_gets_the_figures_of_the_last_hundred(recording: Path) -> None:
    returns = np.random.default_rng(0).normal(size=250)
    logger.episodes(returns[:30], np.arange(30), success=np.arange(30) % 2 == 0)
    for index in range(30, 250):
        logger.episodes(returns[index], index, success=index % 2 == 0)
    row = logger.dump_tabular()
    last = returns[-100:]
    assert row["episode/return_mean"] == pytest.approx(last.mean())
    assert row["episode/return_std"] == pytest.approx(last.std())
    assert (row["episode/return_min"], row["episode/return_max"]) == (last.min(), last.max())
    assert row["episode/length_mean"] == pytest.approx(np.arange(150, 250).mean())
    assert row["episode/success_mean"] == 0.5
    assert row["episode/count"] == 250


def test_a_return_that_is_no_number_leaves_the_figures_with_its_window(recording: Path) -> None:
    logger.episodes(math.nan)
    assert math.isnan(logger.dump_tabular()["episode/return_mean"])
    logger.episodes(np.ones(100))
    assert logger.dump_tabular()["episode/return_mean"] == 1.0


def test_rows_without_new_episodes_do_not_repeat_the_figures(recording: Path) -> None:
    logger.episodes(1.0)
    logger.dump_tabular()
    logger.record_tabular("loss", 0.5)
    assert "episode/return_mean" not in logger.dump_tabular()


def test_the_figures_are_curves_in_tensorboard_and_columns_of_the_csv(recording: Path, scalars: Callable) -> None:
    for step in (10, 20):
        time_step_holder.set_time(step)
        logger.episodes(float(step), step)
        logger.dump_tabular()
    logger.close()
    assert scalars(recording)["episode/return_mean"] == [(10, 10.0), (20, 15.0)]
    assert [row["episode/length_mean"] for row in read_progress(recording).rows] == [10.0, 15.0]


def test_a_folder_that_is_gone_on_with_keeps_its_episodes_and_their_count(recording: Path) -> None:
    logger.episodes([1.0, 2.0])
    logger.reset()
    logger.configure(recording, ["csv"])
    logger.episodes(3.0)
    assert logger.dump_tabular()["episode/count"] == 3
    assert read_episodes(recording)["return"].to_list() == [1.0, 2.0, 3.0]


def test_two_loggers_have_episodes_of_their_own(tmp_path: Path) -> None:
    first, second = Logger(), Logger()
    first.open(tmp_path / "1", ["csv"])
    second.open(tmp_path / "2", ["csv"])
    first.episodes(1.0)
    second.episodes(2.0)
    assert second.dump_tabular()["episode/count"] == 1
    first.close()
    second.close()
    assert read_episodes(tmp_path / "1")["return"].to_list() == [1.0]


def test_before_a_run_only_the_open_row_has_them(tmp_path: Path) -> None:
    one = Logger()
    one.episodes(5.0)
    assert dict(one.name_to_value)["episode/return_mean"] == 5.0
    assert read_episodes(tmp_path).empty


def test_any_reader_of_csv_files_reads_the_file(recording: Path) -> None:
    logger.episodes([1.0, math.nan], [10, 20], env_ids=[0, 1], success=[True, False])
    logger.close()
    table = pd.read_csv(recording / "episodes.csv")
    assert list(table.columns) == ["time-step", "return", "length", "env", "timestamp", "extra"]
    assert table["length"].to_list() == [10, 20]
    assert table["extra"].to_list() == ['{"success":true}', '{"success":false}']


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected the log folder of a run"):
        read_episodes(tmp_path / "typo")
