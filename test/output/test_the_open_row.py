"""The open row: the last value of a key wins, and a dump takes the row and ends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rla import Logger, files, logger, read_progress, time_step_holder


def test_the_last_value_of_a_key_wins(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("loss", 1)
    logger.record_tabular("loss", 2)
    assert logger.dump_tabular()["loss"] == 2
    assert read_progress(folder).rows[0]["loss"] == 2


def test_a_value_may_be_given_by_keyword() -> None:
    logger.record_tabular("loss", value=2)
    logger.record_tabular(key="gain", val=None)
    row = logger.dump_tabular()
    assert (row["loss"], row["gain"]) == (2, None)


def test_a_key_without_a_value_is_an_error_in_the_call() -> None:
    with pytest.raises(TypeError, match="loss"):
        logger.record_tabular("loss")
    assert logger.dump_tabular() == {}


def test_a_dump_returns_the_row_with_time_step_and_timestamp(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    time_step_holder.set_time(12)
    value = np.float32(0.5)
    logger.record_tabular("loss", value)
    row = logger.dump_tabular()
    assert set(row) == {"loss", "time-step", "timestamp"}
    assert row["loss"] is value
    assert row["time-step"] == 12
    assert isinstance(row["timestamp"], float)
    assert read_progress(folder).rows == [{**row, "loss": 0.5}]


def test_a_dump_ends_the_row() -> None:
    logger.record_tabular("loss", 1)
    logger.dump_tabular()
    logger.record_tabular("gain", 2)
    assert "loss" not in logger.dump_tabular()


def test_a_dump_of_nothing_returns_nothing_and_writes_nothing(folder: Path) -> None:
    called: list[dict] = []
    logger.configure(folder, ["csv", "tensorboard", "json"], log_callback_fn=called.append)
    for _ in range(100):
        assert logger.dump_tabular() == {}
    logger.close()
    assert called == []
    assert read_progress(folder).rows == []
    assert (folder / "progress.csv").read_text() == ""
    assert (folder / "progress.json").read_text() == ""


def test_a_row_that_is_being_dumped_by_another_thread_is_not_dumped_again_as_an_empty_one(folder: Path) -> None:
    """Another thread takes the row between the look whether there is one and the taking."""
    two_threads = Logger()
    two_threads.open(folder, ["csv"])

    class Interrupted(dict[str, Any]):
        def __len__(self) -> int:
            size = super().__len__()
            if size:
                values = dict(self)
                self.clear()
                assert values == {"loss": 1}
            return size

    two_threads.name_to_value = Interrupted(loss=1)
    row = two_threads.dump_tabular()
    two_threads.close()
    assert row == {}
    assert read_progress(folder).rows == []


def test_a_dump_with_a_step_sets_the_time_step_first(folder: Path, dump: Callable) -> None:
    assert dump(step=77, loss=1)["time-step"] == 77
    assert time_step_holder.get_time() == 77
    assert dump(loss=1)["time-step"] == 77
    assert logger.dump_tabular(step=78) == {}
    assert logger.timestep() == 78


def test_a_dump_with_step_0_sets_the_time_step_to_0(dump: Callable) -> None:
    time_step_holder.set_time(5)
    assert dump(step=0, loss=1)["time-step"] == 0


def test_name_to_value_is_the_open_row_and_stays_the_same_object(folder: Path) -> None:
    before = logger.name_to_value
    logger.record_tabular("loss", 1)
    assert logger.name_to_value == {"loss": 1}
    logger.dump_tabular()
    logger.configure(folder, ["csv"])
    logger.record_tabular("loss", 2)
    assert before is logger.name_to_value is logger.get_current().name_to_value
    assert before == {"loss": 2}
    logger.reset()
    assert before is logger.name_to_value
    assert before == {}


def test_several_values_may_be_recorded_at_once() -> None:
    logger.record_all({"a": 1, "b": 2}, prefix="train/")
    assert {"train/a": 1, "train/b": 2}.items() <= logger.dump_tabular().items()


def test_scalars_of_numpy_and_torch_are_plain_numbers_in_the_files(folder: Path, scalars: Callable) -> None:
    logger.configure(folder, ["csv", "tensorboard"])
    values = {"np": np.float64(0.5), "np32": np.float32(0.25), "torch": torch.tensor(0.75), "int": np.int32(3)}
    logger.record_all(values)
    logger.dump_tabular(step=1)
    logger.close()
    (row,) = read_progress(folder).rows
    assert {key: row[key] for key in values} == {"np": 0.5, "np32": 0.25, "torch": 0.75, "int": 3}
    assert scalars(folder) == {"np": [(1, 0.5)], "np32": [(1, 0.25)], "torch": [(1, 0.75)], "int": [(1, 3.0)]}


def test_the_names_of_stable_baselines3_work(folder: Path) -> None:
    logger.configure(folder, ["csv", "json"])
    sb3 = type("SB3Logger", (), {})()
    sb3.record, sb3.dump = logger.record_tabular, logger.dump_tabular
    sb3.record("rollout/ep_rew_mean", 1.0)
    sb3.record("time/fps", 100, exclude="tensorboard")
    sb3.record("train/info", "text", exclude=("stdout", "log", "json", "csv"))
    sb3.dump(step=2048)
    logger.record("train/loss", 0.5)
    logger.record_mean("rollout/len", 10)
    logger.record_mean("rollout/len", 20)
    logger.dump(4096)
    first, second = read_progress(folder).rows
    assert first["rollout/ep_rew_mean"] == 1.0
    assert "train/info" not in first
    assert (second["train/loss"], second["rollout/len"], second["time-step"]) == (0.5, 15.0, 4096)


def test_a_value_that_cannot_be_shown_as_text_does_not_stop_the_training(folder: Path) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    logger.record_tabular("strange", Broken())
    logger.dump_tabular()
    logger.configure(folder, ["csv", "tensorboard", "log", "json"])
    logger.record_tabular("strange", Broken())
    logger.record_tabular("loss", 1)
    logger.dump_tabular()
    logger.close()
    assert read_progress(folder).rows[0]["loss"] == 1


def test_a_signal_handler_may_dump_while_its_thread_is_in_the_middle_of_a_dump(
    folder: Path, own_pace: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger.configure(folder, ["csv"])
    original = files.append
    handler = [True]

    def interrupted(fd: int, data: bytes) -> None:
        if handler:  # the signal comes between the encoding of a row and its writing
            handler.clear()
            logger.record_tabular("loss", 2)
            logger.dump_tabular()
        original(fd, data)

    monkeypatch.setattr(files, "append", interrupted)
    logger.record_tabular("loss", 1)
    logger.dump_tabular()
    logger.record_tabular("loss", 3)
    logger.dump_tabular()
    assert sorted(row["loss"] for row in read_progress(folder).rows) == [1, 2, 3]
