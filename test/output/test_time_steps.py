"""The time step of a row is any number, may stand still, and may go back; rows keep the order of their recording."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rla import exp_manager, logger, read_progress, time_step_holder
from rla.output.last_row import last_row


def steps_of(folder: Path) -> list[Any]:
    logger.close()
    return [row["time-step"] for row in read_progress(folder).rows]


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["csv", "tensorboard", "json", "log"])
    return folder


def test_time_that_goes_back_keeps_all_rows_in_the_order_of_recording(
    recording: Path, dump: Callable, scalars: Callable
) -> None:
    for step in (100, 200, 300, 150, 250):
        dump(step=step, loss=step)
    assert steps_of(recording) == [100, 200, 300, 150, 250]
    assert [step for step, _ in scalars(recording)["loss"]] == [100, 200, 300, 150, 250]
    assert last_row(recording)["time-step"] == 250


def test_several_rows_at_one_time_step_are_all_kept(recording: Path, dump: Callable, scalars: Callable) -> None:
    dump(step=7, train=1)
    dump(test=2)
    dump(train=3)
    assert steps_of(recording) == [7, 7, 7]
    assert scalars(recording) == {"train": [(7, 1.0), (7, 3.0)], "test": [(7, 2.0)]}


def test_a_time_step_that_was_set_before_recording_began_holds(folder: Path, dump: Callable) -> None:
    time_step_holder.set_time(500)
    logger.configure(folder, ["csv"])
    dump(loss=1)
    assert steps_of(folder) == [500]


def test_a_new_experiment_begins_at_step_0(tmp_path: Path, dump: Callable) -> None:
    logger.set_time(500)
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=tmp_path, code_root=tmp_path)
    logger.set_time(600)
    exp_manager.log_files_gen()
    dump(loss=1)
    folder = Path(exp_manager.log_dir)
    exp_manager.finish()
    assert [row["time-step"] for row in read_progress(folder).rows] == [0]


@pytest.mark.parametrize(
    ("step", "in_the_files", "in_tensorboard"),
    [
        (-5, -5, -5),
        (2.5, 2.5, 2),
        (-2.5, -2.5, -2),
        (2**62, 2**62, 2**62),
        (2**70, 2**70, 2**63 - 1),
        (-(2**70), -(2**70), -(2**63)),
        (1e300, 1e300, 2**63 - 1),
        (math.inf, math.inf, 0),
        (np.int64(12), 12, 12),
        (np.float32(1.5), 1.5, 1),
        (np.array(3), 3, 3),
        (torch.tensor(4), 4, 4),
        (Decimal(9), 9, 9),
        (True, 1, 1),
        ("17", 17, 17),
        ("seventeen", 0, 0),
        (None, 0, 0),
    ],
    ids=repr,
)
def test_any_number_is_a_time_step(
    step: Any, in_the_files: float, in_tensorboard: int, recording: Path, dump: Callable, scalars: Callable
) -> None:
    time_step_holder.set_time(step)
    dump(loss=1.0)
    assert steps_of(recording) == [in_the_files]
    assert scalars(recording)["loss"] == [(in_tensorboard, 1.0)]


def test_a_time_step_that_is_not_a_number_is_recorded(recording: Path, dump: Callable, scalars: Callable) -> None:
    dump(step=math.nan, loss=1.0)
    assert math.isnan(steps_of(recording)[0])
    assert scalars(recording)["loss"] == [(0, 1.0)]


def test_inc_time_and_add_time_count_on_from_where_it_went_back_to(recording: Path, dump: Callable) -> None:
    dump(step=10, loss=1)
    time_step_holder.set_time(3)
    time_step_holder.inc_time()
    dump(loss=2)
    time_step_holder.add_time(0.5)
    dump(loss=3)
    assert steps_of(recording) == [10, 4, 4.5]
